import ArgumentParser
import Planning
import Registry
import Synchronization

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

    /// Checks what was typed, so that a mistake is told even where no registry is needed.
    func validate() throws {
        for text in registryMirrors {
            let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2 else {
                throw ValidationError(
                    "--registry-mirror \(text): expected REGISTRY=MIRROR, as in docker.io=mirror.example:5000")
            }
            do {
                _ = try (RegistryName(parsing: pair[0]), MirrorName(parsing: pair[1]))
            } catch {
                throw ValidationError("--registry-mirror \(text): \(error)")
            }
        }
        for text in insecureRegistries {
            do { _ = try RegistryName(parsing: text) } catch {
                throw ValidationError("--insecure-registry \(text): \(error)")
            }
        }
    }
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
        let environment = ProcessEnvironment.current
        let settings = try RegistrySettings(arguments, environment: environment)
        var options = RegistryOptions()
        options.authorities = settings.authorities
        options.insecureHosts = settings.insecureHosts
        options.mirrors = settings.mirrors
        options.isOffline = isOffline
        options.environment = environment
        return try RegistryClient(options, credentials: CredentialFinder(environment: environment), note: note)
    }
}

/// Runs work that may talk to registries, and ends its connections afterwards.
func withRegistry<Result>(
    _ arguments: RegistryArguments, offline: Bool = false, _ progress: Progress,
    _ work: (RegistryAccess) async throws -> Result
) async throws -> Result {
    try RegistrySettings.check(arguments)
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
