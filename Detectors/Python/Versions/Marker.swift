import Formats

/// The condition after a requirement's `;` (PEP 508, environment markers; PEP 751 adds `extras` and `dependency_groups`).
struct Marker: Hashable, Sendable {
    private let expression: Expression

    private indirect enum Expression: Hashable, Sendable {
        case any([Expression])
        case all([Expression])
        case comparison(Operand, String, Operand)
    }

    private enum Operand: Hashable, Sendable {
        case variable(String)
        case text(String)
    }

    /// Parses a marker; nil where the text is none.
    init?(parsing text: String) {
        guard let tokens = Token.all(in: text) else { return nil }
        var parser = Parser(tokens: tokens.reversed())
        guard let expression = parser.disjunction(), parser.tokens.isEmpty else { return nil }
        self.expression = expression
    }

    /// Whether the marker holds for Linux and some patch of one Python; nil where it is no marker.
    static func holds(_ text: String, pythonVersion: String, machine: String, extras: Set<String> = []) -> Bool? {
        let environment = MarkerEnvironment(pythonVersion: pythonVersion, machine: machine, extras: extras)
        return Marker(parsing: text)?.holds(in: environment)
    }

    /// Whether the marker holds: for the patch that the environment names, else for any patch of its Python.
    ///
    /// A version of a base stands for all its patches, and a package too many does no harm where one too few would.
    func holds(in environment: MarkerEnvironment) -> Bool {
        guard environment.patch == nil, mentionsPatch(expression) else {
            return holds(expression, environment.values(patch: environment.patch ?? 0), environment)
        }
        return (0...MarkerEnvironment.newestPatch).contains {
            holds(expression, environment.values(patch: $0), environment)
        }
    }

    private func mentionsPatch(_ expression: Expression) -> Bool {
        switch expression {
        case .any(let parts), .all(let parts): parts.contains(where: mentionsPatch)
        case .comparison(let left, _, let right):
            [left, right].contains {
                $0 == .variable("python_full_version") || $0 == .variable("implementation_version")
            }
        }
    }

    private func holds(
        _ expression: Expression, _ values: [String: String], _ environment: MarkerEnvironment
    ) -> Bool {
        switch expression {
        case .any(let parts): parts.contains { holds($0, values, environment) }
        case .all(let parts): parts.allSatisfy { holds($0, values, environment) }
        case .comparison(let left, let sign, let right): compare(left, sign, right, values, environment)
        }
    }

    private func compare(
        _ left: Operand, _ sign: String, _ right: Operand, _ values: [String: String], _ environment: MarkerEnvironment
    ) -> Bool {
        if case .text = left, case .variable = right, let mirrored = Self.mirrored[sign] {
            return compare(right, mirrored, left, values, environment)
        }
        func text(_ operand: Operand) -> String {
            switch operand {
            case .variable(let name): values[name] ?? ""
            case .text(let text): text
            }
        }
        let (one, other) = (text(left), text(right))
        switch (left, right) {
        case (_, .variable("extras")): return environment.extras.contains(Requirement.normalized(one)) == (sign == "in")
        case (_, .variable("dependency_groups")):
            return environment.groups.contains(Requirement.normalized(one)) == (sign == "in")
        case (.variable("extra"), _):
            return environment.extras.contains(Requirement.normalized(other)) == (sign != "!=")
        case (.variable("python_version"), .text) where sign.hasSuffix("in"):
            let listed = other.split { $0 == "," || $0.isWhitespace }.contains { $0 == one }
            return listed == (sign == "in")
        default: return Self.compare(one, sign, other)
        }
    }

    /// The same comparison with its sides exchanged; `in` and `~=` have none.
    private static let mirrored = [
        "==": "==", "===": "===", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<=",
    ]

    private static func compare(_ left: String, _ sign: String, _ right: String) -> Bool {
        if sign == "in" || sign == "not in" { return right.contains(left) == (sign == "in") }
        if sign == "===" { return left == right }
        if let version = PythonVersionNumber(left), let clause = try? VersionSpecifier(parsing: sign + right) {
            return clause.allows(version)
        }
        switch sign {
        case "==": return left == right
        case "!=": return left != right
        case "<": return left < right
        case ">": return left > right
        case "<=": return left <= right
        case ">=": return left >= right
        default: return false
        }
    }

    private struct Parser {
        /// The last is the next.
        var tokens: [Token]
        /// How many brackets are open.
        private var depth = 0
        /// Deeper nesting is refused: the stack is not endless.
        private static let depthLimit = 100

        init(tokens: [Token]) { self.tokens = tokens }

        mutating func disjunction() -> Expression? {
            guard let first = conjunction() else { return nil }
            var parts = [first]
            while tokens.last == .or {
                tokens.removeLast()
                guard let next = conjunction() else { return nil }
                parts.append(next)
            }
            return parts.count == 1 ? first : .any(parts)
        }

        private mutating func conjunction() -> Expression? {
            guard let first = atom() else { return nil }
            var parts = [first]
            while tokens.last == .and {
                tokens.removeLast()
                guard let next = atom() else { return nil }
                parts.append(next)
            }
            return parts.count == 1 ? first : .all(parts)
        }

        private mutating func atom() -> Expression? {
            guard tokens.last != .open else {
                tokens.removeLast()
                depth += 1
                defer { depth -= 1 }
                guard depth <= Self.depthLimit, let result = disjunction(), tokens.popLast() == .close else {
                    return nil
                }
                return result
            }
            guard let left = operand(), case .comparison(let sign)? = tokens.popLast(), let right = operand() else {
                return nil
            }
            return .comparison(left, sign, right)
        }

        private mutating func operand() -> Operand? {
            switch tokens.popLast() {
            case .variable(let name):
                let name = name.replacing(".", with: "_")
                return MarkerEnvironment.variables.contains(name) ? .variable(name) : nil
            case .text(let text): return .text(text)
            default: return nil
            }
        }
    }

    private enum Token: Equatable {
        case open, close, and, or
        case comparison(String)
        case variable(String)
        case text(String)

        static func all(in text: String) -> [Token]? {
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
}

/// What markers are held against: CPython on Linux.
struct MarkerEnvironment: Hashable, Sendable {
    /// `3.13`.
    let pythonVersion: String
    let machine: String
    /// Normalised (PEP 503).
    var extras: Set<String> = []
    var groups: Set<String> = []
    /// The patch of the Python; nil where any may be meant.
    var patch: Int?

    /// No Python had as many patches.
    static let newestPatch = 40

    fileprivate static let variables: Set<String> = [
        "os_name", "sys_platform", "platform_system", "platform_machine", "platform_python_implementation",
        "implementation_name", "platform_release", "platform_version", "python_version", "python_full_version",
        "implementation_version", "extra", "extras", "dependency_groups",
    ]

    fileprivate func values(patch: Int) -> [String: String] {
        let numbers = pythonVersion.split(separator: ".")
        let full = numbers.count > 2 ? pythonVersion : "\(pythonVersion).\(patch)"
        return [
            "os_name": "posix", "sys_platform": "linux", "platform_system": "Linux", "platform_machine": machine,
            "platform_python_implementation": "CPython", "implementation_name": "cpython", "platform_release": "",
            "platform_version": "", "python_version": numbers.prefix(2).joined(separator: "."),
            "python_full_version": full, "implementation_version": full,
        ]
    }
}

extension PythonTarget {
    /// What a lock's markers are held against.
    func markers(extras: Set<String> = [], groups: Set<String> = []) -> MarkerEnvironment {
        MarkerEnvironment(pythonVersion: version, machine: machine, extras: extras, groups: groups)
    }
}
