import Formats
import OCI

/// A value as Python's `json` module writes it with sorted keys: what managers make the digests of their manifests from.
indirect enum PythonJSON: Hashable, Sendable {
    case null
    case boolean(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    case array([PythonJSON])
    case object([String: PythonJSON])

    init(_ node: TOMLNode) {
        switch node {
        case .string(let text), .time(let text): self = .string(text)
        case .integer(let number): self = .number("\(number)")
        case .double(let number): self = .number("\(number)")
        case .boolean(let flag): self = .boolean(flag)
        case .array(let elements): self = .array(elements.map(PythonJSON.init))
        case .table(let table): self = .object(table.mapValues(PythonJSON.init))
        }
    }

    init(_ node: JSONNode) {
        switch node {
        case .null: self = .null
        case .boolean(let flag): self = .boolean(flag)
        case .number(let digits): self = .number(digits)
        case .string(let text): self = .string(text)
        case .array(let elements): self = .array(elements.map(PythonJSON.init))
        case .object(let object):
            self = .object(
                Dictionary(object.members.map { ($0.key, PythonJSON($0.value)) }) { _, last in last })
        }
    }

    /// The hex digits of the SHA-256 of the text.
    func sha256(isCompact: Bool = false) -> String { Digest(of: text(isCompact: isCompact).utf8).hex }

    /// The text, with `, ` and `: ` between its parts, or without the spaces.
    func text(isCompact: Bool = false) -> String {
        let comma = isCompact ? "," : ", "
        switch self {
        case .null: return "null"
        case .boolean(let flag): return flag ? "true" : "false"
        case .number(let digits): return digits
        case .string(let text): return Self.quoted(text)
        case .array(let elements):
            return "[" + elements.map { $0.text(isCompact: isCompact) }.joined(separator: comma) + "]"
        case .object(let members):
            let keys = members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            let parts = keys.map { key in
                Self.quoted(key) + (isCompact ? ":" : ": ") + (members[key] ?? .null).text(isCompact: isCompact)
            }
            return "{" + parts.joined(separator: comma) + "}"
        }
    }

    /// In quotes, with everything that is not ASCII as `\uXXXX`.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for unit in text.utf16 {
            switch unit {
            case 0x22: result += "\\\""
            case 0x5C: result += "\\\\"
            case 0x0A: result += "\\n"
            case 0x0D: result += "\\r"
            case 0x09: result += "\\t"
            case 0x08: result += "\\b"
            case 0x0C: result += "\\f"
            case 0x20..<0x80: result.unicodeScalars.append(Unicode.Scalar(UInt8(unit)))
            default:
                let digits = String(unit, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            }
        }
        return result + "\""
    }
}
