import NIOCore
import NIOPosix
import Synchronization

/// A proxy on loopback that connects everything to one port of this machine, whatever host was asked for.
package final class ConnectProxy: Sendable {
    /// The port it listens at.
    package let port: Int
    private let heads: Mutex<[String]>

    private init(port: Int, heads: consuming Mutex<[String]>) {
        self.port = port
        self.heads = heads
    }

    /// The requests that came, headers and all.
    package var requests: [String] { heads.withLock { $0 } }

    /// Serves while `body` runs.
    package static func serving<Value: Sendable>(
        to target: Int, _ body: (ConnectProxy) async throws -> Value
    ) async throws -> Value {
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        let proxy = ConnectProxy(port: server.channel.localAddress?.port ?? 0, heads: Mutex([]))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await proxy.accept(server, to: target) }
            defer { group.cancelAll() }
            return try await body(proxy)
        }
    }

    private func accept(
        _ server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>, to target: Int
    ) async throws {
        try await server.executeThenClose { clients in
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in clients {
                    group.addTask { try? await self.serve(client, to: target) }
                }
            }
        }
    }

    private func serve(_ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>, to target: Int) async throws {
        try await client.executeThenClose { fromClient, toClient in
            var pieces = fromClient.makeAsyncIterator()
            var head = ""
            while !head.hasSuffix("\r\n\r\n") {
                guard let piece = try await pieces.next() else { return }
                head += String(buffer: piece)
            }
            heads.withLock { $0.append(head) }
            let remote = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: "127.0.0.1", port: target) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                    }
                }
            try await remote.executeThenClose { fromServer, toServer in
                try await toClient.write(ByteBuffer(string: "HTTP/1.1 200 Connected\r\n\r\n"))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { for try await piece in fromServer { try await toClient.write(piece) } }
                    while let piece = try await pieces.next() { try await toServer.write(piece) }
                    group.cancelAll()
                }
            }
        }
    }
}
