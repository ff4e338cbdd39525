import Files
import Images
import OCI
import Planning
import SystemPackage
import Testing

@Suite struct DiffTests {
    let scratch: Scratch
    let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = try BlobStore(scratch.path.appending("store"))
    }

    private func layer(_ entries: [(TarEntry, String)]) throws -> LayerBlob {
        var writer = try LayerWriter(into: store)
        for (entry, text) in entries {
            var entry = entry
            if entry.kind == .file { entry.size = Int64(text.utf8.count) }
            try writer.add(entry)
            if entry.kind == .file { try Array(text.utf8).withUnsafeBytes { try writer.write($0) } }
        }
        return try writer.commit()
    }

    private func image(
        _ layers: [[(TarEntry, String)]], env: [String] = ["LANG=C"], labels: [String: String] = [:]
    ) throws -> AssembledImage {
        try ImageAssembler(store: store).assemble(
            layers: try layers.map { (try layer($0), "test") },
            config: ImageConfig.Execution(
                user: "65532:65532", exposedPorts: [], env: env, entrypoint: ["/start"], cmd: [], volumes: [],
                workingDir: "/", labels: labels, stopSignal: nil), platform: Platform(architecture: "amd64"),
            created: 1)
    }

    @Test func `an image does not differ from itself`() throws {
        let one = try image([[(.file("a"), "1")]])
        let diff = try ImageDiff(one, in: store, one, in: store)
        #expect(diff.isEmpty && diff.fields.isEmpty && diff.layers.isEmpty && diff.files.isEmpty)
    }

    @Test func `fields differ by name, a variable by its own`() throws {
        let one = try image([[(.file("a"), "1")]], env: ["LANG=C", "PORT=1"], labels: ["x": "1"])
        let two = try image([[(.file("a"), "1")]], env: ["PORT=2", "LANG=C"])
        let diff = try ImageDiff(one, in: store, two, in: store)
        #expect(
            diff.fields.map { "\($0.name) \($0.first ?? "-") \($0.second ?? "-")" } == [
                "config.config.Env.PORT 1 2", "config.config.Labels.x 1 -",
            ])
        #expect(diff.layers.isEmpty && diff.files.isEmpty && !diff.isEmpty)
    }

    @Test func `files differ by kind, attributes and the first byte`() throws {
        let same = (TarEntry.file("same"), "same")
        let long = String(repeating: "x", count: (1 << 20) + 5)
        let one = try image([
            [same],
            [(.file("big"), long + "a"), (.file("gone"), ""), (.file("mode"), "m"), (.link("to", to: "a"), "")],
        ])
        let two = try image([
            [same],
            [
                (.file("big"), long + "b"), (.file("mode", mode: 0o755), "m"), (.file("new"), ""),
                (.link("to", to: "b"), ""),
            ],
        ])
        let diff = try ImageDiff(one, in: store, two, in: store)
        #expect(diff.layers.map(\.number) == [1] && diff.layers.map(\.hasSameContent) == [false])
        #expect(
            diff.files.map { "\($0.kind.rawValue) \($0.path) \($0.details) \($0.offset ?? -1)" } == [
                "changed /big [\"contents\"] 1048581", "onlyFirst /gone [] -1",
                "changed /mode [\"mode 0644, 0755\"] -1", "onlySecond /new [] -1",
                "changed /to [\"target a, b\"] -1",
            ])
    }

    @Test func `what a layer hides is not in the image`() throws {
        let base: [(TarEntry, String)] = [
            (.folder("a"), ""), (.file("a/one"), "1"), (.file("a/two"), "2"), (.folder("b"), ""), (.file("b/x"), "x"),
        ]
        let hiding = try image([base + [(.file("z"), "")], [(.file("a/.wh.one"), ""), (.file("b/.wh..wh..opq"), "")]])
        let plain = try image([base])
        let diff = try ImageDiff(plain, in: store, hiding, in: store)
        #expect(
            diff.files.map { "\($0.kind.rawValue) \($0.path)" } == [
                "onlyFirst /a/one", "onlyFirst /b/x", "onlySecond /z",
            ])
    }

    @Test func `the same content compressed differently is said to be so`() throws {
        let one = try image([[(.file("a"), "1")]])
        let tar = try archive([(.file("a"), "1")])
        let plain = try store.write(tar, mediaType: .layerTar)
        let blob = LayerBlob(
            descriptor: plain, diffID: plain.digest, uncompressedSize: 1, tarSize: plain.size, entries: 1)
        let two = try ImageAssembler(store: store).assemble(
            layers: [(blob, "test")], config: one.config.config, platform: Platform(architecture: "amd64"), created: 1)
        let diff = try ImageDiff(one, in: store, two, in: store)
        #expect(diff.fields.isEmpty && diff.files.isEmpty)
        #expect(diff.layers.map(\.hasSameContent) == [true])
    }
}

@Suite struct IndexCheckTests {
    let scratch: Scratch
    let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = try BlobStore(scratch.path.appending("store"))
    }

    private func image(_ architecture: String) throws -> AssembledImage {
        var writer = try LayerWriter(into: store)
        try writer.add(.file("start"))
        let config = ImageConfig.Execution(
            user: "1:1", exposedPorts: [], env: [], entrypoint: ["/start"], cmd: [], volumes: [], workingDir: nil,
            labels: [:], stopSignal: nil)
        return try ImageAssembler(store: store).assemble(
            layers: [(try writer.commit(), "test")], config: config,
            platform: Platform(architecture: architecture), created: 1)
    }

    @Test func `an index is as good as its images`() throws {
        let set = try ImageSet(indexing: [image("arm64"), image("amd64")], in: store)
        #expect(set.images.map(\.config.architecture) == ["amd64", "arm64"])
        #expect(ImageCheck(store: store).problems(of: set.descriptor) == [])
        #expect(try ImageSet(set.descriptor, in: store) == set)
        try HostFiles.remove(store.path(set.images[1].manifest.layers[0].digest))
        #expect(!ImageCheck(store: store).problems(of: set.descriptor).isEmpty)
        #expect(ImageCheck(store: store).quickProblems(of: set).count == 1)
    }

    @Test func `an index that lies about a platform is found out`() throws {
        let image = try image("amd64")
        let lie = Descriptor(
            mediaType: image.descriptor.mediaType, digest: image.descriptor.digest, size: image.descriptor.size,
            platform: Platform(architecture: "arm64"))
        let index = try store.write(CanonicalJSON.encode(Index(manifests: [lie])), mediaType: .index)
        #expect(
            ImageCheck(store: store).problems(of: index) == [
                .platform(
                    image.descriptor.digest, stated: Platform(architecture: "arm64"),
                    found: Platform(architecture: "amd64"))
            ])
        let empty = try store.write(CanonicalJSON.encode(Index(manifests: [])), mediaType: .index)
        #expect(ImageCheck(store: store).problems(of: empty) == [.emptyIndex(empty.digest)])
    }

    @Test func `a document of another type than its descriptor says is found out`() throws {
        let image = try image("amd64")
        let lie = Descriptor(
            mediaType: .dockerManifest, digest: image.descriptor.digest, size: image.descriptor.size)
        #expect(
            ImageCheck(store: store).problems(of: lie) == [
                .mediaType(
                    image.descriptor.digest, stated: MediaType.dockerManifest.rawValue,
                    found: MediaType.manifest.rawValue)
            ])
    }
}
