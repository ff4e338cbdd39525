import Formats
import Planning

/// What the step `check` looks for and lays out, as the JSON that its program reads.
struct NodeLayout {
    let json: String

    init(
        top: String, service: String, built: Bool, application: NodeApplication, processes: [NodeStart],
        hasPrograms: Bool, caches: [String]
    ) {
        var members: [(String, Value)] = [
            ("top", .text(top)), ("service", .text(service)), ("built", .flag(built)),
            ("skip", .list(caches.map(Value.text))),
        ]
        switch application.kind {
        case .site(let site): members.append(("site", .object([("output", .text(site.output.value))])))
        case .server(let start):
            let starts = [start] + processes
            members += [
                ("files", .list(starts.flatMap(\.files).uniqued.map(Value.text))),
                ("programs", .list((hasPrograms ? starts.compactMap(Self.program).uniqued : []).map(Value.text))),
                (
                    "outputs",
                    .list(start.outputs.map { .list([.text($0.path), .text($0.destination)]) })
                ),
                ("optional", .list([])),
                ("dropTypeScript", .flag(built && !starts.contains(where: Self.runsTypeScript))),
            ]
        }
        json = Value.object(members).json
    }

    /// The program of `node_modules/.bin` that a start names.
    private static func program(_ start: NodeStart) -> String? {
        guard start.shell == nil, let word = start.words.first(where: { !$0.contains(/^\w+=/) }), word != "node",
            !word.contains("/")
        else { return nil }
        return word
    }

    /// Whether Node, or a program that it runs, reads TypeScript.
    private static func runsTypeScript(_ start: NodeStart) -> Bool {
        let tools = ["ts-node", "tsx", "ts-node-dev", "tsm", "swc-node", "esbuild-register", "bun", "jiti", "sucrase"]
        let words = start.words + (start.shell?.text.split(separator: " ").map(String.init) ?? [])
        return (words + start.files).contains { word in
            word.contains(/\.[cm]?tsx?$/) || tools.contains { word.contains($0) }
        }
    }

    /// JSON in the order in which it is written.
    private indirect enum Value {
        case text(String), flag(Bool), list([Value]), object([(String, Value)])

        var json: String {
            switch self {
            case .text(let text): Self.quoted(text)
            case .flag(let flag): flag ? "true" : "false"
            case .list(let values): "[" + values.map(\.json).joined(separator: ",") + "]"
            case .object(let members):
                "{" + members.map { "\(Self.quoted($0.0)):\($0.1.json)" }.joined(separator: ",") + "}"
            }
        }

        private static func quoted(_ text: String) -> String {
            var result = "\""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": result += "\\\""
                case "\\": result += "\\\\"
                case let scalar where scalar.value < 0x20:
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: result.unicodeScalars.append(scalar)
                }
            }
            return result + "\""
        }
    }
}

extension [String] {
    /// Each text once, in the order of its first place.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
