import OCI
package import Planning

/// Plans Go modules: one static program, compiled for any platform in one builder, onto a base without a C library.
package struct GoDetector: Detector {
    package init() {}

    package var language: String { "go" }

    package var signs: [String] { ["go.mod"] }

    package func evidence(in tree: any SourceTree) throws -> [Evidence] {
        let path = try tree.service.appending("go.mod")
        return tree.hasFile(path) ? [Evidence(path: path, excerpt: path.name)] : []
    }

    package func plan(
        for tree: any SourceTree, options: PlanOptions, bases: BaseCatalog, evidence: [Evidence]
    ) throws -> BuildPlan {
        try GoPlanner(project: GoProject(tree: tree, options: options), bases: bases, evidence: evidence).plan()
    }
}

/// One plan in the making.
private struct GoPlanner {
    let project: GoProject
    let bases: BaseCatalog
    let evidence: [Evidence]

    private var options: PlanOptions { project.options }

    static let folder = ImagePath("/app")

    func plan() throws -> BuildPlan {
        let program = try project.program()
        let imports = try project.imports(of: program.value)
        if let cgo = imports.cgo {
            throw PlanError.unusable(
                place: "\(cgo)", what: "imports C, and programs with cgo are not built yet",
                fix: "leave the file out with '//go:build cgo' and give a pure Go one for '!cgo'")
        }
        let version = try GoVersionChoice.read(
            project.module, options, offered: bases.entries(language: "go", role: .builder).map(\.version))
        let wish = BaseChoice.Wish(
            language: "go", version: version.request, family: options.bases, libc: options.libc, runtime: "static")
        let choice = try BaseChoice.choose(wish, from: bases)
        let stages = choice.bases(
            platform: options.platform, buildPlatform: options.buildPlatform,
            buildPackages: try StagePackages.of(options.buildPackages, [], choice.builder),
            runtimePackages: try StagePackages.of(options.runtimePackages, [], choice.runtime))
        let steps = GoSteps(project: project, program: program.value, baseEnvironment: choice.builder.environment)
        let place = Self.folder.resolving(program.value.name)
        let builder = BuilderStage(
            name: "builder",
            portability: Decided(.crossCompiled, .usual(why: "Go compiles for every platform on every platform")),
            base: stages.builder, steps: try steps.steps(), artifacts: [steps.artifact])
        let copy = ArtifactCopy(
            from: "builder", path: steps.artifact, destination: place, group: .application, step: "build",
            reason: .found(evidence: [program.value.evidence]))
        return BuildPlan(
            name: options.name, language: Decided("go", .found(evidence: evidence)), platform: options.platform,
            decisions: decisions(choice, program), builder: builder,
            runtime: RuntimeStage(
                base: stages.runtime, copies: [copy], files: [],
                config: try config(program, at: place, imports, choice.runtime)),
            warnings: version.warnings + choice.warnings + (try warnings(place)))
    }

    private func decisions(_ choice: BaseChoice, _ program: Decided<GoProject.Program>) -> [Decision] {
        let modules: Decided<String> =
            if project.isVendored {
                Decided("vendored", .usual(why: "there is vendor/modules.txt"))
            } else if let first = project.module.requires.first {
                Decided("downloaded", .found(evidence: [first.evidence]))
            } else {
                Decided("none", .usual(why: "go.mod requires none"))
            }
        return [
            Decision("go", choice.version), Decision("program", program.map { "\($0.folder)" }),
            Decision("modules", modules),
            Decision("linking", Decided("static", .usual(why: "no package of the program imports C"))),
        ]
    }

    private func config(
        _ program: Decided<GoProject.Program>, at place: ImagePath, _ imports: GoProject.Imports, _ runtime: BaseEntry
    ) throws -> RuntimeConfig {
        let port: Decided<Int>? =
            if let asked = options.port { Decided(asked.value, asked.reason) } else {
                imports.server.map { Decided(8080, .found(evidence: [$0])) }
            }
        var variables = runtime.environment.mapValues { Decided($0, .usual(why: "the base expects it")) }
        let path = runtime.environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables["PATH"] = Decided("\(Self.folder):\(path)", .usual(why: "programs by their names"))
        if let port { variables["PORT"] = port.map(String.init) }
        let started = program.map { _ in ["\(place)"] }
        return RuntimeConfig(
            entrypoint: try options.startCommand.map { Decided(try words($0, place), $0.reason) }
                ?? Decided(
                    started.value, .found(evidence: [program.value.evidence]), alternatives: started.alternatives),
            environment: variables.map { EnvironmentVariable($0.key, $0.value) }.sorted { $0.name < $1.name },
            workingDirectory: Self.folder,
            user: Decided(.nonroot, .usual(why: "no service needs root")), ports: port.map { [$0] } ?? [],
            processes: try options.processes.mapValues { Decided(try words($0, place), $0.reason) })
    }

    /// A command as the image can start it: there is no shell that would put a variable's value in.
    private func words(_ command: Requested<[String]>, _ place: ImagePath) throws -> [String] {
        if let variable = command.value.first(where: { $0.contains("${") }) {
            throw PlanError.needsShell(
                command: command.value.joined(separator: " "), place: command.option, syntax: variable,
                base: "a static runtime")
        }
        guard let first = command.value.first, first == place.name || first == "./\(place.name)" else {
            return command.value
        }
        return ["\(place)"] + command.value.dropFirst()
    }

    private func warnings(_ place: ImagePath) throws -> [String] {
        let procfile = try project.tree.service.appending("Procfile")
        guard project.tree.hasFile(procfile), options.startCommand == nil else { return [] }
        return ["\(procfile): is not read for Go yet; the image starts \(place), and --set start=… says otherwise"]
    }
}
