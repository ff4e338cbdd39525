import Formats

extension JSONNode {
    /// A string or a number as it is written.
    var scalar: String? {
        switch self {
        case .string(let text), .number(let text): text
        default: nil
        }
    }
}

extension JSONObject {
    /// The string of a key.
    func text(_ key: String) -> String? { if case .string(let text)? = self[key] { text } else { nil } }

    /// Whether a key is `true`.
    func flag(_ key: String) -> Bool { self[key] == .boolean(true) }

    /// The object of a key.
    func object(_ key: String) -> JSONObject? { if case .object(let object)? = self[key] { object } else { nil } }

    /// The strings of an array, or a string alone.
    func texts(_ key: String) -> [String] {
        switch self[key] {
        case .array(let elements): elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
        case .string(let text): [text]
        default: []
        }
    }

    /// The keys of the object of a key.
    func keys(_ key: String) -> [String] { object(key)?.members.map(\.key) ?? [] }
}
