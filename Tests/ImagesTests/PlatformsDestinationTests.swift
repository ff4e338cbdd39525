import Files
import Images
import OCI
import Planning
import SystemPackage
import Testing

/// What destinations write of an image for two platforms.
@Suite struct PlatformsDestinationTests {
    let scratch: Scratch
    let store: BlobStore
    let images: ImageSet
    let name: Reference

    init() throws {
        scratch = try Scratch()
        let store = try BlobStore(scratch.path.appending("store"))
        self.store = store
        name = try Reference(parsing: "driftwood:v1")
        images = try ImageSet(
            indexing: ["amd64", "arm64"].map { architecture in
                var tree = MemoryTree()
                try tree.addFile("/program", "for \(architecture)", mode: 0o755)
                return try makeImage(
                    in: store, LayerContent([.tree(tree, from: .root, to: .root)]), architecture: architecture)
            }, in: store)
    }

    private var archive: FilePath { scratch.path.appending("image.tar") }

    private func contents() throws -> [String: String] {
        let all = try entries(of: try #require(try HostFiles.read(archive)))
        return Dictionary(uniqueKeysWithValues: all.map { ($0.entry.path, $0.text) })
    }

    @Test(arguments: [("arm64", 1), ("amd64", 0), ("riscv64", 0)])
    func `a Docker archive is a layout of all, and Docker's own with the host's`(host: String, chosen: Int) async throws
    {
        let delivered = try await DockerArchiveDestination(.file(archive), host: Platform(architecture: host)).deliver(
            images, from: store, names: [name])
        #expect(
            delivered.notes == [
                "it holds linux/amd64, linux/arm64; Docker without containerd's image store takes "
                    + "linux/\(chosen == 1 ? "arm64" : "amd64")"
            ])
        let found = try contents()
        let index = try CanonicalJSON.decode(Index.self, from: Array(try #require(found["index.json"]).utf8))
        #expect(index.manifests.map(\.digest) == [images.descriptor.digest])
        #expect(
            index.manifests[0].annotations == [
                "io.containerd.image.name": "docker.io/library/driftwood:v1",
                "org.opencontainers.image.ref.name": "driftwood:v1",
            ])
        let image = images.images[chosen]
        #expect(
            found["manifest.json"]
                == #"[{"Config":"blobs/sha256/\#(image.manifest.config.digest.hex)","#
                + #""Layers":["blobs/sha256/\#(image.manifest.layers[0].digest.hex)"],"RepoTags":["driftwood:v1"]}]"#)
        for blob in images.blobs { #expect(found["blobs/sha256/\(blob.digest.hex)"] != nil) }
    }

    @Test func `layout and OCI archive hold the index with every platform`() async throws {
        _ = try await OCIArchiveDestination(archive).deliver(images, from: store, names: [name])
        _ = try await OCILayoutDestination(scratch.path.appending("layout")).deliver(images, from: store, names: [name])
        let layout = try BlobStore(scratch.path.appending("layout"))
        let found = try contents()
        #expect(found["manifest.json"] == nil)
        #expect(found["index.json"] == (try scratch.text("layout/index.json")))
        #expect(try ImageSet(images.descriptor, in: layout) == images)
        for blob in images.blobs { #expect(found["blobs/sha256/\(blob.digest.hex)"] != nil) }
    }

    @Test func `files of two platforms are in a folder each`() async throws {
        _ = try await FilesDestination(scratch.path.appending("files")).deliver(images, from: store, names: [])
        #expect(
            try HostFiles.names(in: scratch.path.appending("files")) == [".autoimage", "linux_amd64", "linux_arm64"])
        #expect(try scratch.text("files/linux_amd64/program") == "for amd64")
        #expect(try scratch.text("files/linux_arm64/program") == "for arm64")
        #expect(try scratch.text("files/.autoimage") == "\(images.descriptor.digest)\n")
    }

    @Test(.enabled(if: Tool.exists("skopeo"), "skopeo is not installed"))
    func `skopeo takes either form out of the archive for Docker`() async throws {
        _ = try await DockerArchiveDestination(.file(archive), host: Platform(architecture: "arm64")).deliver(
            images, from: store, names: [name])
        let docker = try await Tool.run("skopeo", ["inspect", "--raw", "--config", "docker-archive:\(archive)"])
        #expect(docker.contains(#""architecture":"arm64""#))
        let raw = try await Tool.run("skopeo", ["inspect", "--raw", "oci-archive:\(archive)"])
        #expect(Digest(of: Array(raw.utf8)) == images.descriptor.digest)
        // A copy of all platforms reads and verifies every byte.
        _ = try await Tool.run(
            "skopeo",
            ["--insecure-policy", "copy", "--all", "oci-archive:\(archive)", "dir:\(scratch.path.appending("copy"))"])
    }
}
