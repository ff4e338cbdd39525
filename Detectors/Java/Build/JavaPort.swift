import Formats
import Planning

/// The port that a service's files name, and the variables by which its framework hears of another.
struct JavaPort: Sendable {
    let port: Decided<Int>?
    /// `SERVER_PORT` is `${PORT:8080}`: the framework itself puts the variable's value in.
    let environment: [String: Decided<String>]

    /// A framework's key for its port, the files that hold it, and the variable that stands for the key.
    private struct Rule {
        let framework: String
        let keys: [String]
        let files: [String]
        let variable: String?
        /// Where nothing else is said; nil for a framework that has no port of its own.
        let usual: Int?
    }

    private static let spring = [
        "application.properties", "application.yml", "application.yaml", "config/application.properties",
        "config/application.yml", "config/application.yaml", "bootstrap.properties", "bootstrap.yml", "bootstrap.yaml",
    ]

    private static let rules: [Rule] = [
        Rule(framework: "spring-boot", keys: ["server.port"], files: spring, variable: "SERVER_PORT", usual: 8080),
        Rule(
            framework: "quarkus", keys: ["quarkus.http.port"],
            files: ["application.properties", "application.yaml", "application.yml"], variable: "QUARKUS_HTTP_PORT",
            usual: 8080),
        Rule(
            framework: "micronaut", keys: ["micronaut.server.port"],
            files: ["application.yml", "application.yaml", "application.properties", "application.toml"],
            variable: "MICRONAUT_SERVER_PORT", usual: 8080),
        Rule(
            framework: "helidon", keys: ["server.port"],
            files: ["application.yaml", "application.properties", "META-INF/microprofile-config.properties"],
            variable: nil, usual: 8080),
        Rule(
            framework: "ktor", keys: ["ktor.deployment.port"], files: ["application.yaml", "application.yml"],
            variable: nil, usual: nil),
        Rule(
            framework: "thorntail", keys: ["thorntail.http.port", "swarm.http.port"],
            files: ["project-defaults.yml", "project-stages.yml"], variable: nil, usual: 8080),
        Rule(framework: "open-liberty", keys: [], files: [], variable: nil, usual: 9080),
        Rule(framework: "payara-micro", keys: [], files: [], variable: nil, usual: 8080),
        Rule(framework: "dropwizard", keys: [], files: [], variable: nil, usual: 8080),
        Rule(framework: "spark", keys: [], files: [], variable: nil, usual: 4567),
    ]

    /// Reads the framework's own files, then the code; the framework's default where neither names one.
    static func read(
        _ module: SourcePath, framework: Decided<String>?, of tree: any SourceTree
    ) throws -> JavaPort {
        let rule = rules.first { $0.framework == framework?.value }
        let found = try rule.flatMap { try named($0, module, tree) }
        if let found, let evidence = found.evidence {
            let port = number(found.value)
            let decided = port.map { Decided($0, .found(evidence: [evidence])) }
            return JavaPort(
                port: decided,
                environment: environment(rule, port ?? 8080, isHeard: found.value.contains("${"), evidence))
        }
        if let special = try dropwizard(module, framework, tree) ?? ktor(module, framework, tree) {
            return JavaPort(port: special, environment: [:])
        }
        if let code = try JavaCodePort.read(module, of: tree) { return JavaPort(port: code, environment: [:]) }
        guard let rule, let usual = rule.usual else { return JavaPort(port: nil, environment: [:]) }
        return JavaPort(
            port: Decided(usual, .usual(why: "the port of \(rule.framework)")),
            environment: environment(rule, usual, isHeard: false, nil))
    }

    /// A file that asks for a variable by itself is left alone.
    private static func environment(
        _ rule: Rule?, _ port: Int, isHeard: Bool, _ evidence: Evidence?
    ) -> [String: Decided<String>] {
        guard let rule, let variable = rule.variable, !isHeard else { return [:] }
        return [
            variable: Decided(
                "${PORT:\(port)}",
                evidence.map { .found(evidence: [$0]) }
                    ?? .usual(why: "\(rule.framework) listens where \(variable) says, and PORT is what platforms set"))
        ]
    }

    /// `8080`, or the default of `${PORT:8080}`; nil for a random port.
    private static func number(_ text: String) -> Int? {
        let digits = text.firstMatch(of: #/^\$\{[^:}]+:\s*"?(\d+)"?\}$/#).map { String($0.output.1) } ?? text
        return Int(digits).flatMap { (1...65535).contains($0) ? $0 : nil }
    }

    private static func named(
        _ rule: Rule, _ module: SourcePath, _ tree: any SourceTree
    ) throws -> (value: String, evidence: Evidence?)? {
        for folder in ["src/main/resources", "config", "."] {
            for file in rule.files {
                let path = try module.appending(folder).appending(file)
                guard let text = try tree.text(at: path) else { continue }
                for key in rule.keys {
                    guard let value = try setting(key, text, path) else { continue }
                    let last = key.split(separator: ".").last ?? ""
                    return (
                        value.value, Evidence(path: path, line: value.line, excerpt: "\(last): \(value.value)")
                    )
                }
            }
        }
        return nil
    }

    /// A dotted key of a file; of a stream of YAML documents the first counts.
    private static func setting(_ key: String, _ text: String, _ path: SourcePath) throws -> Located<String>? {
        if path.name.hasSuffix(".properties") { return JavaProperties(parsing: text)[key] }
        if path.name.hasSuffix(".toml") {
            let document = try TOMLDocument(parsing: text, file: "\(path)")
            let keys = key.split(separator: ".").map(String.init)
            guard case .integer(let value)? = document.node(keys) else { return nil }
            return Located("\(value)", line: document.line(of: keys))
        }
        guard let root = try? YAMLDocument(parsing: text, file: "\(path)").root else { return nil }
        return value(key.split(separator: ".").map(String.init)[...], in: root)
    }

    /// A key may be written as `server.port:` or as `server:` with `port:` below it.
    private static func value(_ keys: ArraySlice<String>, in node: YAMLNode) -> Located<String>? {
        guard !keys.isEmpty else { return node.text.map { Located($0, line: node.line) } }
        for count in stride(from: keys.count, through: 1, by: -1) {
            let name = keys.prefix(count).joined(separator: ".")
            if let next = node[name], let found = value(keys.dropFirst(count), in: next) { return found }
        }
        return nil
    }

    private static func dropwizard(
        _ module: SourcePath, _ framework: Decided<String>?, _ tree: any SourceTree
    ) throws -> Decided<Int>? {
        guard framework?.value == "dropwizard" else { return nil }
        for entry in tree.entries
        where entry.isFile && entry.path.parent == module
            && (entry.path.name.hasSuffix(".yml") || entry.path.name.hasSuffix(".yaml"))
        {
            guard let text = try tree.text(at: entry.path),
                let server = try? YAMLDocument(parsing: text, file: "\(entry.path)").root["server"]
            else { continue }
            let node =
                server["applicationConnectors"]?.elements.first?["port"] ?? server[path: ["connector", "port"]]
            guard let node, let text = node.text, let port = number(text) else { continue }
            return Decided(
                port, .found(evidence: [Evidence(path: entry.path, line: node.line, excerpt: "port: \(text)")]))
        }
        return nil
    }

    /// `application.conf` in HOCON: `port = 8080`, which a later `port = ${?PORT}` replaces at run time.
    private static func ktor(
        _ module: SourcePath, _ framework: Decided<String>?, _ tree: any SourceTree
    ) throws -> Decided<Int>? {
        guard framework?.value == "ktor" else { return nil }
        let path = try module.appending("src/main/resources/application.conf")
        guard let text = try tree.text(at: path) else { return nil }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let match = line.firstMatch(of: #/^\s*(?:ktor\.deployment\.)?port\s*[=:]\s*(\d+)/#),
                let port = number(String(match.output.1))
            else { continue }
            return Decided(
                port,
                .found(evidence: [Evidence(path: path, line: index + 1, excerpt: line.trimmingSpaces())]))
        }
        return nil
    }
}

/// Where code says which port it listens on.
enum JavaCodePort {
    private static var patterns: [Regex<(Substring, Substring)>] {
        [
            #/getOrDefault\s*\(\s*"PORT"\s*,\s*"(\d+)"/#,
            #/getenv\s*\(\s*"PORT"\s*\)[^;\n]{0,80}?[?:]\s*"?(\d{2,5})"?/#,
            #/getProperty\s*\(\s*"(?:server\.)?port"\s*,\s*"(\d+)"/#,
            #/\bInetSocketAddress\s*\((?:[^;()]*,)?\s*(\d{2,5})\s*\)/#,
            #/\bembeddedServer\s*\([^)]*?\bport\s*=\s*(\d{2,5})/#,
            #/\.listen\s*\(\s*(\d{2,5})\b/#,
            #/\bnew\s+(?:Server|ServerSocket)\s*\(\s*(\d{2,5})\s*[,)]/#,
            #/(?:^|[\s;.{])(?:port|setPort|withPort)\s*\(\s*(\d{2,5})\s*\)/#,
            #/\bJavalin\.[^;]*?\.start\s*\(\s*(\d{2,5})\s*\)/#,
            #/\.start\s*\(\s*(\d{4,5})\s*\)/#,
        ]
    }

    /// The first port that the module's own code names: what reads `PORT` before plain numbers.
    static func read(_ module: SourcePath, of tree: any SourceTree) throws -> Decided<Int>? {
        var texts: [(path: SourcePath, code: String)] = []
        for entry in tree.entries where entry.isFile && entry.path.isInside(module) {
            guard [".java", ".kt", ".groovy", ".scala"].contains(where: entry.path.name.hasSuffix),
                case .file(_, let size) = entry.kind, size < 1 << 18,
                !entry.path.components.contains("test"), texts.count < 2000, let text = try? tree.text(at: entry.path)
            else { continue }
            guard text.contains("ort") || text.contains("listen") || text.contains("start") else { continue }
            texts.append((entry.path, JavaText.withoutComments(text)))
        }
        for pattern in patterns {
            for (path, code) in texts {
                guard let match = code.firstMatch(of: pattern), let port = Int(match.output.1),
                    (1...65535).contains(port)
                else { continue }
                let line = code.utf8[..<match.output.1.startIndex].count { $0 == 0x0A } + 1
                return Decided(
                    port, .found(evidence: [Evidence(path: path, line: line, excerpt: String(match.output.1))]))
            }
        }
        return nil
    }
}
