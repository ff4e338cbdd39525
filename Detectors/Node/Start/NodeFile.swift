import Planning

/// A file that Node starts, in the sources or made by the build.
struct NodeFile: Sendable, Hashable {
    /// As it is written after `node`, relative to the folder where it starts.
    let name: String
    /// Where it lies in the tree of the sources, whether it is there or comes to be there.
    let path: SourcePath
    let exists: Bool
}

/// Finds files as `node FILE` does: with an extension added, or the main file of a folder.
///
/// https://nodejs.org/api/modules.html#all-together
struct NodeFiles {
    let tree: any SourceTree

    static let extensions = ["js", "cjs", "mjs", "json"]

    /// The file for the words `node NAME` in a folder; one that the build has to make where nothing is there.
    func file(_ name: String, in folder: SourcePath) throws -> NodeFile {
        guard let path = folder.resolving(name) else {
            throw PlanError.unusable(
                place: "\(folder)", what: "'\(name)' lies outside of the sources", fix: "start a file of the service")
        }
        if tree.hasFile(path) { return NodeFile(name: name, path: path, exists: true) }
        for suffix in Self.extensions where path != .root {
            let candidate = (path.parent ?? .root).appending(name: "\(path.name).\(suffix)")
            if tree.hasFile(candidate) {
                return NodeFile(name: "\(name).\(suffix)", path: candidate, exists: true)
            }
        }
        if let entry = tree.entry(at: path), case .folder = entry.kind { return try inside(path, name) }
        if path == folder { return try inside(path, name) }
        // A build makes it: `dist/main` is dist/main.js.
        let isWhole = name.contains(/\.[cm]?[jt]sx?$/)
        guard !isWhole else { return NodeFile(name: name, path: path, exists: false) }
        return NodeFile(
            name: "\(name).js", path: (path.parent ?? .root).appending(name: "\(path.name).js"), exists: false)
    }

    /// The main file of a folder: `main` of its package.json, else index.js.
    private func inside(_ folder: SourcePath, _ name: String) throws -> NodeFile {
        let prefix = name == "." || name == "./" ? "" : name.hasSuffix("/") ? name : "\(name)/"
        if let main = try PackageJSON.read(folder, of: tree)?.string("main")?.value, main != ".", !main.isEmpty {
            let inner = try file(main, in: folder)
            return NodeFile(name: prefix + inner.name, path: inner.path, exists: inner.exists)
        }
        for suffix in Self.extensions where tree.hasFile(folder.appending(name: "index.\(suffix)")) {
            return NodeFile(
                name: "\(prefix)index.\(suffix)", path: folder.appending(name: "index.\(suffix)"), exists: true)
        }
        return NodeFile(name: "\(prefix)index.js", path: folder.appending(name: "index.js"), exists: false)
    }
}
