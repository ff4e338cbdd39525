/// The words, texts and signs of a JavaScript or TypeScript file, without comments.
///
/// Linear in the size of the file, whatever it holds. What it takes for a regular expression is a guess by what comes
/// before, as every reader without a full parser has to; a wrong one ends with its line.
struct JavaScriptTokens: Sendable {
    private(set) var tokens: [Token] = []
    private let bytes: [UInt8]

    struct Token: Sendable {
        let kind: Kind
        /// Where it stands in the bytes; of a text what is between the quotes.
        let start: Int32
        let end: Int32
        /// Counted from 1.
        let line: Int32
    }

    enum Kind: Sendable, Equatable {
        case word(Word)
        /// A text in quotes, or a template without values in it.
        case text
        /// A template with values, a regular expression.
        case other
        case sign(UInt8)
    }

    /// The words that matter; all others, and numbers, are `name`.
    enum Word: String, Sendable, CaseIterable {
        case name
        case `import`, export, require, from, type, `typeof`, `try`, new, `as`, resolve, URL, `extends`, implements
        case satisfies, keyof, NODE_ENV, meta
        /// After these a slash begins a regular expression, as it does after those of the others that are no names.
        case `return`, `case`, `in`, of, delete, void, `throw`, instanceof, `do`, `else`, yield, await

        var isBeforeValue: Bool {
            switch self {
            case .typeof, .new, .return, .case, .in, .of, .delete, .void, .throw, .instanceof, .do, .else, .yield,
                .await, .extends:
                true
            default: false
            }
        }
    }

    private static let words: [[UInt8]: Word] = Dictionary(
        Word.allCases.filter { $0 != .name }.map { (Array($0.rawValue.utf8), $0) }, uniquingKeysWith: { one, _ in one })
    private static let longest = 10

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        var scanner = Scanner(bytes: bytes)
        tokens = scanner.all()
    }

    /// What a token says.
    func text(_ token: Token) -> String {
        String(decoding: bytes[Int(token.start)..<Int(token.end)], as: UTF8.self)
    }

    /// Whether a token is the sign.
    func isSign(_ index: Int, _ sign: Unicode.Scalar) -> Bool {
        tokens.indices.contains(index) && tokens[index].kind == .sign(UInt8(ascii: sign))
    }

    func word(_ index: Int) -> Word? {
        guard tokens.indices.contains(index), case .word(let word) = tokens[index].kind else { return nil }
        return word
    }

    func isText(_ index: Int) -> Bool { tokens.indices.contains(index) && tokens[index].kind == .text }

    private struct Scanner {
        let bytes: [UInt8]
        var index = 0
        var line: Int32 = 1
        var tokens: [Token] = []
        /// For each template that is open, how many braces are open in its value.
        var templates: [Int] = []
        /// No regular expression ends before this.
        var noExpressionBefore = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        mutating func all() -> [Token] {
            tokens.reserveCapacity(bytes.count / 5)
            if bytes.starts(with: "#!".utf8) { skipLine() }
            while index < bytes.count { next() }
            return tokens
        }

        private func byte(_ place: Int) -> UInt8 { place < bytes.count ? bytes[place] : 0 }

        private mutating func add(_ kind: Kind, _ start: Int, _ end: Int, line: Int32) {
            tokens.append(Token(kind: kind, start: Int32(start), end: Int32(end), line: line))
        }

        private mutating func skipLine() {
            while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
        }

        private mutating func next() {
            let current = bytes[index]
            switch current {
            case UInt8(ascii: "\n"):
                line += 1
                index += 1
            case 0...0x20: index += 1
            case UInt8(ascii: "/"): slash()
            case UInt8(ascii: "\""), UInt8(ascii: "'"): text(current)
            case UInt8(ascii: "`"):
                index += 1
                template()
            case UInt8(ascii: "{"):
                if let last = templates.indices.last { templates[last] += 1 }
                sign(current)
            case UInt8(ascii: "}"):
                if let last = templates.indices.last {
                    if templates[last] == 0 {
                        templates.removeLast()
                        index += 1
                        return template(isRest: true)
                    }
                    templates[last] -= 1
                }
                sign(current)
            case let letter where JavaScriptTokens.isName(letter): name()
            default: sign(current)
            }
        }

        private mutating func sign(_ sign: UInt8) {
            add(.sign(sign), index, index + 1, line: line)
            index += 1
        }

        private mutating func name() {
            let start = index
            while index < bytes.count, JavaScriptTokens.isName(bytes[index]) { index += 1 }
            let isKnown = index - start <= JavaScriptTokens.longest
            let word = isKnown ? JavaScriptTokens.words[Array(bytes[start..<index])] ?? .name : .name
            add(.word(word), start, index, line: line)
        }

        /// A text ends with its quote, and where somebody forgot that with the line.
        private mutating func text(_ quote: UInt8) {
            let (start, first) = (index + 1, line)
            index += 1
            while index < bytes.count, bytes[index] != quote, bytes[index] != UInt8(ascii: "\n") {
                if bytes[index] == UInt8(ascii: "\\") {
                    index += 1
                    if byte(index) == UInt8(ascii: "\n") { line += 1 }
                }
                index += 1
            }
            index = min(index, bytes.count)
            add(.text, start, index, line: first)
            if byte(index) == quote { index += 1 }
        }

        /// What stands in a template up to its end or its next value.
        private mutating func template(isRest: Bool = false) {
            let (start, first) = (index, line)
            while index < bytes.count {
                switch bytes[index] {
                case UInt8(ascii: "`"):
                    add(isRest ? .other : .text, start, index, line: first)
                    index += 1
                    return
                case UInt8(ascii: "$") where byte(index + 1) == UInt8(ascii: "{"):
                    add(.other, start, index, line: first)
                    // A value begins like after an opening bracket.
                    add(.sign(UInt8(ascii: "(")), index, index, line: line)
                    index += 2
                    templates.append(0)
                    return
                case UInt8(ascii: "\\"):
                    if byte(index + 1) == UInt8(ascii: "\n") { line += 1 }
                    index += 1
                case UInt8(ascii: "\n"): line += 1
                default: break
                }
                index += 1
            }
            index = bytes.count
        }

        private mutating func slash() {
            switch byte(index + 1) {
            case UInt8(ascii: "/"): skipLine()
            case UInt8(ascii: "*"):
                index += 2
                while index < bytes.count, bytes[index] != UInt8(ascii: "*") || byte(index + 1) != UInt8(ascii: "/") {
                    if bytes[index] == UInt8(ascii: "\n") { line += 1 }
                    index += 1
                }
                index = min(index + 2, bytes.count)
            default:
                guard beginsExpression, index >= noExpressionBefore, let end = expressionEnd() else {
                    return sign(UInt8(ascii: "/"))
                }
                add(.other, index, end, line: line)
                index = end
            }
        }

        private var beginsExpression: Bool {
            guard let last = tokens.last else { return true }
            return switch last.kind {
            case .word(let word): word.isBeforeValue
            case .text, .other: false
            case .sign(let sign): ![UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}")].contains(sign)
            }
        }

        /// The place after a regular expression that begins here; nil where its line ends first.
        private mutating func expressionEnd() -> Int? {
            var place = index + 1
            var isInClass = false
            while place < bytes.count, bytes[place] != UInt8(ascii: "\n") {
                switch bytes[place] {
                case UInt8(ascii: "\\"): place += 1
                case UInt8(ascii: "["): isInClass = true
                case UInt8(ascii: "]"): isInClass = false
                case UInt8(ascii: "/") where !isInClass: return place + 1
                default: break
                }
                place += 1
            }
            noExpressionBefore = place
            return nil
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...0xFF:
            true
        default: false
        }
    }
}
