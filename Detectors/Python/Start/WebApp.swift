import Planning

/// A web application object, a function that makes one, or a script that serves one by itself.
struct WebApp: Sendable, Hashable {
    let path: SourcePath
    /// The folder where the program starts: its modules are found from there.
    let folder: SourcePath
    /// `shop.main`.
    let module: String
    /// `app` or `create_app`; nil for a script that is started as a file.
    let name: String?
    /// What a factory must be given; nil for an application.
    let factory: ModuleObjects.Needs?
    let framework: Framework
    let evidence: Evidence
    /// `shop.factory:app`, where it is made.
    let origin: String
    /// The port that the file names for its server.
    var port: Decided<Int>?
    /// The statement at module level that starts a server, and so stops whoever imports the file.
    var blocker: Evidence?
    /// The server that a file calls with this very object: `uvicorn.run("main:app")`.
    var isNamedByServer = false

    /// `shop.main:app`, or a script's file.
    var target: String { name.map { "\(module):\($0)" } ?? path.name }

    /// Names of entry files in the order of the tools that look for them; all others are equal.
    static let fileNames = ["main.py", "app.py", "api.py"]
    static let factoryNames = ["create_app", "make_app", "get_app", "build_app", "create_application", "app_factory"]
    private static let variableNames = ["app", "application", "api", "server"]

    /// How far from the best it is, part by part; equal ranks in different files are a coin toss.
    func rank(in project: PythonProject) -> [Int] {
        var folders = project.relative(path).components.dropLast()
        if folders.first == "src" { folders = folders.dropFirst() }
        let isUsable = if case .attribute = framework.serving { false } else { true }
        let entry: String? =
            switch framework.serving {
            case .wsgi: "wsgi.py"
            case .asgi: "asgi.py"
            default: nil
            }
        let isStreamlitEntry = framework.serving == .streamlit && path.name == "streamlit_app.py"
        return [
            isUsable ? 0 : 1, blocker == nil ? 0 : 1, isNamedByServer ? 0 : 1,
            path.name == entry || isStreamlitEntry ? 0 : 1, folders.count,
            Self.fileNames.firstIndex(of: path.name) ?? Self.fileNames.count, factory == nil ? 0 : 1,
        ]
    }

    /// Lower is better among the applications of one file: its own before those it imports; equal for names that say nothing.
    var nameRank: Int {
        guard let name else { return 0 }
        let isOwn = origin.isEmpty || origin == "\(module):\(name)"
        let usual = Self.variableNames.firstIndex(of: name) ?? Self.factoryNames.firstIndex(of: name).map { $0 + 10 }
        return (usual ?? 100) + (isOwn ? 0 : 200)
    }
}

/// Finds the web applications of a service.
struct WebAppSearch {
    let modules: ServiceModules
    let reader: ModuleReader
    let requirements: RequirementSet?

    private var project: PythonProject { modules.project }

    /// Every application, best first.
    func all() throws -> [WebApp] {
        var apps = try find(in: candidates(others: false))
        if apps.isEmpty { apps = try find(in: candidates(others: true)) }
        return apps.map { (app: $0, rank: $0.rank(in: project)) }.sorted { one, other in
            if one.rank != other.rank { return one.rank.lexicographicallyPrecedes(other.rank) }
            return (one.app.path, one.app.nameRank, one.app.name ?? "")
                < (other.app.path, other.app.nameRank, other.app.name ?? "")
        }.map(\.app)
    }

    private func find(in paths: [SourcePath]) throws -> [WebApp] {
        let found = try paths.compactMap(modules.module)
        let apps = try found.flatMap(objects)
        let files = Set(apps.map(\.path))
        return apps + scripts(in: found.filter { !files.contains($0.path) })
    }

    // MARK: Objects

    /// The applications and factories of one module.
    func objects(in module: PythonModule) throws -> [WebApp] {
        let objects = try reader.objects(of: module).objects
        let isEntry = Self.moduleNames.contains(module.path.name)
        var apps: [WebApp] = []
        for (name, object) in objects {
            let own = "\(module.name):\(name)"
            var factory: ModuleObjects.Needs?
            switch object.kind {
            case .type: continue
            case .application: if object.origin != own, !isEntry { continue }
            case .factory(let isAsync, let needs):
                guard canServe(object, name, isAsync, needs) else { continue }
                if object.origin != own, module.path.name != "__init__.py" { continue }
                factory = needs
            }
            apps.append(app(module, name, factory, object.framework, object.evidence, object.origin))
        }
        return apps + served(by: module, apps)
    }

    private func canServe(
        _ object: ModuleObjects.Object, _ name: String, _ isAsync: Bool, _ needs: ModuleObjects.Needs
    ) -> Bool {
        if name.hasPrefix("_") || name.hasPrefix("test") { return false }
        if isAsync, object.framework.serving != .aiohttp { return false }
        if case .attribute = object.framework.serving { return false }
        return needs == .nothing || (needs == .settings && object.framework.name == "Pyramid")
    }

    private func app(
        _ module: PythonModule, _ name: String?, _ factory: ModuleObjects.Needs?, _ framework: Framework,
        _ evidence: Evidence, _ origin: String
    ) -> WebApp {
        var app = WebApp(
            path: module.path, folder: modules.startFolder(of: module), module: module.name, name: name,
            factory: factory, framework: framework, evidence: evidence, origin: origin)
        app.port = ServerCall.all(in: module).lazy.compactMap(\.port).first
        app.blocker = name == nil ? nil : blocker(module)
        app.isNamedByServer = ServerCall.all(in: module).contains { call in
            guard call.isProduction, let target = call.target else { return false }
            return target == name || target == "\(module.name):\(name ?? "")"
        }
        return app
    }

    /// Where a server is started whenever the module is imported.
    private func blocker(_ module: PythonModule) -> Evidence? {
        let objects = (try? reader.objects(of: module).objects) ?? [:]
        let statement = module.source.topLevel.first { statement in
            guard statement.text.contains(".run"),
                let match = statement.text.prefixMatch(of: /([\w.]+)\.(?:run|run_server|run_async)\(/)?.output
            else { return false }
            return objects[String(match.1)]?.kind == .application || match.1 == "bottle"
        }
        return ServerCall.all(in: module, atTop: true).first?.evidence ?? statement.map(module.evidence)
    }

    /// An object that a file hands to an ASGI server, whatever makes it.
    private func served(by module: PythonModule, _ known: [WebApp]) -> [WebApp] {
        for call in ServerCall.all(in: module) {
            guard let interface = call.interface, let target = call.target else { continue }
            let parts = target.split(separator: ":").map(String.init)
            guard let name = parts.last, parts.count == 1 || parts[0] == module.name,
                name.wholeMatch(of: /[A-Za-z_]\w*/) != nil, !known.contains(where: { $0.name == name }),
                module.imports[name] != nil
                    || module.source.topLevel.contains(where: { $0.text.hasPrefix("\(name) =") })
            else { continue }
            let framework = Framework(interface == .wsgi ? "WSGI" : "ASGI", call.requirement, interface, [])
            return [app(module, name, nil, framework, call.evidence, "\(module.name):\(name)")]
        }
        return []
    }

    // MARK: Scripts that listen by themselves

    private func scripts(in modules: [PythonModule]) -> [WebApp] {
        let imported = Set(modules.flatMap { module in module.imports.values.map(\.origin) })
        return modules.compactMap { module in
            guard let framework = Framework.scripts.first(where: { module.imports(package: $0.requirement) }) else {
                return nil
            }
            let evidence: Evidence?
            switch framework.serving {
            case .streamlit:
                let isPage = module.path.parent?.name == "pages"
                let isPart = imported.contains { $0 == module.name || $0.hasPrefix(module.name + ".") }
                evidence = isPage || isPart ? nil : importing(framework.requirement, in: module)
            case .script(let calls, _):
                evidence = module.source.statements.first { statement in
                    calls.contains { statement.text.contains(".\($0)(") || statement.text.hasPrefix("\($0)(") }
                }.map(module.evidence)
            default: evidence = nil
            }
            return evidence.map { app(module, nil, nil, framework, $0, "\(module.path)") }
        }
    }

    private func importing(_ package: String, in module: PythonModule) -> Evidence? {
        module.source.topLevel.first { UnnamedImports.modules($0.text).contains(package) }.map(module.evidence)
    }

    // MARK: Files

    private static let moduleNames: Set<String> = [
        "__init__.py", "api.py", "app.py", "application.py", "asgi.py", "factory.py", "main.py", "run.py", "server.py",
        "streamlit_app.py", "web.py", "wsgi.py",
    ]

    /// Files where applications usually are: every script in the service's folder, known names up to two folders below it
    /// or below `src`; where these have none, any other.
    private func candidates(others: Bool) -> [SourcePath] {
        project.tree.entries.compactMap { entry in
            guard entry.isFile, entry.path.name.hasSuffix(".py"),
                let relative = entry.path.relative(to: project.tree.service), !ScriptFiles.isHelper(relative)
            else { return nil }
            var folders = relative.components.dropLast()
            if folders.first == "src" { folders = folders.dropFirst() }
            let isUsual =
                relative.components.count == 1 || (folders.count <= 2 && Self.moduleNames.contains(relative.name))
            return isUsual != others && folders.count <= 3 ? entry.path : nil
        }
    }
}

/// Python files that are never started: tests, documentation, what tools read.
enum ScriptFiles {
    private static let folders: Set<String> = [
        "alembic", "benchmarks", "doc", "docs", "examples", "migrations", "node_modules", "notebooks", "scripts",
        "site-packages", "templates", "test", "tests", "venv",
    ]
    private static let names: Set<String> = [
        "conftest.py", "fabfile.py", "gunicorn.conf.py", "gunicorn_config.py", "gunicorn_conf.py", "hatch_build.py",
        "locustfile.py", "manage.py", "noxfile.py", "setup.py", "tasks.py", "toxfile.py", "versioneer.py",
    ]

    /// Whether a file, named from the service's folder, is none that starts.
    static func isHelper(_ path: SourcePath) -> Bool {
        names.contains(path.name) || path.name.hasPrefix("test_") || path.name.hasSuffix("_test.py")
            || path.components.dropLast().contains { folders.contains($0) || $0.hasPrefix(".") }
    }
}
