import Planning

/// One command of a script, taken out of what only wraps it: `cross-env`, `npm run`, `dotenv`, `npx`.
struct ScriptCommand: Sendable {
    /// The program and its arguments in the launcher's words: `${NAME}` reads a variable, `$$` is a dollar sign.
    var words: [String]
    /// Variables that the script sets, in order.
    var environment: [(name: String, value: String)] = []
    /// Defaults of variables: `${PORT:-3000}`.
    var defaults: [String: String] = [:]
    /// The package whose script it is: where it runs.
    var folder: SourcePath
    /// From the script that was asked for to the one that holds these words.
    var evidence: [Evidence]
    /// The names of the scripts, outermost first; empty for a command of no script.
    var scripts: [String]
    var warnings: [String] = []
    /// A construct that only a shell understands, with the whole text of the command; nil where there is none.
    var shell: (text: String, syntax: String)?

    var program: String { words.first ?? "" }

    /// Whether any argument reads a variable.
    var readsVariables: Bool { words.contains { $0.contains(/\$\{\w+\}/) } }
}

/// A text of commands joined by `&&`, split where no quote holds the mark.
enum CommandList {
    /// The commands of a text, and whether `;` or a line feed joins some of them.
    static func split(_ text: String) -> [String] {
        var parts = [""]
        var quote: Character?
        var rest = text[...]
        while let character = rest.popFirst() {
            if let open = quote {
                parts[parts.count - 1].append(character)
                if character == "\\", open == "\"", let next = rest.popFirst() { parts[parts.count - 1].append(next) }
                if character == open { quote = nil }
            } else if character == "&", rest.first == "&" {
                rest.removeFirst()
                parts.append("")
            } else if character == ";", rest.first != ";" {
                parts.append("")
            } else {
                if character == "\"" || character == "'" { quote = character }
                parts[parts.count - 1].append(character)
                if character == "\\", let next = rest.popFirst() { parts[parts.count - 1].append(next) }
            }
        }
        return parts.map { String($0.drop(while: \.isWhitespace)) }.filter { !$0.allSatisfy(\.isWhitespace) }
    }

    /// A word of a launcher's command as a shell reads it.
    static func quoted(_ word: String, defaults: [String: String]) -> String {
        if word.wholeMatch(of: /[\w.\/:=@%+,-]+/) != nil { return word }
        var result = "\""
        var rest = word[...]
        while let character = rest.popFirst() {
            if character == "$", rest.first == "$" {
                rest.removeFirst()
                result += "\\$"
            } else if character == "$", let match = rest.prefixMatch(of: /\{(\w+)\}/)?.output {
                rest = rest[match.0.endIndex...]
                result += defaults[String(match.1)].map { "${\(match.1):-\($0)}" } ?? "${\(match.1)}"
            } else {
                if "\"\\`".contains(character) { result.append("\\") }
                result.append(character)
            }
        }
        return result + "\""
    }
}
