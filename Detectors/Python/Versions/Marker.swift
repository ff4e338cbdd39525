import Formats

/// The condition after a requirement's `;` (PEP 508, environment markers), answered for Linux and one Python.
struct Marker {
    private var tokens: [Token]
    private let values: [String: String]

    private enum Token: Equatable {
        case open, close, and, or
        case comparison(String)
        case variable(String)
        case text(String)
    }

    /// Whether the marker holds without any extra, or with one of `extras`; nil where it is no marker.
    static func holds(_ text: String, pythonVersion: String, machine: String, extras: Set<String> = []) -> Bool? {
        guard let tokens = tokenize(text) else { return nil }
        let answers = ([""] + extras.sorted()).map { answer(tokens, pythonVersion, machine, extra: $0) }
        return answers.contains(nil) ? nil : answers.contains(true)
    }

    private static func answer(
        _ tokens: [Token], _ pythonVersion: String, _ machine: String, extra: String
    ) -> Bool? {
        let values = [
            "os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine,
            "platform_python_implementation": "CPython", "implementation_name": "cpython", "platform_release": "",
            "platform_version": "", "python_version": pythonVersion, "python_full_version": "\(pythonVersion).0",
            "implementation_version": "\(pythonVersion).0", "extra": extra,
        ]
        var marker = Marker(tokens: tokens.reversed(), values: values)
        guard let result = marker.disjunction(), marker.tokens.isEmpty else { return nil }
        return result
    }

    private mutating func disjunction() -> Bool? {
        guard var result = conjunction() else { return nil }
        while tokens.last == .or {
            tokens.removeLast()
            guard let next = conjunction() else { return nil }
            result = result || next
        }
        return result
    }

    private mutating func conjunction() -> Bool? {
        guard var result = atom() else { return nil }
        while tokens.last == .and {
            tokens.removeLast()
            guard let next = atom() else { return nil }
            result = result && next
        }
        return result
    }

    private mutating func atom() -> Bool? {
        guard tokens.last != .open else {
            tokens.removeLast()
            guard let result = disjunction(), tokens.popLast() == .close else { return nil }
            return result
        }
        guard let left = tokens.popLast(), case .comparison(let sign)? = tokens.popLast(), let right = tokens.popLast(),
            let one = value(left), let other = value(right)
        else { return nil }
        switch sign {
        case "in": return other.contains(one)
        case "not in": return !other.contains(one)
        default: return compare(one, sign, other)
        }
    }

    private func value(_ token: Token) -> String? {
        switch token {
        case .variable(let name): values[name.replacing(".", with: "_")]
        case .text(let text): text
        default: nil
        }
    }

    private func compare(_ left: String, _ sign: String, _ right: String) -> Bool? {
        if let version = PythonVersionNumber(left), let clause = try? VersionSpecifier(parsing: sign + right) {
            return clause.allows(version)
        }
        switch sign {
        case "==", "===": return left == right
        case "!=": return left != right
        case "<": return left < right
        case ">": return left > right
        case "<=": return left <= right
        case ">=": return left >= right
        default: return nil
        }
    }

    private static func tokenize(_ text: String) -> [Token]? {
        var rest = Substring(text.trimmingSpaces())
        var tokens: [Token] = []
        while let first = rest.first {
            if first.isWhitespace {
                rest.removeFirst()
            } else if first == "(" || first == ")" {
                tokens.append(first == "(" ? .open : .close)
                rest.removeFirst()
            } else if first == "'" || first == "\"" {
                rest.removeFirst()
                guard let end = rest.firstIndex(of: first) else { return nil }
                tokens.append(.text(String(rest[..<end])))
                rest = rest[rest.index(after: end)...]
            } else if let match = rest.prefixMatch(of: /not\s+in\b|in\b|~=|===?|!=|<=|>=|<|>/) {
                let sign = String(match.output)
                tokens.append(.comparison(sign.hasPrefix("not") ? "not in" : sign))
                rest = rest[match.range.upperBound...]
            } else if let match = rest.prefixMatch(of: /[a-z_.]+/) {
                let word = String(match.output)
                tokens.append(word == "and" ? .and : word == "or" ? .or : .variable(word))
                rest = rest[match.range.upperBound...]
            } else {
                return nil
            }
        }
        return tokens
    }
}
