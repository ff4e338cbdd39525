import Formats

/// A `.properties` file as `java.util.Properties` reads it, with the line of each key.
struct JavaProperties: Sendable {
    private(set) var values: [String: Located<String>] = [:]

    /// Parses the text; of a repeated key the last counts.
    init(parsing text: String) {
        var pending: (text: String, line: Int)?
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.drop { $0 == " " || $0 == "\t" }
            if pending == nil, line.isEmpty || line.hasPrefix("#") || line.hasPrefix("!") { continue }
            let start = pending ?? ("", index + 1)
            let isContinued = line.reversed().prefix { $0 == "\\" }.count % 2 == 1
            let joined = start.text + (isContinued ? line.dropLast() : line)
            if isContinued {
                pending = (joined, start.line)
                continue
            }
            pending = nil
            add(joined, line: start.line)
        }
        if let pending { add(pending.text, line: pending.line) }
    }

    /// The value of a key.
    subscript(key: String) -> Located<String>? { values[key] }

    private mutating func add(_ text: String, line: Int) {
        var key = ""
        var rest = Substring(text)
        while let character = rest.first, !"=: \t".contains(character) {
            rest.removeFirst()
            if character == "\\", let next = rest.popFirst() { key.append(next) } else { key.append(character) }
        }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        if let mark = rest.first, mark == "=" || mark == ":" { rest.removeFirst() }
        rest = rest.drop { $0 == " " || $0 == "\t" }
        values[key] = Located(Self.unescaped(rest).trimmingSpaces(), line: line)
    }

    private static func unescaped(_ text: Substring) -> String {
        var result = ""
        var rest = text
        while let character = rest.popFirst() {
            guard character == "\\", let next = rest.popFirst() else {
                result.append(character)
                continue
            }
            switch next {
            case "n": result.append("\n")
            case "t": result.append("\t")
            case "r": result.append("\r")
            case "u":
                let digits = rest.prefix(4)
                rest = rest.dropFirst(4)
                result.append(UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init).map(Character.init) ?? "\u{FFFD}")
            default: result.append(next)
            }
        }
        return result
    }
}
