import Formats

/// A value of autoimage.toml, of `--set` or of a variable, with the name of its place.
indirect enum ConfigValue: Sendable, Hashable {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    /// A number with a fraction, for which no key has a use: a version such as 3.10 belongs in quotes.
    case fraction(Double)
    case list([ConfigValue])
    case table([String: ConfigValue])

    /// What a person would call the kind.
    var kind: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .boolean: "a boolean"
        case .fraction: "a number; write it in quotes"
        case .list: "a list"
        case .table: "a table"
        }
    }

    /// The value of a TOML node; dates are texts, which no key takes for more.
    init(_ node: TOMLNode) {
        switch node {
        case .string(let text), .time(let text): self = .string(text)
        case .integer(let number): self = .integer(number)
        case .double(let number): self = .fraction(number)
        case .boolean(let flag): self = .boolean(flag)
        case .array(let items): self = .list(items.map { ConfigValue($0) })
        case .table(let members): self = .table(members.mapValues { ConfigValue($0) })
        }
    }
}
