import Images
import OCI
import Planning
import SystemPackage
import Testing

@Suite struct RebaseTests {
    let scratch: Scratch
    let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = try BlobStore(scratch.path.appending("store"))
    }

    private func layer(_ name: String) throws -> LayerBlob {
        var writer = try LayerWriter(into: store)
        try writer.add(.file(name))
        return try writer.commit()
    }

    private func image(_ layers: [(name: String, by: String)], env: [String], stage: String? = "runtime") throws
        -> AssembledImage
    {
        try ImageAssembler(store: store).assemble(
            layers: try layers.map { (try layer($0.name), $0.by) },
            config: ImageConfig.Execution(
                user: "65532:65532", exposedPorts: ["8000/tcp"], env: env, entrypoint: ["/app"], cmd: ["x"],
                volumes: [], workingDir: "/", labels: stage.map { ["autoimage.stage": $0] } ?? [:],
                stopSignal: "SIGINT"), platform: Platform(architecture: "amd64"), created: 1)
    }

    private func ours() throws -> AssembledImage {
        try image(
            [
                ("base", "autoimage build: base: debian/x"), ("venv", "autoimage build: dependencies: /opt/venv"),
                ("app", "autoimage build: application: /app"),
            ], env: ["LANG=C", "PATH=/bin", "PORT=1"])
    }

    @Test func `the base of an image of ours is what lies below our layers`() throws {
        #expect(ImageRebase.baseLayers(of: try ours()) == 1)
        let official = try image(
            [("a", "/bin/sh -c x"), ("b", "COPY"), ("app", "autoimage build: application: /app")], env: [])
        #expect(ImageRebase.baseLayers(of: official) == 2)
        #expect(ImageRebase.baseLayers(of: try image([("a", "COPY")], env: [], stage: nil)) == nil)
    }

    @Test func `upper layers, config and the variables of the image stay, those of the base change`() throws {
        let old = try ours()
        let new = try image(
            [("one", "COPY one"), ("two", "COPY two")], env: ["LANG=C.UTF-8", "PATH=/usr/bin", "NEW=1"])
        let moved = try ImageRebase(old, baseLayers: 1).onto(
            NewBase(new, name: "base:2", label: "official/x"), oldEnvironment: ["LANG=C", "PATH=/other"], in: store)
        #expect(moved.manifest.layers == new.manifest.layers + old.manifest.layers.dropFirst())
        #expect(moved.config.rootfs.diffIDs == new.config.rootfs.diffIDs + old.config.rootfs.diffIDs.dropFirst())
        #expect(
            moved.config.history.map(\.createdBy) == [
                "COPY one", "COPY two", "autoimage build: dependencies: /opt/venv",
                "autoimage build: application: /app",
            ])
        #expect(moved.config.config.env == ["LANG=C.UTF-8", "PATH=/bin", "PORT=1", "NEW=1"])
        #expect(moved.config.config.entrypoint == ["/app"] && moved.config.config.stopSignal == "SIGINT")
        #expect(moved.config.config.labels == ["autoimage.stage": "runtime", "autoimage.base": "official/x"])
        #expect(
            moved.manifest.annotations == [
                "org.opencontainers.image.base.name": "base:2",
                "org.opencontainers.image.base.digest": "\(new.descriptor.digest)",
            ])
        #expect(ImageCheck(store: store).problems(of: moved.descriptor) == [])
    }

    @Test func `an image has no more base than layers`() throws {
        let image = try ours()
        #expect(throws: ImageRebaseError.noBase(layers: 3, base: 4)) { try ImageRebase(image, baseLayers: 4) }
    }
}
