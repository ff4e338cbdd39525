import Planning

/// Requirements files that pip reads.
struct RequirementsFiles: InstallSource {
    let manager: Decided<String>
    /// Every line, whatever its marker says.
    private let written: RequirementSet

    /// The requirements file of a service that is installed; nil where there is none.
    static func find(in project: PythonProject) throws -> RequirementsFiles? {
        guard let file = try PythonProject.requirementsFiles.map(project.path).first(where: project.tree.hasFile) else {
            return nil
        }
        for (asked, kind) in [(project.options.extras, "extra"), (project.options.groups, "dependency group")] {
            _ = try UnknownChoice.check(asked, kind: kind, in: file, known: [])
        }
        return try RequirementsFiles(reading: file, from: project.tree)
    }

    /// A requirements file with those that it includes.
    init(reading file: SourcePath, from tree: any SourceTree) throws {
        written = try RequirementsParser.read(file, from: tree)
        let evidence = written.files.map { Evidence(path: $0, excerpt: $0.name) }
        manager = Decided("pip", .found(evidence: evidence))
    }

    func requirements(for target: PythonTarget) throws -> RequirementSet {
        var set = try written.applying(pythonVersion: target.version, machine: target.machine)
        set.isRequirementsFile = true
        return set
    }
}
