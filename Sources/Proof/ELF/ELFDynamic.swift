/// The dynamic section, with names as offsets into the string table.
struct ELFDynamic {
    private(set) var needed: [UInt64] = []
    private(set) var soname: UInt64?
    private(set) var rpath: UInt64?
    private(set) var runpath: UInt64?
    private(set) var isPIE = false
    private var stringTable: UInt64?
    private var stringSize: UInt64 = 0
    private var needAddress: UInt64?
    private var needCount: UInt64 = 0
    private var definitionAddress: UInt64?
    private var definitionCount: UInt64 = 0

    private static let maximumEntries: UInt64 = 1 << 14
    private static let maximumVersions = 1 << 14

    init(_ reader: ELFReader, _ header: ELFHeader) throws {
        guard let segment = header.dynamic else { return }
        let width: UInt64 = reader.is64Bit ? 8 : 4
        var stringAddress: UInt64?
        for index in 0..<min(segment.size / (2 * width), Self.maximumEntries) {
            let offset = try reader.sum(segment.offset, index * 2 * width)
            let tag = try reader.address(at: offset)
            guard tag != 0 else { break }
            let value = try reader.address(at: reader.sum(offset, width))
            if tag == 5 { stringAddress = value } else { set(tag, value) }
        }
        stringTable = try stringAddress.map { try header.offset(of: $0, reader) }
    }

    private mutating func set(_ tag: UInt64, _ value: UInt64) {
        switch tag {
        case 1: needed.append(value)
        case 10: stringSize = value
        case 14: soname = value
        case 15: rpath = value
        case 29: runpath = value
        case 0x6FFF_FFFB: isPIE = value & 0x0800_0000 != 0
        case 0x6FFF_FFFC: definitionAddress = value
        case 0x6FFF_FFFD: definitionCount = value
        case 0x6FFF_FFFE: needAddress = value
        case 0x6FFF_FFFF: needCount = value
        default: break
        }
    }

    /// A name of the string table.
    func string(_ index: UInt64, _ reader: ELFReader) throws -> String {
        guard let stringTable, index < stringSize else {
            throw ELFError.invalid(reader.path, what: "a name lies outside its string table")
        }
        return try reader.string(at: reader.sum(stringTable, index), before: reader.sum(stringTable, stringSize))
    }

    /// The records of DT_VERNEED, each with a list of versions.
    func versionNeeds(_ reader: ELFReader, _ header: ELFHeader) throws -> [ELFVersionNeed] {
        guard let needAddress, needCount > 0 else { return [] }
        var offset = try header.offset(of: needAddress, reader)
        var result: [ELFVersionNeed] = []
        var budget = Self.maximumVersions
        for _ in 0..<needCount {
            let library = try string(try reader.word(at: reader.sum(offset, 4)), reader)
            var versions: [String] = []
            var item = try reader.sum(offset, try reader.word(at: reader.sum(offset, 8)))
            for _ in 0..<(try reader.half(at: reader.sum(offset, 2))) {
                try spend(&budget, reader)
                let isWeak = try reader.half(at: reader.sum(item, 4)) & 2 != 0
                let name = try string(try reader.word(at: reader.sum(item, 8)), reader)
                if !isWeak { versions.append(name) }
                guard try advance(&item, by: 12, reader) else { break }
            }
            result.append(ELFVersionNeed(library: library, versions: versions))
            try spend(&budget, reader)
            guard try advance(&offset, by: 12, reader) else { break }
        }
        return result
    }

    /// The records of DT_VERDEF, without the one that names the file itself.
    func versionDefinitions(_ reader: ELFReader, _ header: ELFHeader) throws -> [String] {
        guard let definitionAddress, definitionCount > 0 else { return [] }
        var offset = try header.offset(of: definitionAddress, reader)
        var result: [String] = []
        var budget = Self.maximumVersions
        for _ in 0..<definitionCount {
            try spend(&budget, reader)
            let isBase = try reader.half(at: reader.sum(offset, 2)) & 1 != 0
            let item = try reader.sum(offset, try reader.word(at: reader.sum(offset, 12)))
            let name = try string(try reader.word(at: item), reader)
            if !isBase { result.append(name) }
            guard try advance(&offset, by: 16, reader) else { break }
        }
        return result
    }

    /// Goes on to the next record, whose distance stands at `field`; false at the last one.
    private func advance(_ offset: inout UInt64, by field: UInt64, _ reader: ELFReader) throws -> Bool {
        let distance = try reader.word(at: reader.sum(offset, field))
        offset = try reader.sum(offset, distance)
        return distance != 0
    }

    private func spend(_ budget: inout Int, _ reader: ELFReader) throws {
        budget -= 1
        guard budget >= 0 else { throw ELFError.invalid(reader.path, what: "it claims too many symbol versions") }
    }
}
