import Files
import Glibc
import Images
import OCI
import Planning
import SystemPackage
import Testing

/// The files of an image in a folder, and archives that go somewhere else than into a file.
@Suite struct FilesDestinationTests {
    let scratch: Scratch
    let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = try BlobStore(scratch.path.appending("store"))
    }

    private var folder: FilePath { scratch.path.appending("files") }

    /// An image of layers that are written as they stand here.
    private func image(_ layers: [(TarEntry, String)]...) throws -> ImageSet {
        let blobs = try layers.map { try archive($0) }
        let config = ImageConfig(
            created: nil, platform: Platform(architecture: "amd64"),
            config: ImageConfig.Execution(
                user: nil, exposedPorts: [], env: [], entrypoint: [], cmd: [], volumes: [], workingDir: nil,
                labels: [:],
                stopSignal: nil),
            rootfs: ImageConfig.RootFS(diffIDs: blobs.map { Digest(of: $0) }), history: [])
        let manifest = Manifest(
            config: try store.write(CanonicalJSON.encode(config), mediaType: .config),
            layers: try blobs.map { try store.write($0, mediaType: .layerTar) })
        let descriptor = try store.write(CanonicalJSON.encode(manifest), mediaType: .manifest)
        return try ImageSet(descriptor, in: store)
    }

    private func deliver(_ images: ImageSet) async throws {
        _ = try await FilesDestination(folder).deliver(images, from: store, names: [])
    }

    @Test func `layers lie on one another, and whiteouts hide what is below them only`() async throws {
        try await deliver(
            image(
                [
                    (.folder("etc"), ""), (.file("etc/old"), "old"), (.file("etc/kept"), "kept"), (.folder("data"), ""),
                    (.file("data/below"), "below"), (.file("was-file"), "x"),
                ],
                [
                    // Wherever in its layer a whiteout stands.
                    (.file("data/own"), "own"), (.file("data/.wh..wh..opq"), ""), (.file("etc/.wh.old"), ""),
                    (.file("etc/new"), "new"), (.file(".wh.nothing"), ""), (.file(".wh.was-file"), ""),
                    (.folder("was-file"), ""), (.link("was-file/link", to: "../etc/new"), ""),
                ]))
        #expect(try HostFiles.names(in: folder) == [".autoimage", "data", "etc", "was-file"])
        #expect(try HostFiles.names(in: folder.appending("etc")) == ["kept", "new"])
        #expect(try HostFiles.names(in: folder.appending("data")) == ["own"])
        #expect(try scratch.text("files/was-file/link") == "new")
    }

    @Test func `a folder of ours is replaced as a whole`() async throws {
        try await deliver(image([(.file("one"), "1")]))
        try await deliver(image([(.file("two"), "2")]))
        #expect(try HostFiles.names(in: folder) == [".autoimage", "two"])
        #expect(try HostFiles.names(in: scratch.path) == ["files", "store"])
    }

    @Test func `an empty folder is taken, a strange one is not`() async throws {
        try HostFiles.makeFolder(folder)
        let images = try image([(.file("one"), "1")])
        try await deliver(images)
        try HostFiles.remove(folder)
        try HostFiles.makeFolder(folder)
        try AtomicFile.write([1], to: folder.appending("mine"))
        await #expect(throws: DestinationError.notEmpty(folder)) { try await deliver(images) }
        #expect(try HostFiles.names(in: folder) == ["mine"])
    }

    @Test func `a layer that is not what the config says leaves nothing`() async throws {
        let images = try image([(.file("one"), "1")], [(.file("two"), "2")])
        let layer = images.images[0].manifest.layers[1]
        try AtomicFile.write(archive([(.file("two"), "3")]), to: store.path(layer.digest))
        await #expect(throws: BlobError.damaged(layer.digest)) { try await deliver(images) }
        #expect(try HostFiles.names(in: scratch.path) == ["store"])
    }

    @Test func `an archive goes into a pipe, which stays one`() async throws {
        let images = try image([(.file("one"), "1")])
        let pipe = scratch.path.appending("pipe")
        #expect(mkfifo(pipe.string, 0o600) == 0)
        // Opened for both, so that nobody waits; the archive is smaller than a pipe.
        let reader = try FileDescriptor.open(pipe, .readWrite)
        defer { try? reader.close() }
        let delivered = try await OCIArchiveDestination(pipe).deliver(images, from: store, names: [])
        let size = try #require(delivered.counts["bytes"])
        let file = scratch.path.appending("file.tar")
        _ = try await OCIArchiveDestination(file).deliver(images, from: store, names: [])
        let bytes = try #require(try HostFiles.read(file))
        #expect(Int64(bytes.count) == size)
        var read = [UInt8](repeating: 0, count: bytes.count)
        #expect(try read.withUnsafeMutableBytes { try reader.read(into: $0) } == bytes.count)
        #expect(read == bytes)
        #expect(try scratch.status("pipe").st_mode & S_IFMT == S_IFIFO)
    }

    @Test func `a link stays and leads to the new archive`() async throws {
        let images = try image([(.file("one"), "1")])
        try scratch.write("target.tar", "before")
        #expect(symlink("target.tar", scratch.path.appending("link.tar").string) == 0)
        _ = try await OCIArchiveDestination(scratch.path.appending("link.tar")).deliver(images, from: store, names: [])
        #expect(try scratch.status("link.tar").st_mode & S_IFMT == S_IFLNK)
        #expect(try entries(of: try #require(try HostFiles.read(scratch.path.appending("target.tar")))).count == 7)
    }

    @Test func `a full disk, a folder and a missing one are told apart`() async throws {
        let images = try image([(.file("one"), "1")])
        let missing = scratch.path.pushing("no/such.tar")
        for (path, error) in [
            (FilePath("/dev/full"), DestinationError.cannotWrite("/dev/full", .noSpace)),
            (scratch.path, .isAFolder(scratch.path)), (missing, .noFolder(missing.removingLastComponent())),
        ] {
            await #expect(throws: error) {
                try await OCIArchiveDestination(path).deliver(images, from: store, names: [])
            }
        }
    }

    @Test func `a layout that exists keeps what it had when a delivery fails`() async throws {
        let good = try image([(.file("one"), "1")])
        let bad = try image([(.file("one"), "1")], [(.file("two"), "2")])
        let layout = scratch.path.appending("layout")
        _ = try await OCILayoutDestination(layout).deliver(good, from: store, names: [Reference(parsing: "good")])
        let blobs = layout.pushing("blobs/sha256")
        let before = try HostFiles.names(in: blobs)
        let lost = bad.images[0].manifest.layers[1].digest
        try HostFiles.remove(store.path(lost))
        await #expect(throws: BlobError.missing(lost)) {
            try await OCILayoutDestination(layout).deliver(bad, from: store, names: [Reference(parsing: "bad")])
        }
        #expect(try HostFiles.names(in: blobs) == before)
        #expect(try scratch.text("layout/index.json")?.contains("bad") == false)
    }
}
