import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import SystemPackage

/// A complete registry in memory (OCI distribution-spec 1.1) that can be told to misbehave.
///
/// It listens on loopback at a port that the kernel picks, for as long as a closure runs. Several fronts may share one
/// storage: each has its own address, log, faults and authentication.
package final class ScriptedRegistry: Sendable {
    package let options: ScriptedRegistryOptions
    package let storage: RegistryStorage
    let script = Mutex(Script())
    let tokens = Mutex(TokenTable())
    let connections = Mutex<[ObjectIdentifier: any Channel]>([:])
    private let bound = Mutex(0)

    /// What changes while it runs.
    struct Script {
        var faults: [RegistryFault] = []
        var log: [RecordedRequest] = []
        var moments = 0
        var active: [RegistryFault.Call: Int] = [:]
        var peaks: [RegistryFault.Call: Int] = [:]
    }

    private init(_ options: ScriptedRegistryOptions, storage: RegistryStorage) {
        self.options = options
        self.storage = storage
    }

    /// Serves while `body` runs.
    package static func serving<Value: Sendable>(
        _ options: ScriptedRegistryOptions = .init(), storage: RegistryStorage = .init(),
        _ body: (ScriptedRegistry) async throws -> Value
    ) async throws -> Value {
        let tls = try options.certificate.map { certificate in
            try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: NIOSSLCertificate.fromPEMFile(certificate.chain.string).map {
                        .certificate($0)
                    }, privateKey: .privateKey(NIOSSLPrivateKey(file: certificate.key.string, format: .pem))))
        }
        let registry = ScriptedRegistry(options, storage: storage)
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 256)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    var encoding = HTTPResponseEncoder.Configuration()
                    encoding.automaticallySetFramingHeaders = false
                    try pipeline.addHandler(HTTPResponseEncoder(configuration: encoding))
                    try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder()))
                    try pipeline.addHandler(RegistryHandler(registry))
                }
            }
            .bind(host: options.address, port: 0).get()
        registry.bound.withLock { $0 = server.localAddress?.port ?? 0 }
        let result: Result<Value, any Error>
        do { result = .success(try await body(registry)) } catch { result = .failure(error) }
        try? await server.close()
        for connection in registry.connections.withLock({ $0.values }) { try? await connection.close() }
        return try result.get()
    }

    /// The port that it listens on.
    package var port: Int { bound.withLock { $0 } }

    /// Address and port, as references name it: `127.0.0.1:40123`.
    package var host: String { "\(options.address):\(port)" }

    /// `http` or `https`.
    package var scheme: String { options.certificate == nil ? "http" : "https" }

    /// Scheme, address and port.
    package var url: String { "\(scheme)://\(host)" }

    /// Adds a fault; those of one call happen one after the other, in the order in which they were added.
    ///
    /// `times` is how often (nil for ever), `skipping` how many such requests pass first, `path` a text that the
    /// request's path must contain.
    package func fault(
        _ call: RegistryFault.Call, _ effect: RegistryFault.Effect, times: Int? = 1, skipping: Int = 0,
        path: String? = nil
    ) {
        script.withLock {
            $0.faults.append(
                RegistryFault(call: call, effect: effect, left: times, skipping: skipping, path: path))
        }
    }

    /// Forgets all faults.
    package func heal() { script.withLock { $0.faults = [] } }

    /// All requests so far, in the order in which they arrived.
    package var requests: [RecordedRequest] { script.withLock { $0.log } }

    /// The requests of one kind.
    package func requests(_ call: RegistryFault.Call) -> [RecordedRequest] { requests.filter { $0.call == call } }

    /// Forgets the requests so far.
    package func clearLog() { script.withLock { $0.log = [] } }

    /// How many requests of a kind were ever under way at the same time.
    package func peak(_ call: RegistryFault.Call) -> Int { script.withLock { $0.peaks[call] ?? 0 } }
}
