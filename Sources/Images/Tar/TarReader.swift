import Planning

/// Reads a tar archive entry by entry from a stream, with memory that does not depend on the archive's size.
///
/// Understands ustar, GNU long names and PAX records. The archive is hostile until proven otherwise: checksums are
/// verified, metadata is at most 1 MiB, sparse files and negative or overflowing numbers are refused, and an archive
/// that stops early is an error. Where a PAX record and a header field disagree, the record wins, always.
package struct TarReader: ~Copyable {
    /// The most bytes that the long name or the PAX records of one entry may have.
    static let metadataLimit: Int64 = 1 << 20

    private let source: ByteSource
    /// Bytes of the current entry's data, and of its padding, that were not read yet.
    private var remaining: Int64 = 0
    private var padding = 0
    private var current = "the start"
    private var isAtEnd = false

    /// Reads from `source`, which must be uncompressed.
    package init(_ source: @escaping ByteSource) { self.source = source }

    /// The next entry, skipping what was not read of the one before; nil at the end of the archive.
    package mutating func next() throws -> TarEntry? {
        guard !isAtEnd else { return nil }
        try skipData()
        var extras = TarExtras()
        while true {
            let header = TarHeader(block: try readBlock())
            guard !header.isEmpty else {
                isAtEnd = true
                return nil
            }
            try header.verifyChecksum(after: current)
            switch header.type {
            case UInt8(ascii: "L"): extras.path = try text(of: readMetadata(header))
            case UInt8(ascii: "K"): extras.linkTarget = try text(of: readMetadata(header))
            case UInt8(ascii: "x"): try extras.apply(records: readMetadata(header), after: current)
            case UInt8(ascii: "g"):
                var ignored = TarExtras()
                try ignored.apply(records: readMetadata(header), after: current)
                guard ignored.isEmpty else { throw TarError.unsupported(entry: current, feature: "global attributes") }
            default:
                let entry = try header.entry(with: extras, after: current)
                current = entry.path
                begin(size: entry.size)
                return entry
            }
        }
    }

    /// Reads data of the current entry into `buffer`; returns how many bytes, 0 at the end of the entry.
    package mutating func readData(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let wanted = Int(min(Int64(buffer.count), remaining))
        guard wanted > 0 else { return 0 }
        let count = try source(UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
        guard count > 0 else { throw TarError.truncated(entry: current) }
        remaining -= Int64(count)
        return count
    }

    /// All data of the current entry, which may have at most `limit` bytes.
    package mutating func data(limit: Int = 16 << 20) throws -> [UInt8] {
        guard remaining <= Int64(limit) else { throw TarError.tooLarge(entry: current, limit: Int64(limit)) }
        var result = [UInt8](repeating: 0, count: Int(remaining))
        try readAll(into: &result)
        return result
    }

    /// Reads the stream to its end, past the archive's: so that a digest over the stream covers all of it.
    package mutating func drain() throws {
        while try next() != nil {}
        var scratch = [UInt8](repeating: 0, count: 1 << 16)
        while try scratch.withUnsafeMutableBytes({ try source($0) }) > 0 {}
    }

    private mutating func begin(size: Int64) {
        remaining = size
        padding = Int((512 - size % 512) % 512)
    }

    private mutating func readMetadata(_ header: TarHeader) throws -> [UInt8] {
        let size = try header.size(after: current)
        guard size <= Self.metadataLimit else { throw TarError.tooLarge(entry: current, limit: Self.metadataLimit) }
        begin(size: size)
        let bytes = try data(limit: Int(Self.metadataLimit))
        try skipData()
        return bytes
    }

    private func text(of bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self) else {
            throw TarError.notUTF8(entry: current)
        }
        return text
    }

    private mutating func skipData() throws {
        guard remaining > 0 || padding > 0 else { return }
        var scratch = [UInt8](repeating: 0, count: min(1 << 16, Int(min(remaining + 512, 1 << 16))))
        remaining += Int64(padding)
        padding = 0
        while remaining > 0 { _ = try scratch.withUnsafeMutableBytes { try readData(into: $0) } }
    }

    private mutating func readAll(into bytes: inout [UInt8]) throws {
        var filled = 0
        while filled < bytes.count {
            filled += try bytes.withUnsafeMutableBytes {
                try readData(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
            }
        }
    }

    private mutating func readBlock() throws -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        remaining = 512
        try readAll(into: &block)
        return block
    }
}

/// Why an archive is refused; `entry` is the last one that could be read.
package enum TarError: Error, Equatable, CustomStringConvertible {
    case truncated(entry: String)
    case badChecksum(after: String)
    case badNumber(entry: String, field: String)
    case badRecord(entry: String)
    case notUTF8(entry: String)
    case tooLarge(entry: String, limit: Int64)
    case unsupported(entry: String, feature: String)

    package var description: String {
        switch self {
        case .truncated(let entry): "the archive ends in the middle, at '\(entry)'"
        case .badChecksum(let entry): "the archive is damaged after '\(entry)': a header's checksum is wrong"
        case .badNumber(let entry, let field): "the archive is malformed: '\(entry)' has no valid \(field)"
        case .badRecord(let entry): "the archive is malformed: the PAX records after '\(entry)' cannot be read"
        case .notUTF8(let entry): "the archive holds a name that is not UTF-8, at '\(entry)'"
        case .tooLarge(let entry, let limit):
            "the archive's '\(entry)' has more than \(limit) bytes where that is the limit"
        case .unsupported(let entry, let feature): "the archive's '\(entry)' uses \(feature), which is not supported"
        }
    }
}
