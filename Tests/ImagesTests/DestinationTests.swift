import Files
import Foundation
import Glibc
import Images
import OCI
import Planning
import SystemPackage
import Testing

/// What destinations write, as we and as other tools read it.
@Suite struct DestinationTests {
    let scratch: Scratch
    let state: State
    let store: LocalStore
    let image: AssembledImage
    let name: Reference

    init() throws {
        scratch = try Scratch()
        state = try State(home: scratch.path.appending("home"))
        store = try LocalStore(state)
        name = try Reference(parsing: "localhost/driftwood:v1")
        var tree = MemoryTree()
        try tree.addFolder("/app")
        try tree.addFile("/app/start", "#!/bin/sh\n", mode: 0o755)
        try tree.addFile("/app/füße 😀", "unicode", inode: 5)
        try tree.addFile("/app/hard", "unicode", inode: 5)
        try tree.addFile("/app/" + String(repeating: "n", count: 180), "long")
        try tree.addLink("/app/link", to: "start")
        image = try makeImage(in: store.blobs, LayerContent([.tree(tree, from: .root, to: .root)]))
        try store.tag(image.descriptor, as: name)
    }

    private var archive: FilePath { scratch.path.appending("image.tar") }

    @Test func `a layout gains an image and keeps those it had`() async throws {
        let folder = scratch.path.appending("layout")
        let destination = OCILayoutDestination(folder)
        #expect(
            try await destination.deliver(ImageSet(image), from: store.blobs, names: [name]).place
                == "OCI layout \(folder)")
        _ = try await destination.deliver(ImageSet(image), from: store.blobs, names: [Reference(parsing: "other")])
        let index = try CanonicalJSON.decode(
            Index.self, from: try #require(try HostFiles.read(folder.appending("index.json"))))
        #expect(
            index.manifests.map(\.annotations)
                == ["localhost/driftwood:v1", "other:latest"].map { ["org.opencontainers.image.ref.name": $0] })
        #expect(try scratch.text("layout/oci-layout") == #"{"imageLayoutVersion":"1.0.0"}"#)
        #expect(ImageCheck(store: try BlobStore(folder)).problems(of: image.descriptor) == [])
    }

    @Test func `a Docker archive holds the layers as they are, named by diffID`() async throws {
        _ = try await DockerArchiveDestination(archive).deliver(ImageSet(image), from: store.blobs, names: [name])
        let found = try entries(of: try #require(try HostFiles.read(archive)))
        let diffID = image.config.rootfs.diffIDs[0].hex
        let config = "\(image.manifest.config.digest.hex).json"
        #expect(found.map(\.entry.path) == [diffID, "\(diffID)/layer.tar", config, "manifest.json"])
        #expect(
            found.last?.text
                == #"[{"Config":"\#(config)","Layers":["\#(diffID)/layer.tar"],"RepoTags":["localhost/driftwood:v1"]}]"#
        )
    }

    @Test func `archives have the same bytes each time`() async throws {
        let other = scratch.path.appending("other.tar")
        for pair: [any ImageDestination] in [
            [OCIArchiveDestination(archive), OCIArchiveDestination(other)],
            [DockerArchiveDestination(archive), DockerArchiveDestination(other)],
        ] {
            for destination in pair {
                _ = try await destination.deliver(ImageSet(image), from: store.blobs, names: [name])
            }
            #expect(try HostFiles.read(archive) == HostFiles.read(other))
        }
    }

    @Test func `nothing is delivered where a blob is damaged`() async throws {
        try AtomicFile.write([1, 2, 3], to: store.blobs.path(image.manifest.layers[0].digest))
        for destination: any ImageDestination in [
            OCIArchiveDestination(archive), DockerArchiveDestination(archive),
            OCILayoutDestination(scratch.path.appending("l")),
        ] {
            await #expect(throws: (any Error).self) {
                try await destination.deliver(ImageSet(image), from: store.blobs, names: [name])
            }
        }
        #expect(!HostFiles.exists(archive))
        #expect(!HostFiles.exists(scratch.path.appending("l")))
        #expect(try HostFiles.names(in: scratch.path).filter { $0.hasPrefix(".tmp") } == [])
    }

    @Test(.enabled(if: Tool.exists("skopeo"), "skopeo is not installed"))
    func `skopeo reads store, layout and archives`() async throws {
        _ = try await OCILayoutDestination(scratch.path.appending("layout")).deliver(
            ImageSet(image), from: store.blobs, names: [name])
        let docker = scratch.path.appending("docker.tar")
        _ = try await OCIArchiveDestination(archive).deliver(ImageSet(image), from: store.blobs, names: [name])
        _ = try await DockerArchiveDestination(docker).deliver(ImageSet(image), from: store.blobs, names: [name])
        for source in [
            "oci:\(state.images):\(name)", "oci:\(scratch.path)/layout:\(name)", "oci-archive:\(archive):\(name)",
            "docker-archive:\(docker)",
        ] {
            let text = try await Tool.run("skopeo", ["inspect", source])
            let found = try JSONDecoder().decode(Inspection.self, from: Data(text.utf8))
            #expect(found.env == ["LANG=C.UTF-8"])
            #expect(found.layers.count == 1)
            if source.hasPrefix("oci") { #expect(found.digest == image.descriptor.digest.description) }
            // A copy reads and verifies every byte.
            let target = scratch.path.appending("copy")
            try HostFiles.remove(target)
            _ = try await Tool.run("skopeo", ["--insecure-policy", "copy", source, "dir:\(target)"])
        }
    }

    private struct Inspection: Decodable {
        let digest: String
        let layers: [String]
        let env: [String]

        enum CodingKeys: String, CodingKey {
            case digest = "Digest"
            case layers = "Layers"
            case env = "Env"
        }
    }

    @Test(.enabled(if: Tool.exists("umoci"), "umoci is not installed"))
    func `umoci unpacks what we packed`() async throws {
        // umoci takes no slash in a name.
        try store.tag(image.descriptor, as: Reference(parsing: "driftwood"))
        let bundle = scratch.path.appending("bundle")
        let rootless = geteuid() == 0 ? [] : ["--rootless"]
        _ = try await Tool.run(
            "umoci", ["unpack"] + rootless + ["--image", "\(state.images):driftwood:latest", bundle.string])
        let app = bundle.pushing("rootfs/app")
        #expect(
            try HostFiles.names(in: app) == ["füße 😀", "hard", "link", String(repeating: "n", count: 180), "start"])
        #expect(try HostFiles.read(app.appending("hard")) == Array("unicode".utf8))
        var status = stat()
        #expect(lstat(app.appending("start").string, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o755)
        #expect(status.st_mtim.tv_sec == 1)
    }

    @Test(.enabled(if: Tool.exists("podman"), "podman is not installed"), arguments: [true, false])
    func `podman loads both archives`(_ isOCI: Bool) async throws {
        let destination: any ImageDestination =
            isOCI ? OCIArchiveDestination(archive) : DockerArchiveDestination(archive)
        _ = try await destination.deliver(ImageSet(image), from: store.blobs, names: [name])
        let own = [
            "--root", scratch.path.appending("graph").string, "--runroot", scratch.path.appending("run").string,
            "--storage-driver", "vfs",
        ]
        _ = try await Tool.run("podman", own + ["load", "-i", archive.string])
        let id = try await Tool.run("podman", own + ["image", "inspect", "--format", "{{.Id}}", name.description])
        #expect(id == image.manifest.config.digest.hex + "\n")
    }
}
