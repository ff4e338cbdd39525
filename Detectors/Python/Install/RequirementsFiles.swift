import Planning

/// Requirements files that pip reads.
struct RequirementsFiles: InstallSource {
    let manager: Decided<String>
    /// Every line, whatever its marker says.
    private let written: RequirementSet
    private let tree: any SourceTree

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
        self.tree = tree
        let evidence = written.files.map { Evidence(path: $0, excerpt: $0.name) }
        manager = Decided("pip", .found(evidence: evidence))
    }

    /// The lines whose markers hold; folders among them are projects of their own, with what they need among the lines.
    func requirements(for target: PythonTarget) throws -> RequirementSet {
        let set = try written.applying(pythonVersion: target.version, machine: target.machine)
        var result = try set.separatingProjects(of: tree).applying(
            pythonVersion: target.version, machine: target.machine)
        result.isRequirementsFile = true
        result.isClosed = result.requirements.allSatisfy { !$0.hashes.isEmpty } && !result.asksBuilds
        return result
    }
}

extension RequirementSet {
    /// Whether the requirements of a project are known to its build alone.
    var asksBuilds: Bool { projects.contains { $0.metadata != .written } }

    /// Folders of the tree taken out of the requirements and put among the projects, with what they need instead.
    ///
    /// Where every other line has its hashes, they name what the projects need, too: as exports of locks do.
    func separatingProjects(of tree: any SourceTree) throws -> RequirementSet {
        var result = self
        result.requirements = []
        var projects: [SourcePath: LocalProject] = Dictionary(self.projects.map { ($0.path, $0) }) { one, _ in one }
        var needed: [Requirement] = []
        for requirement in requirements {
            guard case .local(let path) = requirement.source, path == .root || tree.entry(at: path)?.kind == .folder
            else {
                result.requirements.append(requirement)
                continue
            }
            var project = try LocalProject.read(path, tree, requirement.evidence, extras: requirement.extras)
            project.extras = Set((projects[path]?.extras ?? []) + project.extras).sorted()
            projects[path] = project
            needed += project.dependencies
        }
        let isHashed = !result.requirements.isEmpty && result.requirements.allSatisfy { !$0.hashes.isEmpty }
        if isHashed {
            for path in projects.keys { projects[path]?.metadata = .written }
        } else {
            for requirement in needed where !result.requirements.contains(requirement) {
                result.requirements.append(requirement)
            }
        }
        result.projects = projects.values.sorted { $0.path < $1.path }
        return result
    }
}
