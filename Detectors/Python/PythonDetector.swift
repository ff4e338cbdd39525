import OCI
package import Planning

/// Plans Python services: what a lock, requirements files or a manifest name is installed by pip, and scripts may need nothing.
package struct PythonDetector: Detector {
    package init() {}

    package var language: String { "python" }

    package var signs: [String] { ["requirements.txt", "pyproject.toml", "Pipfile", "manage.py", "*.py"] }

    package var workspaces: [WorkspaceRule] { [UvWorkspace.rule] }

    package func evidence(in tree: any SourceTree) throws -> [Evidence] {
        try PythonProject(tree: tree, options: PlanOptions(name: "")).evidence()
    }

    package func plan(
        for tree: any SourceTree, options: PlanOptions, bases: BaseCatalog, evidence: [Evidence]
    ) throws -> BuildPlan {
        let project = try PythonProject(tree: tree, options: options).choosingMember()
        return try PythonPlanner(project: project, bases: bases, evidence: evidence).plan()
    }
}

/// One plan in the making.
struct PythonPlanner {
    let project: PythonProject
    let bases: BaseCatalog
    let evidence: [Evidence]

    var options: PlanOptions { project.options }

    func plan() throws -> BuildPlan {
        let version = try PythonVersion.read(from: project)
        let source = try InstallSources.find(in: project)
        var wish = BaseChoice.Wish(
            language: "python", version: version.request, family: options.bases, libc: options.libc)
        var choice = try BaseChoice.choose(wish, from: bases)
        let python = choice.version.value
        let installation = try installation(source, python, choice)
        // What the service asks for decides how it starts; what that turns out to be, how it is built.
        let requirements = installation?.declared
        let portability = try portability(installation, source, python, choice)
        let procfile = try Procfile.read(from: project.tree)
        let finder = StartFinder(project: project, requirements: requirements, procfile: procfile)
        if requirements == nil { try UnnamedImports.check(project) }
        if let install = options.installCommand, requirements == nil {
            throw PlanError.unusable(
                place: install.option, what: "an install command needs to know which files it reads",
                fix: "add a requirements.txt, empty where the command names everything itself")
        }
        let start = try finder.find()
        let processes = try otherProcesses(finder, procfile)
        if start.shell != nil || processes.contains(where: { $0.1.shell != nil }) {
            wish.needsShell = true
            choice = try BaseChoice.choose(wish, from: bases)
        }
        let interpreter = choice.runtime.interpreter ?? ImagePath("/usr/bin/python3")
        let hasVenv = requirements != nil
        let projects = options.installCommand == nil ? installation?.installed.projects ?? [] : []
        let launcher = Launcher(
            interpreter: interpreter, programs: hasVenv ? ImagePath("/opt/venv/bin") : nil,
            shell: shell(choice.runtime),
            baseName: choice.runtime.id, tree: project.tree, root: PythonSteps.app,
            ownScripts: Set(projects.flatMap(\.scripts)))
        let steps = PythonSteps(
            project: project, interpreter: interpreter, baseEnvironment: choice.builder.environment)
        var dependencies = try installation.map(steps.dependencies) ?? []
        if let set = installation?.installed {
            dependencies += try steps.projects(set, after: dependencies.last?.name)
        }
        let django = try finder.djangoProjects().first { $0.folder == start.folder } ?? finder.djangoProjects().first
        let service = steps.service(
            after: dependencies.last?.name, django, hasVenv: hasVenv, isInstalled: !projects.isEmpty,
            without: try installedSources(projects, [start] + processes.map(\.1)))
        let needs = try django.map { try DjangoNeeds(settings: $0.settings, in: project) }
        let set = installation?.installed
        let system = set.map { SystemPackages.needed(for: $0, python: python, builder: choice.builder) } ?? []
        let used = set.map { SystemPackages.needed(for: $0, django: needs, runtime: choice.runtime) } ?? []
        let native = set.map { SystemPackages.warnings(for: $0, django: needs, builder: choice.builder) } ?? []
        let stages = choice.bases(
            platform: options.platform,
            buildPlatform: portability.value == .native ? options.platform : options.buildPlatform,
            buildPackages: try StagePackages.of(options.buildPackages, system, choice.builder),
            runtimePackages: try StagePackages.of(options.runtimePackages, used, choice.runtime))
        let (copies, artifacts) = copies(hasVenv: hasVenv, isInstalled: !projects.isEmpty, django)
        let builder = BuilderStage(
            name: "builder", portability: portability, base: stages.builder, steps: dependencies + service,
            artifacts: artifacts)
        let programs = (projects.isEmpty ? [] : ["\(PythonSteps.own)/bin"]) + (hasVenv ? ["/opt/venv/bin"] : [])
        let config = try config(start, launcher, processes, choice.runtime, programs: programs)
        return BuildPlan(
            name: options.name, language: Decided("python", .found(evidence: evidence)), platform: options.platform,
            decisions: decisions(choice, source, installation, start), builder: builder,
            runtime: RuntimeStage(base: stages.runtime, copies: copies, files: [], config: config),
            open: open(installation), resolved: resolved(installation),
            warnings: version.warnings + choice.warnings + start.warnings + native
                + (try warnings(installation, procfile)))
    }

    private func otherProcesses(_ finder: StartFinder, _ procfile: Procfile?) throws -> [(String, StartCommand)] {
        let asked = options.processes.sorted { $0.key < $1.key }.map {
            ($0.key, StartFinder.asked($0.value, in: project))
        }
        guard let procfile else {
            let workers = try Workers(finder: finder).all().filter { options.processes[$0.name] == nil }
            return asked + workers.map { ($0.name, $0.command) }
        }
        return asked
            + (try procfile.processes.filter { options.processes[$0.name] == nil }.filter {
                $0.name != "release" && $0.name != "web"
            }
            .map { ($0.name, try finder.start($0, in: procfile)) })
    }

    /// The runtime's shell, its own or of a package that the user adds.
    private func shell(_ runtime: BaseEntry) -> ImagePath? {
        let added = options.runtimePackages.contains { $0.value == "dash" }
        return runtime.shell ?? (added ? ImagePath("/bin/sh") : nil)
    }

    private func copies(hasVenv: Bool, isInstalled: Bool, _ django: DjangoProject?) -> ([ArtifactCopy], [ImagePath]) {
        var copies: [ArtifactCopy] = []
        func add(_ path: ImagePath, _ group: LayerGroup, step: String, _ reason: Reason) {
            copies.append(
                ArtifactCopy(
                    from: "builder", path: path, destination: path, group: group, step: step, reason: reason))
        }
        if hasVenv { add(PythonSteps.venv, .dependencies, step: "compile", .usual(why: "the installed requirements")) }
        if isInstalled {
            add(PythonSteps.own, .application, step: "bytecode", .usual(why: "the service's own packages, installed"))
        }
        add(PythonSteps.app, .application, step: "bytecode", .usual(why: "the service with its bytecode"))
        if let text = django?.absoluteStaticRoot, let root = try? ImagePath(parsing: text),
            !root.isInside(PythonSteps.app), let evidence = django?.staticRoot, hasVenv
        {
            add(root, .application, step: "build", .found(evidence: [evidence]))
        }
        return (copies, copies.map(\.path))
    }

    private func config(
        _ start: StartCommand, _ launcher: Launcher, _ processes: [(String, StartCommand)], _ runtime: BaseEntry,
        programs: [String]
    ) throws -> RuntimeConfig {
        let port = port(start)
        var variables = start.environment
        func set(_ name: String, _ value: String, _ why: String) {
            if variables[name] == nil { variables[name] = Decided(value, .usual(why: why)) }
        }
        let path = runtime.environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        if !programs.isEmpty { set("VIRTUAL_ENV", "/opt/venv", "where the requirements are") }
        set("PATH", (programs + [path]).joined(separator: ":"), "programs by their names")
        set("PYTHONUNBUFFERED", "1", "what the service prints appears at once")
        set("PYTHONDONTWRITEBYTECODE", "1", "the image holds the bytecode already")
        set("LANG", "C.UTF-8", "text is UTF-8")
        if let port { variables["PORT"] = port.map(String.init) }
        for (name, value) in runtime.environment { set(name, value, "the base expects it") }
        for (_, process) in processes {
            for (name, value) in process.environment where variables[name] == nil { variables[name] = value }
        }
        let entrypoint = try launcher.arguments(start)
        var others: [String: Decided<[String]>] = [:]
        for (name, process) in processes { others[name] = Decided(try launcher.arguments(process), process.reason) }
        return RuntimeConfig(
            entrypoint: Decided(entrypoint, start.reason, alternatives: start.alternatives),
            environment: variables.map { EnvironmentVariable($0.key, $0.value) }.sorted { $0.name < $1.name },
            workingDirectory: PythonSteps.app.appending(project.relative(start.folder)),
            user: Decided(.nonroot, .usual(why: "no service needs root")), ports: port.map { [$0] } ?? [],
            processes: others)
    }

    /// The port: asked for, written in the command, or 8000 for what serves the web.
    private func port(_ start: StartCommand) -> Decided<Int>? {
        if let asked = options.port { return Decided(asked.value, asked.reason) }
        guard start.isWeb else { return nil }
        let text = start.words.joined(separator: " ")
        let pattern = /(?:(?:--bind|-b|--listen|--http|--http-socket)[ =]?\S*:|(?:--port|-p)[ =])(\d{2,5})\b/
        if let match = text.firstMatch(of: pattern), let port = Int(match.output.1) {
            return Decided(port, start.reason)
        }
        if let written = start.environment["PORT"], let port = Int(written.value) {
            return Decided(port, written.reason)
        }
        if let named = start.port { return named }
        return Decided(8000, .usual(why: "the usual port of Python's servers; PORT changes it at start"))
    }

    private func decisions(
        _ choice: BaseChoice, _ source: (any InstallSource)?, _ installation: Installation?, _ start: StartCommand
    ) -> [Decision] {
        var decisions = [Decision("python", choice.version)]
        if let framework = start.framework { decisions.append(Decision("framework", framework)) }
        if let source {
            decisions.append(Decision("package manager", source.manager))
        } else {
            decisions.append(
                Decision("package manager", Decided("none", .usual(why: "there is no requirements file to install"))))
        }
        if let installation, installation.isOpen {
            decisions.append(
                Decision(
                    "resolved",
                    Decided(
                        "by the next build", .usual(why: "no lock has the hash of every package; autoimage.lock will")))
            )
        }
        if let installation, !installation.isOpen, installation.inputs != nil {
            let count = installation.installed.requirements.count
            let packages = "\(count) \(count == 1 ? "package" : "packages")"
            decisions.append(
                Decision("resolved", Decided(packages, .usual(why: "autoimage.lock keeps what a build resolved"))))
        }
        return decisions
    }
}

/// Imports that nothing installs, in a service without any requirements file.
enum UnnamedImports {
    /// Fails at the first import of the service's scripts that is neither the standard library nor the service's own.
    static func check(_ project: PythonProject) throws {
        var own: Set<String> = []
        for entry in project.tree.entries where entry.path.parent == project.tree.service {
            own.insert(entry.path.name.hasSuffix(".py") ? String(entry.path.name.dropLast(3)) : entry.path.name)
        }
        for path in project.topScripts {
            guard let source = try project.source(path) else { continue }
            for statement in source.topLevel {
                for name in modules(statement.text)
                where !StandardLibrary.modules.contains(name) && !own.contains(name) {
                    let project = SystemPackages.project(importing: name)
                    throw PlanError.unusable(
                        place: "\(path):\(statement.line)", what: "imports '\(name)' and no requirements file names it",
                        fix: "add a requirements.txt with \(project.map { "'\($0)'" } ?? "the package that has it")")
                }
            }
        }
    }

    /// The top-level names that an import statement reads.
    static func modules(_ statement: String) -> [String] {
        if let match = statement.wholeMatch(of: /from\s+(\w+)[\w.]*\s+import\s.*/)?.output { return [String(match.1)] }
        guard let match = statement.wholeMatch(of: /import\s+(.*)/)?.output else { return [] }
        return match.1.split(separator: ",").compactMap { $0.firstMatch(of: /\w+/).map { String($0.output) } }
    }
}
