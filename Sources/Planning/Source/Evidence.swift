/// A place in the source tree that speaks for a decision.
package struct Evidence: Codable, Hashable, Sendable, CustomStringConvertible {
    package let path: SourcePath
    /// Counted from 1; nil where the file's existence is the evidence.
    package let line: Int?
    /// The words that count, on one line, without the credentials of an address: evidence is printed and becomes labels.
    package let excerpt: String

    package init(path: SourcePath, line: Int? = nil, excerpt: String) {
        self.path = path
        self.line = line
        self.excerpt = excerpt.replacing(#/://[^/\s@'"]+@/#, with: "://***@")
    }

    package var description: String { path.description + (line.map { ":\($0)" } ?? "") }

    /// Whether the place says it all: the excerpt is empty or names the path again.
    var saysNoMore: Bool { excerpt.isEmpty || excerpt == path.name || excerpt == path.description }
}

/// A value of the plan and why it is so.
package struct Decided<Value: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    package let value: Value
    package let reason: Reason
    /// What else was possible, best first.
    package let alternatives: [Alternative]

    package init(_ value: Value, _ reason: Reason, alternatives: [Alternative] = []) {
        self.value = value
        self.reason = reason
        self.alternatives = alternatives
    }

    /// The same reason for a value made from this one.
    package func map<Other>(_ transform: (Value) throws -> Other) rethrows -> Decided<Other> {
        Decided<Other>(try transform(value), reason, alternatives: alternatives)
    }
}

/// Why a value was chosen.
package enum Reason: Codable, Hashable, Sendable, CustomStringConvertible {
    /// Somebody asked for it: `option` is the flag, variable or `autoimage.toml:LINE key`.
    case requested(option: String)
    /// Files say so.
    case found(evidence: [Evidence])
    /// A default, with its reason.
    case usual(why: String)

    package var description: String {
        switch self {
        case .requested(let option): "requested by \(option)"
        case .found(let evidence):
            evidence.map { $0.saysNoMore ? "\($0)" : "\($0) '\($0.excerpt)'" }.joined(separator: ", ")
        case .usual(let why): why
        }
    }
}

/// A choice that lost, and why.
package struct Alternative: Codable, Hashable, Sendable {
    package let value: String
    package let why: String

    package init(_ value: String, why: String) {
        self.value = value
        self.why = why
    }
}
