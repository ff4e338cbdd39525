import ArgumentParser
import Planning
import Registry
import Synchronization
import SystemPackage

/// The options of every command that talks to registries.
struct RegistryArguments: ParsableArguments {
    @Option(
        name: .customLong("registry-ca"),
        help: "File with certificate authorities (PEM) to trust beside the host's; may be repeated.")
    var registryAuthorities: [String] = []

    @Option(
        name: .customLong("insecure-registry"),
        help: "Registry (host:port) that plain HTTP may be used for; loopback needs no mention.")
    var insecureRegistries: [String] = []

    @Option(
        name: .customLong("registry-mirror"),
        help: "Registry to ask in place of another, as in docker.io=mirror.example:5000; may be repeated.")
    var registryMirrors: [String] = []
}

/// The client of a command: opened when something first needs a registry, since most builds need none.
final class RegistryAccess: Sendable {
    private let arguments: RegistryArguments
    private let isOffline: Bool
    private let note: @Sendable (String) -> Void
    private let opened = Mutex<RegistryClient?>(nil)

    init(_ arguments: RegistryArguments, offline: Bool = false, note: @escaping @Sendable (String) -> Void) {
        self.arguments = arguments
        isOffline = offline
        self.note = note
    }

    /// The client, the same at every call.
    func client() throws -> RegistryClient {
        try opened.withLock { client in
            if let client { return client }
            let new = try open()
            client = new
            return new
        }
    }

    /// Ends the connections, where there are any.
    func close() async { await opened.withLock { $0.take() }?.shutdown() }

    private func open() throws -> RegistryClient {
        var options = RegistryOptions()
        options.authorities = arguments.registryAuthorities.map { FilePath($0) }
        options.insecureHosts = Set(arguments.insecureRegistries)
        options.isOffline = isOffline
        options.environment = ProcessEnvironment.current
        for text in arguments.registryMirrors {
            let pair = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else {
                throw Failure(.usage, "--registry-mirror \(text): expected HOST=MIRROR, as in docker.io=localhost:5000")
            }
            options.mirrors[pair[0], default: []].append(pair[1])
        }
        return try RegistryClient(
            options, credentials: CredentialFinder(environment: options.environment), note: note)
    }
}

/// Runs work that may talk to registries, and ends its connections afterwards.
func withRegistry<Result>(
    _ arguments: RegistryArguments, offline: Bool = false, _ progress: Progress,
    _ work: (RegistryAccess) async throws -> Result
) async throws -> Result {
    let registry = RegistryAccess(arguments, offline: offline) { progress.report(.note(text: $0)) }
    do {
        let result = try await work(registry)
        await registry.close()
        return result
    } catch {
        await registry.close()
        throw error
    }
}
