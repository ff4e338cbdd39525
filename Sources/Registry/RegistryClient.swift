package import OCI
import Synchronization

/// Pulls from and pushes to registries (OCI distribution-spec 1.1).
///
/// One a process: it holds connections, tokens and what is known about each registry. Memory does not depend on the size
/// of blobs. Every method fails with `RegistryError`.
package final class RegistryClient: Sendable {
    let options: RegistryOptions
    let note: @Sendable (String) -> Void
    private let credentials: CredentialFinder
    private let transport: Transport
    private let hosts = Mutex<[String: RegistryHost]>([:])
    /// Mirrors that could not be reached, and are not asked again.
    private let silent = Mutex<Set<String>>([])

    /// `note` gets lines for people: waiting for a rate limit, a warning of the registry.
    package init(
        _ options: RegistryOptions, credentials: CredentialFinder, note: @escaping @Sendable (String) -> Void
    ) throws {
        self.options = options
        self.credentials = credentials
        self.note = note
        transport = try Transport(options)
    }

    /// Ends all connections.
    package func shutdown() async { await transport.shutdown() }

    /// Fails where no network is allowed.
    func needNetwork(_ wanted: String) throws {
        if options.isOffline { throw RegistryError.offline(wanted: wanted) }
    }

    /// The one registry of a name.
    func host(_ name: String) -> RegistryHost {
        hosts.withLock { hosts in
            if let known = hosts[name] { return known }
            let new = newHost(name, credentials: credentials)
            hosts[name] = new
            return new
        }
    }

    /// A registry to which we are somebody else.
    func newHost(_ name: String, credentials: CredentialFinder) -> RegistryHost {
        RegistryHost(name, transport: transport, options: options, credentials: credentials, note: note)
    }

    /// Where a repository is pushed to.
    func endpoint(_ repository: Repository) -> Endpoint {
        Endpoint(host: host(repository.registry), name: repository.name, isMirror: false)
    }

    /// Where a repository is pulled from: the mirrors of its registry in order, then the registry.
    func endpoints(_ repository: Repository) -> [Endpoint] {
        let mirrors = (options.mirrors[repository.registry] ?? []).map { mirror in
            let parts = mirror.split(separator: "/", maxSplits: 1).map(String.init)
            let prefix = parts.count > 1 ? parts[1] + "/" : ""
            return Endpoint(host: host(parts.first ?? mirror), name: prefix + repository.name, isMirror: true)
        }
        return mirrors + [endpoint(repository)]
    }

    /// Asks the mirrors one after the other, then the registry, whose failure is the one that counts.
    func fromFirst<Result>(
        of repository: Repository, _ ask: (Endpoint) async throws -> Result
    ) async throws -> Result {
        for mirror in endpoints(repository).dropLast() {
            guard !silent.withLock({ $0.contains(mirror.host.name) }) else { continue }
            do { return try await ask(mirror) } catch let error as RegistryError {
                switch error {
                case .unreachable, .busy: silent.withLock { _ = $0.insert(mirror.host.name) }
                default: break
                }
                // That it lacks something is what the registry is there for.
                if case .notFound = error { continue }
                note("the mirror \(mirror.host.name) of \(repository.registry) does not help: \(error)")
            }
        }
        return try await ask(endpoint(repository))
    }
}

/// A manifest or index as it was sent.
package struct RawManifest: Hashable, Sendable {
    package let descriptor: Descriptor
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8], mediaType: MediaType) {
        descriptor = Descriptor(mediaType: mediaType, digest: Digest(of: bytes), size: Int64(bytes.count))
        self.bytes = bytes
    }
}

/// What a push did.
package struct PushReport: Codable, Hashable, Sendable {
    /// Blobs that the registry had, mounted from another of its repositories, or that were sent.
    package var present = 0
    package var mounted = 0
    package var sent = 0
    /// Bytes of those that were sent.
    package var sentBytes: Int64 = 0

    package init() {}
}
