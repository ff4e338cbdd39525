import Files
import Images
import Planning
import SystemPackage
import Testing

@Suite struct TarTests {
    /// Entries whose headers need each of the ways there are to write a name.
    static let samples: [TarEntry] = [
        .folder("app"),
        .file("app/plain"),
        .file("app/-leading hyphen, and space"),
        .file("app/line\nfeed"),
        .file("app/füße 😀"),
        .file(String(repeating: "a", count: 100)),
        .file(String(repeating: "b", count: 101)),
        .file(String(repeating: "p", count: 155) + "/" + String(repeating: "n", count: 100)),
        .file(String(repeating: "p", count: 156) + "/" + String(repeating: "n", count: 100)),
        .folder(String(repeating: "p", count: 100) + "/" + String(repeating: "n", count: 99)),
        .file(Array(repeating: "deep", count: 200).joined(separator: "/")),
        .link("short", to: "app/plain"),
        .link("long", to: String(repeating: "t", count: 101)),
        .link("unicode", to: "app/füße 😀"),
        .hardLink("hard", to: "app/plain"),
        .hardLink("long hard", to: String(repeating: "b", count: 101)),
        TarEntry(
            path: "owner", kind: .file, mode: 0o4755, owner: Owner(uid: 2_097_152, gid: 4_294_967_294), modified: 1),
        TarEntry(path: "old", kind: .file, mode: 0o600, modified: -1),
        TarEntry(
            path: "capable", kind: .file, mode: 0o755, modified: 1,
            xattrs: ["security.capability": [1, 0, 0, 2, 0, 4, 0, 0, 0x0A, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]]),
    ]

    @Test(arguments: samples) func `reads back what it wrote`(_ entry: TarEntry) throws {
        let text = entry.kind == .file ? "contents of a file" : ""
        let found = try entries(of: archive([(entry, text), (.file("after"), "x")]))
        var expected = entry
        expected.size = Int64(text.utf8.count)
        #expect(
            found.map(\.entry) == [
                expected,
                {
                    var last = TarEntry.file("after"); last.size = 1; return last
                }(),
            ])
        #expect(found.map(\.text) == [text, "x"])
    }

    @Test func `uses a PAX header only where ustar cannot say it`() throws {
        func length(_ entry: TarEntry) throws -> Int { try archive([(entry, "")]).count - 1024 }
        #expect(try length(.file(String(repeating: "a", count: 100))) == 512)
        #expect(try length(.file(String(repeating: "p", count: 155) + "/" + String(repeating: "n", count: 100))) == 512)
        #expect(try length(.file(String(repeating: "a", count: 101))) == 3 * 512)
        #expect(try length(.file("é")) == 3 * 512)
    }

    @Test func `states a size over 8 GiB in a PAX record`() throws {
        let collected = Collected()
        var writer = TarWriter { collected.append($0) }
        var entry = TarEntry.file("large")
        entry.size = 8 << 30
        try writer.add(entry)
        #expect(collected.bytes.count == 3 * 512)
        #expect(String(decoding: collected.bytes[512..<531], as: UTF8.self) == "19 size=8589934592\n")
        #expect(String(decoding: collected.bytes[1148..<1159], as: UTF8.self) == "00000000000")
        var reader = TarReader(source(collected.bytes))
        #expect(try reader.next() == entry)
        #expect(throws: TarError.truncated(entry: "large")) { try reader.next() }
    }

    @Test func `states a size just under 8 GiB in the header`() throws {
        let collected = Collected()
        var writer = TarWriter { collected.append($0) }
        var entry = TarEntry.file("large")
        entry.size = 8 << 30 - 1
        try writer.add(entry)
        #expect(collected.bytes.count == 512)
    }

    @Test func `fails where a file has more or fewer bytes than its header says`() throws {
        var entry = TarEntry.file("short")
        entry.size = 3
        var writer = TarWriter { _ in }
        #expect(throws: TarWriteError.wrongSize(entry: "short")) { try writer.add(entry, data: [1, 2, 3, 4]) }
        var other = TarWriter { _ in }
        try other.add(entry, data: [1, 2, 3])
        try other.add(entry, data: [])
        #expect(throws: TarWriteError.wrongSize(entry: "short")) { try other.finish() }
    }

    @Test func `refuses to write devices`() throws {
        var writer = TarWriter { _ in }
        #expect(throws: TarWriteError.unsupportedKind(entry: "null")) {
            try writer.add(TarEntry(path: "null", kind: .characterDevice, mode: 0o666))
        }
    }

    @Test func `GNU tar lists what we wrote`() async throws {
        let scratch = try Scratch()
        let path = scratch.path.appending("ours.tar")
        try AtomicFile.write(archive(Self.samples.map { ($0, "") }), to: path)
        let listing = try await Tool.run("tar", ["-tf", path.string, "--quoting-style=literal", "--null", "-P"])
        let expected = Self.samples.map { $0.path + ($0.kind == .folder ? "/" : "") }
        #expect(listing == expected.map { $0 + "\n" }.joined())
    }

    @Test(arguments: ["gnu", "pax", "ustar", "v7"]) func `reads what GNU tar wrote`(_ format: String) async throws {
        let scratch = try Scratch()
        let long = format == "gnu" || format == "pax"
        var names = ["a", "line\nfeed", "é"]
        if long { names += [String(repeating: "n", count: 200)] }
        let folder = scratch.path.appending("in")
        try HostFiles.makeFolder(folder)
        for name in names { try AtomicFile.write(Array(name.utf8), to: folder.appending(name)) }
        let file = scratch.path.appending("theirs.tar")
        _ = try await Tool.run(
            "tar", ["--format=\(format)", "--sort=name", "--mtime=@7", "-C", folder.string, "-cf", file.string, "."])
        let bytes = try #require(try HostFiles.read(file))
        let found = try entries(of: bytes)
        #expect(found.map(\.entry.path) == ["."] + names.map { "./" + $0 }.sorted())
        #expect(Set(found.dropFirst().map(\.text)) == Set(names))
        #expect(found.allSatisfy { $0.entry.modified == 7 })
    }
}
