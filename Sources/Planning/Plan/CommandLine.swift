/// Splits a command that people wrote as one line into arguments, without a shell.
package enum CommandLine {
    /// Splits by the rules of a POSIX shell as far as words, quotes, assignments and variables go.
    ///
    /// Anything else a shell would do (`&&`, pipes, globs, `$(…)`) is kept as written and named in `shellSyntax`.
    package static func split(_ text: String) throws(CommandLineError) -> SplitCommand {
        var splitter = CommandSplitter(text)
        return try splitter.split()
    }
}

/// A command as arguments.
package struct SplitCommand: Sendable, Hashable {
    /// The text as it was written.
    package let text: String
    /// Leading `NAME=value` words.
    package let assignments: [Assignment]
    /// The program and its arguments.
    package let words: [Word]
    /// Defaults of variables written as `${NAME:-value}`.
    package let defaults: [String: String]
    /// The first construct that only a shell understands: `&&`, `|`, `*`; nil where there is none.
    package let shellSyntax: String?

    /// A variable set for this command only.
    package struct Assignment: Sendable, Hashable {
        package let name: String
        package let value: Word
    }

    /// One argument.
    package struct Word: Sendable, Hashable {
        package let parts: [Part]

        package enum Part: Sendable, Hashable {
            case text(String)
            /// `$NAME` or `${NAME}`.
            case variable(String)
        }

        /// The argument where it holds no variable.
        package var plain: String? {
            var result = ""
            for part in parts {
                guard case .text(let text) = part else { return nil }
                result += text
            }
            return result
        }

        /// The argument in the launcher's words: `${NAME}` for variables, `$$` for a dollar sign.
        package var template: String {
            parts.map {
                switch $0 {
                case .text(let text): text.replacing("$", with: "$$")
                case .variable(let name): "${\(name)}"
                }
            }.joined()
        }
    }

    /// The variables that the arguments read, sorted.
    package var variables: [String] {
        var names: Set<String> = []
        for word in words { for case .variable(let name) in word.parts { names.insert(name) } }
        return names.sorted()
    }

    /// The arguments where nothing in them depends on a variable or a shell.
    package var plainArguments: [String]? {
        let plain = words.compactMap(\.plain)
        return shellSyntax == nil && plain.count == words.count ? plain : nil
    }
}

/// Reads one command text character by character.
private struct CommandSplitter {
    private let text: String
    private var rest: Substring
    private var words: [SplitCommand.Word] = []
    private var parts: [SplitCommand.Word.Part] = []
    private var isInWord = false
    private var defaults: [String: String] = [:]
    private var shellSyntax: String?

    init(_ text: String) {
        self.text = text
        rest = text[...]
    }

    mutating func split() throws(CommandLineError) -> SplitCommand {
        while let character = rest.popFirst() {
            switch character {
            case " ", "\t", "\n": endWord()
            case "'": try readSingleQuotes()
            case "\"": try readDoubleQuotes()
            case "\\":
                guard let next = rest.popFirst() else { throw .unfinished(text, "\\") }
                if next != "\n" { append(String(next)) }
            case "$": try readVariable()
            case "#" where !isInWord:
                rest = rest.drop { $0 != "\n" }
            case "&", "|", ";", "<", ">", "(", ")", "`":
                let isDouble = rest.first == character
                note(isDouble ? "\(character)\(character)" : "\(character)")
                append(String(character))
            case "*", "?", "[":
                note(String(character))
                append(String(character))
            case "~" where !isInWord:
                note("~")
                append("~")
            default: append(String(character))
            }
        }
        endWord()
        return try finish()
    }

    private mutating func finish() throws(CommandLineError) -> SplitCommand {
        var assignments: [SplitCommand.Assignment] = []
        var remaining = words[...]
        while let word = remaining.first, let assignment = Self.assignment(word) {
            assignments.append(assignment)
            remaining.removeFirst()
        }
        if remaining.count > 1, remaining.first?.plain == "exec" { remaining.removeFirst() }
        guard !remaining.isEmpty else { throw .empty(text) }
        return SplitCommand(
            text: text, assignments: assignments, words: Array(remaining), defaults: defaults,
            shellSyntax: shellSyntax)
    }

    private static func assignment(_ word: SplitCommand.Word) -> SplitCommand.Assignment? {
        guard case .text(let first)? = word.parts.first, let mark = first.firstIndex(of: "=") else { return nil }
        let name = String(first[..<mark])
        guard isName(name) else { return nil }
        let head = String(first[first.index(after: mark)...])
        let parts = (head.isEmpty ? [] : [.text(head)]) + word.parts.dropFirst()
        return SplitCommand.Assignment(name: name, value: SplitCommand.Word(parts: parts))
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy(isNameByte)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private mutating func readSingleQuotes() throws(CommandLineError) {
        guard let end = rest.firstIndex(of: "'") else { throw .unfinished(text, "'") }
        append(String(rest[..<end]))
        rest = rest[rest.index(after: end)...]
    }

    private mutating func readDoubleQuotes() throws(CommandLineError) {
        append("")
        while let character = rest.popFirst() {
            switch character {
            case "\"": return
            case "\\":
                guard let next = rest.popFirst() else { throw .unfinished(text, "\"") }
                append("$`\"\\".contains(next) ? String(next) : next == "\n" ? "" : "\\\(next)")
            case "$": try readVariable()
            case "`":
                note("`")
                append("`")
            default: append(String(character))
            }
        }
        throw .unfinished(text, "\"")
    }

    private mutating func readVariable() throws(CommandLineError) {
        if rest.first == "(" {
            note("$(…)")
            return append("$")
        }
        guard rest.first == "{" else {
            let name = rest.prefix { $0.utf8.count == 1 && $0.utf8.allSatisfy(Self.isNameByte) }
            rest = rest[name.endIndex...]
            guard Self.isName(String(name)) else {
                if !name.isEmpty || "@*#?$!-".contains(rest.first ?? " ") { note("$") }
                return append("$" + name)
            }
            return appendVariable(String(name))
        }
        guard let end = rest.firstIndex(of: "}") else { throw .unfinished(text, "${") }
        let inner = rest.dropFirst()[..<end]
        rest = rest[rest.index(after: end)...]
        let name = String(inner.prefix { $0.utf8.count == 1 && $0.utf8.allSatisfy(Self.isNameByte) })
        let tail = inner.dropFirst(name.count)
        guard Self.isName(name) else {
            note("${\(inner)}")
            return append("${\(inner)}")
        }
        if tail.isEmpty { return appendVariable(name) }
        let value = String(tail.drop { $0 == ":" }.dropFirst())
        let isDefault = tail.hasPrefix(":-") || tail.hasPrefix("-")
        guard isDefault, !value.contains("$"), defaults[name] ?? value == value else {
            note("${\(inner)}")
            return append("${\(inner)}")
        }
        defaults[name] = value
        appendVariable(name)
    }

    private mutating func append(_ more: String) {
        isInWord = true
        if case .text(let old)? = parts.last {
            parts[parts.count - 1] = .text(old + more)
        } else if !more.isEmpty {
            parts.append(.text(more))
        }
    }

    private mutating func appendVariable(_ name: String) {
        isInWord = true
        parts.append(.variable(name))
    }

    private mutating func note(_ syntax: String) { shellSyntax = shellSyntax ?? syntax }

    private mutating func endWord() {
        guard isInWord else { return }
        words.append(SplitCommand.Word(parts: parts))
        parts = []
        isInWord = false
    }
}

/// Why a text is no command.
package enum CommandLineError: Error, Equatable, CustomStringConvertible {
    case empty(String)
    case unfinished(String, String)

    package var description: String {
        switch self {
        case .empty(let text): "'\(text)' holds no program to start"
        case .unfinished(let text, let mark): "'\(text)' ends inside \(mark); close it"
        }
    }
}
