import AsyncHTTPClient
import Files
import Images
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import SystemPackage

/// Sends single requests: connections, TLS and proxies; no redirects, no credentials, no second attempts.
final class Transport: Sendable {
    /// Clients differ by what the connection pool takes from its configuration.
    private struct Key: Hashable {
        let proxy: Proxy?
        let certificates: FilePath?
        let isProbe: Bool
    }

    private let proxies: Proxies
    private let trust: Trust
    private let slowest: SlowestTransfer
    private let clients = Mutex<[Key: HTTPClient]>([:])

    init(_ options: RegistryOptions) throws {
        proxies = try Proxies(environment: options.environment)
        trust = try Trust(authorities: options.authorities, environment: options.environment)
        slowest = options.slowest
    }

    deinit {
        for client in clients.withLock({ $0.values }) { client.shutdown { _ in } }
    }

    /// Ends all connections.
    func shutdown() async {
        let all = clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
        for client in all { try? await client.shutdown() }
    }

    /// Sends a request and returns the answer as soon as its head is there.
    ///
    /// A probe takes any certificate: it says nothing but whether TLS is spoken. Fails with `Transient`, `RegistryError` or
    /// `CancellationError`.
    func send(_ request: WireRequest, wanted: String, isProbe: Bool = false) async throws -> HTTPClientResponse {
        let origin = request.address.origin
        var wire = HTTPClientRequest(url: request.address.description)
        wire.method = request.method
        wire.headers = request.headers
        wire.headers.replaceOrAdd(name: "user-agent", value: "autoimage")
        var deadline = NIODeadline.now() + .nanoseconds(Int64(slowest.idle / .nanoseconds(1)) * 2)
        switch request.body {
        case .none: break
        case .bytes(let buffer): wire.body = .bytes(buffer)
        case .stream(let stream, let length):
            wire.body = .stream(stream, length: .known(length))
            // The head comes after the body here: what may be slow is watched by the pauses between writes.
            deadline = .distantFuture
        }
        let client = try client(for: origin, isProbe: isProbe)
        do { return try await client.execute(wire, deadline: deadline) } catch {
            throw Self.failure(error, origin: origin, wanted: wanted)
        }
    }

    private func client(for origin: Origin, isProbe: Bool) throws -> HTTPClient {
        let folder = origin.isSecure && !isProbe ? trust.folder(for: origin) : nil
        let key = Key(proxy: proxies.proxy(for: origin), certificates: folder, isProbe: isProbe)
        return try clients.withLock { clients in
            if let client = clients[key] { return client }
            let client = HTTPClient(
                eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: try configuration(key))
            clients[key] = client
            return client
        }
    }

    private func configuration(_ key: Key) throws -> HTTPClient.Configuration {
        let idle = TimeAmount.nanoseconds(Int64(slowest.idle / .nanoseconds(1)))
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: key.isProbe ? Trust.anybody : try trust.configuration(key.certificates),
            redirectConfiguration: .disallow,
            timeout: HTTPClient.Configuration.Timeout(connect: .seconds(10), read: idle, write: idle + idle))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 16
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.setOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 4096, initial: 65536, maximum: 1 << 18))
        }
        if let proxy = key.proxy {
            configuration.proxy =
                proxy.isSocks
                ? .socksServer(host: proxy.host, port: proxy.port)
                : .server(
                    host: proxy.host, port: proxy.port,
                    authorization: proxy.user.map { .basic(username: $0, password: proxy.password) })
        }
        return configuration
    }

    /// What a failed connection means.
    static func failure(_ error: any Error, origin: Origin, wanted: String) -> any Error {
        if Task.isCancelled { return CancellationError() }
        if error is Transient || error is RegistryError || error is CancellationError { return error }
        // The bytes that were to be sent could not be read here.
        if error is BlobError || error is SystemError { return error }
        let reason = ConnectionProblem(error)
        let unreachable = RegistryError.unreachable(host: origin.name, wanted: wanted, reason: reason.text)
        return reason.isFinal
            ? unreachable : Transient(error: unreachable, isConnect: reason.isConnect, isPlain: reason.isPlain)
    }
}

/// A request as it goes over the wire.
struct WireRequest: Sendable {
    var method: HTTPMethod
    var address: HTTPAddress
    var headers = HTTPHeaders()
    var body = WireBody.none
}

/// The body of a request; a stream starts anew for each attempt.
enum WireBody: Sendable {
    case none
    case bytes(ByteBuffer)
    case stream(ByteStream, length: Int64)

    /// Whether it may wait for bytes that come from elsewhere.
    var isStream: Bool {
        guard case .stream = self else { return false }
        return true
    }
}

/// Bytes that are made while they are sent.
struct ByteStream: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    /// Starts from the beginning; what it returns gives the next bytes, nil at the end.
    let start: @Sendable () -> @Sendable () async throws -> ByteBuffer?

    func makeAsyncIterator() -> Iterator { Iterator(nextBuffer: start()) }

    struct Iterator: AsyncIteratorProtocol {
        let nextBuffer: @Sendable () async throws -> ByteBuffer?

        mutating func next() async throws -> ByteBuffer? { try await nextBuffer() }
    }
}
