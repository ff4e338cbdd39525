import Formats
import Planning

/// Whether a service itself is built as a wheel and installed, or runs from its folder: one rule for all managers.
///
/// It is installed where its manifest names a build system, unless the manifest says that it is no package, unless it is
/// Django's `manage.py` that runs in its folder, and unless the build system would find nothing to pack.
struct OwnProject: Sendable {
    /// The service's own project; nil where it runs from its folder.
    private(set) var project: LocalProject?
    /// Why it is not installed although it names a build system.
    var warnings: [String] = []

    /// Lets its build say what it needs; false where it is not built.
    mutating func asksBuild(for extras: [Requested<String>]) -> Bool {
        project?.metadata = .build
        project?.extras = extras.map(\.value).sorted()
        return project != nil
    }

    static func find(in project: PythonProject) throws -> OwnProject {
        let tree = project.tree
        guard let local = try LocalProject.built(in: tree.service, of: tree) else { return OwnProject(project: nil) }
        let manifest = try PyProject.read(in: tree.service, of: tree)
        if let manifest, manifest.isNoPackage { return OwnProject(project: nil) }
        if tree.hasFile(try project.path("manage.py")) {
            return OwnProject(
                project: nil,
                warnings: [
                    "\(local.evidence): the project itself is not installed; it runs from the folder of manage.py"
                ]
            )
        }
        let content = try ProjectContent(of: tree.service, in: tree, manifest)
        if let missing = content.missing {
            return OwnProject(
                project: nil,
                warnings: [
                    "\(local.evidence): the project itself is not installed: \(missing); it runs from its folder"
                ])
        }
        return OwnProject(project: local)
    }
}

extension PyProject {
    /// Whether the manifest says that the project is not to be installed.
    var isNoPackage: Bool {
        isFalse("tool", "poetry", "package-mode") || isFalse("tool", "pdm", "distribution")
            || isFalse("tool", "uv", "package")
    }
}

extension LocalProject {
    /// The project in a folder: one with a build system, or with a `setup.py` or `setup.cfg` that setuptools builds; nil
    /// where nothing there is to be built.
    static func built(in folder: SourcePath, of tree: any SourceTree) throws -> LocalProject? {
        let manifest = try PyProject.read(in: folder, of: tree)
        if let system = try manifest?.buildSystem() { return try locked(folder, of: tree, by: system.evidence) }
        if let setup = try SetupFiles.read(in: folder, of: tree) {
            return try locked(folder, of: tree, by: setup.evidence)
        }
        guard let manifest, manifest.document.node(["tool", "uv", "package"]) == .boolean(true) else { return nil }
        return try locked(folder, of: tree, by: manifest.evidence(["tool", "uv", "package"], "package = true"))
    }

    /// A project whose requirements are known from elsewhere: from a lock, or from the manifest that is read.
    static func locked(_ folder: SourcePath, of tree: any SourceTree, by evidence: Evidence) throws -> LocalProject {
        var project = try read(folder, tree, evidence)
        project.metadata = .written
        project.dependencies = []
        return project
    }
}
