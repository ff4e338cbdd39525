/// How values are written in a Dockerfile so that its parser reads them back unchanged.
enum DockerfileText {
    /// A JSON array on one line: the exec form of RUN, ENTRYPOINT and CMD.
    static func exec(_ arguments: [String]) -> String { "[" + arguments.map(json).joined(separator: ", ") + "]" }

    /// The arguments of COPY, the last one the destination: plain where they can be, else as a JSON array.
    static func copy(_ sources: [String], to destination: String) -> String {
        let words = sources.map { escaped(globbing($0)) } + [escaped(destination)]
        let isPlain = words.allSatisfy { word in
            !word.contains { $0.isWhitespace || $0 == "\"" } && !word.hasPrefix("[")
        }
        return isPlain ? words.joined(separator: " ") : exec(words)
    }

    /// `NAME="value"` for ENV and LABEL, with `$` taken literally; nil where the value holds a line break.
    static func assignment(_ name: String, _ value: String) -> String? {
        guard !value.contains(where: \.isNewline) else { return nil }
        var text = ""
        for character in value {
            if "\\\"$".contains(character) { text.append("\\") }
            text.append(character)
        }
        return "\(name)=\"\(text)\""
    }

    /// A text behind `#`: one line, whatever it holds, without passwords of URLs.
    static func comment(_ text: String) -> String { "# " + TextLines.visible(text) }

    /// COPY reads its sources as patterns of Go's `filepath.Match`; a name is a pattern of itself.
    private static func globbing(_ path: String) -> String {
        var text = path.hasPrefix("--") ? "./" : ""
        for character in path {
            switch character {
            case "*", "?", "[": text += "[\(character)]"
            case "\\": text += "\\\\"
            default: text.append(character)
            }
        }
        return text
    }

    /// COPY expands variables and takes quotes off, in its JSON form too.
    private static func escaped(_ word: String) -> String {
        var text = ""
        for character in word {
            if "\\$'\"".contains(character) { text.append("\\") }
            text.append(character)
        }
        return text
    }

    private static func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            case "\r": result += "\\r"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.utf8.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
