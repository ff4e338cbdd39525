import Planning

/// What a Go file says of itself before and beside its code: package, imports, build constraint, a `main` function.
///
/// Words in comments and strings do not count.
struct GoSource: Sendable {
    /// Empty where the file has no package clause.
    let package: String
    let imports: [Import]
    /// The line of `func main`, where the file declares it.
    let main: Int?
    /// The expression of `//go:build`, or of the `// +build` lines where there is no such line.
    let constraint: String?
    /// The `//go:embed` lines.
    let embeds: [Embed]
    /// All words, strings and brackets; empty where only the head was read.
    let tokens: [GoToken]

    struct Import: Hashable, Sendable {
        let path: String
        let line: Int
    }

    /// The patterns of one `//go:embed` line.
    struct Embed: Hashable, Sendable {
        let patterns: [String]
        let line: Int
    }

    /// Reads the whole file, or where `headOnly` is set up to its first declaration that is no import.
    init(_ text: String, headOnly: Bool = false) {
        var scanner = GoScanner(bytes: Array(text.utf8))
        var package = ""
        var imports: [Import] = []
        var main: Int?
        var tokens: [GoToken] = []
        // `import`, `package` and `func` are reserved words, so they mean what they say wherever they stand.
        var isImporting = false
        var isGroup = false
        var last: [String] = []
        while let token = scanner.next() {
            if headOnly {
                if token.kind == .word, ["func", "type", "var", "const"].contains(token.text), !package.isEmpty {
                    break
                }
            } else {
                tokens.append(token)
            }
            if package.isEmpty, last.last == "package", token.kind == .word { package = token.text }
            if token.kind == .word, token.text == "import" { (isImporting, isGroup) = (true, false) }
            if isImporting {
                switch token.kind {
                case .open: isGroup = true
                case .close: isImporting = false
                case .string:
                    imports.append(Import(path: token.text, line: token.line))
                    isImporting = isGroup
                case .word, .other: break
                }
            }
            if last == ["func", "main"], token.text == "(", token.kind == .open { main = token.line }
            last = last.suffix(1) + [token.kind == .string ? "" : token.text]
        }
        self.package = package
        self.imports = imports
        self.main = main
        self.tokens = tokens
        constraint = scanner.constraint ?? GoConstraint.expression(ofPlusBuild: scanner.plusBuild)
        embeds = scanner.embeds.map { Embed(patterns: Self.patterns($0.text), line: $0.line) }
    }

    /// Patterns are words, or quoted as Go's strings are.
    private static func patterns(_ text: String) -> [String] {
        text.matches(of: #/"([^"]*)"|`([^`]*)`|(\S+)/#).compactMap { match in
            (match.output.1 ?? match.output.2 ?? match.output.3).map(String.init)
        }
    }
}

struct GoToken: Hashable, Sendable {
    let kind: Kind
    let text: String
    let line: Int

    enum Kind { case word, string, open, close, other }

    /// Whether this is the word.
    func isWord(_ word: String) -> Bool { kind == .word && text == word }
}

/// Splits Go source into words, strings and brackets (The Go Programming Language Specification, "Lexical elements").
struct GoScanner {
    let bytes: [UInt8]
    private var position = 0
    private var line = 1
    private var sawCode = false
    /// What `//go:build` before the package clause says.
    private(set) var constraint: String?
    /// What the older `// +build` lines say.
    private(set) var plusBuild: [String] = []
    /// What follows `//go:embed`.
    private(set) var embeds: [(text: String, line: Int)] = []

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> GoToken? {
        while position < bytes.count {
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\n"):
                line += 1
                position += 1
            case UInt8(ascii: "/") where peek == UInt8(ascii: "/"): lineComment()
            case UInt8(ascii: "/") where peek == UInt8(ascii: "*"): blockComment()
            case UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "'"): return string(byte)
            case UInt8(ascii: "("), UInt8(ascii: "{"), UInt8(ascii: "["): return bracket(.open)
            case UInt8(ascii: ")"), UInt8(ascii: "}"), UInt8(ascii: "]"): return bracket(.close)
            case _ where Self.isWord(byte): return word()
            case _ where byte <= 0x20: position += 1
            default: return bracket(.other)
            }
        }
        return nil
    }

    private var peek: UInt8? { position + 1 < bytes.count ? bytes[position + 1] : nil }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
            || byte >= 0x80
    }

    private mutating func bracket(_ kind: GoToken.Kind) -> GoToken {
        let token = GoToken(kind: kind, text: String(decoding: [bytes[position]], as: UTF8.self), line: line)
        position += 1
        return token
    }

    private mutating func word() -> GoToken {
        let start = position
        while position < bytes.count, Self.isWord(bytes[position]) { position += 1 }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        sawCode = true
        return GoToken(kind: .word, text: text, line: line)
    }

    private mutating func string(_ quote: UInt8) -> GoToken {
        let (start, first) = (position + 1, line)
        position += 1
        while position < bytes.count, bytes[position] != quote {
            if bytes[position] == UInt8(ascii: "\n") {
                line += 1
                // Only a raw string goes on.
                if quote != UInt8(ascii: "`") { break }
            }
            position += bytes[position] == UInt8(ascii: "\\") && quote != UInt8(ascii: "`") ? 2 : 1
        }
        let end = min(position, bytes.count)
        position = end + 1
        return GoToken(
            kind: quote == UInt8(ascii: "'") ? .other : .string,
            text: String(decoding: bytes[min(start, end)..<end], as: UTF8.self), line: first)
    }

    private mutating func lineComment() {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { position += 1 }
        let comment = bytes[start..<position]
        if comment.starts(with: "//go:embed ".utf8) || comment.starts(with: "//go:embed\t".utf8) {
            embeds.append((String(decoding: comment.dropFirst("//go:embed ".utf8.count), as: UTF8.self), line))
        }
        guard !sawCode else { return }
        let text = String(decoding: comment, as: UTF8.self)
        if text.hasPrefix("//go:build ") { constraint = String(text.dropFirst("//go:build ".count)) }
        if let old = text.wholeMatch(of: #///\s*\+build\s+(.+)/#)?.output.1 { plusBuild.append(String(old)) }
    }

    private mutating func blockComment() {
        position += 2
        while position < bytes.count {
            if bytes[position] == UInt8(ascii: "*"), peek == UInt8(ascii: "/") {
                position += 2
                return
            }
            if bytes[position] == UInt8(ascii: "\n") { line += 1 }
            position += 1
        }
    }
}
