import OCI
package import Planning

/// Plans Go programs: static where no C takes part, compiled for any platform in one builder, onto a base without a C
/// library; with C onto one that has the builder's.
package struct GoDetector: Detector {
    package init() {}

    package var language: String { "go" }

    /// Files that say "Go" by themselves, in the order in which one is evidence.
    static let manifests = ["go.mod", "go.work"]

    package var signs: [String] { Self.manifests + ["*.go"] }

    package var workspaces: [WorkspaceRule] {
        [WorkspaceRule(manifest: "go.work", member: "go.mod") { GoWorkspace.claims($0.manifest, $0.member) }]
    }

    package func evidence(in tree: any SourceTree) throws -> [Evidence] {
        let manifest = Self.manifests.map { tree.service.appending(name: $0) }.first(where: tree.hasFile)
        let found = try manifest ?? program(in: tree)
        return found.map { [Evidence(path: $0, excerpt: $0.name)] } ?? []
    }

    /// A file of a program without a module: `main.go`, else the first in the service's folder that is `package main`.
    private func program(in tree: any SourceTree) throws -> SourcePath? {
        guard try !LanguageManifests.areThere(in: tree) else { return nil }
        let main = tree.service.appending(name: "main.go")
        if tree.hasFile(main) { return main }
        return try tree.entries.first { entry in
            guard entry.isFile, entry.path.parent == tree.service, entry.path.name.hasSuffix(".go"),
                !entry.path.name.hasSuffix("_test.go"), !entry.path.name.hasPrefix("_"),
                !entry.path.name.hasPrefix(".")
            else { return false }
            let lines = try tree.text(at: entry.path)?.split(separator: "\n") ?? []
            return lines.contains { $0.wholeMatch(of: /package\s+main\b.*/) != nil }
        }?.path
    }

    package func plan(
        for tree: any SourceTree, options: PlanOptions, bases: BaseCatalog, evidence: [Evidence]
    ) throws -> BuildPlan {
        try GoPlanner(GoProject(tree: tree, options: options), bases: bases, evidence: evidence).plan()
    }
}

/// One plan in the making.
private struct GoPlanner {
    let project: GoProject
    let bases: BaseCatalog
    let evidence: [Evidence]
    let start: GoStart
    let reach: GoReach
    let cgo: GoCgo

    private var options: PlanOptions { project.options }

    init(_ project: GoProject, bases: BaseCatalog, evidence: [Evidence]) throws {
        self.bases = bases
        self.evidence = evidence
        start = try GoStart(project)
        let reach = try GoReach(start.programs, in: project)
        cgo = try GoCgo(project, reach)
        // With cgo other files take part, and import other packages.
        self.project = cgo.isOn ? project.withCgo() : project
        self.reach = cgo.isOn ? try GoReach(start.programs, in: self.project) : reach
    }

    func plan() throws -> BuildPlan {
        let version = try GoVersionChoice.read(
            project, offered: bases.entries(language: "go", role: .builder).map(\.version))
        let access = try GoModuleAccess(options)
        let wish = BaseChoice.Wish(
            language: "go", version: version.request, family: options.bases, libc: options.libc,
            runtime: cgo.isOn ? "cc" : "static")
        let choice = try BaseChoice.choose(wish, from: bases)
        let usesNetwork = project.layout.vendor == nil && !project.layout.requirements.isEmpty
        let stages = choice.bases(
            platform: options.platform, buildPlatform: cgo.isOn ? options.platform : options.buildPlatform,
            buildPackages: try StagePackages.of(
                options.buildPackages, cgo.packages + (usesNetwork ? access.packages : []), choice.builder),
            runtimePackages: try StagePackages.of(options.runtimePackages, [], choice.runtime))
        let runtime = cgo.isOn ? nil : GoRuntime(reach, options).entry(beside: choice.runtime, in: bases)
        let files = try GoFiles(project, reach, start.programs)
        let stamp = try GoStamp(options)
        let steps = GoSteps(
            project: project, programs: start.programs, reach: reach, isCgo: cgo.isOn, access: access, stamp: stamp,
            files: files, baseEnvironment: choice.builder.environment)
        let builder = BuilderStage(
            name: "builder", portability: portability, base: stages.builder, steps: try steps.steps(),
            artifacts: steps.copies.map(\.path))
        let port = GoPort(project, reach)
        let base = runtime.map { runtime in
            Base(
                entry: runtime.entry, reason: runtime.reason, packages: stages.runtime.packages,
                platform: stages.runtime.platform)
        }
        return BuildPlan(
            name: options.name, language: Decided("go", .found(evidence: evidence)), platform: options.platform,
            decisions: decisions(choice, stamp), builder: builder,
            runtime: RuntimeStage(
                base: base ?? stages.runtime, copies: steps.copies, files: [],
                config: try config(port, (base ?? stages.runtime).entry)),
            warnings: version.warnings + choice.warnings + start.warnings + start.fixedVariables() + cgo.warnings
                + (usesNetwork ? access.warnings : []) + port.warnings + files.warnings)
    }

    private var portability: Decided<Portability> {
        cgo.isOn
            ? Decided(.native, cgo.linking.reason)
            : Decided(.crossCompiled, .usual(why: "Go compiles for every platform on every platform"))
    }

    private func decisions(_ choice: BaseChoice, _ stamp: GoStamp) -> [Decision] {
        let layout = project.layout
        let modules: Decided<String> =
            if layout.isModuleless {
                Decided("none", .usual(why: "there is no go.mod, so only the standard library is there"))
            } else if let vendor = layout.vendor {
                Decided("vendored", .usual(why: "there is \(vendor.appending(name: "modules.txt"))"))
            } else if let first = layout.requirements.first {
                Decided("downloaded", .found(evidence: [first.evidence]))
            } else {
                Decided("none", .usual(why: "go.mod requires none"))
            }
        var decisions = [
            Decision("go", choice.version), Decision("program", start.program.map { "\($0.folder)" }),
            Decision("modules", modules), Decision("linking", cgo.linking),
        ]
        if let workspace = layout.workspace {
            let path = Evidence(path: workspace.path, excerpt: workspace.path.name)
            decisions.append(Decision("workspace", Decided("\(workspace.folder)", .found(evidence: [path]))))
        }
        if let stamp = stamp.decided { decisions.append(Decision("stamp", stamp)) }
        return decisions
    }

    private func config(_ port: GoPort, _ runtime: BaseEntry) throws -> RuntimeConfig {
        var variables = runtime.environment.mapValues { Decided($0, .usual(why: "the base expects it")) }
        let path = runtime.environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        variables["PATH"] = Decided("\(GoSteps.folder):\(path)", .usual(why: "programs by their names"))
        if port.isVariable, let first = port.ports.first { variables["PORT"] = first.map(String.init) }
        variables.merge(start.environment) { $1 }
        var known = variables.mapValues(\.value)
        // A command that names the port gets the first one that is written out.
        known["PORT"] = known["PORT"] ?? port.ports.first.map { "\($0.value)" }
        known.merge(options.environment.mapValues(\.value)) { $1 }
        return RuntimeConfig(
            entrypoint: try start.entrypoint(project, variables: known),
            environment: variables.map { EnvironmentVariable($0.key, $0.value) }.sorted { $0.name < $1.name },
            workingDirectory: GoSteps.folder,
            user: Decided(.nonroot, .usual(why: "no service needs root")), ports: port.ports,
            processes: try start.processes(project, variables: known))
    }
}

/// What a static program needs of its base, beside accounts and a place for temporary files.
struct GoRuntime {
    /// Where it may meet certificates, services by name or kinds of files.
    let network: Evidence?
    /// Where it may ask for a time zone.
    let zones: Reason?

    init(_ reach: GoReach, _ options: PlanOptions) {
        let outside = reach.outside.values.min { ($0.path, $0.line ?? 0) < ($1.path, $1.line ?? 0) }
        network = reach.first(of: ["net", "crypto/tls", "crypto/x509", "mime", "log/syslog"]) ?? outside
        // The table that a program brings itself is enough.
        if reach.imports["time/tzdata"] != nil || options.tags.contains(where: { $0.value == "timetzdata" }) {
            zones = nil
        } else {
            zones =
                options.environment["TZ"]?.reason
                ?? (reach.zones ?? outside).map { .found(evidence: [$0]) }
        }
    }

    /// The smallest base of the same family and release that holds what is needed; nil where the full one does.
    func entry(beside full: BaseEntry, in catalog: BaseCatalog) -> (entry: BaseEntry, reason: Reason)? {
        guard zones == nil else { return nil }
        let language = network == nil ? "scratch" : "static-net"
        let entry = catalog.entries(language: language, role: .runtime).first {
            $0.family == full.family && $0.release == full.release
        }
        let why =
            network == nil
            ? "a static program that imports no network and asks for no time zone"
            : "a static program that asks for no time zone"
        return entry.map { ($0, .usual(why: why)) }
    }
}
