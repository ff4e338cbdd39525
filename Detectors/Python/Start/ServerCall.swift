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

    /// The calls of a module, in their order; `atTop` leaves out those inside a block.
    static func all(in module: PythonModule, atTop: Bool = false) -> [ServerCall] {
        guard packages.contains(where: module.imports) else { return [] }
        return (atTop ? module.source.topLevel : module.source.statements).compactMap { call(in: $0, module) }
    }

    /// What a module that starts one of the servers imports.
    private static let packages = ["aiohttp", "granian", "sanic", "uvicorn", "waitress"]

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
