/// The file header and the program headers that loading needs.
struct ELFHeader {
    let machine: ELFMachine
    let type: ELFType
    /// Where the parts of the file come to lie in memory.
    private(set) var loads: [Segment] = []
    private(set) var dynamic: Segment?
    private var interpreterSegment: Segment?

    struct Segment {
        let offset: UInt64
        let address: UInt64
        /// Bytes in the file.
        let size: UInt64
    }

    private static let maximumSegments = 1024

    init(_ reader: ELFReader) throws {
        machine = ELFMachine(
            is64Bit: reader.is64Bit, isBigEndian: reader.isBigEndian, number: try reader.half(at: 18))
        type =
            switch try reader.half(at: 16) {
            case 2: .executable
            case 3: .sharedObject
            case let other: .other(other)
            }
        let start = try reader.address(at: reader.is64Bit ? 32 : 28)
        let entrySize = UInt64(try reader.half(at: reader.is64Bit ? 54 : 42))
        let count = Int(try reader.half(at: reader.is64Bit ? 56 : 44))
        guard count > 0 else { return }
        guard count <= Self.maximumSegments else {
            throw ELFError.invalid(reader.path, what: "it claims \(count) segments")
        }
        guard entrySize >= (reader.is64Bit ? 56 : 32) else {
            throw ELFError.invalid(reader.path, what: "its program headers are \(entrySize) bytes long")
        }
        for index in 0..<count { try add(reader, at: try reader.sum(start, UInt64(index) * entrySize)) }
    }

    private mutating func add(_ reader: ELFReader, at offset: UInt64) throws {
        let kind = try reader.word(at: offset)
        guard (1...3).contains(kind) else { return }
        let width: UInt64 = reader.is64Bit ? 8 : 4
        // The flags stand second in 64-bit files, so the offset comes at 8 there and at 4 otherwise.
        let first = try reader.sum(offset, width)
        let segment = Segment(
            offset: try reader.address(at: first), address: try reader.address(at: reader.sum(first, width)),
            size: try reader.address(at: reader.sum(first, 3 * width)))
        switch kind {
        case 1: loads.append(segment)
        case 2: dynamic = segment
        default: interpreterSegment = segment
        }
    }

    func interpreter(_ reader: ELFReader) throws -> String? {
        guard let segment = interpreterSegment else { return nil }
        return try reader.string(at: segment.offset, before: reader.sum(segment.offset, segment.size))
    }

    /// Where in the file the byte at an address of memory lies.
    func offset(of address: UInt64, _ reader: ELFReader) throws -> UInt64 {
        for load in loads where address >= load.address && address - load.address < load.size {
            return try reader.sum(load.offset, address - load.address)
        }
        throw ELFError.invalid(reader.path, what: "an address lies in no segment")
    }
}
