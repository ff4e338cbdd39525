import Planning

extension ScriptFiles {
    /// Names of scripts by rank.
    static let usual = ["main.py", "app.py", "run.py", "server.py", "start.py", "bot.py", "hello.py", "__main__.py"]
    /// Scripts below the service's folder by rank.
    static let nested = ["src/main.py", "src/app.py", "app/main.py", "backend/main.py"]
}

/// Files that are run as they are: scripts and packages with a `__main__.py`.
extension StartFinder {
    /// The script that is asked for, else the first of the usual names, a package's `__main__`, the only script.
    func fromFile(_ selected: Requested<String>?) throws -> StartCommand? {
        if let selected {
            guard let path = project.tree.service.resolving(selected.value), project.tree.hasFile(path) else {
                return try packages().first { $0.name == selected.value }.map {
                    try start(package: $0, selected.reason)
                }
            }
            return try script(path, selected.reason)
        }
        let usual = try ScriptFiles.usual.map(project.path).filter(project.tree.hasFile)
        if let best = usual.first {
            var start = try script(best, .found(evidence: [Evidence(path: best, excerpt: best.name)]))
            start.alternatives = usual.dropFirst().map {
                Alternative("\(project.relative($0))", why: "ranks below \(best.name); choose with --app")
            }
            return start
        }
        if let start = try fromPackage() { return start }
        if let nested = try ScriptFiles.nested.map(project.path).first(where: project.tree.hasFile) {
            return try script(nested, .found(evidence: [Evidence(path: nested, excerpt: nested.name)]))
        }
        return try onlyScript()
    }

    private func onlyScript() throws -> StartCommand? {
        let others = project.topScripts.filter {
            !ScriptFiles.isHelper(project.relative($0)) && $0.name != "__init__.py"
        }
        if others.count > 1, try !Workers(finder: self).all().isEmpty { return nil }
        guard others.count <= 1 else {
            throw PlanError.severalPrograms(
                what: "several scripts and none has a usual name",
                candidates: others.map { PlanError.Candidate("\(project.relative($0))", evidence: "\($0)") },
                option: "--app")
        }
        guard let only = others.first, try !isOnlyWorker(only) else { return nil }
        return try script(only, .found(evidence: [Evidence(path: only, excerpt: "the only script")]))
    }

    /// Whether a file only declares tasks, which its worker runs.
    private func isOnlyWorker(_ path: SourcePath) throws -> Bool {
        guard let module = try modules.module(at: path), module.mainBlock == nil else { return false }
        return try Workers(finder: self).all().contains { $0.path == path }
    }

    // MARK: Packages

    private struct Package {
        let name: String
        let main: PythonModule
    }

    /// Packages of the service that `python -m` can start.
    private func packages() throws -> [Package] {
        try project.tree.entries.compactMap { entry in
            guard entry.isFile, entry.path.name == "__main__.py", let folder = entry.path.parent,
                let relative = entry.path.relative(to: project.tree.service), !ScriptFiles.isHelper(relative),
                relative.components.count == 2 || (relative.components.count == 3 && relative.components[0] == "src"),
                let main = try modules.module(at: entry.path)
            else { return nil }
            return Package(name: folder.name, main: main)
        }
    }

    private func fromPackage() throws -> StartCommand? {
        let found = try packages()
        let own = Requirement.normalized(try ProjectScript.projectName(in: project) ?? project.options.name)
        let named = found.filter { Requirement.normalized($0.name) == own }
        let best = named.count == 1 ? named : found
        guard best.count <= 1 else {
            throw PlanError.severalPrograms(
                what: "several packages with a __main__.py",
                candidates: best.map { PlanError.Candidate($0.name, evidence: "\($0.main.path)") }, option: "--app")
        }
        return try best.first.map {
            try start(package: $0, .found(evidence: [Evidence(path: $0.main.path, excerpt: "__main__.py")]))
        }
    }

    private func start(package: Package, _ reason: Reason) throws -> StartCommand {
        try refuseDevelopmentServer(package.main)
        var start = StartCommand(
            words: ["python", "-m", package.name], folder: modules.startFolder(of: package.main), reason: reason,
            isWeb: false)
        addPort(of: package.main, isWeb: false, toldByVariable: false, &start)
        return start
    }

    // MARK: Scripts

    private func script(_ path: SourcePath, _ reason: Reason) throws -> StartCommand {
        var start = StartCommand(
            words: ["python", Self.template(project.relative(path).description)], folder: project.tree.service,
            reason: reason, isWeb: false)
        guard let module = try modules.module(at: path) else { return start }
        try refuseDevelopmentServer(module)
        addPort(of: module, isWeb: false, toldByVariable: false, &start)
        return start
    }

    /// Fails at a script that would start a framework's development server.
    private func refuseDevelopmentServer(_ module: PythonModule) throws {
        let frameworks = [
            ("flask", "Flask"), ("apiflask", "APIFlask"), ("bottle", "Bottle"), ("quart", "Quart"), ("dash", "Dash"),
        ]
        guard let (_, name) = frameworks.first(where: { module.imports(package: $0.0) }),
            ServerCall.all(in: module).isEmpty,
            let statement = module.source.statements.first(where: {
                $0.text.contains(/(?:^|\s)(?:\w+\.(?:run|run_server|run_task)|run)\(/)
            })
        else { return }
        throw PlanError.unusable(
            place: "\(module.evidence(statement))", what: "'\(statement.excerpt)' starts \(name)'s development server",
            fix:
                "make the application at module level, as in 'app = \(name)(__name__)', and add a server such as gunicorn, or "
                + "give the command yourself with --set start=\"…\"")
    }

    /// Adds where a script listens, and warns of what nothing outside reaches or no variable moves.
    func addPort(of module: PythonModule, isWeb: Bool, toldByVariable: Bool, _ start: inout StartCommand) {
        start.isWeb = start.isWeb || isWeb
        guard let found = ListeningPort.of(module) else { return }
        start.isWeb = true
        let reason = Reason.found(evidence: [found.evidence])
        if let port = found.port { start.port = Decided(port, reason) }
        if found.isLoopback {
            start.warnings.append(
                "\(found.evidence): listens on the loopback address only; nothing outside can reach it")
        }
        if !found.readsVariable, !toldByVariable, let port = found.port {
            start.warnings.append("\(found.evidence): listens on \(port) whatever the variable PORT says")
        }
    }
}
