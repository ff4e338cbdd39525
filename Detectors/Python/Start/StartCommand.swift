import Planning

/// How the service starts, before it is known where programs lie.
struct StartCommand: Sendable {
    /// The command in the launcher's words: `${NAME}` reads a variable, `$$` is a dollar sign.
    var words: [String]
    /// The user's own text where only a shell understands it, and the construct that needs it.
    var shell: ShellText?
    /// Variables that the text sets or gives a default to.
    var environment: [String: Decided<String>] = [:]
    /// The folder of the service where it starts.
    var folder: SourcePath
    var reason: Reason
    var alternatives: [Alternative] = []
    var framework: Decided<String>?
    /// Whether it listens for requests.
    var isWeb: Bool
    var warnings: [String] = []

    struct ShellText: Sendable, Hashable {
        let text: String
        let syntax: String
        let place: String
    }
}

/// Finds the start command by the ranks of `Detectors/README.md`: option, Procfile, Django, web application, script.
struct StartFinder {
    let project: PythonProject
    let requirements: RequirementSet?
    let procfile: Procfile?

    func find() throws -> StartCommand {
        if let asked = project.options.startCommand { return Self.asked(asked, in: project) }
        let selected = project.options.app
        // An option is above the Procfile, which is above what is found.
        if selected == nil || project.options.process != nil, let start = try fromProcfile() { return start }
        if let start = try fromDjango(selected) { return start }
        if let start = try fromWebApp(selected) { return start }
        if let start = try fromScript(selected) { return start }
        throw noStart(selected)
    }

    /// A command that an option gives, as arguments or for a shell.
    static func asked(_ command: Requested<[String]>, in project: PythonProject) -> StartCommand {
        let words = command.value
        var start = StartCommand(words: [], folder: project.tree.service, reason: command.reason, isWeb: false)
        if words.count == 3, words[1] == "-c", ["sh", "bash", "/bin/sh", "/bin/bash"].contains(words[0]) {
            start.shell = .init(text: words[2], syntax: "sh -c", place: command.option)
        } else {
            start.words = words.map(template)
        }
        let servers = Set(WebServer.all.compactMap(\.words.first))
        start.isWeb =
            words.contains { $0.contains("PORT") } || words.contains { word in servers.contains { word.hasSuffix($0) } }
            || words.last.map { text in servers.contains { text.contains($0) } } == true
        return start
    }

    /// An argument with `$NAME` and `${NAME}` left to the launcher.
    private static func template(_ argument: String) -> String {
        guard argument.contains("$"),
            let split = try? CommandLine.split("\"" + argument.replacing("\"", with: "\\\"") + "\""),
            split.shellSyntax == nil, let word = split.words.first
        else { return argument.replacing("$", with: "$$") }
        return word.template
    }

    private func noStart(_ selected: Requested<String>?) -> PlanError {
        if let selected {
            return .unusable(
                place: selected.option, what: "no program '\(selected.value)' in the service",
                fix: "name a file such as main.py or an application such as main:app")
        }
        let lookedFor = [
            "a Procfile with a process 'web'", "Django's manage.py",
            "an application such as 'app = Flask(…)' or 'app = FastAPI(…)'", Self.scriptNames.joined(separator: ", "),
        ]
        return .noStart(
            lookedFor: lookedFor,
            fix: "add a Procfile with 'web: COMMAND', or give the command with --set start=\"python FILE.py\"")
    }

    // MARK: Procfile

    private func fromProcfile() throws -> StartCommand? {
        guard let procfile else { return try unknownProcess([]) }
        let startable = procfile.processes.filter { $0.name != "release" }
        if let asked = project.options.process {
            guard let process = procfile.processes.first(where: { $0.name == asked.value }) else {
                return try unknownProcess(startable.map(\.name))
            }
            return try start(process, in: procfile)
        }
        if let web = startable.first(where: { $0.name == "web" }) { return try start(web, in: procfile) }
        guard startable.count <= 1 else {
            throw PlanError.severalPrograms(
                what: "\(procfile.path) has several processes and none is called 'web'",
                candidates: startable.map {
                    PlanError.Candidate($0.name, evidence: "\(procfile.path):\($0.line) '\($0.command)'")
                }, option: "--process")
        }
        return try startable.first.map { try start($0, in: procfile) }
    }

    private func unknownProcess(_ known: [String]) throws(PlanError) -> StartCommand? {
        guard let asked = project.options.process else { return nil }
        throw .unknownProcess(name: asked.value, option: asked.option, known: known)
    }

    /// A process of the Procfile as a command.
    func start(_ process: Procfile.Process, in procfile: Procfile) throws -> StartCommand {
        let evidence = procfile.evidence(for: process)
        let reason = Reason.found(evidence: [evidence])
        let split: SplitCommand
        do { split = try CommandLine.split(process.command) } catch {
            throw PlanError.unusable(place: "\(evidence)", what: "\(error)", fix: "write a program with its arguments")
        }
        var start = StartCommand(
            words: [], folder: project.tree.service, reason: reason, isWeb: process.name == "web")
        if let syntax = split.shellSyntax {
            start.shell = .init(text: process.command, syntax: syntax, place: "\(evidence)")
        }
        for (name, value) in split.defaults { start.environment[name] = Decided(value, reason) }
        for assignment in split.assignments {
            if let value = assignment.value.plain, process.name == "web" {
                start.environment[assignment.name] = Decided(value, reason)
            } else {
                start.words.append("\(assignment.name)=\(assignment.value.template)")
            }
        }
        start.words += split.words.map(\.template)
        if process.command.contains(/(127\.0\.0\.1|localhost):/), start.isWeb {
            start.warnings.append("\(evidence): listens on the loopback address only; nothing outside can reach it")
        }
        return start
    }

    // MARK: Django

    private func fromDjango(_ selected: Requested<String>?) throws -> StartCommand? {
        let projects = try djangoProjects().filter { django in
            guard let selected else { return true }
            let folder = project.relative(django.folder).description
            return [folder, "\(project.relative(django.manage.path))", django.settingsModule].contains(selected.value)
                || [django.wsgi?.target, django.asgi?.target].contains(selected.value)
        }
        guard let django = projects.first else { return nil }
        guard projects.count == 1 else {
            throw PlanError.severalPrograms(
                what: "several Django projects",
                candidates: projects.map {
                    PlanError.Candidate("\(project.relative($0.folder))", evidence: "\($0.manage)")
                }, option: "--app")
        }
        return try start(django, selected)
    }

    /// The Django projects of the service: `manage.py` in its folder, else one folder below.
    func djangoProjects() throws -> [DjangoProject] {
        if let own = try DjangoProject(manage: project.path("manage.py"), in: project) { return [own] }
        let below = project.tree.entries.filter {
            $0.isFile && $0.path.name == "manage.py" && $0.path.parent?.parent == project.tree.service
        }
        return try below.compactMap { try DjangoProject(manage: $0.path, in: project) }
    }

    private func start(_ django: DjangoProject, _ selected: Requested<String>?) throws -> StartCommand {
        let wsgi = try django.wsgi.flatMap { entry in try command(.wsgi, entry) }
        let asgi = try django.asgi.flatMap { entry in try command(.asgi, entry) }
        let prefersASGI = django.wsgi == nil || selected?.value == django.asgi?.target && selected != nil
        let ranked = (prefersASGI ? [asgi, wsgi] : [wsgi, asgi]).compactMap(\.self)
        guard let best = ranked.first else {
            throw missingServer("Django", django.wsgi == nil ? .asgi : .wsgi, django.manage)
        }
        var start = StartCommand(
            words: best.words, folder: django.folder, reason: .found(evidence: best.evidence + [django.manage]),
            isWeb: true)
        start.framework = Decided("Django", .found(evidence: [django.manage]))
        start.alternatives = ranked.dropFirst().map {
            Alternative($0.words.joined(separator: " "), why: "WSGI comes before ASGI; choose with --app \($0.target)")
        }
        return start
    }

    private struct Served {
        let target: String
        let words: [String]
        let evidence: [Evidence]
    }

    private func command(_ interface: WebApp.Interface, _ entry: DjangoProject.Entry) throws -> Served? {
        guard let (server, requirement) = WebServer.installed(interface, in: requirements),
            let words = server.command(entry.target, isFactory: false)
        else { return nil }
        return Served(target: entry.target, words: words, evidence: [entry.evidence, requirement.evidence])
    }

    /// A framework's own development server is never started in its place.
    private func missingServer(_ framework: String, _ interface: WebApp.Interface, _ evidence: Evidence) -> PlanError {
        let name = interface == .wsgi ? "gunicorn" : "uvicorn"
        let file = requirements.map { "\($0.root)" } ?? "requirements.txt"
        return .unusable(
            place: "\(evidence)", what: "\(framework) needs a production server, and the requirements name none",
            fix: "add \(name) to \(file), or give the command yourself with --set start=\"python FILE.py\"")
    }

    // MARK: Web applications

    private func fromWebApp(_ selected: Requested<String>?) throws -> StartCommand? {
        var apps = try WebApp.all(in: project, requirements: requirements)
        if let selected { apps = apps.filter { matches($0, selected.value) } }
        guard let best = apps.first else { return nil }
        let rivals = apps.filter { $0.rank == best.rank && ($0.path != best.path || $0.nameRank == best.nameRank) }
        guard rivals.count == 1 else {
            throw PlanError.severalPrograms(
                what: "several web applications",
                candidates: apps.map {
                    PlanError.Candidate($0.target, evidence: "\($0.evidence) '\($0.evidence.excerpt)'")
                }, option: "--app")
        }
        guard let (server, requirement) = WebServer.installed(best.framework.interface, in: requirements) else {
            throw missingServer(best.framework.name, best.framework.interface, best.evidence)
        }
        guard let words = server.command(best.target, isFactory: best.isFactory) else {
            throw PlanError.unusable(
                place: "\(best.evidence)",
                what: "\(server.requirement) cannot call '\(best.name)' to make the application",
                fix: "add a module-level 'app = \(best.name)()', or use uvicorn")
        }
        var start = StartCommand(
            words: words, folder: best.folder, reason: .found(evidence: [best.evidence, requirement.evidence]),
            isWeb: true)
        start.framework = Decided(best.framework.name, .found(evidence: [best.evidence]))
        start.alternatives = apps.dropFirst().map { Alternative($0.target, why: "ranks below; choose with --app") }
        return start
    }

    private func matches(_ app: WebApp, _ selected: String) -> Bool {
        let path = project.relative(app.path).description
        return [app.target, app.module, path].contains(selected)
            || project.relative(app.path).parent?.description == selected
    }

    // MARK: Scripts

    static let scriptNames = ["main.py", "app.py", "run.py", "server.py", "start.py", "bot.py", "__main__.py"]

    private func fromScript(_ selected: Requested<String>?) throws -> StartCommand? {
        if let selected {
            guard let path = project.tree.service.resolving(selected.value), project.tree.hasFile(path) else {
                return nil
            }
            return script(path, selected.reason)
        }
        let found = try (Self.scriptNames + ["src/main.py", "src/app.py"]).map(project.path).filter(
            project.tree.hasFile)
        if let best = found.first {
            var start = script(best, .found(evidence: [Evidence(path: best, excerpt: best.name)]))
            start.alternatives = found.dropFirst().map {
                Alternative("\(project.relative($0))", why: "ranks below \(best.name); choose with --app")
            }
            return start
        }
        let others = project.topScripts.filter {
            !["setup.py", "conftest.py", "manage.py", "__init__.py"].contains($0.name)
        }
        guard others.count <= 1 else {
            throw PlanError.severalPrograms(
                what: "several scripts and none has a usual name",
                candidates: others.map { PlanError.Candidate("\(project.relative($0))", evidence: "\($0)") },
                option: "--app")
        }
        return others.first.map { script($0, .found(evidence: [Evidence(path: $0, excerpt: "the only script")])) }
    }

    private func script(_ path: SourcePath, _ reason: Reason) -> StartCommand {
        StartCommand(
            words: ["python", Self.template(project.relative(path).description)], folder: project.tree.service,
            reason: reason, isWeb: false)
    }
}
