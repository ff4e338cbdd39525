import Formats
import Planning

/// A version of a tool that a version manager's file names.
struct ToolVersions: Sendable {
    let version: String
    let evidence: Evidence

    /// The first version of asdf's `.tool-versions` for one of a tool's names; nil where it leaves it to the machine.
    static func asdf(_ names: [String], in folder: SourcePath, of tree: any SourceTree) throws -> ToolVersions? {
        let path = folder.appending(name: ".tool-versions")
        guard let text = try tree.text(at: path) else { return nil }
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.prefix { $0 != "#" }.trimmingSpaces()
            let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
            guard words.count > 1, names.contains(words[0]), isNumbered(words[1]) else { continue }
            return ToolVersions(
                version: words[1], evidence: Evidence(path: path, line: index + 1, excerpt: line))
        }
        return nil
    }

    /// The first version of mise's file for one of a tool's names; nil where it leaves it to the machine.
    static func mise(_ names: [String], in folder: SourcePath, of tree: any SourceTree) throws -> ToolVersions? {
        for file in ["mise.toml", ".mise.toml", ".config/mise.toml"] {
            let path = try folder.appending(file)
            guard let text = try tree.text(at: path) else { continue }
            let document = try TOMLDocument(parsing: text, file: "\(path)")
            for name in names {
                let version: String? =
                    switch document.node(["tools", name]) {
                    case .string(let text): text
                    case .array(let elements): if case .string(let text)? = elements.first { text } else { nil }
                    case .table(let table): if case .string(let text)? = table["version"] { text } else { nil }
                    default: nil
                    }
                guard let version, isNumbered(version) else { continue }
                return ToolVersions(
                    version: version,
                    evidence: Evidence(
                        path: path, line: document.line(of: ["tools", name]), excerpt: "\(name) = \"\(version)\""))
            }
        }
        return nil
    }

    private static func isNumbered(_ version: String) -> Bool { !["system", "latest"].contains(version) }
}
