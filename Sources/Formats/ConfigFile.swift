/// An INI file as Python's `configparser` reads it: `setup.cfg`, `tox.ini`, `pip.conf`.
package struct ConfigFile: Sendable, Hashable {
    package let file: String
    /// Values by section and lower-cased key; a repeated key keeps the last one.
    package let sections: [String: [String: Located<String>]]

    /// Parses the text; continuation lines are indented and join with a line feed.
    package init(parsing text: String, file: String) throws(FormatError) {
        var sections: [String: [String: Located<String>]] = [:]
        var section: String?
        var key: String?
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.trimmingSpaces()
            if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if let first = raw.first, first == " " || first == "\t", let section, let key,
                let old = sections[section]?[key]
            {
                let joined = old.value.isEmpty ? line : old.value + "\n" + line
                sections[section]?[key] = Located(joined, line: old.line)
                continue
            }
            if line.hasPrefix("[") {
                guard line.hasSuffix("]"), line.count > 2 else {
                    throw .malformed(file: file, line: index + 1, what: "the section header '\(line)' has no ']'")
                }
                let name = String(line.dropFirst().dropLast())
                sections[name] = sections[name] ?? [:]
                section = name
                key = nil
                continue
            }
            guard let current = section, let mark = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
                let what = section == nil ? "'\(line)' stands before any [section]" : "'\(line)' is not 'key = value'"
                throw .malformed(file: file, line: index + 1, what: what)
            }
            let name = line[..<mark].trimmingSpaces().lowercased()
            sections[current]?[name] = Located(line[line.index(after: mark)...].trimmingSpaces(), line: index + 1)
            key = name
        }
        self.file = file
        self.sections = sections
    }

    /// The value of a key, where the section has it.
    package func value(_ section: String, _ key: String) -> Located<String>? { sections[section]?[key.lowercased()] }
}

extension StringProtocol {
    /// The text without spaces, tabs and line ends at both ends.
    package func trimmingSpaces() -> String {
        var view = Substring(self)
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace { view.removeLast() }
        return String(view)
    }
}
