import Planning

/// Files that say by themselves which language a folder is written in.
///
/// Where one is there, source files alone speak for no other language: a Go module with a script `gen.py` beside it is a
/// Go service, and a Python service with a `tool.go` is a Python service.
enum LanguageManifests {
    /// Whether any language has a manifest in the service's folder.
    static func areThere(in tree: any SourceTree) throws -> Bool {
        try (GoDetector.manifests + JavaProject.manifests + NodeProject.manifests + PythonProject.manifests).contains {
            tree.hasFile(try tree.service.appending($0))
        }
    }
}
