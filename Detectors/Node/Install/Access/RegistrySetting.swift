import Formats
import Planning

/// One value of a manager's settings file, with the path of its keys.
struct RegistrySetting: Sendable, Hashable {
    /// `@acme:registry`, `npmScopes`/`acme`/`npmAuthToken`, `install`/`scopes`/`@acme`/`token`.
    let keys: [String]
    let value: String
    let path: SourcePath
    let line: Int

    /// The place, without the value, which may be a credential.
    var evidence: Evidence { Evidence(path: path, line: line, excerpt: name) }

    var name: String { keys.joined(separator: ".") }

    /// Every setting that a manager reads in the sources.
    static func read(_ manager: NodeManager, _ project: NodeProject) throws -> [RegistrySetting] {
        let files = ManagerFiles(project)
        var result: [RegistrySetting] = []
        func text(_ path: SourcePath?) throws -> (SourcePath, String)? {
            guard let path, let text = try project.tree.text(at: path) else { return nil }
            return (path, text)
        }
        if manager != .berry, let (path, text) = try text(files.path(".npmrc")) {
            result += try NpmLine.parse(text, path).map {
                RegistrySetting(keys: [$0.key], value: $0.value, path: path, line: $0.line)
            }
        }
        if manager == .yarn, let (path, text) = try text(files.path(".yarnrc")) { result += yarn(text, path) }
        if manager == .berry, let (path, text) = try text(files.yarnSettings) {
            result += berry(try YAMLDocument(parsing: text, file: "\(path)").root, path)
        }
        if manager == .bun, let (path, text) = try text(files.path("bunfig.toml")) {
            let document = try TOMLDocument(parsing: text, file: "\(path)")
            result += document.keys.compactMap { key in
                guard case .string(let value)? = document.node(key.value) else { return nil }
                return RegistrySetting(keys: key.value, value: value, path: path, line: key.line)
            }
        }
        return result
    }

    /// `"//host/:_authToken" value` of Yarn 1.
    private static func yarn(_ text: String, _ path: SourcePath) -> [RegistrySetting] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, raw in
            let line = raw.trimmingSpaces()
            guard !line.hasPrefix("#"), let space = line.firstIndex(of: " ") else { return nil }
            return RegistrySetting(
                keys: [String(line[..<space]).replacing("\"", with: "")],
                value: line[space...].trimmingSpaces().replacing("\"", with: ""), path: path, line: index + 1)
        }
    }

    private static func berry(_ node: YAMLNode, _ path: SourcePath, _ keys: [String] = []) -> [RegistrySetting] {
        if let text = node.text { return [RegistrySetting(keys: keys, value: text, path: path, line: node.line)] }
        return node.members.flatMap { berry($0.value, path, keys + [$0.key]) }
            + node.elements.flatMap { berry($0, path, keys) }
    }

    /// Whether the value is who somebody is: a token, a password, a key.
    var isCredential: Bool {
        guard let last = keys.last else { return false }
        let names = ["_auth", "_authToken", "_password", "key", "npmAuthToken", "npmAuthIdent", "token", "password"]
        return names.contains { last == $0 || last.hasSuffix(":\($0)") }
    }

    /// Whether an address in the value has a password.
    var hasPassword: Bool { value.contains(#/://[^/\s@:$]+:[^/\s@$]+@/#) }

    /// The registry that a credential is for, as `//host/path/`; nil where the key does not say.
    var host: String? {
        guard let key = keys.first(where: { $0.hasPrefix("//") }) else { return nil }
        return String(key.prefix { $0 != ":" })
    }

    /// The scope that a registry is for: `@acme` of `@acme:registry`, `npmScopes.acme`; nil for other settings.
    var scope: String? {
        if keys.count == 1, let match = keys[0].wholeMatch(of: /(@[^:]+):registry/) { return String(match.output.1) }
        if keys.count == 3, keys[0] == "npmScopes" { return "@\(keys[1])" }
        if keys.count >= 3, keys[0] == "install", keys[1] == "scopes" {
            return keys[2].hasPrefix("@") ? keys[2] : "@\(keys[2])"
        }
        return nil
    }

    /// Whether it names the registry of everything that has no scope of its own.
    var isDefaultRegistry: Bool {
        keys == ["registry"] || keys == ["npmRegistryServer"] || keys.starts(with: ["install", "registry"])
    }

    /// Variables that the value reads, and whether each may be missing: `${NPM_TOKEN}`, `${NPM_TOKEN-none}`, and `$NPM_TOKEN`
    /// for Bun.
    var variables: [(name: String, isOptional: Bool)] {
        var result = value.matches(of: /\$\{([A-Za-z_][A-Za-z0-9_]*)(\?|:?-[^}]*)?\}/).map {
            (name: String($0.output.1), isOptional: $0.output.2 != nil)
        }
        if path.name == "bunfig.toml", let match = value.wholeMatch(of: /\$([A-Za-z_][A-Za-z0-9_]*)/) {
            result.append((String(match.output.1), false))
        }
        return result
    }
}
