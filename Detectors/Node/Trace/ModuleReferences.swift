/// What a JavaScript or TypeScript file loads: `import`, `export … from`, `require`, `import()`, `new URL(…, import.meta.url)`.
struct ModuleReferences: Sendable {
    private(set) var all: [Reference] = []

    /// One module that is named with its whole text.
    struct Reference: Sendable, Hashable {
        let specifier: String
        /// Counted from 1.
        let line: Int
        let form: Form
        /// Whether it is loaded in a way that the program survives without it: in `try`, or by `NODE_ENV`.
        let isGuarded: Bool
    }

    enum Form: Sendable, Hashable {
        /// `import` and `export … from`.
        case `import`
        /// `require` and `require.resolve`.
        case require
        /// `import()`.
        case dynamic
        /// A file beside, not a module: `new URL("./worker.js", import.meta.url)`.
        case file
    }

    /// Reads a file; `isTyped` where it is TypeScript, whose compiler leaves out imports that only types use.
    init(_ text: String, isTyped: Bool) {
        var reader = Reader(source: JavaScriptTokens(Array(text.utf8)), isTyped: isTyped)
        reader.read()
        all = reader.found
    }

    private struct Reader {
        let source: JavaScriptTokens
        let isTyped: Bool
        var found: [Reference] = []
        /// For each open brace whether what is in it is guarded.
        var blocks: [Bool] = []
        var guards = 0
        /// Whether the next block, or the rest of this statement, is guarded by the environment.
        var isAfterEnvironment = false
        lazy var values = usedValues()

        init(source: JavaScriptTokens, isTyped: Bool) {
            self.source = source
            self.isTyped = isTyped
        }

        mutating func read() {
            var index = 0
            while index < source.tokens.count {
                switch source.tokens[index].kind {
                case .sign(let sign): block(sign, at: index)
                case .word(.NODE_ENV): isAfterEnvironment = true
                case .word(.import) where !isMember(index): index = importing(index)
                case .word(.export) where !isMember(index): index = exporting(index)
                case .word(.require) where !isMember(index): requiring(index)
                case .word(.URL) where source.isSign(index + 1, "(") && source.isText(index + 2): file(index)
                default: break
                }
                index += 1
            }
        }

        private mutating func block(_ sign: UInt8, at index: Int) {
            switch sign {
            case UInt8(ascii: "{"):
                let isGuarded = source.word(index - 1) == .try || isAfterEnvironment
                isAfterEnvironment = false
                blocks.append(isGuarded)
                if isGuarded { guards += 1 }
            case UInt8(ascii: "}"):
                if blocks.popLast() == true { guards -= 1 }
                isAfterEnvironment = false
            case UInt8(ascii: ";"): isAfterEnvironment = false
            default: break
            }
        }

        /// Whether the word is a property's name: `loader.import`.
        private func isMember(_ index: Int) -> Bool { source.isSign(index - 1, ".") }

        private mutating func add(_ index: Int, _ form: Form) {
            let token = source.tokens[index]
            let specifier = source.text(token)
            guard !specifier.isEmpty else { return }
            found.append(
                Reference(
                    specifier: specifier, line: Int(token.line), form: form,
                    isGuarded: form != .import && (guards > 0 || isAfterEnvironment)))
        }

        // MARK: import

        /// Returns where reading goes on after this token.
        private mutating func importing(_ index: Int) -> Int {
            if source.isSign(index + 1, "(") {
                if source.isText(index + 2), !isTypePosition(index) { add(index + 2, .dynamic) }
                return index
            }
            if source.isText(index + 1) {
                add(index + 1, .import)
                return index + 1
            }
            var next = index + 1
            if source.word(next) == .type, isTypeOnly(next) { return next }
            var names: [String] = []
            var isPlain = true
            while next < source.tokens.count {
                switch source.tokens[next].kind {
                case .word(.from) where source.isText(next + 1):
                    if !isTyped || isUsed(names, isPlain) { add(next + 1, .import) }
                    return next + 1
                case .word(.import), .word(.export), .word(.require), .text, .other: return next - 1
                case .word(.as):
                    if !names.isEmpty { names.removeLast() }
                case .word(.type)
                where source.word(next + 1) != nil && source.word(next + 1) != .as
                    && (source.isSign(next - 1, "{") || source.isSign(next - 1, ",")):
                    // `{ type A }`: neither counts.
                    next += 1
                    isPlain = false
                case .word:
                    names.append(source.text(source.tokens[next]))
                case .sign(let sign):
                    guard "{},*".utf8.contains(sign) else { return next - 1 }
                }
                next += 1
            }
            return next
        }

        /// `import("x").T` where a type is meant.
        private func isTypePosition(_ index: Int) -> Bool {
            guard isTyped else { return false }
            if source.word(index - 1) == .typeof { return true }
            return [":", "<", "|", "&"].contains { source.isSign(index - 1, $0) }
        }

        /// `import type { A }`, but not a default import that is called type.
        private func isTypeOnly(_ index: Int) -> Bool {
            if source.isSign(index + 1, "{") || source.isSign(index + 1, "*") { return true }
            guard let word = source.word(index + 1) else { return false }
            return !(word == .from && source.isText(index + 2))
        }

        /// Whether TypeScript keeps an import: one of its names is used as a value.
        private mutating func isUsed(_ names: [String], _ isPlain: Bool) -> Bool {
            names.isEmpty ? isPlain : names.contains { values.contains($0) }
        }

        /// Names that are called, made, extended or looked into, which no type is.
        private func usedValues() -> Set<String> {
            var result: Set<String> = []
            for (index, token) in source.tokens.enumerated() {
                guard case .word = token.kind, !source.isSign(index - 1, ".") else { continue }
                let isType =
                    [":", "|", "&"].contains { source.isSign(index - 1, $0) }
                    || source.word(index - 1) == .as || source.word(index - 1) == .implements
                let isCalled = source.isSign(index + 1, "(") || source.isSign(index + 1, ".")
                let isMade = source.word(index - 1) == .new || source.word(index - 1) == .extends
                let isDecorator = source.isSign(index - 1, "@")
                let isPassed =
                    source.isSign(index - 1, "(") && (source.isSign(index + 1, ")") || source.isSign(index + 1, ","))
                if isMade || isDecorator || isPassed || (isCalled && !isType) { result.insert(source.text(token)) }
            }
            return result
        }

        // MARK: export and require

        private mutating func exporting(_ index: Int) -> Int {
            var next = index + 1
            if source.word(next) == .type { return next }
            guard source.isSign(next, "*") || source.isSign(next, "{") else { return index }
            var isPlain = source.isSign(next, "*")
            while next < source.tokens.count {
                switch source.tokens[next].kind {
                case .word(.from) where source.isText(next + 1):
                    if isPlain { add(next + 1, .import) }
                    return next + 1
                case .word(.import), .word(.export): return next - 1
                case .word(.type) where source.word(next + 1) != nil: next += 1
                case .word: isPlain = true
                case .sign(let sign) where "{},*".utf8.contains(sign): break
                case .text where source.isSign(next + 1, ",") || source.isSign(next + 1, "}"): break
                default: return next - 1
                }
                next += 1
            }
            return next
        }

        private mutating func requiring(_ index: Int) {
            var next = index + 1
            if source.isSign(next, "."), source.word(next + 1) == .resolve { next += 2 }
            guard source.isSign(next, "("), source.isText(next + 1),
                source.isSign(next + 2, ")") || source.isSign(next + 2, ",")
            else { return }
            add(next + 1, .require)
        }

        private mutating func file(_ index: Int) {
            guard source.isSign(index + 3, ","), source.word(index + 4) == .import, source.isSign(index + 5, "."),
                source.word(index + 6) == .meta
            else { return }
            add(index + 2, .file)
        }
    }
}
