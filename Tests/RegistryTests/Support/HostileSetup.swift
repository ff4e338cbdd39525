import Images
import OCI
import Registry
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// A client that does not sleep, and what it would have waited and told.
final class TestClient: Sendable {
    let registry: RegistryClient
    private let recorded: Recorded

    private final class Recorded: Sendable {
        let waits = Mutex<[Duration]>([])
        let notes = Mutex<[String]>([])
    }

    /// The waits between attempts, in order.
    var waits: [Duration] { recorded.waits.withLock { $0 } }
    var notes: [String] { recorded.notes.withLock { $0 } }

    private init(_ options: RegistryOptions, recorded: Recorded) throws {
        self.recorded = recorded
        registry = try RegistryClient(options, credentials: CredentialFinder(environment: options.environment)) {
            note in
            recorded.notes.withLock { $0.append(note) }
        }
    }

    /// Runs `body` with a client and shuts the client down.
    ///
    /// `logins` are user and password by host, as `docker login` stores them. The budget for attempts is ten seconds,
    /// none of which are slept.
    static func using<Value: Sendable>(
        _ workshop: Workshop, logins: [String: String] = [:], _ change: (inout RegistryOptions) -> Void = { _ in },
        _ body: (TestClient) async throws -> Value
    ) async throws -> Value {
        let recorded = Recorded()
        var options = RegistryOptions()
        options.environment = [
            "DOCKER_CONFIG": try workshop.dockerConfig(logins).string, "HOME": workshop.folder.string,
        ]
        options.retry.budget = .seconds(10)
        options.retry.jitter = { 1 }
        // Only waits cost: how busy the machine is does not count.
        let start = ContinuousClock.now
        options.retry.now = { start }
        options.retry.sleep = { wait in recorded.waits.withLock { $0.append(wait) } }
        change(&options)
        let client = try TestClient(options, recorded: recorded)
        let result: Result<Value, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        await client.registry.shutdown()
        return try result.get()
    }
}

extension Workshop {
    /// A folder with a `config.json` of Docker.
    func dockerConfig(_ logins: [String: String]) throws -> FilePath {
        let folder = try store("docker-config").folder
        let all = logins.mapValues { ["auth": Base64.encode($0)] }
        try write(CanonicalJSON.encode(["auths": all]), to: folder.appending("config.json"))
        return folder
    }
}

/// Base64 of texts (RFC 4648).
enum Base64 {
    static func encode(_ text: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        let bytes = Array(text.utf8)
        var result = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let value = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for index in 0..<4 {
                result.append(index <= group.count ? digits[value >> (18 - 6 * index) & 63] : "=")
            }
        }
        return result
    }
}

extension ScriptedRegistry {
    /// A repository in this registry.
    func repository(_ name: String = "team/web") -> Repository { Repository(registry: host, name: name) }

    /// A reference into this registry.
    func reference(_ tail: String = "team/web:1") throws -> Reference { try Reference(parsing: "\(host)/\(tail)") }

    /// How messages call a blob.
    func wanted(_ blob: Descriptor, of name: String = "team/web") -> String {
        "the blob \(blob.digest) of \(host)/\(name)"
    }

    /// How messages call a manifest.
    func wanted(_ tail: String = "team/web:1") -> String { "\(host)/\(tail)" }

    /// Puts an image, or an index and its images, with all their blobs into a repository, by hand.
    func load(_ images: ImageSet, from store: BlobStore, as name: String = "team/web", tag: String? = "1") throws {
        for image in images.images {
            for blob in [image.manifest.config] + image.manifest.layers {
                storage.add(blob: try store.read(blob, limit: 1 << 30), to: name)
            }
            storage.add(
                manifest: try store.read(image.descriptor), mediaType: image.descriptor.mediaType.rawValue, to: name,
                tag: images.isIndex ? nil : tag)
        }
        guard images.isIndex else { return }
        storage.add(
            manifest: try store.read(images.descriptor), mediaType: images.descriptor.mediaType.rawValue, to: name,
            tag: tag)
    }
}

/// The error that a call to a registry fails with; nil where it succeeds.
func failure<Value>(_ body: () async throws -> Value) async throws -> RegistryError? {
    do {
        _ = try await body()
        return nil
    } catch let error as RegistryError {
        return error
    }
}

/// Expects that a call to a registry fails with just this error.
func expectFailure<Value>(
    _ expected: RegistryError, sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async throws {
    let error = try await failure(body)
    #expect(error == expected, sourceLocation: sourceLocation)
}

/// What happens with registries that do what they should not: every case and its exact outcome.
///
/// One at a time: they would starve each other of the processor, and then see time-outs that none of them made.
@Suite(.serialized) enum HostileTests {}
