import Files
import Glibc
import Images
import OCI
import Planning
import Registry
import Subprocess
import Synchronization
import SystemPackage
import TestSupport

/// A folder of one test, with stores and images in it.
struct Workshop: Sendable {
    let folder: FilePath

    /// Makes the folder, runs `body` and removes the folder.
    static func using<Value: Sendable>(_ body: (Workshop) async throws -> Value) async throws -> Value {
        let name = "autoimage-registry-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let folder = FilePath("/tmp").appending(name)
        try HostFiles.makeFolder(folder)
        let result: Result<Value, any Error>
        do { result = .success(try await body(Workshop(folder: folder))) } catch { result = .failure(error) }
        _ = try await Subprocess.run(
            .name("rm"), arguments: ["-rf", folder.string], output: .discarded, error: .discarded)
        return try result.get()
    }

    /// A store by name, empty at first.
    func store(_ name: String) throws -> BlobStore { try BlobStore(folder.appending(name)) }

    /// Bytes that depend on the seed alone and do not compress.
    static func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
        return (0..<count).map { _ in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return UInt8(truncatingIfNeeded: state)
        }
    }

    /// An image whose layers are these bytes, uncompressed.
    func image(
        in store: BlobStore, layers: [[UInt8]], platform: Platform = Platform(architecture: "amd64"),
        command: String = "/start"
    ) throws -> AssembledImage {
        let blobs = try layers.map { bytes in
            let descriptor = try store.write(bytes, mediaType: .layerTar)
            return LayerBlob(
                descriptor: descriptor, diffID: descriptor.digest, uncompressedSize: descriptor.size,
                tarSize: descriptor.size, entries: 1)
        }
        return try assemble(blobs, in: store, platform, command)
    }

    /// An image with one layer, gzip of a tar with one file.
    func archiveImage(in store: BlobStore, text: String = "hello\n") throws -> AssembledImage {
        var writer = try LayerWriter(into: store)
        let bytes = Array(text.utf8)
        var entry = TarEntry(path: "hello.txt", kind: .file, mode: 0o644, modified: 1)
        entry.size = Int64(bytes.count)
        try writer.add(entry)
        try bytes.withUnsafeBytes { try writer.write($0) }
        return try assemble([writer.commit()], in: store, Platform(architecture: "amd64"), "/start")
    }

    private func assemble(
        _ layers: [LayerBlob], in store: BlobStore, _ platform: Platform, _ command: String
    ) throws -> AssembledImage {
        let execution = ImageConfig.Execution(
            user: "65532:65532", exposedPorts: [], env: [], entrypoint: [command], cmd: [], volumes: [],
            workingDir: "/", labels: [:], stopSignal: nil)
        return try ImageAssembler(store: store).assemble(
            layers: layers.map { ($0, "test") }, config: execution, platform: platform, created: 1)
    }

    /// Writes an image into an OCI layout that other programs read, under a name.
    func layout(_ name: String, of images: ImageSet, from store: BlobStore) throws -> FilePath {
        let layout = try self.store(name)
        var digests = [images.descriptor.digest]
        for image in images.images {
            digests += [image.descriptor.digest, image.manifest.config.digest] + image.manifest.layers.map(\.digest)
        }
        for digest in digests { try layout.copy(digest, from: store) }
        var top = images.descriptor
        top.annotations = ["org.opencontainers.image.ref.name": name]
        try write(Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: layout.folder.appending("oci-layout"))
        try write(CanonicalJSON.encode(Index(manifests: [top])), to: layout.folder.appending("index.json"))
        return layout.folder
    }

    /// Writes a file.
    func write(_ bytes: [UInt8], to path: FilePath) throws { try AtomicFile.write(bytes, to: path) }

    /// Runs a program to its end; returns standard output, fails where its status is not 0.
    @discardableResult
    func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) async throws -> String {
        var changes: [Environment.Key: String?] = [:]
        for (name, value) in environment { changes.updateValue(value, forKey: .init(stringLiteral: name)) }
        let result = try await Subprocess.run(
            .name(program), arguments: Arguments(arguments), environment: .inherit.updating(changes),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw ProgramFailure(program: program, arguments: arguments, errors: result.standardError)
        }
        return result.standardOutput
    }
}

/// A program that had to succeed and did not.
struct ProgramFailure: Error, CustomStringConvertible {
    let program: String
    let arguments: [String]
    let errors: String

    var description: String { "'\(program) \(arguments.joined(separator: " "))' failed: \(errors)" }
}

/// Whether a program may be expected on this machine; in CI all are.
func isInstalled(_ program: String) -> Bool {
    if getenv("CI").map({ String(cString: $0) }) == "true" { return true }
    let path = getenv("PATH").map { String(cString: $0) } ?? ""
    return path.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
}
