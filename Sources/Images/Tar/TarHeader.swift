import Planning

/// The 512 bytes before an entry's data.
struct TarHeader {
    let block: [UInt8]

    var isEmpty: Bool { block.allSatisfy { $0 == 0 } }
    var type: UInt8 { block[156] }

    /// Compares the sum of all bytes, as unsigned or (old archives) signed numbers, with the header's.
    func verifyChecksum(after entry: String) throws {
        var unsigned: Int64 = 0
        var signed: Int64 = 0
        for (index, byte) in block.enumerated() {
            let value = (148..<156).contains(index) ? UInt8(ascii: " ") : byte
            unsigned += Int64(value)
            signed += Int64(Int8(bitPattern: value))
        }
        guard let stated = number(at: 148..<156), stated == unsigned || stated == signed else {
            throw TarError.badChecksum(after: entry)
        }
    }

    /// The size field; never negative.
    func size(after entry: String) throws -> Int64 {
        guard let size = number(at: 124..<136), size >= 0, size <= Int64.max - 1024 else {
            throw TarError.badNumber(entry: entry, field: "size")
        }
        return size
    }

    /// The entry that this header and what came before it describe.
    func entry(with extras: TarExtras, after previous: String) throws -> TarEntry {
        var path = try extras.path ?? name(after: previous)
        let kind = try kind(path: path, linkTarget: extras.linkTarget ?? text(at: 157..<257, after: previous))
        // A folder's slash says nothing that its kind does not.
        while kind == .folder, path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") {
            path.unicodeScalars.removeLast()
        }
        guard let mode = number(at: 100..<108) else { throw TarError.badNumber(entry: path, field: "mode") }
        guard let modified = extras.modified ?? number(at: 136..<148) else {
            throw TarError.badNumber(entry: path, field: "time")
        }
        return TarEntry(
            path: path, kind: kind, mode: UInt16(truncatingIfNeeded: mode & 0o7777),
            owner: Owner(
                uid: try id(extras.uid ?? number(at: 108..<116), of: path),
                gid: try id(extras.gid ?? number(at: 116..<124), of: path)),
            size: kind == .file ? try extras.size ?? size(after: path) : 0, modified: modified, xattrs: extras.xattrs)
    }

    private func kind(path: String, linkTarget: String) throws -> TarEntry.Kind {
        switch type {
        case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): path.utf8.last == UInt8(ascii: "/") ? .folder : .file
        case UInt8(ascii: "1"): .hardLink(target: linkTarget)
        case UInt8(ascii: "2"): .symbolicLink(target: linkTarget)
        case UInt8(ascii: "3"): .characterDevice
        case UInt8(ascii: "4"): .blockDevice
        case UInt8(ascii: "5"): .folder
        case UInt8(ascii: "6"): .pipe
        case UInt8(ascii: "S"): throw TarError.unsupported(entry: path, feature: "a sparse file")
        default: throw TarError.unsupported(entry: path, feature: "entry type \(type)")
        }
    }

    private func id(_ value: Int64?, of path: String) throws -> UInt32 {
        guard let value, let id = UInt32(exactly: value) else { throw TarError.badNumber(entry: path, field: "owner") }
        return id
    }

    /// POSIX archives split long names between a prefix and a name; GNU ones keep other things in the prefix.
    private func name(after previous: String) throws -> String {
        let name = try text(at: 0..<100, after: previous)
        guard block[257..<263].elementsEqual("ustar\0".utf8) else { return name }
        let prefix = try text(at: 345..<500, after: previous)
        return prefix.isEmpty ? name : prefix + "/" + name
    }

    private func text(at range: Range<Int>, after entry: String) throws -> String {
        guard let text = String(validating: block[range].prefix { $0 != 0 }, as: UTF8.self) else {
            throw TarError.notUTF8(entry: entry)
        }
        return text
    }

    /// An octal number, or a binary one where the first bit is set (GNU); nil where it is neither or overflows.
    private func number(at range: Range<Int>) -> Int64? {
        let field = block[range]
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 { return binary(field) }
        let digits = field.drop { $0 == 0x20 || $0 == 0 }.prefix { $0 != 0x20 && $0 != 0 }
        guard digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
        return digits.isEmpty ? 0 : Int64(String(decoding: digits, as: UTF8.self), radix: 8)
    }

    private func binary(_ field: ArraySlice<UInt8>) -> Int64? {
        let isNegative = field.first == 0xFF
        guard isNegative || field.first == 0x80 else { return nil }
        let fill: UInt8 = isNegative ? 0xFF : 0
        let digits = field.dropFirst()
        guard digits.dropLast(8).allSatisfy({ $0 == fill }) else { return nil }
        let value = digits.suffix(8).reduce(isNegative ? -1 : 0 as Int64) { $0 << 8 | Int64($1) }
        return (value < 0) == isNegative ? value : nil
    }
}

/// What long-name entries and PAX records say about the entry that follows them.
struct TarExtras: Equatable {
    var path: String?
    var linkTarget: String?
    var size: Int64?
    var uid: Int64?
    var gid: Int64?
    var modified: Int64?
    var xattrs: [String: [UInt8]] = [:]

    var isEmpty: Bool { self == TarExtras() }

    /// Reads `LENGTH KEY=VALUE\n` records (POSIX pax, "pax Extended Header").
    mutating func apply(records bytes: [UInt8], after entry: String) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard digits.count < 8, let length = Int(String(decoding: digits, as: UTF8.self)),
                length > digits.count + 1, length <= rest.count,
                rest[rest.startIndex + digits.count] == 0x20, rest[rest.startIndex + length - 1] == 0x0A
            else { throw TarError.badRecord(entry: entry) }
            let record = rest[(rest.startIndex + digits.count + 1)..<(rest.startIndex + length - 1)]
            rest = rest.dropFirst(length)
            guard let equals = record.firstIndex(of: UInt8(ascii: "=")), equals > record.startIndex,
                let key = String(validating: record[..<equals], as: UTF8.self)
            else { throw TarError.badRecord(entry: entry) }
            try apply(key: key, value: record[(equals + 1)...], after: entry)
        }
    }

    /// An empty value takes back what an earlier record said.
    private mutating func apply(key: String, value: ArraySlice<UInt8>, after entry: String) throws {
        switch key {
        case "path": path = try text(value, after: entry)
        case "linkpath": linkTarget = try text(value, after: entry)
        case "size": size = try natural(value, field: "size", after: entry)
        case "uid": uid = try natural(value, field: "owner", after: entry)
        case "gid": gid = try natural(value, field: "owner", after: entry)
        case "mtime": modified = try seconds(value, after: entry)
        default:
            if key.hasPrefix("GNU.sparse.") { throw TarError.unsupported(entry: entry, feature: "a sparse file") }
            let prefix = "SCHILY.xattr."
            if key.hasPrefix(prefix) { xattrs[String(key.dropFirst(prefix.count))] = Array(value) }
        }
    }

    private func text(_ value: ArraySlice<UInt8>, after entry: String) throws -> String? {
        guard !value.contains(0) else { throw TarError.badRecord(entry: entry) }
        guard let text = String(validating: value, as: UTF8.self) else { throw TarError.notUTF8(entry: entry) }
        return text.isEmpty ? nil : text
    }

    private func natural(_ value: ArraySlice<UInt8>, field: String, after entry: String) throws -> Int64? {
        guard !value.isEmpty else { return nil }
        guard value.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int64(String(decoding: value, as: UTF8.self)), number <= Int64.max - 1024
        else { throw TarError.badNumber(entry: entry, field: field) }
        return number
    }

    private func seconds(_ value: ArraySlice<UInt8>, after entry: String) throws -> Int64? {
        guard !value.isEmpty else { return nil }
        let parts = value.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : []
        guard let whole = Int64(String(decoding: parts[0], as: UTF8.self)), whole > Int64.min,
            fraction.allSatisfy({ (0x30...0x39).contains($0) })
        else { throw TarError.badNumber(entry: entry, field: "time") }
        let isBelow = value.first == UInt8(ascii: "-") && fraction.contains { $0 != 0x30 }
        return isBelow ? whole - 1 : whole
    }
}
