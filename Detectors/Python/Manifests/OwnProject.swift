import Formats
import Planning

/// Whether a service itself is built as a wheel and installed, or runs from its folder: one rule for all managers.
///
/// It is installed where its manifest names a build system, unless the manifest says that it is no package, unless it is
/// Django's `manage.py` that runs in its folder, and unless the build system would find nothing to pack.
struct OwnProject: Sendable {
    /// The service's own project; nil where it runs from its folder.
    let project: LocalProject?
    /// Why it is not installed although it names a build system.
    var warnings: [String] = []

    static func find(in project: PythonProject) throws -> OwnProject {
        let tree = project.tree
        guard let local = try LocalProject.read(in: tree.service, of: tree) else { return OwnProject(project: nil) }
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
    /// where nothing there can be built.
    static func read(in folder: SourcePath, of tree: any SourceTree) throws -> LocalProject? {
        let manifest = try PyProject.read(in: folder, of: tree)
        let setup = try SetupFiles.read(in: folder, of: tree)
        let name = (manifest?.name ?? setup?.name).map(Requirement.normalized)
        if let system = try manifest?.buildSystem() {
            return LocalProject(path: folder, name: name, buildRequires: system.requires, evidence: system.evidence)
        }
        if let setup {
            return LocalProject(path: folder, name: name, buildRequires: ["setuptools"], evidence: setup.evidence)
        }
        guard let manifest, manifest.document.node(["tool", "uv", "package"]) == .boolean(true) else { return nil }
        return LocalProject(
            path: folder, name: name, buildRequires: ["setuptools"],
            evidence: manifest.evidence(["tool", "uv", "package"], "package = true"))
    }

    /// A folder that a requirement names: without a build system setuptools builds it (PEP 517); fails where it holds no
    /// project at all.
    static func required(_ folder: SourcePath, of tree: any SourceTree, by evidence: Evidence) throws -> LocalProject {
        if let found = try read(in: folder, of: tree) {
            return LocalProject(
                path: folder, name: found.name, buildRequires: found.buildRequires, evidence: evidence)
        }
        guard let manifest = try PyProject.read(in: folder, of: tree) else {
            throw PlanError.unusable(
                place: "\(evidence)", what: "there is no project in the folder '\(folder)'",
                fix: "correct the path, or let the folder into the build if it is ignored")
        }
        return LocalProject(
            path: folder, name: manifest.name.map(Requirement.normalized), buildRequires: ["setuptools"],
            evidence: evidence)
    }
}
