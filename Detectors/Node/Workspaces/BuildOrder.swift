import Planning

/// The scripts of a workspace that run before a service's own build, in order, and the tool that builds the service
/// itself where no script does.
struct BuildOrder: Sendable {
    /// Each runs in its package's folder.
    private(set) var before: [NodeApplication.Build] = []
    /// What builds the service where no script of its own does.
    private(set) var byTool: NodeApplication.Build?
    /// Packages that need each other, so that no order is right.
    private(set) var warnings: [String] = []

    private let workspace: NodeWorkspace
    private let rules: TaskRules
    private let byName: [String: NodeWorkspace.Member]

    /// One task of one package.
    private struct Task: Hashable {
        let folder: SourcePath
        let name: String
    }

    init(_ workspace: NodeWorkspace, of service: SourcePath, in tree: any SourceTree) throws {
        self.workspace = workspace
        rules = try TaskRules.read(workspace, of: tree)
        let taking = workspace.closure(of: service)
        byName = Dictionary(taking.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        guard let own = taking.last else { return }
        for (task, member) in order(from: own) {
            let isOwn = task.folder == own.folder && task.name == "build"
            if let script = member.manifest.script(task.name) {
                guard !isOwn else { continue }
                before.append(
                    NodeApplication.Build(
                        name: "\(task.name)-\(member.folder)", command: .script(task.name), folder: member.folder,
                        environment: [:], caches: [],
                        reason: .found(evidence: [script.evidence] + [rules.evidence].compactMap(\.self))))
            } else if let tool = try TaskTool.read(task.name, of: member, in: workspace, tree) {
                let build = NodeApplication.Build(
                    name: isOwn ? "build" : "\(task.name)-\(member.folder)", command: .program(tool.words),
                    folder: workspace.root, environment: tool.environment, caches: [],
                    reason: .found(evidence: [tool.evidence]))
                // The tool builds what the service needs by its own graph.
                if isOwn { (before, byTool) = ([], build) } else { before.append(build) }
            }
        }
        warnings = cycles(among: taking)
    }

    /// Every task that the service's build needs, each after what it needs itself.
    private func order(from own: NodeWorkspace.Member) -> [(Task, NodeWorkspace.Member)] {
        var result: [(Task, NodeWorkspace.Member)] = []
        let first = Task(folder: own.folder, name: "build")
        var seen: Set<Task> = [first]
        var stack: [(task: Task, member: NodeWorkspace.Member, rest: ArraySlice<(Task, NodeWorkspace.Member)>)] = [
            (first, own, needs(of: first, own)[...])
        ]
        while let (task, member, rest) = stack.popLast() {
            guard let (next, other) = rest.first else {
                result.append((task, member))
                continue
            }
            stack.append((task, member, rest.dropFirst()))
            if seen.insert(next).inserted { stack.append((next, other, needs(of: next, other)[...])) }
        }
        return result
    }

    private func needs(of task: Task, _ member: NodeWorkspace.Member) -> [(Task, NodeWorkspace.Member)] {
        rules.needs(task.name, of: member).flatMap { need -> [(Task, NodeWorkspace.Member)] in
            switch need {
            case .own(let name): return [(Task(folder: member.folder, name: name), member)]
            case .upstream(let name):
                return member.needs.compactMap { byName[$0] }.map { (Task(folder: $0.folder, name: name), $0) }
            case .task(let package, let name):
                let other = package == "//" ? workspace.member(in: workspace.root) : byName[package]
                return other.map { [(Task(folder: $0.folder, name: name), $0)] } ?? []
            }
        }
    }

    /// Members that need each other in a ring, each ring once, by its first member.
    private func cycles(among members: [NodeWorkspace.Member]) -> [String] {
        var result: [String] = []
        var done: Set<String> = []
        for first in unordered(members).prefix(100) where !done.contains(first.name) {
            guard let ring = ring(from: first), let next = ring.dropFirst().first,
                let entry = first.manifest.dependency(
                    next.name, [.dependencies, .optionalDependencies, .peerDependencies, .devDependencies])
            else { continue }
            done.formUnion(ring.map(\.name))
            let names = (ring + [first]).map(\.name).joined(separator: " -> ")
            result.append(
                "\(entry.evidence): members need each other: \(names); which of them is built first is not defined: "
                    + "move what both need into a member of its own")
        }
        return result
    }

    /// The members that no order puts after all that they need.
    private func unordered(_ members: [NodeWorkspace.Member]) -> [NodeWorkspace.Member] {
        var open = Dictionary(
            members.map { ($0.name, $0.needs.count { byName[$0] != nil }) }, uniquingKeysWith: { one, _ in one })
        var needing: [String: [String]] = [:]
        for member in members { for name in member.needs { needing[name, default: []].append(member.name) } }
        var ready = members.map(\.name).filter { open[$0] == 0 }
        while let name = ready.popLast() {
            for other in needing[name] ?? [] {
                open[other, default: 0] -= 1
                if open[other] == 0 { ready.append(other) }
            }
        }
        return members.filter { open[$0.name, default: 0] > 0 }
    }

    /// The shortest way from a member back to itself.
    private func ring(from first: NodeWorkspace.Member) -> [NodeWorkspace.Member]? {
        var came: [String: NodeWorkspace.Member] = [:]
        var queue = [first]
        var index = 0
        while index < queue.count {
            let member = queue[index]
            index += 1
            for name in member.needs {
                if name == first.name {
                    var way = [member]
                    while let last = way.last, last.name != first.name, let before = came[last.name] {
                        way.append(before)
                    }
                    return way.reversed()
                }
                guard came[name] == nil, let next = byName[name] else { continue }
                came[name] = member
                queue.append(next)
            }
        }
        return nil
    }
}

extension NodeApplication {
    /// The same with builds of other packages before its own; what the service builds itself is there once.
    func building(after order: BuildOrder?) -> NodeApplication {
        guard let order else { return self }
        let others = order.before + (builds.isEmpty ? [order.byTool].compactMap(\.self) : [])
        let own = builds.filter { build in
            !others.contains { $0.command == build.command && $0.folder == build.folder }
        }
        return NodeApplication(
            framework: framework, builds: others + own, kind: kind, processes: processes, warnings: warnings)
    }
}
