import Formats
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
                + Array(pins.libraries.keys) + Array(pins.resolutions.keys)).map { LockKey($0).platform })
        let root = object([
            member("schemaVersion", .number("\(schema)")),
            member("platforms", object(sorted(platforms).map { member($0, platform($0, of: pins)) })),
        ])
        return JSONDocument(root: root, file: "autoimage.lock").text(indent: "  ")
    }

    private static func platform(_ platform: String, of pins: Pins) -> JSONNode {
        func part<Value>(_ values: [String: Value], _ text: (String, Value) -> JSONNode) -> JSONNode? {
            let own = values.compactMap { key, value in
                LockKey(key).platform == platform ? member(LockKey(key).name, text(key, value)) : nil
            }
            guard !own.isEmpty else { return nil }
            return object(own.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
        }
        let parts: [(String, JSONNode?)] = [
            ("bases", part(pins.bases) { key, pin in base(pin, reference: pins.references[key]) }),
            ("images", part(pins.images) { .string($1.description) }),
            ("installers", part(pins.installers) { .string($1) }),
            ("libraries", part(pins.libraries) { .array($1.map(addition)) }),
            ("resolutions", part(pins.resolutions) { resolution($1) }),
        ]
        return object(parts.compactMap { name, text in text.map { member(name, $0) } })
    }

    private static func base(_ pin: Pin, reference: String?) -> JSONNode {
        switch pin {
        case .digest(let digest):
            let digest = member("digest", .string(digest.description))
            return object((reference.map { [member("reference", .string($0))] } ?? []) + [digest])
        case .debian(let pin):
            return object([
                member("suite", .string(pin.suite)), member("architecture", .string(pin.architecture)),
                member(
                    "packages", .array(pin.packages.map { .string("\($0.name) \($0.version) \($0.sha256)") })),
            ])
        }
    }

    private static func addition(_ addition: LibraryAddition) -> JSONNode {
        let known = [("package", addition.package), ("version", addition.version), ("image", addition.image)]
        let origin = known.compactMap { name, value in value.map { member(name, .string($0)) } }
        return object(
            origin + [
                member("files", .array(addition.files.map { .string($0.description) })),
                member("neededBy", .array(addition.neededBy.map { .string($0.description) })),
            ])
    }

    private static func resolution(_ resolution: Resolution) -> JSONNode {
        object([
            member("inputs", .string("\(resolution.inputs)")),
            member("packages", .array(resolution.packages.map { .string(line($0)) })),
        ])
    }

    /// `NAME VERSION sha256:HEX FILE`, then the address of what no index has; a dash stands for what is not known.
    private static func line(_ package: ResolvedPackage) -> String {
        let words = [
            package.name, package.version, package.sha256?.description ?? "-", package.file ?? "-", package.url,
        ]
        return words.compactMap(\.self).joined(separator: " ")
    }

    private static func object(_ members: [JSONMember]) -> JSONNode { .object(JSONObject(members)) }

    private static func member(_ key: String, _ value: JSONNode) -> JSONMember {
        JSONMember(key: key, value: value, line: 0)
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
