import Formats
import Planning

extension PythonProject {
    /// The project that is built: the member of a uv workspace that `--app` names, else the service's own folder.
    ///
    /// The root of a workspace that is no project itself needs `--app` where it has several members.
    func choosingMember() throws -> PythonProject {
        let service = tree.service
        guard let table = try LockTable.read(service.appending(name: "pyproject.toml"), from: tree),
            let workspace = try UvWorkspace(table)
        else { return self }
        let members = try workspace.members(in: tree).compactMap { try UvManifest.read($0, from: tree) }
        let isProject = table.node("project") != nil
        if let asked = options.app {
            let member = members.first {
                $0.name == Requirement.normalized(asked.value)
                    || $0.folder.relative(to: service) == (try? SourcePath(parsing: asked.value))
            }
            if let member { return serving(member.folder) }
            guard !isProject else { return self }
            throw PlanError.unusable(
                place: asked.option, what: "the workspace has no member '\(asked.value)'",
                fix: "its members are \(members.map(\.title).joined(separator: ", "))")
        }
        if isProject || members.isEmpty { return self }
        if members.count == 1, let only = members.first { return serving(only.folder) }
        let example = members.first.flatMap { $0.folder.relative(to: service) }.map { "\($0)" } ?? "MEMBER"
        throw PlanError.severalPrograms(
            what: "\(table.file) is the root of a uv workspace and no project itself",
            candidates: members.map { PlanError.Candidate($0.title, evidence: "\($0.path)") },
            option: "--app, or build one by its folder as in 'autoimage build ./\(example)'")
    }

    private func serving(_ folder: SourcePath) -> PythonProject {
        var options = options
        options.app = nil
        return PythonProject(tree: MemberTree(base: tree, service: folder), options: options)
    }
}

extension UvManifest {
    /// How `--app` names it.
    fileprivate var title: String { name ?? "\(folder)" }
}
