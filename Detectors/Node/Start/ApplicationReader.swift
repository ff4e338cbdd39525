import Planning

/// Decides what is built of a service and how that starts.
struct ApplicationReader {
    let project: NodeProject
    let installation: NodeInstallation?
    /// Every framework that the manifest declares, in the table's order.
    private let declared: [(framework: NodeFramework, entry: PackageJSON.Entry)]
    private let builds: [NodeApplication.Build]
    private let finder: NodeStartFinder

    init(project: NodeProject, installation: NodeInstallation?) throws {
        self.project = project
        self.installation = installation
        declared =
            project.manifest.map { manifest in
                NodeFramework.all.compactMap { one in one.declared(by: manifest).map { (one, $0) } }
            } ?? []
        builds = try NodeBuilds(project: project).all(declared.map(\.framework))
        finder = NodeStartFinder(
            project: project, installation: installation, framework: declared.first?.framework, builds: builds)
    }

    /// What was decided, before ports and variables are put in.
    private struct Choice {
        var kind: NodeApplication.Kind
        var framework: NodeFramework?
        var label: String?
        var builds: [NodeApplication.Build] = []
        var buildEnvironment: [String: String] = [:]
        var warnings: [String] = []
    }

    func read() throws -> NodeApplication {
        let procfile = try Procfile.read(from: project.tree)
        var choice = try choose(procfile)
        if let framework = choice.framework, framework.kind != .library,
            let entry = declared.first(where: { $0.framework.name == framework.name })?.entry,
            let build = NodeBuilds(project: project).program(of: framework, entry, beside: builds + choice.builds)
        {
            choice.builds.append(build)
        }
        if case .server(let start) = choice.kind {
            choice.kind = .server(completed(start, choice.framework, warnings: &choice.warnings))
        }
        return NodeApplication(
            framework: framework(choice), builds: allBuilds(choice), kind: choice.kind,
            processes: try processes(procfile), warnings: choice.warnings.uniqued)
    }

    private func framework(_ choice: Choice) -> Decided<String>? {
        guard let first = choice.framework,
            let entry = declared.first(where: { $0.framework.name == first.name })?.entry
        else { return nil }
        let others = declared.map(\.framework.name).filter { $0 != first.name }
        return Decided(
            choice.label ?? first.name, .found(evidence: [entry.evidence]),
            alternatives: others.map { Alternative($0, why: "\(first.name) is what starts") })
    }

    private func allBuilds(_ choice: Choice) -> [NodeApplication.Build] {
        let more = choice.builds.filter { new in
            !builds.contains { $0.command == new.command && $0.folder == new.folder }
        }
        return (builds + more).map { build in
            NodeApplication.Build(
                name: build.name, command: build.command, folder: build.folder,
                environment: build.environment.merging(choice.buildEnvironment) { own, _ in own }, caches: build.caches,
                reason: build.reason)
        }
    }

    // MARK: - Ranks

    private func choose(_ procfile: Procfile?) throws -> Choice {
        let library = declared.first?.framework
        if let asked = project.options.startCommand {
            return Choice(kind: .server(self.asked(asked)), framework: library)
        }
        if project.setting("output") != nil { return try site(folder: nil, isSinglePage: nil, nil) }
        if let outcome = try finder.fromProcfile(procfile) { return try choice(outcome, []) }
        if let outcome = try finder.fromAppYAML() { return try choice(outcome, []) }
        var skipped: [Alternative] = []
        var refusal: PlanError?
        if let found = try finder.fromScripts(&skipped, &refusal) {
            return try choice(found.outcome, found.alternatives)
        }
        if let found = try finder.fromServerFile(skipped) { return try choice(found.outcome, found.alternatives) }
        if let refusal, skipped.count == 1 { throw refusal }
        // A library of servers among the production dependencies counts before pages beside it.
        let isServer = declared.first.map { one in
            one.framework.kind == .library
                && one.framework.packages.contains { project.manifest?.dependency($0, [.dependencies]) != nil }
        }
        if isServer == true, let found = try finder.fromFiles(&skipped) {
            return try choice(found.outcome, found.alternatives)
        }
        for (framework, entry) in declared where framework.kind != .library {
            let products = NodeProducts(project: project, framework: framework, builds: builds, entry: entry)
            if let product = try products.product() { return choice(product, framework, skipped) }
        }
        if let found = try finder.fromFiles(&skipped) { return try choice(found.outcome, found.alternatives) }
        if let refusal { throw refusal }
        try refuseForeign()
        if let site = try SiteRules(project: project).built(by: builds) {
            return Choice(kind: .site(site), framework: nil)
        }
        if let site = try SiteRules(project: project).plain() { return Choice(kind: .site(site), framework: nil) }
        throw noStart(skipped)
    }

    /// What a start comes to, with the framework's product where the framework's own server is named.
    private func choice(_ outcome: StartOutcome, _ alternatives: [Alternative]) throws -> Choice {
        var result: Choice
        switch outcome.kind {
        case .server(var start):
            start.alternatives += alternatives
            if let replaced = try siteInstead(of: start) {
                result = replaced
            } else {
                result = Choice(kind: .server(start), framework: declared.first?.framework)
            }
        case .site(let folder, let isSinglePage, let reason):
            result = try site(folder: folder, isSinglePage: isSinglePage, reason)
        case .framework(let program, let command):
            result = try product(program, command)
            if case .server(var start) = result.kind {
                for (name, value) in finder.reader.environment(command) where start.environment[name] == nil {
                    start.environment[name] = value
                }
                start = finder.reader.finished(start)
                start.alternatives += alternatives
                result.kind = .server(start)
            }
        case .development(let what):
            throw PlanError.unusable(
                place: "package.json", what: "'\(what)' is for development", fix: "add a script 'start' for production")
        case .refused(let why, let fix): throw PlanError.unusable(place: "package.json", what: why, fix: fix)
        }
        result.builds += outcome.builds
        result.warnings = outcome.warnings + result.warnings
        return result
    }

    private func choice(_ product: NodeProduct, _ framework: NodeFramework, _ skipped: [Alternative]) -> Choice {
        var choice = Choice(
            kind: product.kind, framework: framework, label: product.label, builds: product.builds,
            buildEnvironment: product.buildEnvironment, warnings: product.warnings)
        if case .server(var start) = product.kind {
            start.alternatives += skipped
            choice.kind = .server(start)
        }
        return choice
    }

    /// Which frameworks a program belongs to.
    private static let programs = [
        "next": "Next.js", "nuxt": "Nuxt", "nuxi": "Nuxt", "nest": "NestJS", "astro": "Astro", "vinxi": "SolidStart",
        "nitro": "Nitro", "nitropack": "Nitro", "sails": "Sails",
    ]

    /// The product of the framework whose server a script names.
    private func product(_ program: String, _ command: ScriptCommand) throws -> Choice {
        var name = Self.programs[program]
        if program == "vinxi", declared.contains(where: { $0.framework.name == "TanStack Start" }) {
            name = "TanStack Start"
        }
        guard let (framework, entry) = declared.first(where: { $0.framework.name == name }) else {
            throw PlanError.unusable(
                place: command.evidence.last.map { "\($0)" } ?? "package.json",
                what:
                    "runs '\(command.words.joined(separator: " "))', and package.json does not declare \(name ?? program)",
                fix: "add it to dependencies")
        }
        let products = NodeProducts(project: project, framework: framework, builds: builds, entry: entry)
        guard let product = try products.product(command) else {
            throw PlanError.unusable(
                place: "\(entry.evidence)", what: "nothing says what \(framework.name) starts",
                fix: "give the command with --set start=\"node FILE.js\"")
        }
        if case .server(let start) = product.kind, let first = start.words.first, first != "node" {
            var named = command
            named.words = [first]
            try finder.reader.requireShipped(named)
        }
        return choice(product, framework, [])
    }

    /// `react-router-serve` of an application that its configuration makes a site.
    private func siteInstead(of start: NodeStart) throws -> Choice? {
        let programs = ["react-router-serve": "React Router", "remix-serve": "Remix"]
        guard let name = start.words.first.flatMap({ programs[$0] }),
            let (framework, entry) = declared.first(where: { $0.framework.name == name })
        else { return nil }
        let products = NodeProducts(project: project, framework: framework, builds: builds, entry: entry)
        guard let product = try products.product(), case .site = product.kind else { return nil }
        return choice(product, framework, start.alternatives)
    }

    /// A site: its folder from an option, a file server's words, the framework, or the build.
    private func site(folder: String?, isSinglePage: Bool?, _ reason: Reason?) throws -> Choice {
        let rules = SiteRules(project: project)
        var made: (StaticSite, NodeFramework, String)?
        for (framework, entry) in declared where framework.kind != .library {
            let products = NodeProducts(project: project, framework: framework, builds: builds, entry: entry)
            let product: NodeProduct?
            do { product = try products.product() } catch {
                // The folder is named already; only its nature is wanted.
                guard folder != nil || project.setting("output") != nil else { throw error }
                product = nil
            }
            guard case .site(let site)? = product?.kind else { continue }
            made = (site, framework, product?.label ?? framework.name)
            break
        }
        let wanted = folder.flatMap { project.tree.service.resolving($0)?.relative(to: project.tree.service) }
        guard
            let output = wanted.map({ Decided("\($0)", reason ?? .usual(why: "a file server's words")) })
                ?? made?.0.output ?? project.setting("output").map({ Decided($0.value, $0.reason) })
        else {
            if let site = try rules.built(by: builds) ?? rules.plain() { return Choice(kind: .site(site)) }
            throw PlanError.unusable(
                place: reason.map { "\($0)" } ?? "package.json", what: "serves files, and no folder is named",
                fix: "name the folder with --set node.output=FOLDER")
        }
        let usual: StaticSite.Fallback
        let why: Reason
        switch (isSinglePage, made) {
        case (let single?, _):
            usual = single ? .index : .none
            why = reason ?? .usual(why: "a file server's words")
        case (nil, let made?):
            usual = made.0.fallback.value
            why = made.0.fallback.reason
        default:
            usual = .none
            why = .usual(why: "nothing says that it is an application of one page; --set node.spa=true does")
        }
        let site = rules.site(
            output: output, usual: usual, because: why, page: made?.0.page ?? "index.html",
            immutable: made?.0.immutable ?? [])
        return Choice(kind: .site(site), framework: made?.1, label: made?.2)
    }

    // MARK: - Servers

    /// A command that an option gives, as arguments or for a shell.
    private func asked(_ command: Requested<[String]>) -> NodeStart {
        let words = command.value
        var start = NodeStart(words: [], folder: project.tree.service, reason: command.reason)
        if words.count == 3, words[1] == "-c", ["sh", "bash", "/bin/sh", "/bin/bash"].contains(words[0]) {
            start.shell = (words[2], "sh -c", command.option)
        } else {
            start.words = words.map { word in
                guard word.contains("$"),
                    let split = try? CommandLine.split("\"\(word.replacing("\"", with: "\\\""))\""),
                    split.shellSyntax == nil, let only = split.words.first
                else { return word.replacing("$", with: "$$") }
                return only.template
            }
        }
        return start
    }

    /// The start with the framework's variables and a port.
    private func completed(_ start: NodeStart, _ framework: NodeFramework?, warnings: inout [String]) -> NodeStart {
        var start = start
        for (name, value, why) in framework?.environment ?? [] where start.environment[name] == nil {
            start.environment[name] = Decided(value, .usual(why: why))
        }
        let listening = NodeListening.of(sources(start), in: project.tree)
        if let place = listening?.loopback {
            warnings.append("\(place): listens on the loopback address only; nothing outside can reach it")
        }
        guard start.isWeb, start.port == nil else { return start }
        let isRequested = if case .requested = start.reason { true } else { false }
        if let port = listening?.port, let evidence = listening?.evidence {
            start.port = Decided(port, .found(evidence: [evidence]))
        } else if listening != nil || framework != nil || installation == nil && !isRequested && hasServer(start) {
            let why = "the usual port of \(framework?.name ?? "Node's servers"); PORT changes it at start"
            start.port = Decided(framework?.port ?? 3000, .usual(why: why))
        } else if !sources(start).isEmpty, project.options.port == nil {
            // Nothing listens as far as one can see: a worker.
            start.isWeb = false
        }
        return start
    }

    private func hasServer(_ start: NodeStart) -> Bool {
        sources(start).contains { path in
            JavaScriptSource.read(path, of: project.tree)?.text.contains(/createServer|\.listen\(|\bserve\(/) ?? false
        }
    }

    /// The sources of the files that a start names.
    private func sources(_ start: NodeStart) -> [SourcePath] {
        let tree = project.tree
        let types = try? TypeScriptProject.read(tree.service, of: tree, preferred: ["tsconfig.build.json"])
        return start.files.compactMap { tree.service.resolving($0) }.compactMap { path in
            if tree.hasFile(path) { return path }
            if let source = types?.source(of: path, in: tree) { return source }
            // Where no configuration says it: dist/x.js is src/x.ts.
            let inner = path.components.dropFirst(tree.service.components.count).dropFirst()
            guard let last = inner.last else { return nil }
            let stem = last.replacing(/\.[cm]?js$/, with: "")
            let folders = inner.dropLast().joined(separator: "/")
            return ["src", "."].flatMap { root in
                ["ts", "mts", "js", "mjs"].map { "\(root)/\(folders)/\(stem).\($0)" }
            }.compactMap { tree.service.resolving($0) }.first(where: tree.hasFile)
        }
    }

    private func processes(_ procfile: Procfile?) throws -> [(name: String, start: NodeStart)] {
        guard let procfile else { return [] }
        var result: [(name: String, start: NodeStart)] = []
        for process in procfile.processes
        where process.name != "release" && process.name != "web" && project.options.processes[process.name] == nil
            && process.name != project.options.process?.value
        {
            guard case .server(var start) = try finder.outcome(process, in: procfile).kind else { continue }
            start.isWeb = false
            result.append((process.name, start))
        }
        return result
    }

    // MARK: - Nothing

    /// Things that have a package.json and are no server.
    private func refuseForeign() throws {
        if let entry = project.tree.entry(at: try project.path(".meteor")), case .folder = entry.kind {
            throw PlanError.unusable(
                place: "\(entry.path)", what: "Meteor is built by its own tool, which is no npm package",
                fix: "build a bundle with 'meteor build --directory' and point at its folder 'bundle'")
        }
        guard let manifest = project.manifest else { return }
        let foreign = [
            ("electron", "an Electron application runs on a desktop, not in an image"),
            ("react-native", "a React Native application runs on a telephone, not in an image"),
        ]
        for (package, why) in foreign {
            guard let entry = manifest.dependency(package) else { continue }
            throw PlanError.unusable(
                place: "\(entry.evidence)", what: why, fix: "point at the folder of its server, or add a script 'start'"
            )
        }
    }

    private func noStart(_ skipped: [Alternative]) -> PlanError {
        let seen = skipped.map { "\($0.value) (\($0.why))" }
        return .noStart(
            lookedFor: [
                "a Procfile with a process 'web'", "an entrypoint in app.yaml",
                "scripts \(NodeStartFinder.names.prefix(4).joined(separator: ", ")) in package.json"
                    + (seen.isEmpty ? "" : ", which has \(seen.joined(separator: ", "))"),
                "a framework among the dependencies", "main in package.json",
                "server.js, index.js, app.js or main.js, also in src", "a site in public or here",
            ],
            fix:
                "add a script 'start' to package.json, or give the command with --set start=\"node FILE.js\", or the folder of "
                + "a site with --set node.output=FOLDER")
    }
}

extension [String] {
    /// Each text once, in the order of its first place.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
