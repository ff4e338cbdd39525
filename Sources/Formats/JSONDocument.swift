/// A JSON value that knows where it stands (RFC 8259).
///
/// Parsed here and not by a library, since none says the line of a key that is right as JSON and wrong for its reader.
package indirect enum JSONNode: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// As written: `1`, `-2.5e3`.
    case number(String)
    case string(String)
    case array([Located<JSONNode>])
    /// Members in the order of the text; no key twice. A member's line is that of its key.
    case object([JSONMember])

    /// What the value is, for errors: `a string`.
    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// A key of an object with its value.
package struct JSONMember: Sendable, Hashable {
    package let key: String
    package let value: JSONNode
    /// The line of the key, counted from 1.
    package let line: Int
}

/// A JSON text, parsed.
package struct JSONDocument: Sendable, Hashable {
    package let file: String
    package let root: JSONNode

    /// Parses UTF-8 text; an error names line and column, the latter in characters from 1.
    package init(parsing bytes: [UInt8], file: String) throws(FormatError) {
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw .malformed(file: file, line: 1, what: "is not UTF-8 text")
        }
        var parser = JSONParser(bytes: bytes, file: file)
        root = try parser.document()
        self.file = file
    }
}

/// Reads the grammar from the front.
private struct JSONParser {
    let bytes: [UInt8]
    let file: String
    private var position = 0
    private var line = 1
    private var lineStart = 0

    /// Deeper nesting than any file of ours has.
    private static let depth = 64

    init(bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    mutating func document() throws(FormatError) -> JSONNode {
        let value = try node(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw unexpected("the end of the file") }
        return value
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func node(depth: Int) throws(FormatError) -> JSONNode {
        skipSpace()
        guard depth < Self.depth else { throw error("nests deeper than \(Self.depth) levels") }
        switch next {
        case UInt8(ascii: "{")?: return .object(try members(depth))
        case UInt8(ascii: "[")?: return .array(try elements(depth))
        case UInt8(ascii: "\"")?: return .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte:
            return .number(try number())
        default:
            for (word, value) in [("true", JSONNode.boolean(true)), ("false", .boolean(false)), ("null", .null)]
            where bytes[position...].starts(with: word.utf8) {
                position += word.utf8.count
                return value
            }
            throw unexpected("a value")
        }
    }

    private mutating func members(_ depth: Int) throws(FormatError) -> [JSONMember] {
        position += 1
        var result: [JSONMember] = []
        var seen: [String: Int] = [:]
        skipSpace()
        if take("}") { return result }
        while true {
            skipSpace()
            guard next == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            let keyLine = line
            let key = try string()
            if let first = seen[key] { throw error("the key '\(key)' is there twice, first on line \(first)") }
            seen[key] = keyLine
            skipSpace()
            guard take(":") else { throw unexpected("':' after the key '\(key)'") }
            result.append(JSONMember(key: key, value: try node(depth: depth + 1), line: keyLine))
            skipSpace()
            if take("}") { return result }
            guard take(",") else { throw unexpected("',' or '}'") }
        }
    }

    private mutating func elements(_ depth: Int) throws(FormatError) -> [Located<JSONNode>] {
        position += 1
        var result: [Located<JSONNode>] = []
        skipSpace()
        if take("]") { return result }
        while true {
            skipSpace()
            let start = line
            result.append(Located(try node(depth: depth + 1), line: start))
            skipSpace()
            if take("]") { return result }
            guard take(",") else { throw unexpected("',' or ']'") }
        }
    }

    private mutating func string() throws(FormatError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): text += try escape()
            case 0..<0x20: throw error("has a control character in a string")
            default:
                text.append(byte)
                position += 1
            }
        }
        throw error("ends in a string")
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 0x08,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "n"): 0x0A, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "t"): 0x09,
    ]

    private mutating func escape() throws(FormatError) -> [UInt8] {
        position += 1
        if let byte = next, let plain = Self.escapes[byte] {
            position += 1
            return [plain]
        }
        guard next == UInt8(ascii: "u") else { throw unexpected("an escape") }
        let high = try codeUnit()
        guard 0xD800..<0xE000 ~= high else { return Unicode.Scalar(high).map { Array(String($0).utf8) } ?? [] }
        guard high < 0xDC00, next == UInt8(ascii: "\\") else { throw error("has half of a surrogate pair") }
        position += 1
        guard next == UInt8(ascii: "u") else { throw unexpected("the other half of a surrogate pair") }
        let low = try codeUnit()
        guard 0xDC00..<0xE000 ~= low,
            let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw error("has half of a surrogate pair") }
        return Array(String(scalar).utf8)
    }

    /// The four hexadecimal digits after `u`.
    private mutating func codeUnit() throws(FormatError) -> UInt32 {
        let digits = bytes[min(position + 1, bytes.count)..<min(position + 5, bytes.count)]
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw unexpected("four hexadecimal digits") }
        position += 5
        return value
    }

    private mutating func number() throws(FormatError) -> String {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(FormatError) {
        let start = position
        while let byte = next, UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte { position += 1 }
        guard position > start else { throw unexpected("a digit") }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) {
            position += 1
            if byte == 0x0A {
                line += 1
                lineStart = position
            }
        }
    }

    private func unexpected(_ wanted: String) -> FormatError {
        guard let byte = next else { return error("ends where \(wanted) should be") }
        let rest = String(decoding: bytes[position..<min(position + 8, bytes.count)], as: UTF8.self)
        let shown = byte < 0x80 ? String(Unicode.Scalar(byte)) : String(rest.prefix(1))
        return error("has \(shown.debugDescription) where \(wanted) should be")
    }

    private func error(_ what: String) -> FormatError {
        let column = String(decoding: bytes[lineStart..<position], as: UTF8.self).count + 1
        return .malformed(file: file, line: line, what: "column \(column): \(what)")
    }
}
