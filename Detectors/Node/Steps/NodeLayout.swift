import Formats
import Planning

/// What the step `check` looks for and lays out, as the JSON that its program reads.
struct NodeLayout {
    let json: String

    init(
        top: String, service: String, built: Bool, application: NodeApplication, processes: [NodeStart],
        hasPrograms: Bool, caches: [String]
    ) {
        var members: [(String, JSONNode)] = [
            ("top", .string(top)), ("service", .string(service)), ("built", .boolean(built)),
            ("skip", .array(caches.map(JSONNode.string))),
        ]
        switch application.kind {
        case .site(let site): members.append(("site", .object(Self.object([("output", .string(site.output.value))]))))
        case .server(let start):
            let starts = [start] + processes
            members += [
                ("files", .array(starts.flatMap(\.files).uniqued.map(JSONNode.string))),
                ("programs", .array((hasPrograms ? starts.compactMap(Self.program).uniqued : []).map(JSONNode.string))),
                (
                    "outputs",
                    .array(start.outputs.map { .array([.string($0.path), .string($0.destination)]) })
                ),
                ("optional", .array([])),
                ("dropTypeScript", .boolean(built && !starts.contains(where: Self.runsTypeScript))),
            ]
        }
        json = JSONNode.object(Self.object(members)).compact
    }

    private static func object(_ members: [(String, JSONNode)]) -> JSONObject {
        JSONObject(members.map { JSONMember(key: $0.0, value: $0.1, line: 0) })
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
}

extension [String] {
    /// Each text once, in the order of its first place.
    fileprivate var uniqued: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
