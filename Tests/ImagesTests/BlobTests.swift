import Files
import Glibc
import Images
import OCI
import Planning
import SystemPackage
import Testing

@Suite struct BlobTests {
    @Test func `a blob is named by its digest and appears by commit only`() throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path)
        let expected = Digest(of: Array("hello".utf8))
        func abandon() throws {
            var writer = try store.makeWriter()
            try "hel".withUTF8Bytes { try writer.write($0) }
        }
        try abandon()
        #expect(try HostFiles.names(in: scratch.path.pushing("blobs/sha256")) == [])
        var writer = try store.makeWriter()
        try "hel".withUTF8Bytes { try writer.write($0) }
        try "lo".withUTF8Bytes { try writer.write($0) }
        #expect(!store.has(expected))
        let (digest, size) = try writer.commit()
        #expect(digest == expected)
        #expect(size == 5)
        #expect(try HostFiles.names(in: scratch.path.pushing("blobs/sha256")) == [expected.hex])
    }

    @Test func `the writer's version names the dialect, the library and its level`() {
        #expect(LayerWriter.version.wholeMatch(of: /tar1-zlib1\.[0-9]+[0-9a-z.]*-6/) != nil, "\(LayerWriter.version)")
    }

    @Test func `a damaged blob is not read`() throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path)
        let blob = try store.write(Array("hello".utf8), mediaType: .config)
        #expect(try store.read(blob) == Array("hello".utf8))
        try AtomicFile.write(Array("hellO".utf8), to: store.path(blob.digest))
        #expect(throws: BlobError.damaged(blob.digest)) { try store.read(blob) }
        let other = try BlobStore(scratch.path.appending("other"))
        #expect(throws: BlobError.damaged(blob.digest)) { try other.copy(blob.digest, from: store) }
        #expect(!other.has(blob.digest))
    }

    @Test func `a missing blob is an error that names it`() throws {
        let scratch = try Scratch()
        let digest = Digest(of: [])
        #expect(throws: BlobError.missing(digest)) { try BlobStore(scratch.path).open(digest) }
    }

    @Test func `leavings of killed writers are removed, those of living ones are not`() throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path)
        let blobs = scratch.path.pushing("blobs/sha256")
        for name in [".tmp-old", ".tmp-young"] { try AtomicFile.write([1], to: blobs.appending(name)) }
        let hourAgo = time(nil) - 3600
        utimensat(
            AT_FDCWD, blobs.appending(".tmp-old").string,
            [timespec(tv_sec: hourAgo, tv_nsec: 0), timespec(tv_sec: hourAgo, tv_nsec: 0)], 0)
        var writer = try store.makeWriter()
        try "x".withUTF8Bytes { try writer.write($0) }
        let living = try #require(try HostFiles.names(in: blobs).first { $0 != ".tmp-old" && $0 != ".tmp-young" })
        utimensat(
            AT_FDCWD, blobs.appending(living).string,
            [timespec(tv_sec: hourAgo, tv_nsec: 0), timespec(tv_sec: hourAgo, tv_nsec: 0)], 0)
        #expect(try store.removeLeavings() == 1)
        #expect(try HostFiles.names(in: blobs) == [".tmp-young", living].sorted())
        _ = try writer.commit()
    }

    /// Around the size of a block, of two, and of a batch.
    @Test(arguments: [0, 1, 65535, 1 << 20 - 1, 1 << 20, 1 << 20 + 1, 5 << 20, 9 << 20 + 17])
    func `gzip and tar read a layer of any size`(_ size: Int) async throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path.appending("store"))
        var state: UInt64 = 42
        let bytes = (0..<size).map { index -> UInt8 in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return index % 3 == 0 ? UInt8(truncatingIfNeeded: state >> 33) : UInt8(index >> 8 & 0xFF)
        }
        var layer = try LayerWriter(into: store)
        var entry = TarEntry.file("data")
        entry.size = Int64(size)
        try layer.add(entry)
        try bytes.withUnsafeBytes { try layer.write($0) }
        let blob = try layer.commit()
        #expect(blob.uncompressedSize == Int64(size))
        #expect(try entries(of: blob, in: store) == [entry])
        let file = scratch.path.appending("data.gz")
        #expect(link(store.path(blob.descriptor.digest).string, file.string) == 0)
        _ = try await Tool.run("gzip", ["-t", file.string])
        _ = try await Tool.run("tar", ["-C", scratch.path.string, "-xzf", file.string])
        #expect(try HostFiles.read(scratch.path.appending("data")) == bytes)
    }

    @Test func `a gzip stream of several members is read to its end`() async throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path)
        for (name, text) in [("a", "first "), ("b", "second")] {
            try scratch.write(name, text)
            _ = try await Tool.run("gzip", ["-n", scratch.path.appending(name).string])
        }
        let one = try #require(try HostFiles.read(scratch.path.appending("a.gz")))
        let two = try #require(try HostFiles.read(scratch.path.appending("b.gz")))
        let both = try store.write(one + two, mediaType: .layerGzip)
        let collected = Collected()
        let reader = try LayerReader(both, in: store)
        try reader.forEachChunk { collected.append($0) }
        #expect(String(decoding: collected.bytes, as: UTF8.self) == "first second")
        try reader.verify(diffID: Digest(of: Array("first second".utf8)))
        #expect(throws: BlobError.wrongDiffID(both.digest, expected: both.digest)) {
            try reader.verify(diffID: both.digest)
        }
        let cut = try store.write(Array((one + two).dropLast(3)), mediaType: .layerGzip)
        #expect(throws: GzipError.truncated) { try LayerReader(cut, in: store).forEachChunk { _ in } }
        var bytes = one
        bytes[12] ^= 0x55
        let broken = try store.write(bytes, mediaType: .layerGzip)
        #expect(throws: GzipError.damaged) { try LayerReader(broken, in: store).forEachChunk { _ in } }
    }

    @Test func `a blob that unpacks to far more than itself is refused by name`() throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path)
        let path = ImagePath("/zeros")
        let tree = ZeroTree(size: 8 << 20)
        let layer = try #require(
            try LayerBuilder(store: store).build(LayerContent([.tree(tree, from: path, to: path)])))
        func read(_ bound: ExpansionBound) throws -> Int64 {
            let reader = try LayerReader(layer.descriptor, in: store, bound: bound)
            try reader.forEachChunk { _ in }
            return reader.tarSize
        }
        #expect(layer.descriptor.size * 200 < 8 << 20)
        let error = #expect(throws: BlobError.self) { try read(ExpansionBound(free: 1 << 20, ratio: 200)) }
        #expect(error?.description.hasPrefix("the layer \(layer.descriptor.digest) unpacks to more than ") == true)
        #expect(try read(ExpansionBound(free: 9 << 20, ratio: 200)) == layer.tarSize)
        #expect(try read(ExpansionBound(free: 1 << 20, ratio: 2000)) == layer.tarSize)
        #expect(try read(.usual) == layer.tarSize)
        #expect(ExpansionBound.usual.free == 10 << 30)
    }

    @Test func `a zstd layer is refused with its type`() throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path)
        let zstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
        let blob = try store.write([1], mediaType: zstd)
        #expect(throws: BlobError.unsupported(blob.digest, mediaType: zstd.rawValue)) {
            _ = try LayerReader(blob, in: store)
        }
    }

    /// In a process of its own: the peak of this one has other tests in it.
    @Test func `memory does not grow with a file's size`() async {
        await #expect(processExitsWith: .success) {
            let scratch = try Scratch()
            let store = try BlobStore(scratch.path)
            let path = ImagePath("/zeros")
            func build(_ size: Int64) throws -> LayerBlob? {
                try LayerBuilder(store: store).build(LayerContent([.tree(ZeroTree(size: size), from: path, to: path)]))
            }
            _ = try build(40 << 20)
            let before = try peakMebibytes()
            let layer = try #require(try build(300 << 20))
            _ = try entries(of: layer, in: store)
            try #require(layer.uncompressedSize == 300 << 20)
            try #require(try peakMebibytes() - before < 32)
        }
    }

    /// Mounts a small file system at a folder; tells whether that is allowed.
    private static func mountSmall(at path: FilePath) -> Bool {
        mount("tmpfs", path.string, "tmpfs", 0, "size=64k") == 0
    }

    private static let canMount: Bool = {
        guard let scratch = try? Scratch(), mountSmall(at: scratch.path) else { return false }
        return umount2(scratch.path.string, 0) == 0
    }()

    @Test(.enabled(if: canMount, "mounting a small file system takes root"))
    func `a full disk is an error of its own and leaves nothing`() throws {
        let scratch = try Scratch()
        let small = scratch.path.appending("small")
        try HostFiles.makeFolder(small)
        #expect(Self.mountSmall(at: small))
        defer { umount2(small.string, Int32(MNT_DETACH)) }
        let store = try BlobStore(small)
        var writer = try store.makeWriter()
        let error = #expect(throws: SystemError.self) {
            for _ in 0..<100 { try [UInt8](repeating: 7, count: 4096).withUnsafeBytes { try writer.write($0) } }
        }
        #expect(error?.code == .noSpace)
        #expect(error?.description.contains("free some space") == true)
    }
}

extension String {
    fileprivate func withUTF8Bytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        try Array(utf8).withUnsafeBytes(body)
    }
}

/// The most memory that this process had at once.
private func peakMebibytes() throws -> Int {
    let text = String(decoding: try #require(try HostFiles.read("/proc/self/status")), as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
    return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) >> 10
}
