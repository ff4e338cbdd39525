import Formats
import Planning

/// Applications that a file names outright: `FLASK_APP`, `tool.fastapi.entrypoint`, gunicorn's `wsgi_app`.
extension StartFinder {
    private struct NamedApp {
        let text: String
        let framework: Framework
        let evidence: Evidence
    }

    /// The application that a file names; fails where there is no such module.
    func fromNamedApp() throws -> StartCommand? {
        guard let named = try namedApp() else { return nil }
        let parts = named.text.split(separator: ":", maxSplits: 1).map(String.init)
        let isFile = parts[0].hasSuffix(".py")
        let dotted = (isFile ? String(parts[0].dropLast(3)).replacing("/", with: ".") : parts[0])
            .split(separator: ".").joined(separator: ".")
        guard let (module, rest) = try modules.find(dotted, from: project.tree.service), rest.isEmpty else {
            throw PlanError.unusable(
                place: "\(named.evidence)", what: "there is no module '\(dotted)'",
                fix: "correct the name or add the module")
        }
        let inside = try search.objects(in: module).sorted {
            ($0.rank(in: project).last ?? 0, $0.nameRank) < ($1.rank(in: project).last ?? 0, $1.nameRank)
        }
        guard parts.count > 1 else {
            // Only the module is named: its own statements say which object.
            if let best = inside.first { return try start(best) }
            throw PlanError.unusable(
                place: "\(named.evidence)", what: "'\(dotted)' has no application that can be seen",
                fix: "name it as in \(dotted):app")
        }
        let name = String(parts[1].prefix { $0 != "(" })
        if let known = inside.first(where: { $0.name == name }) { return try start(known) }
        let isCall = parts[1].hasSuffix(")") || WebApp.factoryNames.contains(name)
        return try start(
            WebApp(
                path: module.path, folder: modules.startFolder(of: module), module: dotted, name: name,
                factory: isCall ? .nothing : nil, framework: named.framework, evidence: named.evidence, origin: ""))
    }

    private func namedApp() throws -> NamedApp? {
        if let entry = try fastAPIEntry() { return entry }
        if let entry = try flaskEnvironment() { return entry }
        guard let config = try GunicornConfig.read(in: project.tree.service, project), let app = config.application
        else {
            return nil
        }
        let isASGI = config.isASGI || WebServer.requirement("uvicorn-worker", in: requirements) != nil
        return framework(isASGI ? "ASGI" : "WSGI", isASGI ? .asgi : .wsgi).map {
            NamedApp(text: app.value, framework: $0, evidence: app.evidence)
        }
    }

    private func framework(_ name: String, _ serving: Framework.Serving) -> Framework? {
        Framework.all.first { $0.name == name } ?? Framework(name, "", serving, [])
    }

    private func fastAPIEntry() throws -> NamedApp? {
        let path = try project.path("pyproject.toml")
        guard let text = try project.tree.text(at: path) else { return nil }
        let document = try TOMLDocument(parsing: text, file: "\(path)")
        guard let entry = try document.string("tool", "fastapi", "entrypoint") else { return nil }
        let evidence = Evidence(path: path, line: entry.line, excerpt: "entrypoint = \"\(entry.value)\"")
        return framework("FastAPI", .asgi).map { NamedApp(text: entry.value, framework: $0, evidence: evidence) }
    }

    private func flaskEnvironment() throws -> NamedApp? {
        let path = try project.path(".flaskenv")
        let lines = (try project.tree.text(at: path) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        var found: NamedApp?
        for (index, line) in lines.enumerated() {
            let pattern = /\s*(?:export\s+)?FLASK_APP\s*=\s*["']?([^"'#\s]+)["']?.*/
            guard let match = line.wholeMatch(of: pattern)?.output, let flask = framework("Flask", .wsgi) else {
                continue
            }
            let evidence = Evidence(path: path, line: index + 1, excerpt: line.trimmingSpaces())
            found = NamedApp(text: String(match.1), framework: flask, evidence: evidence)
        }
        return found
    }
}

/// What a `gunicorn.conf.py`, which gunicorn reads by itself from the folder where it starts, says.
struct GunicornConfig: Sendable {
    /// A text with its place.
    struct Setting: Sendable {
        let value: String
        let evidence: Evidence
    }

    let application: Setting?
    let bind: Setting?
    let isASGI: Bool

    /// Reads the file of a folder; nil where it has none.
    static func read(in folder: SourcePath, _ project: PythonProject) throws -> GunicornConfig? {
        let path = folder.appending(name: "gunicorn.conf.py")
        guard let source = try project.source(path) else { return nil }
        func setting(_ name: String) -> Setting? {
            for statement in source.topLevel.reversed() {
                guard let match = statement.text.prefixMatch(of: /(\w+)\s*=(?!=)\s*/), match.output.1 == name else {
                    continue
                }
                return Setting(
                    value: String(statement.text[match.range.upperBound...]),
                    evidence: Evidence(path: path, line: statement.line, excerpt: statement.excerpt))
            }
            return nil
        }
        func literal(_ setting: Setting?) -> Setting? {
            setting.flatMap { found in
                found.value.wholeMatch(of: /["']([^"']+)["']/).map {
                    Setting(value: String($0.output.1), evidence: found.evidence)
                }
            }
        }
        let worker = setting("worker_class")?.value ?? ""
        return GunicornConfig(
            application: literal(setting("wsgi_app")), bind: setting("bind"),
            isASGI: worker.contains("uvicorn") || worker.contains("hypercorn"))
    }

    /// Its port becomes the default; a bind that does not read `PORT` gives way to one that does.
    func apply(to start: inout StartCommand) {
        guard let bind else { return }
        if let match = bind.value.firstMatch(of: /PORT\D*["']?\s*,\s*["']?(\d{2,5})/)
            ?? bind.value.firstMatch(of: /:(\d{2,5})\b/),
            let port = Int(match.output.1)
        {
            start.port = Decided(port, .found(evidence: [bind.evidence]))
        }
        guard !bind.value.contains("PORT") else { return }
        start.words.insert(contentsOf: ["--bind", "0.0.0.0:${PORT}"], at: 1)
        if bind.value.contains("127.0.0.1") || bind.value.contains("localhost") || bind.value.contains("unix:") {
            start.warnings.append(
                "\(bind.evidence): nothing outside can reach this address; the image listens on 0.0.0.0:$PORT instead")
        }
    }
}
