import Planning

/// Which package of a workspace is the service, where somebody builds the workspace's root.
///
/// `--app` names it; else the root where it starts something itself; else the only member that is started by a script of
/// its own, a framework or a Procfile. Several are listed, and none is picked.
struct WorkspaceApp {
    let project: NodeProject
    /// Why this package, where the root was given; nil where it is what the user named.
    let app: Decided<String>?

    init(_ given: NodeProject) throws {
        guard let workspace = given.workspace, workspace.root == given.tree.service, !workspace.members.isEmpty else {
            project = given
            app = nil
            return
        }
        if let asked = given.options.app {
            let member = try Self.named(asked, in: workspace)
            project = try Self.project(given, at: member.folder)
            app = Decided("\(member.folder)", asked.reason)
            return
        }
        do {
            guard let folder = try Self.delegate(given), folder != workspace.root,
                workspace.members.contains(where: { $0.folder == folder })
            else {
                project = given
                app = nil
                return
            }
            project = try Self.project(given, at: folder)
            let start = given.manifest?.script("start")?.evidence
            app = Decided("\(folder)", start.map { .found(evidence: [$0]) } ?? .usual(why: "the root starts it"))
        } catch PlanError.noStart {
            let (member, reason, others) = try Self.onlyStarted(given, workspace)
            project = try Self.project(given, at: member.folder)
            app = Decided("\(member.folder)", reason, alternatives: others)
        }
    }

    /// The folder in which the root's own start runs; fails where it has none.
    private static func delegate(_ project: NodeProject) throws -> SourcePath? {
        guard project.options.startCommand == nil else { return nil }
        let application = try NodeApplication.read(project, NodeInstallation.read(project))
        guard case .server(let start) = application.kind else { return nil }
        return start.folder
    }

    private static func project(_ given: NodeProject, at folder: SourcePath) throws -> NodeProject {
        var options = given.options
        options.app = nil
        return try NodeProject(tree: MemberTree(base: given.tree, service: folder), options: options)
    }

    /// The member that `--app` means: its name, its name without the scope, its folder, or its folder's name.
    private static func named(_ asked: Requested<String>, in workspace: NodeWorkspace) throws -> NodeWorkspace.Member {
        let wanted = asked.value.hasPrefix("./") ? String(asked.value.dropFirst(2)) : asked.value
        let ranks: [(NodeWorkspace.Member) -> Bool] = [
            { $0.name == wanted || $0.folder.relative(to: workspace.root).map { "\($0)" } == wanted },
            { $0.name.split(separator: "/").last.map(String.init) == wanted || $0.folder.name == wanted },
        ]
        for rank in ranks {
            let found = workspace.members.filter(rank)
            if found.count == 1 { return found[0] }
            if found.count > 1 {
                throw PlanError.severalPrograms(
                    what: "\(asked.option): several members are called '\(asked.value)'",
                    candidates: found.map(candidate), option: "--app")
            }
        }
        throw PlanError.severalPrograms(
            what: "\(asked.option): no member is called '\(asked.value)'",
            candidates: workspace.members.map(candidate), option: "--app")
    }

    private static func candidate(_ member: NodeWorkspace.Member) -> PlanError.Candidate {
        .init("\(member.folder)", evidence: "\(member.manifest.path)")
    }

    /// The only member that is started; fails with the list where there are several, or none.
    private static func onlyStarted(
        _ given: NodeProject, _ workspace: NodeWorkspace
    ) throws -> (NodeWorkspace.Member, Reason, [Alternative]) {
        var found: [(member: NodeWorkspace.Member, reason: Reason)] = []
        var others: [Alternative] = []
        let needed = Set(workspace.members.flatMap(\.needs))
        for member in workspace.members {
            let own = try project(given, at: member.folder)
            do {
                let application = try NodeApplication.read(own, nil)
                // A library's main file is for its users.
                guard member.manifest.script("start") != nil || !needed.contains(member.name) else {
                    others.append(
                        Alternative("\(member.folder)", why: "other members need it and it has no script 'start'"))
                    continue
                }
                found.append((member, reason(application)))
            } catch let error as PlanError {
                others.append(Alternative("\(member.folder)", why: shortened("\(error)")))
            }
        }
        if let only = found.first, found.count == 1 { return (only.member, only.reason, others) }
        guard found.isEmpty else {
            throw PlanError.severalPrograms(
                what: "\(workspace.evidence): the workspace's root starts nothing, and several of its members do",
                candidates: found.map { .init("\($0.member.folder)", evidence: "\($0.reason)") }, option: "--app")
        }
        throw PlanError.noStart(
            lookedFor: [
                "a script 'start' in \(workspace.root.appending(name: "package.json"))",
                "one in the package.json of \(workspace.members.map { "\($0.folder)" }.prefix(20).joined(separator: ", "))",
            ], fix: "add a script 'start' to the member that is the service")
    }

    private static func reason(_ application: NodeApplication) -> Reason {
        switch application.kind {
        case .server(let start): start.reason
        case .site(let site): site.output.reason
        }
    }

    private static func shortened(_ text: String) -> String { String(text.prefix { $0 != "\n" }.prefix(160)) }
}
