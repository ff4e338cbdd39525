import Planning

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
