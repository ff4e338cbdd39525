/// The name of an image: `[registry/]repository[:tag][@digest]` (OCI distribution-spec, "Pulling manifests").
package struct Reference: Hashable, Sendable, CustomStringConvertible {
    /// Registry host with optional port; nil for a bare name.
    package let registry: String?
    /// Lower-case path components separated by `/`.
    package let repository: String
    package let tag: String?
    package let digest: Digest?

    /// Parses a reference; a first component with `.` or `:`, or `localhost`, is the registry.
    package init(parsing text: String) throws(ReferenceError) {
        var rest = Substring(text)
        if let at = rest.firstIndex(of: "@") {
            guard let parsed = try? Digest(parsing: String(rest[rest.index(after: at)...])) else {
                throw .invalidDigest(text)
            }
            digest = parsed
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastSlash = rest.lastIndex(of: "/")
        if let colon = rest.lastIndex(of: ":"), lastSlash.map({ colon > $0 }) ?? true {
            let name = String(rest[rest.index(after: colon)...])
            guard Self.isTag(name) else { throw .invalidTag(text) }
            tag = name
            rest = rest[..<colon]
        } else {
            tag = nil
        }
        if let slash = rest.firstIndex(of: "/") {
            let first = rest[..<slash]
            if first.contains(".") || first.contains(":") || first == "localhost" {
                registry = String(first)
                rest = rest[rest.index(after: slash)...]
            } else {
                registry = nil
            }
        } else {
            registry = nil
        }
        guard rest.utf8.count <= 255, Self.isRepository(rest) else { throw .invalidRepository(text) }
        repository = String(rest)
    }

    /// A reference of parts that are valid already.
    package init(registry: String?, repository: String, tag: String?, digest: Digest?) {
        self.registry = registry
        self.repository = repository
        self.tag = tag
        self.digest = digest
    }

    package var description: String {
        (registry.map { "\($0)/" } ?? "") + repository + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// The reference without a digest, with `latest` where no tag was given: the key under which a store keeps an image.
    package var tagged: String { (registry.map { "\($0)/" } ?? "") + repository + ":" + (tag ?? "latest") }

    private static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else { return false }
        return text.utf8.count <= 128
            && text.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F
    }

    /// Components are lower-case letters and digits, joined inside by `.`, `_`, `__` or hyphens.
    private static func isRepository(_ text: Substring) -> Bool {
        text.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { component in
            (try? #/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*/#.wholeMatch(in: component)) ?? nil != nil
        }
    }
}

/// Why a text is not an image reference.
package enum ReferenceError: Error, Equatable, CustomStringConvertible {
    case invalidRepository(String)
    case invalidTag(String)
    case invalidDigest(String)

    package var description: String {
        switch self {
        case .invalidRepository(let text), .invalidTag(let text), .invalidDigest(let text):
            Self.withoutUser(text).map {
                "'***@\($0)' holds a user: an image name has none; 'autoimage login' keeps credentials"
            } ?? problem
        }
    }

    /// The text behind a user and a password, which must not be shown; nil where there is none.
    private static func withoutUser(_ text: String) -> Substring? {
        guard let at = text.lastIndex(of: "@") else { return nil }
        let rest = text[text.index(after: at)...]
        if rest.contains("/") { return rest }
        // USER:PASSWORD@HOST/NAME@DIGEST
        guard let first = text[..<at].lastIndex(of: "@") else { return nil }
        return text[text.index(after: first)...]
    }

    private var problem: String {
        switch self {
        case .invalidRepository(let text):
            "'\(text)' is not an image name: path components are lower-case letters, digits and single . _ or - between them"
        case .invalidTag(let text):
            "'\(text)' has no valid tag: a tag is at most 128 letters, digits, _ . or -, and starts with none of . and -"
        case .invalidDigest(let text): "'\(text)' has no valid digest after @: expected sha256: and 64 hex digits"
        }
    }
}
