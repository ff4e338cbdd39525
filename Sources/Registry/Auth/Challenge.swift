/// One way of proving who one is that a server accepts (RFC 9110, 11.3, "Challenge").
struct Challenge: Hashable, Sendable {
    /// Lower-cased: `bearer`, `basic`.
    let scheme: String
    /// Values by lower-cased name; the first one where a name is repeated.
    let parameters: [String: String]

    /// All challenges of all `WWW-Authenticate` headers of an answer, in order.
    ///
    /// A header may hold several, names are case-insensitive, values quoted with escapes or bare. What cannot be read
    /// is left out, what stands before it is not.
    static func parse(_ headers: [String]) -> [Challenge] { headers.flatMap { ChallengeParser($0).challenges() } }
}

/// Reads one header.
private struct ChallengeParser {
    private let bytes: [UInt8]
    private var position = 0

    init(_ text: String) { bytes = Array(text.utf8) }

    consuming func challenges() -> [Challenge] {
        var result: [Challenge] = []
        while true {
            skip { $0 == UInt8(ascii: ",") || Self.isSpace($0) }
            let scheme = token()
            guard !scheme.isEmpty else { return result }
            // A scheme ends with a space, or stands alone.
            guard position == bytes.count || Self.isSpace(bytes[position]) || bytes[position] == UInt8(ascii: ",")
            else { return result }
            skip(Self.isSpace)
            result.append(Challenge(scheme: scheme.lowercased(), parameters: parameters()))
        }
    }

    /// `name=value` pairs up to the next scheme; a lone token68 (as of `Negotiate`) is passed over.
    private mutating func parameters() -> [String: String] {
        var result: [String: String] = [:]
        while true {
            skip { $0 == UInt8(ascii: ",") || Self.isSpace($0) }
            let start = position
            let name = token()
            skip(Self.isSpace)
            guard !name.isEmpty, position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
                position = start
                skipToken68()
                return result
            }
            position += 1
            skip(Self.isSpace)
            guard let value = value() else { return result }
            let key = name.lowercased()
            result[key] = result[key] ?? value
        }
    }

    /// `abc123==` where a parameter could stand; a word before a space is the next scheme and stays.
    private mutating func skipToken68() {
        let start = position
        skip { Self.isToken($0) || $0 == UInt8(ascii: "/") }
        let hasPadding = position < bytes.count && bytes[position] == UInt8(ascii: "=")
        skip { $0 == UInt8(ascii: "=") }
        let hasSlash = bytes[start..<position].contains(UInt8(ascii: "/"))
        if !hasPadding && !hasSlash { position = start }
    }

    private mutating func value() -> String? {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else {
            let start = position
            skip { !Self.isSpace($0) && $0 != UInt8(ascii: ",") }
            return String(decoding: bytes[start..<position], as: UTF8.self)
        }
        position += 1
        var result: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: result, as: UTF8.self) }
            if byte == UInt8(ascii: "\\"), position < bytes.count {
                result.append(bytes[position])
                position += 1
            } else {
                result.append(byte)
            }
        }
        return nil
    }

    private mutating func token() -> String {
        let start = position
        skip(Self.isToken)
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skip(_ matches: (UInt8) -> Bool) {
        while position < bytes.count, matches(bytes[position]) { position += 1 }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isToken(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
