import OCI
import Testing

@Suite struct DocumentTests {
    static let digest = Digest(of: [])

    @Test func `a manifest has the bytes that the specification shows`() throws {
        let layer = Descriptor(mediaType: .layerGzip, digest: Self.digest, size: 7)
        let config = Descriptor(mediaType: .config, digest: Self.digest, size: 2)
        let bytes = try CanonicalJSON.encode(Manifest(config: config, layers: [layer]))
        let hex = Self.digest.description
        #expect(
            String(decoding: bytes, as: UTF8.self) == """
                {"config":{"digest":"\(hex)","mediaType":"application/vnd.oci.image.config.v1+json","size":2},\
                "layers":[{"digest":"\(hex)","mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","size":7}],\
                "mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}
                """)
    }

    @Test func `a config leaves out what is empty`() throws {
        let execution = ImageConfig.Execution(
            user: "65532:65532", exposedPorts: ["8000/tcp"], env: [], entrypoint: ["/bin/a"], cmd: [], volumes: [],
            workingDir: "/app", labels: [:], stopSignal: nil)
        let config = ImageConfig(
            created: nil, platform: Platform(architecture: "amd64"), config: execution, rootfs: .init(diffIDs: []),
            history: [])
        #expect(
            String(decoding: try CanonicalJSON.encode(config), as: UTF8.self) == """
                {"architecture":"amd64","config":{"Entrypoint":["/bin/a"],"ExposedPorts":{"8000/tcp":{}},\
                "User":"65532:65532","WorkingDir":"/app"},"history":[],"os":"linux",\
                "rootfs":{"diff_ids":[],"type":"layers"}}
                """)
    }

    @Test func `documents survive a round trip`() throws {
        let config = Descriptor(
            mediaType: .config, digest: Self.digest, size: 2, platform: Platform(architecture: "arm64", variant: "v8"),
            annotations: ["org.opencontainers.image.ref.name": "a"])
        let index = Index(manifests: [config])
        #expect(try CanonicalJSON.decode(Index.self, from: try CanonicalJSON.encode(index)) == index)
    }

    @Test(arguments: [("linux/amd64", nil), ("linux/arm64/v8", "v8")] as [(String, String?)])
    func `platforms survive their text form`(text: String, variant: String?) throws {
        let platform = try Platform(parsing: text)
        #expect(platform.variant == variant)
        #expect(platform.description == text)
    }

    @Test(arguments: ["", "linux", "linux/", "/amd64", "linux/arm/v7/x"])
    func `refuses what is no platform`(text: String) {
        #expect(throws: PlatformError.malformed(text)) { try Platform(parsing: text) }
    }
}
