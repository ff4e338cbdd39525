/// Wildcards over UTF-8 bytes, as moby turns them into a regular expression.
struct Glob: Hashable, Sendable {
    private let parts: [Part]
    private let wildcards: Int
    /// What a match must end with; checked first.
    private let ending: [UInt8]

    private enum Part: Hashable, Sendable {
        case literal([UInt8])
        /// `?`: one character that is no slash.
        case one
        /// `*`: characters that are no slash.
        case some
        /// `**/`: nothing, or anything up to a slash.
        case folders
        /// `**` at the end: anything.
        case anything
        /// `[…]`: one character.
        case oneOf([ClosedRange<UInt32>], negated: Bool)
    }

    /// Compiles a pattern whose syntax was checked.
    init(_ text: String) {
        var parser = Parser(scalars: Array(text.unicodeScalars))
        parts = parser.parse()
        wildcards = parts.count { if case .literal = $0 { false } else { true } }
        ending = if case .literal(let bytes)? = parts.last { bytes } else { [] }
    }

    /// Whether the whole text matches.
    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count >= ending.count, text[(text.count - ending.count)...].elementsEqual(ending) else {
            return false
        }
        // Dead ends are remembered where there are enough wildcards for the same one to be met again and again.
        var dead = wildcards > 2 ? [Bool](repeating: false, count: parts.count * (text.count + 1)) : []
        return matches(text, from: 0, part: 0, dead: &dead)
    }

    private func matches(_ text: UnsafeBufferPointer<UInt8>, from start: Int, part: Int, dead: inout [Bool]) -> Bool {
        guard part < parts.count else { return start == text.count }
        let mark = part * (text.count + 1) + start
        if !dead.isEmpty, dead[mark] { return false }
        let found = tries(text, from: start, part: part, dead: &dead)
        if !found, !dead.isEmpty { dead[mark] = true }
        return found
    }

    private func tries(_ text: UnsafeBufferPointer<UInt8>, from start: Int, part: Int, dead: inout [Bool]) -> Bool {
        let slash = UInt8(ascii: "/")
        switch parts[part] {
        case .literal(let bytes):
            guard text.count - start >= bytes.count, text[start..<start + bytes.count].elementsEqual(bytes) else {
                return false
            }
            return matches(text, from: start + bytes.count, part: part + 1, dead: &dead)
        case .one:
            guard start < text.count, text[start] != slash else { return false }
            return matches(text, from: Self.scalar(text, at: start).next, part: part + 1, dead: &dead)
        case .oneOf(let ranges, let negated):
            guard start < text.count else { return false }
            let (value, next) = Self.scalar(text, at: start)
            guard ranges.contains(where: { $0.contains(value) }) != negated else { return false }
            return matches(text, from: next, part: part + 1, dead: &dead)
        case .some:
            var end = start
            while !matches(text, from: end, part: part + 1, dead: &dead) {
                guard end < text.count, text[end] != slash else { return false }
                end += 1
            }
            return true
        case .folders:
            if matches(text, from: start, part: part + 1, dead: &dead) { return true }
            for end in start..<text.count where text[end] == slash {
                if matches(text, from: end + 1, part: part + 1, dead: &dead) { return true }
            }
            return false
        case .anything: return true
        }
    }

    /// The character at a byte and where the next one begins; a byte that is no UTF-8 counts for itself.
    private static func scalar(_ text: UnsafeBufferPointer<UInt8>, at start: Int) -> (value: UInt32, next: Int) {
        let first = text[start]
        let length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        guard length > 1, start + length <= text.count else { return (UInt32(first), start + 1) }
        var value = UInt32(first) & (0x7F >> UInt32(length))
        for offset in 1..<length { value = value << 6 | UInt32(text[start + offset] & 0x3F) }
        return (value, start + length)
    }

    private struct Parser {
        let scalars: [Unicode.Scalar]
        var index = 0
        var literal: [UInt8] = []
        var parts: [Part] = []

        init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

        mutating func parse() -> [Part] {
            while let scalar = next() {
                switch scalar {
                case "*" where peek == "*":
                    index += 1
                    if peek == "/" { index += 1 }
                    add(peek == nil ? .anything : .folders)
                case "*": add(.some)
                case "?": add(.one)
                case "[": add(parseClass())
                case "\\": append(next() ?? scalar)
                default: append(scalar)
                }
            }
            flush()
            return parts
        }

        private var peek: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

        private mutating func next() -> Unicode.Scalar? {
            guard let scalar = peek else { return nil }
            index += 1
            return scalar
        }

        private mutating func append(_ scalar: Unicode.Scalar) { literal.append(contentsOf: String(scalar).utf8) }

        private mutating func flush() {
            if !literal.isEmpty { parts.append(.literal(literal)) }
            literal = []
        }

        private mutating func add(_ part: Part) {
            flush()
            parts.append(part)
        }

        private mutating func parseClass() -> Part {
            let negated = peek == "^"
            if negated { index += 1 }
            var ranges: [ClosedRange<UInt32>] = []
            while let low = escaped(), peek != nil || !ranges.isEmpty {
                var high = low
                if peek == "-" {
                    index += 1
                    high = escaped() ?? low
                }
                // A range written backwards holds nothing.
                if low <= high { ranges.append(low.value...high.value) }
                if peek == "]" { break }
            }
            index += 1
            return .oneOf(ranges, negated: negated)
        }

        private mutating func escaped() -> Unicode.Scalar? {
            let scalar = next()
            return scalar == "\\" ? next() : scalar
        }
    }
}
