import Planning

/// Reads numbers and names at checked offsets of one file, some pages at a time.
final class ELFReader {
    let path: ImagePath
    let is64Bit: Bool
    let isBigEndian: Bool
    private let size: UInt64
    private let tree: any FileTree
    private var pages: [UInt64: [UInt8]] = [:]
    /// How many bytes of names may still be read: a file that says the same long name again and again comes to an end.
    private var nameBudget = 4 << 20

    private static let pageSize: UInt64 = 1 << 14
    private static let maximumPages = 64

    /// Opens a file; nil where it does not begin as an ELF file does.
    init?(path: ImagePath, size: Int64, tree: any FileTree) throws {
        guard size >= 4 else { return nil }
        var start = [UInt8](repeating: 0, count: 64)
        let count = try start.withUnsafeMutableBytes { try tree.read(path, at: 0, into: $0) }
        guard count >= 4, start[..<4].elementsEqual([0x7F, 0x45, 0x4C, 0x46]) else { return nil }
        guard count >= 16 else { throw ELFError.truncated(path) }
        guard start[4] == 1 || start[4] == 2 else { throw ELFError.invalid(path, what: "its class is \(start[4])") }
        guard start[5] == 1 || start[5] == 2 else {
            throw ELFError.invalid(path, what: "its byte order is \(start[5])")
        }
        self.path = path
        self.size = UInt64(size)
        self.tree = tree
        is64Bit = start[4] == 2
        isBigEndian = start[5] == 2
    }

    func byte(at offset: UInt64) throws -> UInt8 {
        guard offset < size else { throw ELFError.truncated(path) }
        let page = offset / Self.pageSize
        let bytes = try pages[page] ?? load(page)
        let index = Int(offset % Self.pageSize)
        guard index < bytes.count else { throw ELFError.truncated(path) }
        return bytes[index]
    }

    /// An unsigned number of 1 to 8 bytes in the file's byte order.
    func number(at offset: UInt64, bytes count: UInt64) throws -> UInt64 {
        let end = offset.addingReportingOverflow(count)
        guard !end.overflow, end.partialValue <= size else { throw ELFError.truncated(path) }
        var value: UInt64 = 0
        for index in 0..<count {
            let position = isBigEndian ? offset + index : offset + (count - 1 - index)
            value = value << 8 | UInt64(try byte(at: position))
        }
        return value
    }

    func half(at offset: UInt64) throws -> UInt16 { UInt16(truncatingIfNeeded: try number(at: offset, bytes: 2)) }
    func word(at offset: UInt64) throws -> UInt64 { try number(at: offset, bytes: 4) }
    /// An address or offset: 8 bytes in a 64-bit file, else 4.
    func address(at offset: UInt64) throws -> UInt64 { try number(at: offset, bytes: is64Bit ? 8 : 4) }

    /// The sum of offsets, checked.
    func sum(_ left: UInt64, _ right: UInt64) throws -> UInt64 {
        let sum = left.addingReportingOverflow(right)
        guard !sum.overflow else { throw ELFError.invalid(path, what: "an offset is out of range") }
        return sum.partialValue
    }

    /// The text up to a null byte, which must come before `end` and within 16 KiB.
    func string(at offset: UInt64, before end: UInt64) throws -> String {
        var bytes: [UInt8] = []
        var position = offset
        while position < end, bytes.count < 1 << 14 {
            let byte = try byte(at: position)
            nameBudget -= 1
            guard nameBudget > 0 else { throw ELFError.invalid(path, what: "it holds too many names") }
            guard byte != 0 else {
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw ELFError.invalid(path, what: "a name in it is not UTF-8")
                }
                return text
            }
            bytes.append(byte)
            position += 1
        }
        throw ELFError.invalid(path, what: "a name in it has no end")
    }

    private func load(_ page: UInt64) throws -> [UInt8] {
        let start = page * Self.pageSize
        var bytes = [UInt8](repeating: 0, count: Int(min(Self.pageSize, size - start)))
        var filled = 0
        while filled < bytes.count {
            let count = try bytes.withUnsafeMutableBytes {
                try tree.read(
                    path, at: Int64(start) + Int64(filled), into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...])
                )
            }
            guard count > 0, count <= bytes.count - filled else { throw ELFError.truncated(path) }
            filled += count
        }
        if pages.count >= Self.maximumPages { pages.removeAll() }
        pages[page] = bytes
        return bytes
    }
}
