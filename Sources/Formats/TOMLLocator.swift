/// Finds the line of every key in a text that is known to be valid TOML, which the parser does not tell.
struct TOMLLocator {
    private let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var header: [String] = []
    private var counts: [[String]: Int] = [:]
    private var found: [[String]: Int] = [:]

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// Lines, counted from 1, by key path.
    static func lines(of text: String) -> [[String]: Int] {
        var locator = TOMLLocator(text)
        locator.scan()
        return locator.found
    }

    private mutating func scan() {
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): advance()
            case UInt8(ascii: "#"): skipComment()
            case UInt8(ascii: "["): readHeader()
            default: readPair(in: header, until: UInt8(ascii: "="))
            }
        }
    }

    private mutating func readHeader() {
        let start = line
        advance()
        let isArray = peek() == UInt8(ascii: "[")
        if isArray { advance() }
        let written = readKey(until: UInt8(ascii: "]"))
        advance()
        if isArray { advance() }
        // A table below an array of tables belongs to its last element.
        var path: [String] = []
        for key in written.dropLast() {
            path.append(key)
            if let count = counts[path] { path.append(String(count - 1)) }
        }
        if let last = written.last { path.append(last) }
        if isArray {
            counts[path, default: 0] += 1
            found[path] = found[path] ?? start
            path.append(String((counts[path] ?? 1) - 1))
        }
        found[path] = found[path] ?? start
        header = path
    }

    private mutating func readPair(in table: [String], until mark: UInt8) {
        let start = line
        let path = table + readKey(until: mark)
        advance()
        found[path] = found[path] ?? start
        readValue(path)
    }

    /// A dotted key with its quotes taken off.
    private mutating func readKey(until mark: UInt8) -> [String] {
        var parts: [String] = []
        var part: [UInt8] = []
        while let byte = peek(), byte != mark {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                advance()
                while let inner = peek(), inner != byte {
                    part.append(inner)
                    advance()
                }
                advance()
            case UInt8(ascii: "."):
                parts.append(String(decoding: part, as: UTF8.self))
                part = []
                advance()
            case UInt8(ascii: " "), UInt8(ascii: "\t"): advance()
            case UInt8(ascii: "\n"): return parts
            default:
                part.append(byte)
                advance()
            }
        }
        return parts + [String(decoding: part, as: UTF8.self)]
    }

    private mutating func readValue(_ path: [String]) {
        skipBlank(newlines: false)
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString()
        case UInt8(ascii: "["): readArray(path)
        case UInt8(ascii: "{"): readInlineTable(path)
        default:
            while let byte = peek(), !",]}#\n".utf8.contains(byte) { advance() }
        }
    }

    private mutating func readArray(_ path: [String]) {
        advance()
        var index = 0
        while true {
            skipBlank(newlines: true)
            guard let byte = peek() else { return }
            if byte == UInt8(ascii: "]") { return advance() }
            if byte == UInt8(ascii: ",") {
                advance()
                continue
            }
            let element = path + [String(index)]
            found[element] = line
            let before = position
            readValue(element)
            if position == before { advance() }
            index += 1
        }
    }

    private mutating func readInlineTable(_ path: [String]) {
        advance()
        while true {
            skipBlank(newlines: true)
            guard let byte = peek() else { return }
            if byte == UInt8(ascii: "}") { return advance() }
            if byte == UInt8(ascii: ",") {
                advance()
                continue
            }
            readPair(in: path, until: UInt8(ascii: "="))
        }
    }

    private mutating func skipString() {
        guard let quote = peek() else { return }
        let isLong = position + 2 < bytes.count && bytes[position + 1] == quote && bytes[position + 2] == quote
        let width = isLong ? 3 : 1
        for _ in 0..<width { advance() }
        while let byte = peek() {
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                advance()
                advance()
            } else if byte == quote, !isLong {
                return advance()
            } else if byte == quote, bytes[position...].prefix(3).allSatisfy({ $0 == quote }),
                bytes.count >= position + 3
            {
                while peek() == quote { advance() }
                return
            } else {
                advance()
            }
        }
    }

    private mutating func skipBlank(newlines: Bool) {
        while let byte = peek() {
            if byte == UInt8(ascii: "#"), newlines {
                skipComment()
            } else if byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
                || (newlines && byte == UInt8(ascii: "\n"))
            {
                advance()
            } else {
                return
            }
        }
    }

    private mutating func skipComment() {
        while let byte = peek(), byte != UInt8(ascii: "\n") { advance() }
    }

    private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func advance() {
        guard position < bytes.count else { return }
        if bytes[position] == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }
}
