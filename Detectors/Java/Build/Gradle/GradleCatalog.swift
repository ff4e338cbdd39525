import Formats
import Planning

/// A version catalog, `gradle/libs.versions.toml`.
struct GradleCatalog: Sendable {
    private let document: TOMLDocument?
    let path: SourcePath

    static func read(_ root: SourcePath, of tree: any SourceTree) throws -> GradleCatalog {
        let path = try root.appending("gradle/libs.versions.toml")
        let document = try tree.text(at: path).map { try TOMLDocument(parsing: $0, file: "\(path)") }
        return GradleCatalog(document: document, path: path)
    }

    private init(document: TOMLDocument?, path: SourcePath) {
        self.document = document
        self.path = path
    }

    /// The plugin of an accessor, `spring.boot` for the alias `spring-boot`, with its version.
    func plugin(_ accessor: String) -> (id: String, version: String?)? {
        guard let alias = alias(accessor, in: "plugins") else { return nil }
        switch document?.node(["plugins", alias]) {
        case .string(let text):
            let parts = text.split(separator: ":").map(String.init)
            return (parts.first ?? text, parts.count > 1 ? parts[1] : nil)
        case .table(let table):
            guard case .string(let id)? = table["id"] else { return nil }
            return (id, version(table["version"]))
        default: return nil
        }
    }

    /// The module of an accessor, as `group:name`.
    func library(_ accessor: String) -> String? {
        guard let alias = alias(accessor, in: "libraries") else { return nil }
        switch document?.node(["libraries", alias]) {
        case .string(let text): return text
        case .table(let table):
            if case .string(let module)? = table["module"] { return module }
            if case .string(let group)? = table["group"], case .string(let name)? = table["name"] {
                return "\(group):\(name)"
            }
            return nil
        default: return nil
        }
    }

    /// The version of an accessor, with its place.
    func version(_ accessor: String) -> (value: String, evidence: Evidence)? {
        guard let alias = alias(accessor, in: "versions"), let document,
            let value = version(document.node(["versions", alias]))
        else { return nil }
        return (
            value,
            Evidence(path: path, line: document.line(of: ["versions", alias]), excerpt: "\(alias) = \"\(value)\"")
        )
    }

    private func version(_ node: TOMLNode?) -> String? {
        switch node {
        case .string(let text): return text
        case .table(let table):
            if case .string(let name)? = table["ref"] { return version(document?.node(["versions", name])) }
            for key in ["strictly", "require", "prefer"] { if case .string(let text)? = table[key] { return text } }
            return nil
        default: return nil
        }
    }

    /// Gradle makes dots of the dashes and underscores of an alias.
    private func alias(_ accessor: String, in table: String) -> String? {
        guard case .table(let entries)? = document?.node([table]) else { return nil }
        func normal(_ name: String) -> String {
            String(name.map { $0 == "-" || $0 == "_" ? "." : $0 }).lowercased()
        }
        return entries.keys.sorted().first { normal($0) == normal(accessor) }
    }
}
