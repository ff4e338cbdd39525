import Planning

/// Where a program listens, as far as its own packages say.
struct GoPort: Sendable {
    /// The ports, each with what says so; empty for a program that serves no network.
    let ports: [Decided<Int>]
    /// Whether `PORT` tells the program, or nothing speaks against it.
    let isVariable: Bool
    let warnings: [String]

    /// The option's, else 8080 where the program reads `PORT`, else the addresses that are written out, else 8080.
    init(_ project: GoProject, _ reach: GoReach) {
        var readsPort = false
        var written: [Int: Evidence] = [:]
        var warnings: [String] = []
        for file in reach.own {
            for (index, token) in file.source.tokens.enumerated() where token.kind == .string {
                if token.text == "PORT" { readsPort = true }
                guard let match = token.text.wholeMatch(of: /([\w.\[\]:]*?):(\d{2,5})/)?.output,
                    let port = Int(match.2),
                    (1...65535).contains(port)
                else { continue }
                let evidence = Evidence(path: file.path, line: token.line, excerpt: "\"\(token.text)\"")
                // What is put behind a host is somebody else's port.
                if index > 0, file.source.tokens[index - 1].text == "+" { continue }
                if ["", "0.0.0.0", "[::]"].contains(String(match.1)) {
                    written[port] = written[port] ?? evidence
                } else if Self.listens(at: token, in: file.source) {
                    warnings.append(
                        "\(evidence): listens on \(match.1) only; nothing outside the container can reach it")
                }
            }
        }
        if let asked = project.options.port {
            ports = [Decided(asked.value, asked.reason)]
            isVariable = true
        } else if let server = reach.server {
            if readsPort || written.isEmpty {
                ports = [Decided(8080, .found(evidence: [server]))]
                isVariable = true
            } else {
                ports = written.sorted { $0.key < $1.key }.map { Decided($0.key, .found(evidence: [$0.value])) }
                isVariable = false
            }
        } else {
            ports = []
            isVariable = true
        }
        self.warnings = ports.isEmpty ? [] : warnings
    }

    /// Whether an address is an argument of a call that listens.
    private static func listens(at token: GoToken, in source: GoSource) -> Bool {
        guard let index = source.tokens.firstIndex(of: token) else { return false }
        let names = ["ListenAndServe", "ListenAndServeTLS", "Listen", "Run", "Start", "Addr"]
        return source.tokens[max(index - 4, 0)..<index].contains { $0.kind == .word && names.contains($0.text) }
    }
}
