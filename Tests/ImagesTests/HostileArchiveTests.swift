import Files
import Glibc
import Images
import OCI
import Planning
import SystemPackage
import Testing

/// Archives that no honest program wrote.
@Suite struct HostileArchiveTests {
    /// A header with bytes replaced, its checksum made right again.
    static func header(_ changes: [(offset: Int, bytes: [UInt8])], of entry: TarEntry = .file("x")) throws -> [UInt8] {
        var block = Array(try archive([(entry, "")]).prefix(512))
        for (offset, bytes) in changes { block.replaceSubrange(offset..<(offset + bytes.count), with: bytes) }
        block.replaceSubrange(148..<156, with: [UInt8](repeating: 0x20, count: 8))
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        block.replaceSubrange(148..<154, with: Array((String(repeating: "0", count: 6 - sum.utf8.count) + sum).utf8))
        block[154] = 0
        return block
    }

    static func pax(_ record: String, size: String = "00000001000") throws -> [UInt8] {
        let body = Array("\(record.utf8.count + 4) \(record)\n".utf8)
        return try header([(156, [UInt8(ascii: "x")]), (124, Array(size.utf8))], of: .file("pax"))
            + body + [UInt8](repeating: 0x0A, count: 512 - body.count)
    }

    static func sized(_ record: String) throws -> [UInt8] {
        let length = record.utf8.count + 4
        let size = String(length, radix: 8)
        let body = Array("\(length) \(record)\n".utf8)
        return try header(
            [
                (156, [UInt8(ascii: "x")]),
                (124, Array((String(repeating: "0", count: 11 - size.utf8.count) + size).utf8)),
            ],
            of: .file("pax"))
            + body + [UInt8](repeating: 0, count: 512 - body.count)
    }

    @Test func `refuses what cannot be read`() throws {
        let end = [UInt8](repeating: 0, count: 1024)
        let binary: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE]
        let huge: [UInt8] = [0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]
        var flipped = try Self.header([])
        flipped[0] ^= 1
        let good = try archive([(.file("good"), "data")])
        let cases: [([UInt8], TarError)] = [
            (flipped + end, .badChecksum(after: "the start")),
            (good.dropLast(1024) + flipped, .badChecksum(after: "good")),
            ([], .truncated(entry: "the start")),
            (Array(good.prefix(514)), .truncated(entry: "good")),
            (Array(good.prefix(1024)), .truncated(entry: "good")),
            (Array(good.prefix(1300)), .truncated(entry: "good")),
            (try Self.header([(124, binary)]) + end, .badNumber(entry: "x", field: "size")),
            (try Self.header([(124, huge)]) + end, .badNumber(entry: "x", field: "size")),
            (try Self.header([(124, Array("0000000008".utf8))]) + end, .badNumber(entry: "x", field: "size")),
            (try Self.header([(108, Array("-000001".utf8))]) + end, .badNumber(entry: "x", field: "owner")),
            (try Self.header([(156, [UInt8(ascii: "S")])]) + end, .unsupported(entry: "x", feature: "a sparse file")),
            (try Self.header([(156, [UInt8(ascii: "V")])]) + end, .unsupported(entry: "x", feature: "entry type 86")),
            (try Self.header([(0, [0xFF])]) + end, .notUTF8(entry: "the start")),
            (
                try Self.header([(156, [UInt8(ascii: "x")]), (124, Array("00004000001".utf8))]) + end,
                .tooLarge(entry: "the start", limit: 1 << 20)
            ),
            (
                try Self.header([(156, [UInt8(ascii: "L")]), (124, Array("77777777777".utf8))]) + end,
                .tooLarge(entry: "the start", limit: 1 << 20)
            ),
            (try Self.sized("GNU.sparse.major=1") + end, .unsupported(entry: "the start", feature: "a sparse file")),
            (try Self.sized("size=-1234") + end, .badNumber(entry: "the start", field: "size")),
            (try Self.sized("size=9223372036854775807") + end, .badNumber(entry: "the start", field: "size")),
            (try Self.sized("uid=99999999999") + Self.header([]) + end, .badNumber(entry: "x", field: "owner")),
            (try Self.sized("path=a\0bcdef") + end, .badRecord(entry: "the start")),
            (try Self.sized("no equals sign") + end, .badRecord(entry: "the start")),
            (try Self.pax("path=abcdef") + end, .badRecord(entry: "the start")),
        ]
        for (bytes, expected) in cases {
            #expect(throws: expected) { try entries(of: bytes) }
        }
    }

    @Test func `takes the PAX record where it and the header differ in size`() throws {
        let data = Array("0123456789".utf8) + [UInt8](repeating: 0, count: 502)
        let bytes = try Self.sized("size=0000010") + Self.header([(124, Array("00000000000".utf8))]) + data
        let found = try entries(of: bytes + [UInt8](repeating: 0, count: 1024))
        #expect(found.map(\.text) == ["0123456789"])
    }

    static func unpack(
        _ list: [(TarEntry, String)], into scratch: Scratch, options: FolderUnpacker.Options = .init(),
        transform: FolderUnpacker.Transform? = nil
    ) throws -> FolderUnpacker.Counts {
        let folder = scratch.path.appending("root")
        try HostFiles.makeFolder(folder)
        var unpacker = try FolderUnpacker(into: folder, options: options, transform: transform)
        var reader = TarReader(source(try archive(list)))
        return try unpacker.unpack(&reader)
    }

    @Test func `writes nothing outside of the folder`() throws {
        let cases: [([(TarEntry, String)], UnpackError)] = [
            ([(.file("../outside"), "bad")], .escapes("../outside")),
            ([(.file("a/../../outside"), "bad")], .escapes("a/../../outside")),
            ([(.file("a/\u{301}/../../outside"), "bad")], .escapes("a/\u{301}/../../outside")),
            ([(.file("../\u{301}outside"), "bad")], .escapes("../\u{301}outside")),
            ([(.link("door", to: ".."), ""), (.file("door/outside"), "bad")], .linkInPath(ImagePath("/door"))),
            (
                [(.folder("a"), ""), (.link("a/door", to: "../.."), ""), (.file("a/door/outside"), "bad")],
                .linkInPath(ImagePath("/a/door"))
            ),
            ([(.file("f"), "x"), (.file("f/g"), "bad")], .linkInPath(ImagePath("/f"))),
            ([(.hardLink("stolen", to: "../secret"), "")], .escapes("../secret")),
            (
                [(.link("door", to: ".."), ""), (.hardLink("stolen", to: "door/secret"), "")],
                .missingLinkTarget(ImagePath("/stolen"), target: "door/secret")
            ),
            ([(.hardLink("stolen", to: "absent"), "")], .missingLinkTarget(ImagePath("/stolen"), target: "absent")),
            ([(.file("."), "bad")], .rootIsNotAFolder),
        ]
        for (list, expected) in cases {
            let scratch = try Scratch()
            try scratch.write("secret", "kept")
            #expect(throws: expected) { try Self.unpack(list, into: scratch) }
            #expect(try HostFiles.names(in: scratch.path) == ["root", "secret"])
            #expect(try scratch.text("secret") == "kept")
        }
    }

    @Test func `an absolute name stays inside`() throws {
        let scratch = try Scratch()
        _ = try Self.unpack([(.file("/etc/passwd"), "ours")], into: scratch)
        #expect(try scratch.text("root/etc/passwd") == "ours")
    }

    @Test func `a link at a file's place is replaced, not written through`() throws {
        let scratch = try Scratch()
        try scratch.write("secret", "kept")
        _ = try Self.unpack([(.link("f", to: "../secret"), ""), (.file("f"), "new")], into: scratch)
        #expect(try scratch.text("root/f") == "new")
        #expect(try scratch.text("secret") == "kept")
    }

    @Test func `a hard link to a link does not reach what it points to`() throws {
        let scratch = try Scratch()
        try scratch.write("secret", "kept")
        _ = try Self.unpack([(.link("a", to: "../secret"), ""), (.hardLink("b", to: "a"), "")], into: scratch)
        #expect(try scratch.status("root/b").st_mode & 0o170000 == 0o120000)
        #expect(try scratch.status("secret").st_nlink == 1)
    }

    @Test func `stops at the size limit before it writes`() throws {
        let scratch = try Scratch()
        var options = FolderUnpacker.Options()
        options.sizeLimit = 5
        #expect(throws: UnpackError.tooLarge(ImagePath("/b"), limit: 5)) {
            try Self.unpack([(.file("a"), "123"), (.file("b"), "456")], into: scratch, options: options)
        }
        #expect(try HostFiles.names(in: scratch.path.appending("root")) == ["a"])
    }
}
