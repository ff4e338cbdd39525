import Files
import Foundation
import Images
import OCI
import Registry
import SystemPackage

/// Makes an image with one big layer, pushes it and pulls it; `Tests/Benchmarks/registry` runs it beside skopeo.
///
/// Prints the seconds that the transfer took and the peak of its resident memory in MiB.
@main
struct RegistryTransfer {
    static func main() async throws {
        let words = Array(CommandLine.arguments.dropFirst())
        guard words.count == 3 else { throw UsageError() }
        let store = try BlobStore(FilePath(words[1]))
        switch words[0] {
        case "make":
            guard let bytes = Int(words[2]) else { throw UsageError() }
            try make(bytes, in: store)
        case "push":
            let index = try CanonicalJSON.decode(Index.self, from: read(store.folder.appending("index.json")))
            guard let top = index.manifests.first else { throw UsageError() }
            let image = try ImageSet(top, in: store)
            try await measure { client in
                _ = try await client.push(image, from: store, to: [Reference(parsing: words[2])])
            }
        case "pull":
            try await measure { client in _ = try await client.pullAll(Reference(parsing: words[2]), into: store) }
        default: throw UsageError()
        }
    }

    /// An image whose only layer holds one file that does not compress, in an OCI layout.
    private static func make(_ bytes: Int, in store: BlobStore) throws {
        var writer = try LayerWriter(into: store)
        var entry = TarEntry(path: "data", kind: .file, mode: 0o644, modified: 1)
        entry.size = Int64(bytes)
        try writer.add(entry)
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        var block = [UInt64](repeating: 0, count: 1 << 13)
        for start in stride(from: 0, to: bytes, by: 1 << 16) {
            for index in block.indices {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                block[index] = state
            }
            try block.withUnsafeBytes { try writer.write(.init(rebasing: $0.prefix(bytes - start))) }
        }
        let execution = ImageConfig.Execution(
            user: nil, exposedPorts: [], env: [], entrypoint: ["/data"], cmd: [], volumes: [], workingDir: nil,
            labels: [:], stopSignal: nil)
        let image = try ImageAssembler(store: store).assemble(
            layers: [(writer.commit(), "benchmark")], config: execution, platform: .host, created: 1)
        var top = image.descriptor
        top.annotations = ["org.opencontainers.image.ref.name": "big"]
        try AtomicFile.write(
            Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8), to: store.folder.appending("oci-layout"))
        try AtomicFile.write(
            CanonicalJSON.encode(Index(manifests: [top])), to: store.folder.appending("index.json"))
    }

    private static func measure(_ body: (RegistryClient) async throws -> Void) async throws {
        let start = ContinuousClock.now
        let credentials = CredentialFinder(environment: [:])
        let client = try RegistryClient(RegistryOptions(), credentials: credentials) { note in print("note: \(note)") }
        try await body(client)
        await client.shutdown()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let status = String(decoding: try read("/proc/self/status"), as: UTF8.self)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }?.split { !$0.isNumber }.first
        let mebibytes = (peak.flatMap { Int($0) } ?? .max) / 1024
        print(String(format: "%.2f %d", seconds, mebibytes))
    }

    private static func read(_ path: FilePath) throws -> [UInt8] {
        guard let bytes = try HostFiles.read(path) else { throw UsageError() }
        return bytes
    }
}

/// Arguments that are none of those there are.
struct UsageError: Error, CustomStringConvertible {
    var description: String {
        "usage: RegistryTransfer make LAYOUT BYTES | push LAYOUT REFERENCE | pull LAYOUT REFERENCE"
    }
}
