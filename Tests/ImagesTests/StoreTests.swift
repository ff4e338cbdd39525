import Files
import Glibc
import Images
import OCI
import Planning
import SystemPackage
import Testing

@Suite struct StoreTests {
    let scratch: Scratch
    let state: State
    let store: LocalStore

    init() throws {
        scratch = try Scratch()
        state = try State(home: scratch.path.appending("home"))
        store = try LocalStore(state)
    }

    private func image(_ text: String) throws -> AssembledImage {
        let piece = LayerContent.Piece.file(
            PlanFile(
                path: ImagePath("/app/start"), contents: text, mode: 0o755, owner: .root, group: .application,
                reason: .usual(why: "test")))
        return try makeImage(in: store.blobs, LayerContent([piece]))
    }

    @Test func `config and manifest have fixed bytes`() throws {
        let image = try image("#!/bin/sh\n")
        let config = String(decoding: try store.blobs.read(image.manifest.config), as: UTF8.self)
        #expect(
            config == """
                {"architecture":"amd64","config":{"Entrypoint":["/app/start"],"Env":["LANG=C.UTF-8"],\
                "ExposedPorts":{"8000/tcp":{}},"Labels":{"a":"b"},"User":"65532:65532","WorkingDir":"/app"},\
                "created":"1970-01-01T00:00:01Z","history":[{"created":"1970-01-01T00:00:01Z",\
                "created_by":"application: copy"}],"os":"linux","rootfs":{"diff_ids":["\(image.config.rootfs.diffIDs[0])"],\
                "type":"layers"}}
                """)
        #expect(ImageCheck(store: store.blobs).problems(of: image.descriptor) == [])
        #expect(try AssembledImage(image.descriptor, in: store.blobs) == image)
    }

    @Test func `an index is found by name and digest, its images by platform and digest, and pruning keeps them`()
        throws
    {
        let piece = LayerContent.Piece.file(
            PlanFile(
                path: ImagePath("/app/start"), contents: "x", mode: 0o755, owner: .root, group: .application,
                reason: .usual(why: "test")))
        let members = try ["arm64", "amd64"].map {
            try makeImage(in: store.blobs, LayerContent([piece]), architecture: $0)
        }
        let set = try ImageSet(indexing: members, in: store.blobs)
        try store.tag(set.descriptor, as: Reference(parsing: "both"))
        for member in members { try store.setRecord([1], for: member.descriptor.digest) }
        #expect(try store.removeUnreferenced() == PruneResult(blobs: 0, damaged: []))
        let found = try store.images("both")
        #expect(found.descriptor.digest == set.descriptor.digest && found.images == set.images)
        #expect(set.images.map(\.platform.architecture) == ["amd64", "arm64"])
        for member in members {
            #expect(try store.image("both", for: member.platform) == member)
            #expect(try store.image(String(member.descriptor.digest.hex.prefix(12))) == member)
            #expect(try store.record(for: member.descriptor.digest) == [1])
        }
        let other = Platform(architecture: "riscv64")
        #expect(
            throws: StoreError.otherPlatform(
                "both", wanted: other, offered: [Platform(architecture: "amd64"), Platform(architecture: "arm64")])
        ) { try store.image("both", for: other) }
        #expect(try store.untag(Reference(parsing: "both")))
        #expect(try store.removeUnreferenced() == PruneResult(blobs: 6, damaged: []))
    }

    @Test func `pruning removes what no image needs and skips a damaged one by name`() throws {
        let (good, bad) = (try image("1"), try image("2"))
        try store.tag(good.descriptor, as: Reference(parsing: "good"))
        try store.tag(bad.descriptor, as: Reference(parsing: "bad"))
        for digest in [good.descriptor.digest, bad.descriptor.digest, Digest(of: [9])] {
            try store.setRecord([1], for: digest)
        }
        let unneeded = try store.blobs.write([9], mediaType: .config)
        try AtomicFile.write([0], to: store.blobs.path(bad.manifest.config.digest))
        let result = try store.removeUnreferenced()
        #expect(result == PruneResult(blobs: 1, damaged: ["bad:latest"]))
        #expect(result.description == "1 (skipped, as they are damaged: bad:latest)")
        #expect(!store.blobs.has(unneeded.digest))
        #expect(bad.manifest.layers.allSatisfy { store.blobs.has($0.digest) })
        #expect(ImageCheck(store: store.blobs).problems(of: good.descriptor) == [])
        #expect(try store.record(for: good.descriptor.digest) != nil)
        #expect(try store.record(for: Digest(of: [9])) == nil)
        try AtomicFile.write([0], to: store.blobs.path(bad.descriptor.digest))
        // Nobody knows any more which config and layers were its own.
        #expect(try store.removeUnreferenced() == PruneResult(blobs: 2, damaged: ["bad:latest"]))
        #expect(try store.untag(Reference(parsing: "bad")))
        #expect(try store.removeUnreferenced() == PruneResult(blobs: 1, damaged: []))
    }

    @Test func `a name leads to the image that had it last`() throws {
        let (one, two) = (try image("1"), try image("2"))
        let name = try Reference(parsing: "driftwood")
        try store.tag(one.descriptor, as: name)
        try store.tag(two.descriptor, as: name)
        try store.tag(one.descriptor, as: Reference(parsing: "registry.example/team/app:v1"))
        #expect(try store.list().map(\.name) == ["driftwood:latest", "registry.example/team/app:v1"])
        let digest = one.descriptor.digest
        for text in [
            "registry.example/team/app:v1", "\(digest)", digest.hex, String(digest.hex.prefix(8)), "any@\(digest)",
        ] {
            #expect(try store.resolve(text).digest == digest)
        }
        #expect(try store.resolve("driftwood").digest == two.descriptor.digest)
        #expect(try store.resolve("driftwood:latest@\(two.descriptor.digest)").digest == two.descriptor.digest)
        #expect(throws: StoreError.unknown("abc", known: ["driftwood:latest", "registry.example/team/app:v1"])) {
            try store.resolve("abc")
        }
        #expect(try store.untag(name))
        #expect(try !store.untag(name))
        #expect(throws: StoreError.unknown("driftwood", known: ["registry.example/team/app:v1"])) {
            try store.resolve("driftwood")
        }
    }

    @Test func `builds side by side lose no name`() async throws {
        let (image, store) = (try image("x"), store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<16 {
                group.addTask { try store.tag(image.descriptor, as: Reference(parsing: "app\(index)")) }
            }
            try await group.waitForAll()
        }
        #expect(try store.list().count == 16)
    }

    @Test func `keeps a document beside an image`() throws {
        let digest = Digest(of: [])
        #expect(try store.record(for: digest) == nil)
        try store.setRecord(Array("{}".utf8), for: digest)
        #expect(try store.record(for: digest) == Array("{}".utf8))
    }

    @Test func `the check finds what was changed`() throws {
        let image = try image("x")
        let (layer, diffID) = (image.manifest.layers[0], image.config.rootfs.diffIDs[0])
        func problems(layers: [Descriptor], diffIDs: [Digest], history: Int = 1) throws -> [ImageProblem] {
            let entry = ImageConfig.History(created: nil, createdBy: "x")
            let config = ImageConfig(
                created: nil, platform: Platform(architecture: "amd64"), config: image.config.config,
                rootfs: ImageConfig.RootFS(diffIDs: diffIDs), history: Array(repeating: entry, count: history))
            let written = try store.blobs.write(CanonicalJSON.encode(config), mediaType: .config)
            let manifest = try store.blobs.write(
                CanonicalJSON.encode(Manifest(config: written, layers: layers)), mediaType: .manifest)
            return ImageCheck(store: store.blobs).problems(of: manifest)
        }
        let other = Digest(of: [1])
        let short = Descriptor(mediaType: .layerGzip, digest: layer.digest, size: layer.size - 1)
        #expect(try problems(layers: [layer], diffIDs: [diffID]) == [])
        #expect(try problems(layers: [layer], diffIDs: [other]) == [.diffID(stated: other, found: diffID)])
        #expect(try problems(layers: [layer], diffIDs: []) == [.layerCount(manifest: 1, config: 0)])
        #expect(try problems(layers: [layer], diffIDs: [diffID], history: 2) == [.historyCount(layers: 1, history: 2)])
        #expect(
            try problems(layers: [short], diffIDs: [diffID])
                == [.size(layer.digest, stated: layer.size - 1, found: layer.size)])
        let list: [(TarEntry, String)] = [
            (.file("b"), ""), (.file("a"), ""), (.file("a"), ""), (.file("c/d"), ""), (.hardLink("e", to: "f"), ""),
            (.file("../g"), ""), (.folder("proc"), ""), (.file("proc/h"), ""),
        ]
        let bytes = try archive(list)
        let bad = try store.blobs.write(bytes, mediaType: .layerTar)
        #expect(
            try problems(layers: [bad], diffIDs: [Digest(of: bytes)]) == [
                .order(bad.digest, ImagePath("/a")), .duplicate(bad.digest, ImagePath("/a")),
                .noParent(bad.digest, ImagePath("/c/d")), .linkTarget(bad.digest, ImagePath("/e")),
                .badPath(bad.digest, "../g"), .kernelPath(bad.digest, ImagePath("/proc/h")),
            ])
    }

    @Test func `unpacks layers once, with whiteouts in the form of overlayfs`() throws {
        let list: [(TarEntry, String)] = [
            (.folder("d"), ""), (.file("d/.wh..wh..opq"), ""), (.file("d/new"), "n"), (.file(".wh.gone"), ""),
        ]
        let bytes = try archive(list)
        let layer = try store.blobs.write(bytes, mediaType: .layerTar)
        let config = ImageConfig(
            created: nil, platform: .host, config: try image("x").config.config,
            rootfs: ImageConfig.RootFS(diffIDs: [Digest(of: bytes)]), history: [])
        let image = AssembledImage(
            descriptor: layer, manifest: Manifest(config: layer, layers: [layer]), config: config)
        let unpacker = LayerUnpacker(state: state, store: store.blobs)
        let folders = try unpacker.unpack(image)
        let folder = try #require(folders.first)
        #expect(folder.lastComponent?.string.hasPrefix(Digest(of: bytes).hex) == true)
        #expect(try HostFiles.names(in: folder) == ["d", "gone"])
        #expect(try HostFiles.names(in: folder.appending("d")) == ["new"])
        var status = stat()
        #expect(lstat(folder.appending("gone").string, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFCHR)
        #expect(status.st_rdev == 0)
        try HostFiles.remove(folder.appending("d"))
        #expect(try unpacker.unpack(image) == folders)
        #expect(try HostFiles.names(in: folder) == ["gone"])
        #expect(try HostFiles.names(in: state.temporary) == [])
    }

    @Test func `a layer that is not what the config says is not unpacked`() throws {
        let bytes = try archive([(.file("x"), "y")])
        let layer = try store.blobs.write(bytes, mediaType: .layerTar)
        let config = ImageConfig(
            created: nil, platform: .host, config: try image("x").config.config,
            rootfs: ImageConfig.RootFS(diffIDs: [Digest(of: [])]), history: [])
        let image = AssembledImage(
            descriptor: layer, manifest: Manifest(config: layer, layers: [layer]), config: config)
        #expect(throws: BlobError.wrongDiffID(layer.digest, expected: Digest(of: []))) {
            try LayerUnpacker(state: state, store: store.blobs).unpack(image)
        }
        #expect(try HostFiles.names(in: state.unpacked) == [])
    }

    @Test func `a layer of more bytes than the limit is not unpacked`() throws {
        let bytes = try archive([(.file("a"), "12"), (.file("b"), "34")])
        let layer = try store.blobs.write(bytes, mediaType: .layerTar)
        let config = ImageConfig(
            created: nil, platform: .host, config: try image("x").config.config,
            rootfs: ImageConfig.RootFS(diffIDs: [Digest(of: bytes)]), history: [])
        let image = AssembledImage(
            descriptor: layer, manifest: Manifest(config: layer, layers: [layer]), config: config)
        #expect(throws: UnpackError.tooLarge(ImagePath("/b"), limit: 3)) {
            try LayerUnpacker(state: state, store: store.blobs, sizeLimit: 3).unpack(image)
        }
        #expect(try HostFiles.names(in: state.unpacked) == [])
        #expect(try LayerUnpacker(state: state, store: store.blobs, sizeLimit: 4).unpack(image).count == 1)
    }
}
