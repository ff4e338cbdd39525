import Formats

/// Plain literals of Python's grammar: texts, lists of texts, dictionaries of them.
enum PythonLiteral {
    /// The text of one string, joined where several stand side by side; nil where it is anything else.
    static func string(_ expression: String) -> String? {
        var rest = Substring(expression.trimmingSpaces())
        guard !rest.isEmpty else { return nil }
        var result = ""
        while let quote = rest.first {
            guard quote == "\"" || quote == "'" else { return nil }
            rest.removeFirst()
            while let next = rest.first, next != quote {
                rest.removeFirst()
                if next == "\\" {
                    guard let escaped = rest.popFirst(), "\"'\\".contains(escaped) else { return nil }
                    result.append(escaped)
                } else {
                    result.append(next)
                }
            }
            guard rest.popFirst() != nil else { return nil }
            rest = rest.drop(while: \.isWhitespace)
        }
        return result
    }

    /// The texts of a list or tuple; nil where one of its elements is no plain text.
    static func strings(_ expression: String) -> [String]? {
        guard let inner = inside(expression, "[", "]") ?? inside(expression, "(", ")") else { return nil }
        var result: [String] = []
        for element in elements(inner) {
            guard let text = string(element) else { return nil }
            result.append(text)
        }
        return result
    }

    /// The expressions of a dictionary by their keys, which are plain texts; nil where one is not.
    static func lists(_ expression: String) -> [String: String]? {
        guard let inner = inside(expression, "{", "}") else { return nil }
        var result: [String: String] = [:]
        for element in elements(inner) {
            guard let match = element.firstMatch(of: /^\s*("[^"]*"|'[^']*')\s*:\s*(.*)$/)?.output,
                let key = string(String(match.1))
            else { return nil }
            result[key] = String(match.2)
        }
        return result
    }

    private static func inside(_ expression: String, _ open: Character, _ close: Character) -> String? {
        let text = expression.trimmingSpaces()
        guard text.count > 1, text.first == open, text.last == close else { return nil }
        return String(text.dropFirst().dropLast())
    }

    /// What commas outside every bracket and string separate.
    static func elements(_ text: String) -> [String] {
        var result: [String] = []
        var current = ""
        var depth = 0
        var quote: Character?
        var isEscaped = false
        for character in text {
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                }
            } else if character == "\"" || character == "'" {
                quote = character
            } else if "([{".contains(character) {
                depth += 1
            } else if ")]}".contains(character) {
                depth -= 1
            } else if character == ",", depth == 0 {
                result.append(current)
                current = ""
                continue
            }
            current.append(character)
        }
        return (result + [current]).map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
    }
}
