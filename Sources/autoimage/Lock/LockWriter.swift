import OCI
import Planning

/// The text of `autoimage.lock`, schema 2: JSON with one package or file a line in a fixed order, so that a change of one
/// package is a change of one line and two branches that add different things merge.
enum LockWriter {
    static let schema = 2

    /// The whole file.
    static func text(of pins: Pins) -> String {
        let platforms = Set(
            (Array(pins.bases.keys) + Array(pins.images.keys) + Array(pins.installers.keys)
                + Array(pins.libraries.keys)).map { LockKey($0).platform })
        let root = JSONText.object([
            ("schemaVersion", .plain("\(schema)")),
            ("platforms", .object(sorted(platforms).map { ($0, platform($0, of: pins)) })),
        ])
        return root.rendered(indent: 0) + "\n"
    }

    private static func platform(_ platform: String, of pins: Pins) -> JSONText {
        func part<Value>(_ values: [String: Value], _ text: (String, Value) -> JSONText) -> JSONText? {
            let own = values.compactMap { key, value in
                LockKey(key).platform == platform ? (LockKey(key).name, text(key, value)) : nil
            }
            guard !own.isEmpty else { return nil }
            return .object(own.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) })
        }
        let parts: [(String, JSONText?)] = [
            ("bases", part(pins.bases) { key, pin in base(pin, reference: pins.references[key]) }),
            ("images", part(pins.images) { .string($1.description) }),
            ("installers", part(pins.installers) { .string($1) }),
            ("libraries", part(pins.libraries) { .list($1.map(addition)) }),
        ]
        return .object(parts.compactMap { name, text in text.map { (name, $0) } })
    }

    private static func base(_ pin: Pin, reference: String?) -> JSONText {
        switch pin {
        case .digest(let digest):
            let digest = ("digest", JSONText.string(digest.description))
            return .object((reference.map { [("reference", .string($0))] } ?? []) + [digest])
        case .debian(let pin):
            return .object([
                ("suite", .string(pin.suite)), ("architecture", .string(pin.architecture)),
                (
                    "packages",
                    .list(pin.packages.map { .string("\($0.name) \($0.version) \($0.sha256)") })
                ),
            ])
        }
    }

    private static func addition(_ addition: LibraryAddition) -> JSONText {
        let origin = [("package", addition.package), ("version", addition.version)].compactMap { name, value in
            value.map { (name, JSONText.string($0)) }
        }
        return .object(
            origin + [
                ("files", .list(addition.files.map { .string($0.description) })),
                ("neededBy", .list(addition.neededBy.map { .string($0.description) })),
            ])
    }

    private static func sorted(_ names: Set<String>) -> [String] {
        names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

/// The key of a pin: `NAME@PLATFORM`; the name may have an `@` of its own.
struct LockKey: Hashable {
    let name: String
    /// Empty where the key has none.
    let platform: String

    init(_ key: String) {
        let at = key.lastIndex(of: "@")
        name = String(at.map { key[..<$0] } ?? key[...])
        platform = at.map { String(key[key.index(after: $0)...]) } ?? ""
    }
}

/// JSON to be written with its members in the order given.
private indirect enum JSONText {
    case plain(String)
    case string(String)
    case list([JSONText])
    case object([(String, JSONText)])

    func rendered(indent: Int) -> String {
        let inner = String(repeating: "  ", count: indent + 1)
        let outer = String(repeating: "  ", count: indent)
        switch self {
        case .plain(let text): return text
        case .string(let text): return Self.quoted(text)
        case .list(let items):
            if items.isEmpty { return "[]" }
            let lines = items.map { inner + $0.rendered(indent: indent + 1) }
            return "[\n\(lines.joined(separator: ",\n"))\n\(outer)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { "\(inner)\(Self.quoted($0.0)): \($0.1.rendered(indent: indent + 1))" }
            return "{\n\(lines.joined(separator: ",\n"))\n\(outer)}"
        }
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
