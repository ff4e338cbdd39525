import Formats
import Planning

/// One `key = value` of an `.npmrc`, which is an INI file whose variables are written `${NAME}`.
///
/// npm 11, Configuring npm, npmrc.
struct NpmLine: Sendable, Hashable {
    let key: String
    let value: String
    let line: Int

    /// The lines of a file; comments and sections are passed over, a key alone is `true`.
    static func parse(_ text: String, _ path: SourcePath) throws -> [NpmLine] {
        text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, raw in
            let line = raw.trimmingSpaces()
            guard !line.isEmpty, !line.hasPrefix("#"), !line.hasPrefix(";"), !line.hasPrefix("[") else { return nil }
            guard let mark = line.firstIndex(of: "=") else { return NpmLine(key: line, value: "true", line: index + 1) }
            var key = line[..<mark].trimmingSpaces()
            // A list is written `key[] = value`.
            if key.hasSuffix("[]") { key = String(key.dropLast(2)) }
            return NpmLine(
                key: unquoted(key), value: unquoted(value(line[line.index(after: mark)...])), line: index + 1)
        }
    }

    /// A value up to a comment behind it.
    private static func value(_ text: Substring) -> String {
        let end = text.firstMatch(of: /\s[#;]/)?.range.lowerBound ?? text.endIndex
        return text[..<end].trimmingSpaces()
    }

    private static func unquoted(_ text: String) -> String {
        for quote in ["\"", "'"] where text.count > 1 && text.hasPrefix(quote) && text.hasSuffix(quote) {
            return String(text.dropFirst().dropLast())
        }
        return text
    }
}
