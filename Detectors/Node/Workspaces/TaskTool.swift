import Formats
import Planning

/// A program that runs a package's task where no script of package.json does: Nx by project.json, moon by moon.yml.
///
/// It runs what the task needs by its own graph too.
struct TaskTool: Sendable {
    let words: [String]
    let environment: [String: String]
    let evidence: Evidence

    /// The tool for a task of a member; nil where none is a dependency, or none knows the task.
    static func read(
        _ task: String, of member: NodeWorkspace.Member, in workspace: NodeWorkspace, _ tree: any SourceTree
    ) throws -> TaskTool? {
        func declares(_ name: String) -> Bool {
            [workspace.rootManifest, member.manifest].contains { $0?.dependency(name) != nil }
        }
        if declares("nx"), let found = try nx(task, of: member, tree) { return found }
        return declares("@moonrepo/cli") ? try moon(task, of: member, tree) : nil
    }

    /// `nx run PROJECT:TARGET`.
    ///
    /// https://nx.dev/reference/project-configuration
    private static func nx(_ task: String, of member: NodeWorkspace.Member, _ tree: any SourceTree) throws -> TaskTool?
    {
        let path = member.folder.appending(name: "project.json")
        guard let text = try tree.text(at: path),
            case .object(let root) = try JSONDocument(parsing: text, file: "\(path)", dialect: .lenient).root,
            let target = root.object("targets")?.members.last(where: { $0.key == task })
        else { return nil }
        return TaskTool(
            words: ["nx", "run", "\(root.text("name") ?? member.name):\(task)"],
            environment: ["NX_DAEMON": "false", "NX_NO_CLOUD": "true", "NX_TUI": "false"],
            evidence: Evidence(path: path, line: target.line, excerpt: "targets.\(task)"))
    }

    /// `moon run PROJECT:TASK`, with Node and the packages that are there.
    ///
    /// https://moonrepo.dev/docs/config/project
    private static func moon(_ task: String, of member: NodeWorkspace.Member, _ tree: any SourceTree) throws
        -> TaskTool?
    {
        let path = member.folder.appending(name: "moon.yml")
        guard let text = try tree.text(at: path) else { return nil }
        let root = try YAMLDocument(parsing: text, file: "\(path)").root
        guard let found = root["tasks"]?.members.first(where: { $0.key == task }) else { return nil }
        return TaskTool(
            words: ["moon", "run", "\(root["id"]?.text ?? member.folder.name):\(task)"],
            environment: ["MOON_TOOLCHAIN_FORCE_GLOBALS": "true"],
            evidence: Evidence(path: path, line: found.line, excerpt: "tasks.\(task)"))
    }
}
