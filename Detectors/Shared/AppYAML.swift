import Formats
import Planning

/// What App Engine's `app.yaml` says of a Python service: its start command and its version.
///
/// Only plain keys of the top level and of one level below are read, which is all that these two take.
struct AppYAML: Sendable {
    struct Setting: Sendable {
        let value: String
        let evidence: Evidence
    }

    let entrypoint: Setting?
    /// `3.12`, from `runtime: python312`, or from `runtime_config` in the flexible environment.
    let version: Setting?

    /// Reads the service's `app.yaml`; nil where it has none, or one that is not App Engine's for Python.
    static func read(from project: PythonProject) throws -> AppYAML? {
        let path = try project.path("app.yaml")
        guard let text = try project.tree.text(at: path) else { return nil }
        let keys = Self.keys(text)
        func setting(_ name: String) -> Setting? {
            keys[name].map { value, line in
                let last = name.split(separator: ".").last.map(String.init) ?? name
                return Setting(value: value, evidence: Evidence(path: path, line: line, excerpt: "\(last): \(value)"))
            }
        }
        guard let runtime = setting("runtime"), runtime.value.hasPrefix("python") else { return nil }
        var version = setting("runtime_config.runtime_version") ?? setting("runtime_config.python_version")
        if let match = runtime.value.wholeMatch(of: /python(\d)(\d+)/)?.output {
            version = Setting(value: "\(match.1).\(match.2)", evidence: runtime.evidence)
        }
        return AppYAML(entrypoint: setting("entrypoint"), version: version)
    }

    /// Values of plain keys with their lines; a folded or literal block is joined by spaces.
    private static func keys(_ text: String) -> [String: (String, Int)] {
        var keys: [String: (String, Int)] = [:]
        var parent = ""
        var block: String?
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.trimmingSpaces()
            let indent = raw.prefix { $0 == " " }.count
            if let key = block, indent > 0, !line.isEmpty {
                let old = keys[key] ?? ("", index + 1)
                keys[key] = (old.0.isEmpty ? line : "\(old.0) \(line)", old.1)
                continue
            }
            guard !line.isEmpty, !line.hasPrefix("#"), !line.hasPrefix("- ") else { continue }
            block = nil
            guard let match = line.wholeMatch(of: /([\w.-]+)\s*:(?:\s+(.*))?/)?.output else { continue }
            let key = indent == 0 ? String(match.1) : "\(parent).\(match.1)"
            if indent == 0 { parent = String(match.1) }
            let value = scalar(match.2.map(String.init) ?? "")
            if indent == 0, ["|", ">", "|-", ">-"].contains(value) {
                block = key
                keys[key] = ("", index + 1)
            } else if !value.isEmpty, keys[key] == nil {
                keys[key] = (value, index + 1)
            }
        }
        return keys
    }

    /// A value without its quotes or a comment after it.
    private static func scalar(_ text: String) -> String {
        for quote in ["\"", "'"] where text.hasPrefix(quote) {
            let inner = text.dropFirst()
            if let end = inner.lastIndex(of: Character(quote)) { return String(inner[..<end]) }
        }
        return text.split(separator: " #", maxSplits: 1, omittingEmptySubsequences: false).first.map {
            $0.trimmingSpaces()
        } ?? ""
    }
}
