import Formats

/// The statements of a Python file, as far as a reader without an interpreter can tell them apart.
///
/// Comments are gone, lines inside brackets are joined, and long (triple-quoted) strings are empty, so that a word in
/// documentation is never taken for code.
struct PythonSource: Sendable {
    let statements: [Statement]

    struct Statement: Hashable, Sendable {
        let line: Int
        /// Columns before the first character.
        let indent: Int
        let text: String

        /// The words on one line of at most 100 characters, for evidence.
        var excerpt: String {
            let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return words.count > 100 ? words.prefix(99) + "…" : words
        }
    }

    init(_ text: String) {
        var reader = PythonSourceReader(bytes: Array(text.utf8))
        statements = reader.read()
    }

    /// Statements outside every block.
    var topLevel: [Statement] { statements.filter { $0.indent == 0 } }

    /// The statements inside the block that begins at a statement.
    func body(of statement: Statement) -> [Statement] {
        guard let start = statements.firstIndex(of: statement) else { return [] }
        return Array(statements[(start + 1)...].prefix { $0.indent > statement.indent })
    }
}

private struct PythonSourceReader {
    let bytes: [UInt8]
    var position = 0
    var line = 1
    var depth = 0
    var current: [UInt8] = []
    var start = 1
    var indent = 0
    var statements: [PythonSource.Statement] = []

    mutating func read() -> [PythonSource.Statement] {
        readIndent()
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "#"):
                while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            case UInt8(ascii: "\""), UInt8(ascii: "'"): readString(byte)
            case UInt8(ascii: "\\") where position + 1 < bytes.count && bytes[position + 1] == UInt8(ascii: "\n"):
                position += 2
                line += 1
                current.append(UInt8(ascii: " "))
            case UInt8(ascii: "\n"):
                position += 1
                line += 1
                if depth > 0 {
                    current.append(UInt8(ascii: " "))
                } else {
                    finish()
                    readIndent()
                }
            case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                keep(byte)
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth = max(0, depth - 1)
                keep(byte)
            default: keep(byte)
            }
        }
        finish()
        return statements
    }

    private mutating func keep(_ byte: UInt8) {
        current.append(byte)
        position += 1
    }

    private mutating func readIndent() {
        start = line
        indent = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "): indent += 1
            case UInt8(ascii: "\t"): indent += 8
            default: return
            }
            position += 1
        }
    }

    private mutating func finish() {
        let text = String(decoding: current, as: UTF8.self).trimmingSpaces()
        if !text.isEmpty { statements.append(.init(line: start, indent: indent, text: text)) }
        current = []
        start = line
    }

    private mutating func readString(_ quote: UInt8) {
        let isLong =
            position + 2 < bytes.count && bytes[position + 1] == quote && bytes[position + 2] == quote
        guard isLong else { return readShortString(quote) }
        current += [quote, quote]
        position += 3
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "\\") {
                if position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "\n") { line += 1 }
                position += 2
            } else if bytes[position...].prefix(3).elementsEqual([quote, quote, quote]) {
                position += 3
                return
            } else {
                if bytes[position] == UInt8(ascii: "\n") { line += 1 }
                position += 1
            }
        }
    }

    private mutating func readShortString(_ quote: UInt8) {
        keep(quote)
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") {
            let byte = bytes[position]
            keep(byte)
            if byte == UInt8(ascii: "\\"), position < bytes.count {
                if bytes[position] == UInt8(ascii: "\n") { line += 1 }
                keep(bytes[position])
            } else if byte == quote {
                return
            }
        }
    }
}
