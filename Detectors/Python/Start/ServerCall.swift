import Planning

/// A call in which a file starts a server by itself, and what it says of target, address and port.
struct ServerCall: Sendable, Hashable {
    let evidence: Evidence
    /// `app`, or `main:app` where it is text.
    let target: String?
    /// The project whose server it is, normalised.
    let requirement: String
    /// What the server serves; nil for one whose framework says so.
    let interface: Framework.Serving?
    /// Whether it serves production: a framework's own `app.run()` does not.
    let isProduction: Bool
    /// The port it names, or gives as default of the variable `PORT`.
    let port: Decided<Int>?
    let host: String?

    /// The calls of a module, in their order.
    static func all(in module: PythonModule) -> [ServerCall] {
        module.source.statements.compactMap { call(in: $0, module) }
    }

    private static let servers: [(names: Set<String>, requirement: String, interface: Framework.Serving?)] = [
        (["uvicorn.run", "uvicorn.Config", "uvicorn.main.run"], "uvicorn", .asgi),
        (["waitress.serve"], "waitress", .wsgi),
        (["aiohttp.web.run_app"], "aiohttp", nil),
        (["granian.Granian"], "granian", nil),
    ]

    private static func call(in statement: PythonSource.Statement, _ module: PythonModule) -> ServerCall? {
        for match in statement.text.matches(of: /([A-Za-z_][\w.]*)\(/) {
            let name = String(match.output.1)
            let origins = module.origins(of: name)
            let server = servers.first { !$0.names.isDisjoint(with: origins) }
            let isSanic = name.hasSuffix(".run") && module.imports(package: "sanic")
            guard server != nil || isSanic else { continue }
            let arguments = statement.text[match.range.upperBound...]
            let first = arguments.prefixMatch(of: /\s*(?:app\s*=\s*)?(?:f?["']([\w.:]+)["']|([A-Za-z_]\w*)\s*[,)])/)
            let target = isSanic ? name.split(separator: ".").first : first?.output.1 ?? first?.output.2
            let evidence = module.evidence(statement)
            return ServerCall(
                evidence: evidence, target: target.map(String.init), requirement: server?.requirement ?? "sanic",
                interface: server?.interface, isProduction: true,
                port: ListeningPort.argument(String(arguments), module).map {
                    Decided($0, .found(evidence: [evidence]))
                },
                host: arguments.firstMatch(of: /\bhost\s*=\s*["']([^"']*)["']/).map { String($0.output.1) })
        }
        return nil
    }
}

/// The port on which a script listens by itself.
struct ListeningPort: Sendable, Hashable {
    /// nil where the variable `PORT` alone says it.
    let port: Int?
    /// Whether the script reads the variable `PORT`.
    let readsVariable: Bool
    let evidence: Evidence
    /// Whether it listens where only the same machine reaches it.
    let isLoopback: Bool

    /// How scripts read the variable `PORT`, with its default.
    private static var variable: Regex<(Substring, Substring?)> {
        /(?:getenv|environ\.get|environ|env|env\.int|config)\s*[(\[]\s*["']PORT["']\s*(?:,\s*(?:default\s*=\s*)?["']?(\d{2,5})["']?)?/
    }

    /// The port in the arguments of a call: a number, the default of `PORT`, or a name that stands for either.
    static func argument(_ text: String, _ module: PythonModule) -> Int? {
        guard let match = text.firstMatch(of: /\bport\s*=\s*(.*)/)?.output else { return nil }
        return number(String(match.1), module)
    }

    private static func number(_ text: String, _ module: PythonModule) -> Int? {
        if let literal = text.prefixMatch(of: /(\d{2,5})\b/)?.output.1 { return Int(literal) }
        if let port = text.firstMatch(of: variable)?.output.1 { return Int(port) }
        guard let name = text.prefixMatch(of: /[A-Za-z_]\w*/)?.output else { return nil }
        for statement in module.source.statements {
            guard let match = statement.text.prefixMatch(of: /(\w+)(?:\s*:\s*\w+)?\s*=\s*/), match.output.1 == name
            else {
                continue
            }
            let value = statement.text[match.range.upperBound...]
            if let literal = value.prefixMatch(of: /(\d{2,5})\b/)?.output.1 { return Int(literal) }
            if let port = value.firstMatch(of: variable)?.output.1 { return Int(port) }
        }
        return nil
    }

    /// What a script says of where it listens; nil where it does not listen as far as one can see.
    static func of(_ module: PythonModule) -> ListeningPort? {
        let statements = module.source.statements
        let loopback = statements.contains { statement in
            isListening(statement.text)
                && statement.text.contains(/["'](?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?["']/)
        }
        for statement in statements {
            guard let match = statement.text.firstMatch(of: variable) else { continue }
            return ListeningPort(
                port: match.output.1.flatMap { Int($0) }, readsVariable: true, evidence: module.evidence(statement),
                isLoopback: loopback)
        }
        for statement in statements where isListening(statement.text) {
            guard let port = literal(statement.text, module) else { continue }
            return ListeningPort(
                port: port, readsVariable: false, evidence: module.evidence(statement), isLoopback: loopback)
        }
        return nil
    }

    private static func isListening(_ text: String) -> Bool {
        text.contains(
            /(?:\.(?:run|listen|bind|serve|start|launch|run_app|create_server|start_server|run_server)|uvicorn\.Config|TCPSite|run_app|serve|HTTPServer|TCPServer|make_server|add_(?:in)?secure_port|WSGIServer)\(/
        )
    }

    private static func literal(_ text: String, _ module: PythonModule) -> Int? {
        if let named = argument(text, module) { return named }
        if let match = text.firstMatch(of: /\(\s*["'][^"']*["']\s*,\s*(\d{2,5})\s*[,)]/) { return Int(match.output.1) }
        if let match = text.firstMatch(of: /["'][\[\]\w.:*]*:(\d{2,5})["']/) { return Int(match.output.1) }
        if let match = text.firstMatch(of: /\.(?:listen|bind)\(\s*(\w+)/) {
            return number(String(match.output.1), module)
        }
        if let match = text.firstMatch(of: /\(\s*["'][^"']*["']\s*,\s*([A-Za-z_]\w*)\s*[,)]/) {
            return number(String(match.output.1), module)
        }
        return nil
    }
}
