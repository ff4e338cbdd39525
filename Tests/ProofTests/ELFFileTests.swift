import Planning
import Proof
import TestSupport
import Testing

private func read(_ bytes: [UInt8]) throws -> ELFFile? {
    try ELFFile(at: ImagePath("/file"), in: MemoryFileTree(["/file": .file(bytes)]))
}

private func rich(is64Bit: Bool, isBigEndian: Bool) -> ELFBuilder {
    var builder = ELFBuilder()
    builder.is64Bit = is64Bit
    builder.isBigEndian = isBigEndian
    builder.machine = 21
    builder.interpreter = "/lib/ld.so"
    builder.needed = ["libpq.so.5", "libc.so.6"]
    builder.soname = "libself.so.1"
    builder.rpath = "$ORIGIN/../lib:/opt/lib"
    builder.runpath = "/usr/lib/x"
    builder.versionNeeds = [
        ("libc.so.6", [("GLIBC_2.34", false), ("GLIBC_2.4", true)]), ("libpq.so.5", [("RHPG_9.6", false)]),
    ]
    builder.versionDefinitions = ["SELF_1.0", "SELF_1.1"]
    return builder
}

@Test(arguments: [true, false], [true, false])
func `reads both sizes in both byte orders`(is64Bit: Bool, isBigEndian: Bool) throws {
    let file = try #require(try read(rich(is64Bit: is64Bit, isBigEndian: isBigEndian).build()))
    #expect(file.machine == ELFMachine(is64Bit: is64Bit, isBigEndian: isBigEndian, number: 21))
    #expect(file.type == .sharedObject)
    #expect(file.interpreter == "/lib/ld.so")
    #expect(file.needed == ["libpq.so.5", "libc.so.6"])
    #expect(file.soname == "libself.so.1")
    #expect(file.rpath == ["$ORIGIN/../lib", "/opt/lib"])
    #expect(file.runpath == ["/usr/lib/x"])
    #expect(
        file.versionNeeds == [
            ELFVersionNeed(library: "libc.so.6", versions: ["GLIBC_2.34"]),
            ELFVersionNeed(library: "libpq.so.5", versions: ["RHPG_9.6"]),
        ])
    #expect(file.versionDefinitions == ["SELF_1.0", "SELF_1.1"])
    #expect(!file.isStaticPIE)
}

@Test func `tells a static program from one that may be placed anywhere`() throws {
    var builder = ELFBuilder()
    builder.flags = 0x0800_0000
    #expect(try #require(try read(builder.build())).isStaticPIE)
    builder.flags = 0
    #expect(try !#require(try read(builder.build())).isStaticPIE)
    builder.type = 2
    builder.isDynamic = false
    let fixed = try #require(try read(builder.build()))
    #expect(fixed.type == .executable)
    #expect(!fixed.isDynamic)
    #expect(fixed.needed.isEmpty)
}

@Test func `what is no ELF file costs one small read`() throws {
    let text = [UInt8](repeating: 0x41, count: 1 << 20)
    let tree = try MemoryFileTree([
        "/file": .file(text), "/empty": .file([]), "/link": .link("file"), "/folder": .folder,
    ])
    #expect(try ELFFile(at: ImagePath("/file"), in: tree) == nil)
    #expect(tree.readCount == 64)
    for path in [ImagePath("/empty"), ImagePath("/link"), ImagePath("/folder"), ImagePath("/none")] {
        #expect(try ELFFile(at: path, in: tree) == nil)
    }
}

@Test func `a damaged file says what is wrong with it`() throws {
    let path = ImagePath("/file")
    let good = rich(is64Bit: true, isBigEndian: false).build()
    #expect(throws: ELFError.truncated(path)) { try read(Array(good[..<10])) }
    #expect(throws: ELFError.truncated(path)) { try read(Array(good[..<100])) }
    var bytes = good
    bytes[4] = 9
    #expect(throws: ELFError.invalid(path, what: "its class is 9")) { try read(bytes) }
    bytes = good
    bytes[5] = 0
    #expect(throws: ELFError.invalid(path, what: "its byte order is 0")) { try read(bytes) }
    bytes = good
    bytes.replaceSubrange(56..<58, with: [0xFF, 0xFF])
    #expect(throws: ELFError.invalid(path, what: "it claims 65535 segments")) { try read(bytes) }
    bytes = good
    bytes.replaceSubrange(32..<40, with: [UInt8](repeating: 0xFF, count: 8))
    #expect(throws: (any Error).self) { try read(bytes) }
}

/// A generator of the same numbers each time (Knuth's MMIX constants).
private struct Numbers {
    var state: UInt64

    mutating func next(below limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % UInt64(limit))
    }
}

@Test(arguments: [true, false], [true, false])
func `no damage brings the reader down`(is64Bit: Bool, isBigEndian: Bool) throws {
    let good = rich(is64Bit: is64Bit, isBigEndian: isBigEndian).build()
    var numbers = Numbers(state: is64Bit ? 1 : 2)
    let edges: [UInt8] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF]
    var outcomes: (read: Int, refused: Int) = (0, 0)
    for _ in 0..<5_000 {
        var bytes = good
        for _ in 0...numbers.next(below: 6) {
            let place = numbers.next(below: bytes.count)
            if numbers.next(below: 3) == 0 {
                let end = min(bytes.count, place + 8)
                bytes.replaceSubrange(
                    place..<end, with: [UInt8](repeating: edges[numbers.next(below: 6)], count: end - place))
            } else {
                bytes[place] = UInt8(numbers.next(below: 256))
            }
        }
        if numbers.next(below: 8) == 0 { bytes.removeLast(numbers.next(below: bytes.count)) }
        do {
            if try read(bytes) != nil { outcomes.read += 1 }
        } catch is ELFError {
            outcomes.refused += 1
        }
    }
    #expect(outcomes.read > 100)
    #expect(outcomes.refused > 100)
}
