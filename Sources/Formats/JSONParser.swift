/// Reads a JSON text byte by byte, counting lines; an error names line and column, both from 1.
struct JSONParser {
    private let bytes: [UInt8]
    private let file: String
    private let dialect: JSONDialect
    private var position = 0
    private var line = 1
    private var lineStart = 0
    /// Deeper nesting is refused: the stack is not endless.
    private static let depthLimit = 200

    init(_ text: String, file: String, dialect: JSONDialect = .strict) {
        bytes = Array(text.utf8)
        self.file = file
        self.dialect = dialect
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
    }

    /// The whole text as one value.
    mutating func document() throws(FormatError) -> JSONNode {
        let root = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw malformed("has something after its end") }
        return root
    }

    private mutating func value(depth: Int) throws(FormatError) -> JSONNode {
        guard depth < Self.depthLimit else { throw malformed("is nested more than \(Self.depthLimit) levels deep") }
        skipSpace()
        guard position < bytes.count else { throw malformed("ends where a value is expected") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object(depth: Int) throws(FormatError) -> JSONObject {
        position += 1
        var members: [JSONMember] = []
        if take("}") { return JSONObject() }
        repeat {
            if isAfterLast("}", members.isEmpty) { break }
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
                throw malformed("has no key in double quotes where one is expected")
            }
            let start = line
            let key = try string()
            guard take(":") else { throw malformed("has no ':' after the key '\(key)'") }
            members.append(JSONMember(key: key, value: try value(depth: depth + 1), line: start))
        } while take(",")
        guard take("}") else { throw malformed("has neither ',' nor '}' after a member of an object") }
        return JSONObject(members)
    }

    private mutating func array(depth: Int) throws(FormatError) -> [JSONNode] {
        position += 1
        var elements: [JSONNode] = []
        if take("]") { return [] }
        repeat {
            if isAfterLast("]", elements.isEmpty) { break }
            elements.append(try value(depth: depth + 1))
        } while take(",")
        guard take("]") else { throw malformed("has neither ',' nor ']' after an element of an array") }
        return elements
    }

    private mutating func string() throws(FormatError) -> String {
        position += 1
        var result: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case UInt8(ascii: "\\"): result += try escape()
            case 0..<0x20: throw malformed("has a control character in a string")
            default: result.append(byte)
            }
        }
        throw malformed("ends inside a string")
    }

    private mutating func escape() throws(FormatError) -> [UInt8] {
        guard position < bytes.count else { throw malformed("ends inside a string") }
        let byte = bytes[position]
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"):
            var code = try hexDigits()
            if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: [0x5C, 0x75]) {
                let start = position
                position += 2
                let low = try hexDigits()
                if (0xDC00..<0xE000).contains(low) {
                    code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
                } else {
                    position = start
                }
            }
            return Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
        default: throw malformed("has an unknown escape in a string")
        }
    }

    private mutating func hexDigits() throws(FormatError) -> UInt32 {
        guard position + 4 <= bytes.count,
            bytes[position..<position + 4].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
        else { throw malformed("has a \\u without four hexadecimal digits") }
        position += 4
        return code
    }

    private mutating func number() throws(FormatError) -> String {
        let start = position
        while position < bytes.count, "+-.eE0123456789".utf8.contains(bytes[position]) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        let isNumber =
            (try? #/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/#.wholeMatch(in: text)) ?? nil != nil
        guard isNumber else { throw malformed("has no value where one is expected") }
        return text
    }

    private mutating func word(_ word: String, _ node: JSONNode) throws(FormatError) -> JSONNode {
        guard bytes[position...].starts(with: word.utf8) else { throw malformed("has no value where one is expected") }
        position += word.utf8.count
        return node
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    /// Whether the comma just read was the last thing before an end, where the dialect allows that.
    private mutating func isAfterLast(_ end: Unicode.Scalar, _ isFirst: Bool) -> Bool {
        guard dialect == .lenient, !isFirst else { return false }
        skipSpace()
        return position < bytes.count && bytes[position] == UInt8(ascii: end)
    }

    private mutating func skipSpace() {
        repeat { skipBlanks() } while dialect == .lenient && skipComment()
    }

    /// Passes over `// …` and `/* … */`; false where none stands here.
    private mutating func skipComment() -> Bool {
        let slash = UInt8(ascii: "/")
        guard position + 1 < bytes.count, bytes[position] == slash else { return false }
        switch bytes[position + 1] {
        case slash:
            while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            return true
        case UInt8(ascii: "*"):
            position += 2
            while position < bytes.count, !bytes[position...].starts(with: [0x2A, slash]) {
                position += 1
                guard bytes[position - 1] == 0x0A else { continue }
                line += 1
                lineStart = position
            }
            position = min(position + 2, bytes.count)
            return true
        default: return false
        }
    }

    private mutating func skipBlanks() {
        while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
            position += 1
            guard bytes[position - 1] == 0x0A else { continue }
            line += 1
            lineStart = position
        }
    }

    private func malformed(_ what: String) -> FormatError {
        let column = String(decoding: bytes[lineStart..<position], as: UTF8.self).count + 1
        return .malformed(file: file, line: line, what: "column \(column): is not JSON: it \(what)")
    }
}
