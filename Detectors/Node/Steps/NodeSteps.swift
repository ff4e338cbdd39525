import Formats
import OCI
import Planning

/// The builder's steps of a Node service, in the order in which less often changed inputs come first.
///
/// `manager`, `manifests`, `install` (network), `prune`: the dependencies, untouched by an edit of the service.
/// `sources`, `build`, `check`: its files.
struct NodeSteps {
    let project: NodeProject
    let installation: NodeInstallation?
    let application: NodeApplication
    let interpreter: ImagePath
    /// Variables that programs in the base expect.
    let baseEnvironment: [String: String]
    let libc: LibC.Family

    static let app = ImagePath("/app")
    static let site = ImagePath("/out/site")
    static let dependencies = ImagePath("/out/dependencies")
    static let output = ImagePath("/out/application")

    private var options: PlanOptions { project.options }
    private var commands: ManagerCommands {
        ManagerCommands(
            manager: installation?.manager.value ?? .npm, installation: installation, interpreter: interpreter)
    }

    /// The service's folder in the tree that is built: `.` where it is a package of its own.
    var service: SourcePath { project.tree.service.relative(to: project.top) ?? .root }

    /// Whether anything is built, so that what only development needs is installed too.
    var hasBuild: Bool { !application.builds.isEmpty || options.buildCommand != nil }

    /// Whether packages of `node_modules` are shipped.
    var shipsModules: Bool {
        guard installation != nil else { return false }
        if case .server(let start) = application.kind { return start.needsModules }
        return false
    }

    /// Members of the workspace that are shipped with the service, the service among them, from the tree's root.
    var members: [SourcePath] {
        guard let workspace = project.workspace else { return [] }
        let folders = workspace.runtimeClosure(of: project.tree.service).map(\.folder) + [project.tree.service]
        return Set(folders.compactMap { $0.relative(to: project.top) }).subtracting([.root]).sorted()
    }

    /// All steps.
    func steps() -> [Step] {
        var steps: [Step] = []
        if let installation {
            steps += install(installation)
            if shipsModules { steps.append(prune(after: steps.last?.name)) }
        }
        let tree = steps.last { $0.name == "install" }?.name
        steps.append(
            Step(
                name: "sources", needs: [tree].compactMap(\.self),
                action: .copy(
                    source: SourceCopy(paths: sourcePaths, base: project.top, destination: Self.app)),
                reason: .usual(why: "the service itself, after everything that changes less often")))
        steps += build(after: "sources")
        let pruned = steps.contains { $0.name == "prune" } ? ["prune"] : []
        steps.append(check(needs: pruned + [steps.last?.name].compactMap(\.self)))
        return steps
    }

    private func run(
        _ name: String, needs: [String], _ arguments: [String], in folder: ImagePath = Self.app, _ reason: Reason,
        environment more: [String: String] = [:], mounts: [Mount] = [], network: NetworkAccess = .none
    ) -> Step {
        Step(
            name: name, needs: needs,
            action: .run(
                command: RunCommand(
                    arguments: arguments, environment: environment.merging(more) { _, ours in ours },
                    workingDirectory: folder, mounts: mounts, network: network)), reason: reason)
    }

    /// The same in every step: no question, no news, no time of the build.
    private var environment: [String: String] {
        baseEnvironment.merging(
            commands.environment.merging([
                "HOME": "/root", "LANG": "C.UTF-8", "PATH": programs.joined(separator: ":"),
                "SOURCE_DATE_EPOCH": "315532800",
            ]) { one, _ in one }
        ) { _, ours in ours }
    }

    /// Where programs are looked up: those of the service's packages, the pinned manager, the base's.
    private var programs: [String] {
        let own = service == .root ? [] : ["\(Self.app.appending(service))/node_modules/.bin"]
        let manager = managerStep == nil ? [] : ["\(ManagerCommands.folder)/node_modules/.bin"]
        let base = baseEnvironment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return own + ["\(Self.app)/node_modules/.bin"] + manager + [base]
    }

    /// The sources: all, or in a workspace those of the members that take part and the files beside them.
    private var sourcePaths: [SourcePath] {
        guard let workspace = project.workspace else { return [project.top] }
        let taking = workspace.closure(of: project.tree.service).map(\.folder) + [project.tree.service]
        let others = workspace.members.map(\.folder).filter { folder in
            !taking.contains { folder.isInside($0) || $0.isInside(folder) }
        }
        func isOther(_ path: SourcePath) -> Bool { others.contains { path.isInside($0) } }
        func holdsOther(_ path: SourcePath) -> Bool { others.contains { $0.isInside(path) } }
        guard !others.isEmpty else { return [project.top] }
        var result: [SourcePath] = []
        for entry in project.tree.entries where entry.path != project.top && entry.path.isInside(project.top) {
            if result.contains(where: entry.path.isInside) || isOther(entry.path) || holdsOther(entry.path) { continue }
            result.append(entry.path)
        }
        return result
    }

    // MARK: Dependencies

    /// The pinned manager, where the base's npm does not do.
    private var managerStep: (spec: String, installation: NodeInstallation, version: Decided<String>)? {
        guard let installation, installation.vendored == nil, let version = installation.version else { return nil }
        return ("\(installation.manager.value.package)@\(version.value)", installation, version)
    }

    private func install(_ installation: NodeInstallation) -> [Step] {
        let (mounts, variables) = (installation.access.mounts, installation.access.environment)
        var steps: [Step] = []
        if let manager = managerStep {
            let settings = installation.files.filter { $0 == project.top.appending(name: ".npmrc") }
            if !settings.isEmpty {
                steps.append(
                    Step(
                        name: "settings", needs: [],
                        action: .copy(
                            source: SourceCopy(
                                paths: settings, base: project.top, destination: ManagerCommands.folder)),
                        reason: .found(evidence: settings.map { Evidence(path: $0, excerpt: $0.name) })))
            }
            steps.append(
                run(
                    "manager", needs: steps.map(\.name),
                    program(
                        NodePrograms.manager,
                        [manager.spec] + (installation.hash.map { [$0, commands.hashed] } ?? [])),
                    in: .root, manager.version.reason, environment: variables,
                    mounts: [.cache(id: "npm", target: ImagePath("/root/.cache/npm"))] + mounts, network: .host))
        }
        let place = installation.lock?.path ?? project.manifest?.path ?? project.top.appending(name: "package.json")
        let found = Reason.found(evidence: [Evidence(path: place, excerpt: place.name)])
        let files = installation.needsSources == nil ? installation.files : sourcePaths
        steps.append(
            Step(
                name: "manifests", needs: steps.last.map { [$0.name] } ?? [],
                action: .copy(source: SourceCopy(paths: files, base: project.top, destination: Self.app)),
                reason: installation.needsSources.map { .found(evidence: [$0]) } ?? found))
        let asked = options.installCommand
        steps.append(
            run(
                "install", needs: ["manifests"],
                asked?.value ?? commands.install(production: !needsDevelopment),
                asked?.reason ?? found,
                environment: variables.merging(Self.native) { one, _ in one }
                    .merging(installation.native.environment) { one, _ in one },
                mounts: commands.caches + mounts,
                network: installation.isOffline != nil && asked == nil && managerStep == nil ? .none : .host))
        return steps
    }

    /// Builds need the tools of development, and so may the service's own scripts of an installation.
    var needsDevelopment: Bool {
        guard let installation else { return false }
        let runsScripts =
            installation.ignoresScripts == nil
            && project.installedManifests.contains { manifest in
                LifecycleScripts.names.contains { manifest.script($0) != nil }
            }
        return hasBuild || runsScripts || installation.needsSources != nil || !shipsModules
    }

    /// Yarn before 4 makes a production tree of archives with a plugin only.
    var warnings: [String] {
        guard shipsModules, installation?.isPlugAndPlay == true, (installation?.major ?? 4) < 4 else { return [] }
        let plugin = project.tree.entries.contains { $0.path.name == "plugin-workspace-tools.cjs" }
        guard !plugin, let path = installation?.lock?.path else { return [] }
        return [
            "\(path): Yarn \(installation?.major ?? 3) cannot leave out development dependencies; they ship, unless you add "
                + "its plugin with 'yarn plugin import workspace-tools'"
        ]
    }

    /// C code is compiled without the paths and build ids of this build.
    private static let native = [
        "CFLAGS": "-g0", "CXXFLAGS": "-g0", "LDFLAGS": "-Wl,--build-id=none -s", "PYTHONDONTWRITEBYTECODE": "1",
    ]

    private func prune(after last: String?) -> Step {
        let needs = last.map { [$0] } ?? []
        guard installation?.isPlugAndPlay != true else {
            return run(
                "prune", needs: needs,
                program(NodePrograms.pruneArchives, ["\(Self.app)", project.manifest?.name ?? ""] + commands.focus),
                .usual(why: "archives that production needs, chosen by Yarn itself"))
        }
        return run(
            "prune", needs: needs,
            program(
                NodePrograms.prune,
                ["\(Self.app)", "\(service)", options.platform.nodeArchitecture, libc.rawValue]
                    + members.map(\.description)),
            .usual(why: "packages that the service's own dependencies lead to, without what only people read"))
    }

    // MARK: The service

    private func build(after last: String) -> [Step] {
        let network: NetworkAccess = options.buildNetwork?.value == true ? .host : .none
        if let asked = options.buildCommand {
            return [
                run(
                    "build", needs: [last], asked.value, in: Self.app.appending(service), asked.reason,
                    environment: ["NODE_ENV": "production"], mounts: npmCache, network: network)
            ]
        }
        var needs = last
        var seen: [String: Int] = [:]
        return application.builds.map { build in
            let count = seen[build.name, default: 0] + 1
            seen[build.name] = count
            let name = stepName(build.name) + (count == 1 ? "" : "-\(count)")
            let folder = Self.app.appending(build.folder.relative(to: project.top) ?? .root)
            let arguments: [String]
            switch build.command {
            case .script(let script): arguments = commands.run(script)
            case .program(let words): arguments = words
            }
            let caches = build.caches.map {
                Mount.cache(id: "node-\(options.name)-\(Self.identifier($0))", target: folder.resolving($0))
            }
            defer { needs = name }
            return run(
                name, needs: [needs], arguments, in: folder, build.reason,
                environment: ["NODE_ENV": "production"].merging(build.environment) { _, own in own },
                mounts: npmCache + caches, network: network)
        }
    }

    /// npm writes its log somewhere, and that is not shipped.
    private var npmCache: [Mount] { [.cache(id: "npm", target: ImagePath("/root/.cache/npm"))] }

    private static func identifier(_ text: String) -> String {
        text.split(separator: "/").joined(separator: "-").filter { $0.isLetter || $0.isNumber || "-._".contains($0) }
    }

    /// A build's name as a step's: small letters, digits and dashes.
    private func stepName(_ name: String) -> String {
        let plain = name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
        let taken = ["manager", "settings", "manifests", "install", "prune", "sources", "check"]
        let text = String(plain)
        return text == "build"
            ? text : taken.contains(text) || !(text.first?.isLetter ?? false) ? "build-\(text)" : text
    }

    private func check(needs: [String]) -> Step {
        let layout = NodeLayout(
            top: "\(Self.app)", service: "\(service)", built: hasBuild, application: application,
            processes: application.processes.map(\.start),
            hasPrograms: shipsModules && installation?.isPlugAndPlay != true,
            caches: application.builds.flatMap(\.caches) + project.membersOfDevelopment)
        return run(
            "check", needs: needs, program(NodePrograms.check, [layout.json]),
            .usual(
                why: "what the image starts is there, and what it holds is laid out"))
    }

    private func program(_ text: String, _ arguments: [String]) -> [String] {
        ["\(interpreter)", "-e", text, "--"] + arguments
    }

    // MARK: What leaves the builder

    /// Copies of the image.
    func copies() -> [ArtifactCopy] {
        if case .site = application.kind {
            return [
                ArtifactCopy(
                    from: "builder", path: Self.site, destination: StaticSite.root, group: .application,
                    step: "check", reason: .usual(why: "the files of the site"))
            ]
        }
        var copies: [ArtifactCopy] = []
        if shipsModules, installation?.isPlugAndPlay == true {
            for name in [".pnp.cjs", ".yarn"] {
                copies.append(
                    ArtifactCopy(
                        from: "builder", path: Self.dependencies.resolving(name), destination: Self.app.resolving(name),
                        group: .dependencies, step: "prune", reason: .usual(why: "archives that production needs")))
            }
        } else if shipsModules {
            for folder in Set([SourcePath.root, service] + members).sorted() {
                let place = folder.appending(name: "node_modules")
                copies.append(
                    ArtifactCopy(
                        from: "builder", path: Self.dependencies.appending(place),
                        destination: Self.app.appending(place), group: .dependencies, step: "prune",
                        reason: .usual(why: "packages that production needs")))
            }
        }
        copies.append(
            ArtifactCopy(
                from: "builder", path: Self.output, destination: Self.app, group: .application, step: "check",
                reason: .usual(why: "the service's own files")))
        return copies
    }
}

extension Platform {
    /// The CPU as Node names it.
    var nodeArchitecture: String { ["amd64": "x64", "386": "ia32"][architecture] ?? architecture }
}
