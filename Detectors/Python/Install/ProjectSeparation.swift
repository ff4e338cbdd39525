import Planning

extension RequirementSet {
    /// The set as it is installed: folders of the tree taken out of the requirements and put among the projects, with what
    /// they need instead, and every project with what its files say of its build.
    ///
    /// A lock names what projects need already, as does a requirements file in which every line has its hashes.
    func separatingProjects(of tree: any SourceTree, for target: PythonTarget) throws -> RequirementSet {
        var result = self
        result.requirements = []
        var projects: [SourcePath: LocalProject] = [:]
        for project in self.projects {
            projects[project.path] =
                project.manifests.isEmpty
                ? try LocalProject.locked(project.path, of: tree, by: project.evidence) : project
        }
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
        if isClosed || (isRequirementsFile && isHashed) {
            for path in projects.keys { projects[path]?.metadata = .written }
        } else {
            result.requirements += needed
            result = try result.applying(pythonVersion: target.version, machine: target.machine)
        }
        result.projects = projects.values.sorted { $0.path < $1.path }
        if isRequirementsFile {
            result.isClosed =
                result.requirements.allSatisfy { !$0.hashes.isEmpty } && result.projects.allSatisfy { !$0.asksBuild }
        }
        return result
    }
}

extension LocalProject {
    /// Whether pip has to ask the project's own build for what it needs.
    var asksBuild: Bool { metadata != .written }
}
