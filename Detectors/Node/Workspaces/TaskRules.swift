import Formats
import Planning

/// What a task of a member needs to be run first, as Turborepo's or Nx's configuration says.
///
/// Without either, a build comes after the builds of all members that it needs, as `npm run --workspaces`,
/// `pnpm -r run` and `lerna run` order it.
struct TaskRules: Sendable {
    /// One entry of `dependsOn`.
    enum Need: Sendable, Hashable {
        /// `codegen`: another task of the same package.
        case own(String)
        /// `^build`: the task in every member that the package needs.
        case upstream(String)
        /// `db#generate`: a task of one package; `//` is the root's.
        case task(package: String, name: String)
    }

    /// What configures the order, as `turbo.json:4`; nil where nothing does.
    let evidence: Evidence?
    /// By task, or by package and task as `api#build`.
    private let general: [String: [Need]]
    /// By folder, then by task.
    private let special: [SourcePath: [String: [Need]]]

    /// What a task of a member needs.
    func needs(_ task: String, of member: NodeWorkspace.Member) -> [Need] {
        special[member.folder]?[task] ?? general["\(member.name)#\(task)"] ?? general[task]
            ?? (task == "build" ? [.upstream("build")] : [])
    }

    static func read(_ workspace: NodeWorkspace, of tree: any SourceTree) throws -> TaskRules {
        for name in ["turbo.json", "turbo.jsonc"] {
            let path = workspace.root.appending(name: name)
            guard let object = try object(path, of: tree) else { continue }
            let (general, line) = turbo(object)
            var special: [SourcePath: [String: [Need]]] = [:]
            for member in workspace.members {
                guard let own = try Self.object(member.folder.appending(name: name), of: tree) else { continue }
                special[member.folder] = turbo(own).tasks
            }
            return TaskRules(
                evidence: Evidence(path: path, line: line, excerpt: name), general: general, special: special)
        }
        return try nx(workspace, of: tree) ?? TaskRules(evidence: nil, general: [:], special: [:])
    }

    /// A configuration, which may hold comments; nil where there is none.
    private static func object(_ path: SourcePath, of tree: any SourceTree) throws -> JSONObject? {
        guard let text = try tree.text(at: path) else { return nil }
        guard case .object(let object) = try JSONDocument(parsing: text, file: "\(path)", dialect: .lenient).root
        else {
            throw PlanError.unusable(place: "\(path):1", what: "is no object", fix: "write it as in {\"tasks\": {}}")
        }
        return object
    }

    // MARK: Turborepo

    /// `tasks`, which version 1 called `pipeline`.
    ///
    /// https://turborepo.com/docs/reference/configuration#dependson
    private static func turbo(_ object: JSONObject) -> (tasks: [String: [Need]], line: Int?) {
        guard let member = object.members.last(where: { $0.key == "tasks" || $0.key == "pipeline" }),
            case .object(let tasks) = member.value
        else { return ([:], nil) }
        var result: [String: [Need]] = [:]
        for task in tasks.members {
            guard case .object(let settings) = task.value else { continue }
            // A package's own entry without the key keeps what the root says.
            guard case .array? = settings["dependsOn"] else {
                if object["extends"] == nil { result[task.key] = [] }
                continue
            }
            result[task.key] = settings.texts("dependsOn").compactMap(need)
        }
        return (result, tasks.members.first { $0.key == "build" }?.line ?? member.line)
    }

    /// One text of `dependsOn`; nil for `$NAME`, a variable in version 1.
    private static func need(_ text: String) -> Need? {
        if text.hasPrefix("$") { return nil }
        if text.hasPrefix("^") { return .upstream(String(text.dropFirst())) }
        guard let sign = text.lastIndex(of: "#") else { return .own(text) }
        return .task(package: String(text[..<sign]), name: String(text[text.index(after: sign)...]))
    }

    // MARK: Nx

    /// `targetDefaults` of nx.json and the targets of each project.
    ///
    /// https://nx.dev/reference/nx-json#target-defaults
    private static func nx(_ workspace: NodeWorkspace, of tree: any SourceTree) throws -> TaskRules? {
        let path = workspace.root.appending(name: "nx.json")
        guard let object = try object(path, of: tree) else { return nil }
        let defaults = object.members.last { $0.key == "targetDefaults" }
        var general: [String: [Need]] = [:]
        if case .object(let targets)? = defaults?.value { general = nxTargets(targets) }
        var special: [SourcePath: [String: [Need]]] = [:]
        for member in workspace.members {
            let project = try Self.object(member.folder.appending(name: "project.json"), of: tree)
            for targets in [project?.object("targets"), member.manifest.root.object("nx")?.object("targets")] {
                guard let targets else { continue }
                special[member.folder, default: [:]].merge(nxTargets(targets)) { one, _ in one }
            }
        }
        return TaskRules(
            evidence: Evidence(path: path, line: defaults?.line, excerpt: path.name), general: general,
            special: special)
    }

    private static func nxTargets(_ targets: JSONObject) -> [String: [Need]] {
        var result: [String: [Need]] = [:]
        for target in targets.members {
            guard case .object(let settings) = target.value, case .array(let entries)? = settings["dependsOn"] else {
                continue
            }
            result[target.key] = entries.flatMap(nxNeeds)
        }
        return result
    }

    /// `^build`, `codegen`, `db:generate`, or an object that says the same.
    private static func nxNeeds(_ entry: JSONNode) -> [Need] {
        switch entry {
        case .string(let text):
            if text.hasPrefix("^") { return [.upstream(String(text.dropFirst()))] }
            guard let sign = text.firstIndex(of: ":") else { return [.own(text)] }
            return [.task(package: String(text[..<sign]), name: String(text[text.index(after: sign)...]))]
        case .object(let object):
            guard let target = object.text("target") else { return [] }
            if object.flag("dependencies") || object.text("projects") == "dependencies" { return [.upstream(target)] }
            let projects = object.texts("projects").filter { $0 != "self" }
            return projects.isEmpty ? [.own(target)] : projects.map { .task(package: $0, name: target) }
        default: return []
        }
    }
}
