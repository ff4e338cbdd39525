import Planning

/// Writes a tar archive whose bytes depend on the entries only.
///
/// Headers are ustar; a PAX header comes before them only where ustar cannot say it: names that are not ASCII or too
/// long, files over 8 GiB, owners over 2097151, capabilities. There are no user or group names and no device numbers.
package struct TarWriter: ~Copyable {
    /// Counts up when the same entries give other bytes than before.
    static let dialect = 1

    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private var remaining: Int64 = 0
    private var padding = 0
    private var current = "the start"
    /// Bytes of the archive so far.
    package private(set) var size: Int64 = 0

    /// Hands the archive's bytes to `sink`, in order.
    package init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) { self.sink = sink }

    /// Begins an entry; a file's `size` bytes follow through `write`.
    package mutating func add(_ entry: TarEntry) throws {
        try close()
        try put(Self.header(of: entry))
        current = entry.path
        remaining = entry.kind == .file ? entry.size : 0
        padding = Int((512 - remaining % 512) % 512)
    }

    /// Appends data of the current file.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard Int64(bytes.count) <= remaining else { throw TarWriteError.wrongSize(entry: current) }
        remaining -= Int64(bytes.count)
        size += Int64(bytes.count)
        try sink(bytes)
    }

    /// A whole file that is in memory.
    package mutating func add(_ entry: TarEntry, data: [UInt8]) throws {
        try add(entry)
        try data.withUnsafeBytes { try write($0) }
    }

    /// Ends the archive.
    package mutating func finish() throws {
        try close()
        try put([UInt8](repeating: 0, count: 1024))
    }

    private mutating func close() throws {
        guard remaining == 0 else { throw TarWriteError.wrongSize(entry: current) }
        try put([UInt8](repeating: 0, count: padding))
        padding = 0
    }

    private mutating func put(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        size += Int64(bytes.count)
        try bytes.withUnsafeBytes { try sink($0) }
    }

    /// The header of an entry, with a PAX header before it where one is needed.
    static func header(of entry: TarEntry) throws -> [UInt8] {
        var fields = Fields(entry)
        var records: [(key: String, value: [UInt8])] = []
        let path = Array(entry.path.utf8) + (entry.kind == .folder ? [UInt8(ascii: "/")] : [])
        if !fields.set(path: path) { records.append(("path", path)) }
        let target = try type(of: entry).target
        if !fields.set(linkTarget: Array(target.utf8)) { records.append(("linkpath", Array(target.utf8))) }
        func add(_ key: String, _ value: Int64, at range: Range<Int>) {
            if !fields.set(value, at: range) { records.append((key, Array(String(value).utf8))) }
        }
        add("size", entry.kind == .file ? entry.size : 0, at: 124..<136)
        add("uid", Int64(entry.owner.uid), at: 108..<116)
        add("gid", Int64(entry.owner.gid), at: 116..<124)
        add("mtime", entry.modified, at: 136..<148)
        for (name, value) in entry.xattrs { records.append(("SCHILY.xattr.\(name)", value)) }
        fields.type = try type(of: entry).flag
        guard !records.isEmpty else { return fields.sealed() }
        return paxHeader(records, modified: entry.modified) + fields.sealed()
    }

    private static func type(of entry: TarEntry) throws -> (flag: UInt8, target: String) {
        switch entry.kind {
        case .file: (UInt8(ascii: "0"), "")
        case .folder: (UInt8(ascii: "5"), "")
        case .symbolicLink(let target): (UInt8(ascii: "2"), target)
        case .hardLink(let target): (UInt8(ascii: "1"), target)
        case .characterDevice, .blockDevice, .pipe: throw TarWriteError.unsupportedKind(entry: entry.path)
        }
    }

    private static func paxHeader(_ records: [(key: String, value: [UInt8])], modified: Int64) -> [UInt8] {
        var body: [UInt8] = []
        for (key, value) in records.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let content = Array(" \(key)=".utf8) + value + [0x0A]
            var length = content.count
            // The length counts its own digits.
            while String(length).utf8.count + content.count != length {
                length = String(length).utf8.count + content.count
            }
            body += Array(String(length).utf8) + content
        }
        var fields = Fields(TarEntry(path: "", kind: .file, mode: 0o644))
        _ = fields.set(path: Array("PaxHeader".utf8))
        _ = fields.set(Int64(body.count), at: 124..<136)
        _ = fields.set(modified, at: 136..<148)
        fields.type = UInt8(ascii: "x")
        return fields.sealed() + body + [UInt8](repeating: 0, count: (512 - body.count % 512) % 512)
    }
}

/// The 512 bytes of a ustar header while they are filled in.
private struct Fields {
    private var block = [UInt8](repeating: 0, count: 512)
    var type: UInt8 = 0

    init(_ entry: TarEntry) {
        for range in [100..<108, 108..<116, 116..<124, 329..<337, 337..<345] { _ = set(0, at: range) }
        for range in [124..<136, 136..<148] { _ = set(0, at: range) }
        _ = set(Int64(entry.mode & 0o7777), at: 100..<108)
        put(Array("ustar\0".utf8) + Array("00".utf8), at: 257)
    }

    /// Whether the path fits; else a shortened form stands in its place.
    mutating func set(path: [UInt8]) -> Bool {
        guard path.allSatisfy({ $0 < 0x80 }) else { return shorten(path, at: 0) }
        if path.count <= 100 {
            put(path, at: 0)
            return true
        }
        // The name may keep its final slash, so the split is at an earlier one.
        let slash = path.indices.dropLast().first {
            path[$0] == UInt8(ascii: "/") && path.count - $0 - 1 <= 100 && $0 > 0
        }
        guard let slash, slash <= 155 else { return shorten(path, at: 0) }
        put(Array(path[(slash + 1)...]), at: 0)
        put(Array(path[..<slash]), at: 345)
        return true
    }

    mutating func set(linkTarget: [UInt8]) -> Bool {
        guard linkTarget.count <= 100, linkTarget.allSatisfy({ $0 < 0x80 }) else { return shorten(linkTarget, at: 157) }
        put(linkTarget, at: 157)
        return true
    }

    /// Whether the number fits in octal digits and a null; else the field holds 0.
    mutating func set(_ value: Int64, at range: Range<Int>) -> Bool {
        let digits = range.count - 1
        let fits = value >= 0 && value < 1 << Int64(digits * 3)
        let text = String(fits ? value : 0, radix: 8)
        put(
            Array(String(repeating: "0", count: digits - text.utf8.count).utf8) + Array(text.utf8) + [0],
            at: range.lowerBound)
        return fits
    }

    /// The block with its checksum.
    func sealed() -> [UInt8] {
        var result = block
        result[156] = type
        result.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(result.reduce(0) { $0 + Int($1) }, radix: 8)
        let text = String(repeating: "0", count: 6 - sum.utf8.count) + sum
        result.replaceSubrange(148..<156, with: Array(text.utf8) + [0, 0x20])
        return result
    }

    private mutating func shorten(_ bytes: [UInt8], at offset: Int) -> Bool {
        put(bytes.prefix(100).map { $0 < 0x80 ? $0 : UInt8(ascii: "_") }, at: offset)
        return false
    }

    private mutating func put(_ bytes: [UInt8], at offset: Int) {
        block.replaceSubrange(offset..<(offset + bytes.count), with: bytes)
    }
}

/// Why an archive cannot be written.
package enum TarWriteError: Error, Equatable, CustomStringConvertible {
    /// A file had more or fewer bytes than its header says.
    case wrongSize(entry: String)
    case unsupportedKind(entry: String)

    package var description: String {
        switch self {
        case .wrongSize(let entry): "'\(entry)' changed its size while it was read; build again"
        case .unsupportedKind(let entry): "'\(entry)' is a device or a pipe, which images do not hold"
        }
    }
}
