/// Lines for people: labels in a column, long text wrapped under itself, nothing that steers a terminal.
struct TextLines {
    /// Columns of a line at most.
    static let width = 120

    let color: Bool
    private(set) var lines: [String] = []

    init(color: Bool) { self.color = color }

    enum Style: String {
        case plain = ""
        case heading = "\u{1B}[1m"
        case quiet = "\u{1B}[2m"
        case warning = "\u{1B}[33m"
    }

    /// A blank line and a heading.
    mutating func heading(_ text: String) {
        if !lines.isEmpty { lines.append("") }
        append(Self.visible(text), style: .heading)
    }

    /// `text` after a label that takes `column` columns, all of it `indent` columns in.
    mutating func add(_ label: String, _ text: String, indent: Int, column: Int, style: Style = .plain) {
        let hang = indent + column
        let padded = label + String(repeating: " ", count: max(label.isEmpty ? 0 : 1, column - label.count))
        let start =
            String(repeating: " ", count: indent) + (label.isEmpty ? String(repeating: " ", count: column) : padded)
        let pieces = Self.wrapped(Self.visible(text), first: Self.width - start.count, next: Self.width - hang)
        for (number, piece) in pieces.enumerated() {
            append((number == 0 ? start : String(repeating: " ", count: hang)) + piece, style: style)
        }
    }

    /// `text` without a label.
    mutating func add(_ text: String, indent: Int, style: Style = .plain) {
        add("", text, indent: indent, column: 0, style: style)
    }

    private mutating func append(_ line: String, style: Style) {
        var line = line
        while line.last == " " { line.removeLast() }
        lines.append(color && style != .plain ? style.rawValue + line + "\u{1B}[0m" : line)
    }

    /// Control characters as `\u{1b}`, so that a text of the source tree cannot steer the terminal; passwords in URLs as `***`.
    static func visible(_ text: String) -> String {
        var text = text
        for range in passwordRanges(in: text).reversed() { text.replaceSubrange(range, with: "***") }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default:
                if scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format {
                    result += "\\u{" + String(scalar.value, radix: 16) + "}"
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result
    }

    /// Breaks at spaces; a word longer than a line is broken where the line ends.
    private static func wrapped(_ text: String, first: Int, next: Int) -> [String] {
        var pieces: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            var word = String(word)
            let room = pieces.isEmpty ? first : next
            if !line.isEmpty, line.count + 1 + word.count > room {
                pieces.append(line)
                line = ""
            }
            while line.isEmpty, word.count > (pieces.isEmpty ? first : next) {
                let cut = word.index(word.startIndex, offsetBy: max(1, pieces.isEmpty ? first : next))
                pieces.append(String(word[..<cut]))
                word = String(word[cut...])
            }
            line = line.isEmpty ? word : line + " " + word
        }
        if !line.isEmpty || pieces.isEmpty { pieces.append(line) }
        return pieces
    }
}
