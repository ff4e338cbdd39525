import Planning
import TestSupport

/// Writes small ELF files with what a loader reads, for either size and byte order.
struct ELFBuilder {
    var is64Bit = true
    var isBigEndian = false
    var machine: UInt16 = 62
    var type: UInt16 = 3
    var interpreter: String?
    var needed: [String] = []
    var soname: String?
    var rpath: String?
    var runpath: String?
    var flags: UInt64 = 0
    var versionNeeds: [(library: String, versions: [(name: String, isWeak: Bool)])] = []
    var versionDefinitions: [String] = []
    var isDynamic = true

    /// Layout: header, program headers, interpreter, names, needs, definitions, dynamic section; loaded at 0x10000.
    func build() -> [UInt8] {
        var names = Names()
        let width = is64Bit ? 8 : 4
        let headerSize = is64Bit ? 64 : 52
        let segmentSize = is64Bit ? 56 : 32
        let start = headerSize + 3 * segmentSize
        let loader: [UInt8] = interpreter.map { Array($0.utf8) + [0] } ?? []
        var entries: [(UInt64, UInt64)] = needed.map { (1, names.add($0)) }
        for (tag, text) in [(14, soname), (15, rpath), (29, runpath)] {
            if let text { entries.append((UInt64(tag), names.add(text))) }
        }
        let needs = needRecords(&names)
        let definitions = definitionRecords(&names)
        let base: UInt64 = 0x10000
        let nameOffset = start + loader.count
        let needOffset = nameOffset + names.bytes.count
        let definitionOffset = needOffset + needs.count
        let dynamicOffset = definitionOffset + definitions.count
        entries += [(5, base + UInt64(nameOffset)), (10, UInt64(names.bytes.count))]
        if !needs.isEmpty {
            entries += [(0x6FFF_FFFE, base + UInt64(needOffset)), (0x6FFF_FFFF, UInt64(versionNeeds.count))]
        }
        if !definitions.isEmpty {
            entries += [
                (0x6FFF_FFFC, base + UInt64(definitionOffset)), (0x6FFF_FFFD, UInt64(versionDefinitions.count + 1)),
            ]
        }
        entries += [(0x6FFF_FFFB, flags), (0, 0)]
        let total = dynamicOffset + entries.count * 2 * width

        var result: [UInt8] =
            [0x7F, 0x45, 0x4C, 0x46, is64Bit ? 2 : 1, isBigEndian ? 2 : 1, 1] + [UInt8](repeating: 0, count: 9)
        result += number(UInt64(type), 2) + number(UInt64(machine), 2) + number(1, 4) + number(0, width)
        result += number(UInt64(headerSize), width) + number(0, width) + number(0, 4) + number(UInt64(headerSize), 2)
        result += number(UInt64(segmentSize), 2) + number(3, 2) + number(0, 6)
        result += segment(1, 0, base, total)
        result +=
            isDynamic
            ? segment(2, dynamicOffset, base + UInt64(dynamicOffset), total - dynamicOffset) : segment(0, 0, 0, 0)
        result += interpreter == nil ? segment(0, 0, 0, 0) : segment(3, start, base + UInt64(start), loader.count)
        result += loader + names.bytes + needs + definitions
        for (tag, value) in entries { result += number(tag, width) + number(value, width) }
        return result
    }

    var node: MemoryFileTree.Node { .file(build()) }

    private struct Names {
        var bytes: [UInt8] = [0]

        mutating func add(_ text: String) -> UInt64 {
            defer { bytes += Array(text.utf8) + [0] }
            return UInt64(bytes.count)
        }
    }

    private func number(_ value: UInt64, _ count: Int) -> [UInt8] {
        let little = (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
        return isBigEndian ? little.reversed() : little
    }

    private func segment(_ kind: UInt64, _ offset: Int, _ address: UInt64, _ size: Int) -> [UInt8] {
        let width = is64Bit ? 8 : 4
        let place = number(UInt64(offset), width) + number(address, width) + number(address, width)
        let sizes = number(UInt64(size), width) + number(UInt64(size), width)
        return number(kind, 4) + (is64Bit ? number(4, 4) : []) + place + sizes + (is64Bit ? [] : number(4, 4))
            + number(1, width)
    }

    private func needRecords(_ names: inout Names) -> [UInt8] {
        var result: [UInt8] = []
        for (index, need) in versionNeeds.enumerated() {
            let size = 16 * (1 + need.versions.count)
            result += number(1, 2) + number(UInt64(need.versions.count), 2) + number(names.add(need.library), 4)
            result += number(16, 4) + number(index + 1 < versionNeeds.count ? UInt64(size) : 0, 4)
            for (index, version) in need.versions.enumerated() {
                result +=
                    number(0, 4) + number(version.isWeak ? 2 : 0, 2) + number(2, 2) + number(names.add(version.name), 4)
                result += number(index + 1 < need.versions.count ? 16 : 0, 4)
            }
        }
        return result
    }

    private func definitionRecords(_ names: inout Names) -> [UInt8] {
        guard !versionDefinitions.isEmpty else { return [] }
        var result: [UInt8] = []
        for (index, name) in ([soname ?? "self"] + versionDefinitions).enumerated() {
            result +=
                number(1, 2) + number(index == 0 ? 1 : 0, 2) + number(UInt64(index + 1), 2) + number(1, 2)
                + number(0, 4)
            result += number(20, 4) + number(index < versionDefinitions.count ? 28 : 0, 4)
            result += number(names.add(name), 4) + number(0, 4)
        }
        return result
    }
}
