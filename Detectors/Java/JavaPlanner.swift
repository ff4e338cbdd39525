import OCI
import Planning

/// One plan in the making: the build tool's steps, the step that finds what they made, and a JVM to run it.
struct JavaPlanner {
    let project: JavaProject
    let bases: BaseCatalog
    let evidence: [Evidence]

    private var options: PlanOptions { project.options }

    func plan() throws -> BuildPlan {
        let version = try JavaVersion.read(project)
        let build = try JavaBuild.read(project, version: version)
        let container = try ServletContainer.read(project, build)
        let image = try JavaImage.read(project, container)
        let start = try JavaStart.read(project, build, container)
        let choice = try BaseChoice.choose(wish(version, build, start, image), from: bases)
        try image?.check(version: choice.version.value)
        let port = JavaListening.read(project, build, container)
        let stages = choice.bases(
            platform: options.platform, buildPlatform: image == nil ? options.buildPlatform : options.platform,
            buildPackages: try StagePackages.of(options.buildPackages, build.packages, choice.builder),
            runtimePackages: try StagePackages.of(options.runtimePackages, container?.packages ?? [], choice.runtime))
        let steps = JavaSteps(
            project: project, build: build, start: start, container: container, image: image,
            version: choice.version.value, baseEnvironment: choice.builder.environment)
        let copies = steps.copies
        let builder = BuilderStage(
            name: "builder", portability: image.map { Decided(.native, $0.reason) } ?? Self.portability,
            base: stages.builder, steps: try steps.steps(), artifacts: copies.map(\.path))
        let launcher = JavaLauncher(
            java: image == nil ? choice.runtime.interpreter ?? ImagePath("/usr/bin/java") : JavaImage.java,
            version: choice.version.value, shell: shell(choice.runtime), baseName: choice.runtime.id,
            container: container, options: steps.hasOptions ? JavaSteps.app.resolving("jvm.options") : nil)
        return BuildPlan(
            name: options.name, language: Decided("java", .found(evidence: evidence)), platform: options.platform,
            decisions: decisions(choice, build) + [container?.decision].compactMap(\.self), builder: builder,
            runtime: RuntimeStage(
                base: stages.runtime, copies: copies, files: container?.files(port: port.port?.value ?? 8080) ?? [],
                config: try config(start, port, launcher, choice.runtime)),
            warnings: version.warnings + choice.warnings + build.warnings + start.warnings)
    }

    /// Class files are the same for every machine; native libraries in archives bring those of each.
    private static let portability = Decided(
        Portability.shared, .usual(why: "class files run on every machine"))

    private func wish(
        _ version: JavaVersion, _ build: JavaBuild, _ start: JavaStart, _ image: JavaImage?
    ) -> BaseChoice.Wish {
        let asked = options.bases.flatMap { $0.value == "auto" ? nil : $0 }
        return BaseChoice.Wish(
            language: "java", version: version.request, family: asked ?? family(build) ?? options.bases,
            needsShell: start.needsShell,
            libc: options.libc, tools: build.tools.union(["javac"]), runtime: image.map { _ in "jlink" })
    }

    /// The family whose build tool is new enough, where only one is.
    private func family(_ build: JavaBuild) -> Requested<String>? {
        build.bases.map { Requested($0.value, by: "\($0.reason)") }
    }

    private func decisions(_ choice: BaseChoice, _ build: JavaBuild) -> [Decision] {
        var decisions = [Decision("java", choice.version), Decision("build tool", build.tool.map(\.rawValue))]
        if build.module.value != build.root { decisions.append(Decision("module", build.module.map { "\($0)" })) }
        if let framework = build.framework { decisions.append(Decision("framework", framework)) }
        return decisions + [Decision("packaging", build.packaging)]
    }

    private func config(
        _ start: JavaStart, _ port: JavaListening, _ launcher: JavaLauncher, _ runtime: BaseEntry
    ) throws -> RuntimeConfig {
        var variables = runtime.environment.mapValues { Decided($0, .usual(why: "the base expects it")) }
        func set(_ name: String, _ value: String, _ why: String) {
            if variables[name] == nil { variables[name] = Decided(value, .usual(why: why)) }
        }
        set("LANG", "C.UTF-8", "names of files are UTF-8")
        variables.merge(port.environment) { $1 }
        variables.merge(start.environment) { $1 }
        var known = variables.mapValues(\.value)
        known.merge(options.environment.mapValues(\.value)) { $1 }
        return RuntimeConfig(
            entrypoint: Decided(try launcher.arguments(start.first, variables: known), start.first.reason),
            environment: variables.map { EnvironmentVariable($0.key, $0.value) }.sorted { $0.name < $1.name },
            workingDirectory: JavaSteps.app,
            user: Decided(.nonroot, .usual(why: "no service needs root")), ports: port.port.map { [$0] } ?? [],
            processes: try start.others.mapValues {
                Decided(try launcher.arguments($0, variables: known), $0.reason)
            })
    }

    /// The runtime's shell, its own or of a package that the user adds.
    private func shell(_ runtime: BaseEntry) -> ImagePath? {
        let added = options.runtimePackages.contains { $0.value == "dash" }
        return runtime.shell ?? (added ? ImagePath("/bin/sh") : nil)
    }
}
