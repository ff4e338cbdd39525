import Crypto

/// The SHA-256 of a blob, written `sha256:` and 64 lower-case hex digits (OCI image-spec, descriptor.md, "Digests").
package struct Digest: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The 64 hex digits without the algorithm.
    package let hex: String

    /// The digest as it stands in documents: `sha256:<hex>`.
    package var description: String { "sha256:\(hex)" }

    /// Parses `sha256:<64 lower-case hex digits>`; anything else is an error, so that no digest can hold a path.
    package init(parsing text: String) throws(DigestError) {
        let prefix = "sha256:"
        guard text.hasPrefix(prefix) else { throw .malformed(text) }
        let digits = text.dropFirst(prefix.count)
        guard digits.utf8.count == 64, digits.utf8.allSatisfy({ Self.isHexDigit($0) }) else { throw .malformed(text) }
        hex = String(digits)
    }

    /// The digest of bytes in memory.
    package init(of bytes: some Sequence<UInt8>) {
        var hasher = DigestHasher()
        hasher.update(Array(bytes))
        self = hasher.finalize()
    }

    fileprivate init(bytes: some Sequence<UInt8>) {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        hex = String(decoding: text, as: UTF8.self)
    }

    /// The first twelve digits, for people.
    package var short: String { String(hex.prefix(12)) }

    package static func < (left: Digest, right: Digest) -> Bool { left.hex < right.hex }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}

extension Digest: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Computes a `Digest` over a stream of bytes.
package struct DigestHasher: Sendable {
    private var state = SHA256()

    package init() {}

    /// Adds bytes from memory that the caller owns.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) { state.update(bufferPointer: bytes) }

    /// Adds bytes from an array.
    package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { state.update(bufferPointer: $0) } }

    /// Adds the UTF-8 bytes of a text.
    package mutating func update(_ text: String) { update(Array(text.utf8)) }

    /// The digest of everything added so far.
    package func finalize() -> Digest { Digest(bytes: state.finalize()) }
}

/// Why a text is not a digest.
package enum DigestError: Error, Equatable, CustomStringConvertible {
    /// The text is not `sha256:` followed by 64 lower-case hex digits.
    case malformed(String)

    package var description: String {
        switch self {
        case .malformed(let text): "'\(text)' is not a digest: expected sha256: and 64 lower-case hex digits"
        }
    }
}
