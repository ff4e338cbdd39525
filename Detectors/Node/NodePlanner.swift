import OCI
import Planning

/// One plan in the making.
struct NodePlanner {
    let project: NodeProject
    let bases: BaseCatalog
    let evidence: [Evidence]
    /// Which package of the workspace is the service, where the root was given.
    private let app: Decided<String>?

    private var options: PlanOptions { project.options }

    /// `given` is the service's folder; at a workspace's root the service is one of its packages.
    init(_ given: NodeProject, bases: BaseCatalog, evidence: [Evidence]) throws {
        let chosen = try WorkspaceApp(given)
        project = chosen.project
        app = chosen.app
        self.bases = bases
        self.evidence = evidence
    }

    func plan() throws -> BuildPlan {
        let installation = try NodeInstallation.read(project)
        let order = try project.workspace.map { try BuildOrder($0, of: project.tree.service, in: project.tree) }
        let application = try NodeApplication.read(project, installation).building(after: order)
        let version = try NodeVersion.read(project)
        let choice = try BaseChoice.choose(wish(application, version), from: bases)
        let steps = NodeSteps(
            project: project, installation: installation, application: application,
            interpreter: choice.builder.interpreter ?? ImagePath("/usr/bin/node"),
            baseEnvironment: choice.builder.environment, libc: choice.builder.libc.family)
        let portability = portability(installation)
        let native = installation?.native
        let stages = choice.bases(
            platform: options.platform,
            buildPlatform: portability.value == .native ? options.platform : options.buildPlatform,
            buildPackages: try StagePackages.of(
                options.buildPackages,
                (installation?.access.packages ?? [])
                    + (native?.builderPackages(choice.builder, needsDevelopment: steps.needsDevelopment) ?? []),
                choice.builder),
            runtimePackages: try StagePackages.of(
                options.runtimePackages, steps.shipsModules ? native?.runtimePackages(choice.runtime) ?? [] : [],
                choice.runtime))
        let copies = steps.copies()
        let builder = BuilderStage(
            name: "builder", portability: portability, base: stages.builder, steps: steps.steps(),
            artifacts: copies.map(\.path))
        return BuildPlan(
            name: options.name, language: Decided("node", .found(evidence: evidence)), platform: options.platform,
            decisions: decisions(choice, installation, application), builder: builder,
            runtime: RuntimeStage(
                base: stages.runtime, copies: copies, files: files(application),
                config: try config(application, installation, choice.runtime)),
            warnings: version.warnings + choice.warnings + (installation?.warnings ?? [])
                + (installation?.access.warnings ?? []) + (native?.warnings ?? []) + steps.warnings
                + application.warnings + (order?.warnings ?? [])
                + ImportTrace(project, installation, application).warnings)
    }

    /// A site's server has its configuration.
    private func files(_ application: NodeApplication) -> [PlanFile] {
        if case .site(let site) = application.kind { [site.file] } else { [] }
    }

    private func wish(_ application: NodeApplication, _ version: NodeVersion) -> BaseChoice.Wish {
        var wish = BaseChoice.Wish(
            language: "node", version: version.request, family: options.bases, libc: options.libc)
        switch application.kind {
        case .site: wish.runtime = "web"
        case .server(let start):
            wish.needsShell = ([start] + application.processes.map(\.start)).contains(where: NodeLauncher.needsShell)
        }
        return wish
    }

    private func portability(_ installation: NodeInstallation?) -> Decided<Portability> {
        if let code = installation?.native.machineCode(isShipped: true) {
            return Decided(.native, .found(evidence: [code]))
        }
        guard installation == nil || installation?.lock != nil else {
            return Decided(.native, .usual(why: "no lock says whether packages are for one platform only"))
        }
        return Decided(.shared, .usual(why: "JavaScript alone, which any platform runs"))
    }

    private func decisions(
        _ choice: BaseChoice, _ installation: NodeInstallation?, _ application: NodeApplication
    ) -> [Decision] {
        var decisions = [Decision("node", choice.version)]
        if let installation {
            decisions.append(Decision("package manager", installation.manager.map(\.title)))
            if let version = installation.version {
                decisions.append(Decision("package manager release", version))
            }
        } else {
            decisions.append(
                Decision(
                    "package manager", Decided("none", .usual(why: "there is neither a dependency nor a lock file"))))
        }
        if let framework = application.framework { decisions.append(Decision("framework", framework)) }
        if let workspace = project.workspace {
            decisions.append(
                Decision("workspace", Decided("\(workspace.root)", .found(evidence: [workspace.evidence]))))
        }
        if let app { decisions.append(Decision("app", app)) }
        if case .site(let site) = application.kind {
            decisions.append(Decision("output", site.output))
            decisions.append(Decision("fallback", site.fallback.map(\.rawValue)))
        }
        return decisions
    }

    private func config(
        _ application: NodeApplication, _ installation: NodeInstallation?, _ runtime: BaseEntry
    ) throws -> RuntimeConfig {
        let start: NodeStart
        switch application.kind {
        case .server(let server): start = server
        case .site(let site): return site.config(on: runtime, options)
        }
        let launcher = NodeLauncher(
            interpreter: runtime.interpreter ?? ImagePath("/usr/bin/node"), shell: shell(runtime), baseName: runtime.id,
            isPlugAndPlay: installation?.isPlugAndPlay == true && start.needsModules,
            isModule: project.manifest?.isModule == true)
        var variables = start.environment
        func set(_ name: String, _ value: String, _ why: String) {
            if variables[name] == nil { variables[name] = Decided(value, .usual(why: why)) }
        }
        let port = port(start)
        if let port { variables["PORT"] = port.map(String.init) }
        set("NODE_ENV", "production", "frameworks run as in production")
        for (name, value) in runtime.environment { set(name, value, "the base expects it") }
        for process in application.processes {
            for (name, value) in process.start.environment where variables[name] == nil { variables[name] = value }
        }
        var processes: [String: Decided<[String]>] = [:]
        for process in application.processes {
            processes[process.name] = Decided(try launcher.arguments(process.start), process.start.reason)
        }
        return RuntimeConfig(
            entrypoint: Decided(try launcher.arguments(start), start.reason, alternatives: start.alternatives),
            environment: variables.map { EnvironmentVariable($0.key, $0.value) }.sorted { $0.name < $1.name },
            workingDirectory: NodeSteps.app.appending(start.folder.relative(to: project.top) ?? .root),
            user: Decided(.nonroot, .usual(why: "no service needs root")), ports: port.map { [$0] } ?? [],
            processes: processes)
    }

    /// The runtime's shell, its own or of a package that the user adds.
    private func shell(_ runtime: BaseEntry) -> ImagePath? {
        let added = options.runtimePackages.contains { $0.value == "dash" }
        return runtime.shell ?? (added ? ImagePath("/bin/sh") : nil)
    }

    /// The port: asked for, found by the start's rules, or 3000 for what serves the web.
    private func port(_ start: NodeStart) -> Decided<Int>? {
        if let asked = options.port { return Decided(asked.value, asked.reason) }
        guard start.isWeb else { return nil }
        return start.port ?? Decided(3000, .usual(why: "the usual port of Node's servers; PORT changes it at start"))
    }
}
