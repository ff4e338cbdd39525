import Files
import Glibc
import Images
import OCI
import Planning
import SystemPackage
import Testing

/// Layers of an image put on one another, as a container would see them.
@Suite struct BaseUnpackerTests {
    /// An image of these layers, lowest first.
    private func image(_ layers: [[(TarEntry, String)]], in store: BlobStore) throws -> AssembledImage {
        let blobs = try layers.map { entries in
            var writer = try LayerWriter(into: store)
            for (entry, text) in entries {
                var entry = entry
                if entry.kind == .file { entry.size = Int64(text.utf8.count) }
                try writer.add(entry)
                try Array(text.utf8).withUnsafeBytes { try writer.write($0) }
            }
            return try writer.commit()
        }
        return try ImageAssembler(store: store).assemble(
            layers: blobs.map { ($0, "test") },
            config: ImageConfig.Execution(
                user: nil, exposedPorts: [], env: [], entrypoint: [], cmd: [], volumes: [], workingDir: nil,
                labels: [:],
                stopSignal: nil), platform: .host, created: 1)
    }

    private func unpack(_ layers: [[(TarEntry, String)]], into scratch: Scratch) throws -> BaseUnpacker.Unpacked {
        let store = try BlobStore(scratch.path.appending("store"))
        let root = scratch.path.appending("root")
        try HostFiles.makeFolder(root)
        return try BaseUnpacker(store: store).unpack(image(layers, in: store), into: root)
    }

    private func names(_ folder: String, in scratch: Scratch) throws -> [String] {
        try HostFiles.names(in: scratch.path.pushing(FilePath("root/" + folder))).sorted()
    }

    @Test func `a layer hides what is below it, and nothing of its own`() throws {
        let scratch = try Scratch()
        _ = try unpack(
            [
                [
                    (.file("a/gone"), "1"), (.file("a/kept"), "1"), (.file("b/x"), "1"), (.file("c/d/e"), "1"),
                    (.file("f"), "1"),
                ],
                [
                    (.file("a/.wh.gone"), ""), (.file("b/new"), "2"), (.file("b/.wh..wh..opq"), ""),
                    (.file("c/d/own"), "2"), (.file("c/.wh.d"), ""), (.file("f"), "2"), (.file(".wh.f"), ""),
                ],
            ], into: scratch)
        #expect(try names("", in: scratch) == ["a", "b", "c", "f"])
        #expect(try names("a", in: scratch) == ["kept"])
        #expect(try names("b", in: scratch) == ["new"])
        #expect(try names("c/d", in: scratch) == ["own"])
        #expect(try scratch.text("root/f") == "2")
    }

    @Test func `a path leads through links of lower layers, inside the tree`() throws {
        let scratch = try Scratch()
        _ = try unpack(
            [
                [(.folder("usr/lib"), ""), (.link("lib", to: "usr/lib"), ""), (.link("out", to: "/../../usr"), "")],
                [
                    (.file("lib/a.so"), "a"), (.hardLink("lib/b.so", to: "lib/a.so"), ""), (.file("out/lib/c.so"), "c"),
                    (.file("lib/.wh.gone"), ""),
                ],
            ], into: scratch)
        #expect(try names("usr/lib", in: scratch) == ["a.so", "b.so", "c.so"])
        #expect(try scratch.text("root/usr/lib/b.so") == "a")
        #expect(try names("", in: scratch) == ["lib", "out", "usr"])
    }

    @Test func `a circle of links is refused`() throws {
        let scratch = try Scratch()
        #expect(throws: UnpackError.self) {
            try unpack([[(.link("a", to: "b"), ""), (.link("b", to: "a"), "")], [(.file("a/x"), "")]], into: scratch)
        }
    }

    @Test func `owners are told, modes let the owner read and write, nothing is setuid`() throws {
        let scratch = try Scratch()
        func owned(_ entry: TarEntry, _ id: UInt32) -> TarEntry {
            var entry = entry
            entry.owner = Owner(uid: id, gid: id)
            return entry
        }
        let unpacked = try unpack(
            [
                [
                    (owned(.folder("home/node"), 1000), ""), (owned(.file("home/node/old"), 1000), ""),
                    (owned(.file("taken"), 5), ""), (.file("sealed", mode: 0o000), "s"),
                    (.file("su", mode: 0o4755), ""), (.folder("tmp", mode: 0o1777), ""),
                    (.folder("shut", mode: 0o555), ""),
                ],
                [(.file("home/node/.wh.old"), ""), (.file("taken"), "root's"), (.file("shut/in"), "")],
            ], into: scratch)
        #expect(unpacked.owners == [ImagePath("/home/node"): Owner(uid: 1000, gid: 1000)])
        #expect(try scratch.status("root/sealed").st_mode & 0o7777 == 0o400)
        #expect(try scratch.status("root/su").st_mode & 0o7777 == 0o755)
        #expect(try scratch.status("root/tmp").st_mode & 0o7777 == 0o1777)
        #expect(try scratch.status("root/shut").st_mode & 0o7777 == 0o755)
        #expect(try scratch.status("root").st_mode & 0o7777 == 0o755)
        #expect(unpacked.layers.map(\.uncompressedSize) == [1, 6])
        #expect(unpacked.size == 7)
    }

    @Test func `a layer that is another one is refused`() throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path.appending("store"))
        let good = try image([[(.file("a"), "")]], in: store)
        let other = try image([[(.file("b"), "")]], in: store)
        let swapped = AssembledImage(
            descriptor: good.descriptor,
            manifest: Manifest(config: good.manifest.config, layers: other.manifest.layers), config: good.config)
        #expect(throws: BlobError.self) {
            try BaseUnpacker(store: store).unpack(swapped, into: scratch.path)
        }
    }

    @Test func `zstd is refused by its name`() throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path.appending("store"))
        let plain = try image([[(.file("a"), "")]], in: store)
        let type = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")
        let layer = Descriptor(
            mediaType: type, digest: plain.manifest.layers[0].digest, size: plain.manifest.layers[0].size)
        let packed = AssembledImage(
            descriptor: plain.descriptor, manifest: Manifest(config: plain.manifest.config, layers: [layer]),
            config: plain.config)
        #expect(throws: BlobError.unsupported(layer.digest, mediaType: type.rawValue)) {
            try BaseUnpacker(store: store).unpack(packed, into: scratch.path)
        }
    }

    @Test func `an image on a base keeps its layers and history, in OCI's terms, and names it`() throws {
        let scratch = try Scratch()
        let store = try BlobStore(scratch.path)
        let plain = try image([[(.file("a"), "")]], in: store)
        let docker = plain.manifest.layers.map {
            Descriptor(mediaType: .dockerLayerGzip, digest: $0.digest, size: $0.size)
        }
        let history = [
            ImageConfig.History(created: "2026-01-01T00:00:00Z", createdBy: "ADD"),
            ImageConfig.History(created: "2026-01-01T00:00:00Z", createdBy: "ENV", emptyLayer: true),
        ]
        let pulled = AssembledImage(
            descriptor: plain.descriptor, manifest: Manifest(config: plain.manifest.config, layers: docker),
            config: ImageConfig(
                created: nil, platform: .host, config: plain.config.config, rootfs: plain.config.rootfs,
                history: history))
        let base = try BaseImage(pulled, named: "docker.io/library/x:1")
        var writer = try LayerWriter(into: store)
        try writer.add(.folder("app"))
        let own = try writer.commit()
        let made = try ImageAssembler(store: store).assemble(
            on: base, layers: [(own, "autoimage build: app")], config: plain.config.config, platform: .host, created: 1)
        #expect(made.manifest.layers == plain.manifest.layers + [own.descriptor])
        #expect(made.config.rootfs.diffIDs == plain.config.rootfs.diffIDs + [own.diffID])
        #expect(made.config.history.map(\.createdBy) == ["ADD", "ENV", "autoimage build: app"])
        #expect(made.manifest.annotations?["org.opencontainers.image.base.name"] == "docker.io/library/x:1")
        #expect(
            made.manifest.annotations?["org.opencontainers.image.base.digest"] == "\(plain.descriptor.digest)")
    }
}
