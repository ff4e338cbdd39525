import Formats

/// The `console_scripts` in the text of a `setup.py` or `setup.cfg`: a list of texts, or lines of an INI section.
enum ConsoleScripts {
    struct Script: Hashable, Sendable {
        let name: String
        /// `shop.cli:main`.
        let target: String
        let line: Int
    }

    /// The scripts that are written out, in their order; one whose name is computed is passed over.
    static func all(in text: String) -> [Script] {
        guard let start = text.firstRange(of: "console_scripts") else { return [] }
        var rest = text[start.upperBound...]
        if rest.first == "]" {
            // A section within a text: until the next one, or the text's end.
            rest = rest.dropFirst()
            if let end = rest.firstRange(of: /\n[ \t]*\[|"""|\'\'\'/) { rest = rest[..<end.lowerBound] }
        } else {
            rest = rest.prefix { $0 != "]" }
        }
        var line = text[..<rest.startIndex].count { $0 == "\n" } + 1
        var scripts: [Script] = []
        for (index, row) in rest.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if index > 0 { line += 1 }
            guard !row.trimmingSpaces().hasPrefix("#") else { continue }
            let inLists = row.matches(of: /["']\s*([A-Za-z0-9._-]+)\s*=\s*([A-Za-z_][\w.]*:[\w.]+)/).map(\.output)
            let alone =
                index > 0 ? row.prefixMatch(of: /\s*([A-Za-z0-9._-]+)\s*=\s*([A-Za-z_][\w.]*:[\w.]+)/)?.output : nil
            for (_, name, target) in inLists + (alone.map { [$0] } ?? []) {
                scripts.append(Script(name: String(name), target: String(target), line: line))
            }
        }
        return scripts
    }
}
