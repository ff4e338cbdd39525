import Planning

/// Web applications that are found in the service's modules, or that files name.
extension StartFinder {
    /// The best application; fails where two are equally likely.
    func fromWebApp(_ selected: Requested<String>?, _ scripts: [ProjectScript]) throws -> StartCommand? {
        var apps = try search.all()
        if let selected { apps = apps.filter { matches($0, selected.value) } }
        if selected == nil { apps = try apps.filter { try !isPart($0, of: scripts) } }
        guard let best = apps.first else { return nil }
        let rank = best.rank(in: project)
        let rivals = apps.filter { app in
            app.rank(in: project) == rank && app.origin != best.origin
                && (app.path != best.path || app.nameRank == best.nameRank)
        }
        guard rivals.isEmpty else {
            throw PlanError.severalPrograms(
                what: "several web applications",
                candidates: apps.map {
                    PlanError.Candidate(selector(of: $0), evidence: "\($0.evidence) '\($0.evidence.excerpt)'")
                }, option: "--app")
        }
        // Of one object under several names the one that makes it is started.
        let maker = apps.first { "\($0.module):\($0.name ?? "")" == best.origin && $0.rank(in: project) == rank }
        var start = try start(maker ?? best)
        start.alternatives = apps.filter { $0 != maker ?? best }.map {
            Alternative(selector(of: $0), why: "ranks below; choose with --app")
        }
        return start
    }

    /// How `--app` names an application.
    private func selector(of app: WebApp) -> String {
        app.name == nil ? "\(project.relative(app.path))" : app.target
    }

    private func matches(_ app: WebApp, _ selected: String) -> Bool {
        let path = project.relative(app.path)
        return [app.target, app.module, path.description].contains(selected) || path.parent?.description == selected
    }

    /// The command that serves an application; fails where nothing in the requirements can.
    func start(_ app: WebApp) throws -> StartCommand {
        if let blocker = app.blocker {
            throw PlanError.unusable(
                place: "\(blocker)", what: "'\(blocker.excerpt)' starts a server whenever the file is imported",
                fix: "put it below if __name__ == \"__main__\":, so that a production server can import \(app.target)")
        }
        switch app.framework.serving {
        case .wsgi, .asgi: return try served(app)
        case .sanic: return try sanic(app)
        case .aiohttp: return try aiohttp(app)
        case .script(_, let variables):
            return listening(app, words: variables + ["python", Self.template(app.path.name)])
        case .streamlit: return try streamlit(app)
        case .attribute(let name):
            throw PlanError.unusable(
                place: "\(app.evidence)", what: "no server can run '\(app.name ?? "app")' itself, only its '\(name)'",
                fix: "add a line '\(name) = \(app.name ?? "app").\(name)' below it")
        }
    }

    private func command(_ app: WebApp, _ words: [String], _ more: [Evidence] = []) -> StartCommand {
        var start = StartCommand(
            words: words, folder: app.folder, reason: .found(evidence: [app.evidence] + more), isWeb: true)
        start.framework = Decided(app.framework.name, .found(evidence: [app.evidence]))
        start.port = app.port
        return start
    }

    private func served(_ app: WebApp) throws -> StartCommand {
        let interface = app.framework.serving
        guard let (server, requirement) = WebServer.installed(interface, in: requirements) else {
            throw missingServer(app.framework.name, interface, app.evidence)
        }
        guard let words = server.command(app.target, app.factory) else {
            throw PlanError.unusable(
                place: "\(app.evidence)",
                what: "\(server.requirement) cannot call '\(app.name ?? "")' to make the application",
                fix:
                    "add a module-level 'app = \(app.name ?? "")(…)', or use \(interface == .wsgi ? "gunicorn" : "uvicorn")"
            )
        }
        var start = command(app, words, [requirement.evidence])
        if words.first == "gunicorn" { try GunicornConfig.read(in: app.folder, project)?.apply(to: &start) }
        return start
    }

    private func sanic(_ app: WebApp) throws -> StartCommand {
        let requirement = try needed(app)
        let factory = app.factory == nil ? [] : ["--factory"]
        return command(
            app, ["sanic", app.target] + factory + ["--host", "0.0.0.0", "--port", "${PORT}"], [requirement.evidence])
    }

    private func aiohttp(_ app: WebApp) throws -> StartCommand {
        if let gunicorn = WebServer.requirement("gunicorn", in: requirements) {
            let isAsync = app.evidence.excerpt.hasPrefix("async")
            let target = app.factory == nil || isAsync ? app.target : "\(app.target)()"
            var start = command(
                app, ["gunicorn", "--worker-class", "aiohttp.GunicornWebWorker", target], [gunicorn.evidence])
            try GunicornConfig.read(in: app.folder, project)?.apply(to: &start)
            return start
        }
        guard let module = try modules.module(at: app.path),
            module.source.statements.contains(where: { $0.text.contains("run_app(") })
        else { throw missingServer("aiohttp", .aiohttp, app.evidence) }
        return listening(app, words: ["python", Self.template(app.path.name)])
    }

    private func streamlit(_ app: WebApp) throws -> StartCommand {
        let requirement = try needed(app)
        let words = [
            "streamlit", "run", Self.template(app.path.name), "--server.port", "${PORT}", "--server.address", "0.0.0.0",
            "--server.headless", "true",
        ]
        // Streamlit finds its pages and its configuration from the folder where it starts.
        let folder = project.relative(app.path)
        var start = command(app, words, [requirement.evidence])
        start.folder = project.tree.service
        start.words[2] = Self.template(folder.description)
        return start
    }

    /// A script that listens by itself, with the port that it names.
    private func listening(_ app: WebApp, words: [String]) -> StartCommand {
        var start = command(app, words)
        start.folder = project.tree.service
        start.words[start.words.count - 1] = Self.template(project.relative(app.path).description)
        guard let module = try? modules.module(at: app.path) else { return start }
        addPort(of: module, isWeb: true, toldByVariable: words.contains { $0.contains("PORT}") }, &start)
        return start
    }

    /// The requirement of the framework itself, whose program is the server.
    private func needed(_ app: WebApp) throws -> Requirement {
        if let found = requirements?.requirement(app.framework.requirement) { return found }
        throw PlanError.unusable(
            place: "\(app.evidence)",
            what: "\(app.framework.name) is what starts this, and the requirements do not name it",
            fix: "add \(app.framework.requirement) to \(requirements.map { "\($0.root)" } ?? "requirements.txt")")
    }

    /// A framework's own development server is never started in its place.
    func missingServer(_ framework: String, _ interface: Framework.Serving, _ evidence: Evidence) -> PlanError {
        let name = interface == .asgi ? "uvicorn" : "gunicorn"
        let file = requirements.map { "\($0.root)" } ?? "requirements.txt"
        let script = modules.isInstalled ? (try? ProjectScript.all(in: project)).flatMap(ProjectScript.usual) : nil
        let other = script.map { "start the project's own script with --app \($0.name)" }
        return .unusable(
            place: "\(evidence)", what: "\(framework) needs a production server, and the requirements name none",
            fix: "add \(name) to \(file), or "
                + (other ?? "give the command yourself with --set start=\"python FILE.py\""))
    }

    /// `fastapi run`, which looks for an application by itself, where its program is there and a file that it looks into.
    func fromFastAPITool() throws -> StartCommand? {
        guard let tool = WebServer.requirement("fastapi-cli", in: requirements) else { return nil }
        let names = ["main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"]
        for path in try names.map(project.path) {
            guard let module = try modules.module(at: path), module.imports(package: "fastapi"),
                let statement = module.source.topLevel.first(where: {
                    UnnamedImports.modules($0.text).contains("fastapi")
                })
            else { continue }
            let evidence = module.evidence(statement)
            let file = Self.template(project.relative(path).description)
            var start = StartCommand(
                words: ["fastapi", "run", file, "--host", "0.0.0.0", "--port", "${PORT}"], folder: project.tree.service,
                reason: .found(evidence: [evidence, tool.evidence]), isWeb: true)
            start.framework = Decided("FastAPI", .found(evidence: [evidence]))
            return start
        }
        return nil
    }
}
