import Planning

/// `setup.py` and `setup.cfg` without a `pyproject.toml` that says what to install.
enum SetupManifest {
    static func find(in project: PythonProject) throws -> OpenManifest? {
        let tree = project.tree
        guard let setup = try SetupFiles.read(in: tree.service, of: tree),
            try PyProject.read(in: tree.service, of: tree)?.isManifest != true
        else { return nil }
        var own = try OwnProject.find(in: project)
        let groups = project.options.groups
        _ = try UnknownChoice.check(groups, kind: "dependency group", in: setup.evidence.path, known: [])
        let requirements: [Requirement]
        if let dependencies = setup.dependencies {
            let extras = try UnknownChoice.check(
                project.options.extras, kind: "extra", in: setup.evidence.path, known: setup.extras.keys.sorted())
            let asked = setup.extras.sorted { $0.key < $1.key }.filter {
                extras.contains(Requirement.normalized($0.key))
            }
            requirements = dependencies + asked.flatMap(\.value)
        } else {
            guard own.asksBuild(for: project.options.extras) else {
                throw PlanError.unusable(
                    place: "\(setup.evidence)",
                    what: "only running it would tell what it depends on, and the project is not built",
                    fix: "write install_requires as a plain list, or add a requirements.txt")
            }
            requirements = []
        }
        let set = OpenManifest.set(setup.evidence.path, files: setup.files, requirements, own: own)
        let found = OpenManifest(
            manager: Decided("pip", .found(evidence: setup.files.map { Evidence(path: $0, excerpt: $0.name) })),
            written: set)
        return found.isEmpty ? nil : found
    }
}
