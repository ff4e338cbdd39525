/// Why a configuration file cannot be read, with the place in it.
package enum FormatError: Error, Equatable, CustomStringConvertible {
    /// The text breaks the format's grammar.
    case malformed(file: String, line: Int, what: String)
    /// A key holds a value of another kind.
    case wrongKind(file: String, line: Int, key: String, expected: String, found: String)

    package var description: String {
        switch self {
        case .malformed(let file, let line, let what): "\(file):\(line): \(what)"
        case .wrongKind(let file, let line, let key, let expected, let found):
            "\(file):\(line): '\(key)' is \(found); expected \(expected)"
        }
    }
}

/// A value and the line it stands on, counted from 1.
package struct Located<Value: Sendable & Hashable>: Sendable, Hashable {
    package let value: Value
    package let line: Int

    package init(_ value: Value, line: Int) {
        self.value = value
        self.line = line
    }
}
