import NIOCore
import NIOHTTP1
import Synchronization

/// Hands what a connection receives to a task of its own, and ends that with the connection.
final class RegistryHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    private let registry: ScriptedRegistry
    private let parts = AsyncStream<HTTPServerRequestPart>.makeStream()
    private var task: Task<Void, Never>?

    init(_ registry: ScriptedRegistry) { self.registry = registry }

    func channelActive(context: ChannelHandlerContext) {
        let connection = RegistryConnection(registry: registry, channel: context.channel)
        let stream = parts.stream
        registry.connections.withLock { $0[ObjectIdentifier(connection.channel)] = connection.channel }
        task = Task { await connection.serve(stream) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { parts.continuation.yield(unwrapInboundIn(data)) }

    func channelInactive(context: ChannelHandlerContext) {
        registry.connections.withLock { $0[ObjectIdentifier(context.channel)] = nil }
        parts.continuation.finish()
        task?.cancel()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

/// One connection to a scripted registry: takes requests one after the other, answers them, and misbehaves.
struct RegistryConnection {
    typealias Parts = AsyncStream<HTTPServerRequestPart>

    /// Ends the connection without an answer.
    private struct Closed: Error {}

    let registry: ScriptedRegistry
    let channel: any Channel

    /// Serves until either side ends the connection.
    func serve(_ stream: Parts) async {
        var parts = stream.makeAsyncIterator()
        do {
            while let part = await parts.next() {
                guard case .head(let head) = part else { continue }
                try await exchange(head, &parts)
                if !head.isKeepAlive { break }
            }
        } catch {}
        try? await channel.close()
    }

    @concurrent private func exchange(_ head: HTTPRequestHead, _ parts: inout Parts.AsyncIterator) async throws {
        var headers: [String: String] = [:]
        for (name, value) in head.headers {
            headers[name.lowercased()] = headers[name.lowercased()].map { "\($0), \(value)" } ?? value
        }
        var request = RegistryRequest(method: head.method.rawValue, uri: head.uri, headers: headers)
        let (number, effect) = registry.begin(request, uri: head.uri)
        defer { registry.end(request.call) }
        if case .answerEarly(let status) = effect {
            try await send(.error(status, "EARLY", "answered early"), to: request, effect, number)
        }
        while let part = await parts.next() {
            if case .end = part { break }
            guard case .body(let buffer) = part else { continue }
            registry.update(number) { $0.bodyBytes += Int64(buffer.readableBytes) }
            request.body += buffer.readableBytesView
            if case .cut(let count) = effect, request.body.count >= count {
                registry.keep(Array(request.body.prefix(count)), of: request)
                throw Closed()
            }
        }
        switch effect {
        case .answerEarly: return
        case .close, .cut: throw Closed()
        case .hang: try await Task.sleep(for: .seconds(3600))
        case .delay(let time): try await Task.sleep(for: time)
        case .revokeTokens: registry.revokeTokens()
        default: break
        }
        try await send(answer(request, effect, uri: head.uri), to: request, effect, number)
    }

    private func answer(_ request: RegistryRequest, _ effect: RegistryFault.Effect?, uri: String) -> RegistryAnswer {
        switch effect {
        case .answer(let status, let headers, let body):
            return RegistryAnswer(status, headers, body: Array(body.utf8))
        case .redirect(let base):
            let mark = uri.contains("?") ? "&" : "?"
            return RegistryAnswer(307, ["Location": "\(base)\(uri)\(mark)signature=secret"])
        case .endless(let status): return RegistryAnswer(status, ["Content-Type": "application/json"])
        case .ignoreRange, .wholeThenCut: return registry.answer(request, ignoringRange: true)
        default: break
        }
        var answer = registry.answer(request)
        switch effect {
        case .header(let name, let value): answer.headers[name] = value ?? ""
        case .replaceBody(let bytes): answer.body = bytes
        default: break
        }
        return answer
    }

    private func send(
        _ answer: RegistryAnswer, to request: RegistryRequest, _ effect: RegistryFault.Effect?, _ number: Int
    ) async throws {
        // What was asked for is done; the client may go on with the first byte of the answer.
        registry.finish(number, answer.status)
        if effect == .vanish { throw Closed() }
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: answer.status))
        for (name, value) in answer.headers.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
            head.headers.add(name: name, value: value)
        }
        if case .endless = effect {
            head.headers.add(name: "Transfer-Encoding", value: "chunked")
        } else if case .declareLength(let count) = effect {
            head.headers.replaceOrAdd(name: "Content-Length", value: "\(count)")
        } else if answer.headers["Content-Length"] == nil, answer.status != 204 {
            head.headers.add(name: "Content-Length", value: "\(answer.body.count)")
        }
        try await write(.head(head))
        if request.method != "HEAD" {
            try await send(body: answer.body, effect, number)
        }
        try await write(.end(nil))
        if case .declareLength = effect { throw Closed() }
    }

    private func send(
        body: [UInt8], _ effect: RegistryFault.Effect?, _ number: Int
    ) async throws {
        func send(_ bytes: some Sequence<UInt8>) async throws {
            let buffer = ByteBuffer(bytes: bytes)
            registry.update(number) { $0.sentBytes += Int64(buffer.readableBytes) }
            try await write(.body(.byteBuffer(buffer)))
        }
        switch effect {
        case .truncate(let count), .wholeThenCut(let count):
            try await send(body.prefix(count))
            throw Closed()
        case .drip(let count, let pause):
            for start in stride(from: 0, to: body.count, by: count) {
                try await send(body[start..<min(start + count, body.count)])
                try await Task.sleep(for: pause)
            }
        case .endless:
            let piece = [UInt8](repeating: 0x20, count: 1 << 16)
            while true { try await send(piece) }
        default: if !body.isEmpty { try await send(body) }
        }
    }
}

extension RegistryConnection {
    /// Comes back when the bytes are with the kernel.
    private func write(_ part: HTTPServerResponsePart) async throws { try await channel.writeAndFlush(part) }
}

extension ScriptedRegistry {
    /// Writes a request into the log and picks its fault.
    func begin(_ request: RegistryRequest, uri: String) -> (number: Int, effect: RegistryFault.Effect?) {
        script.withLock { script in
            let query = uri.split(separator: "?", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
            script.moments += 1
            script.log.append(
                RecordedRequest(
                    call: request.call, method: request.method, path: request.path, query: query,
                    headers: request.headers, began: script.moments))
            if let call = request.call {
                script.active[call, default: 0] += 1
                script.peaks[call] = max(script.peaks[call] ?? 0, script.active[call] ?? 0)
            }
            return (script.moments, script.takeFault(for: request))
        }
    }

    /// Notes that a request was carried out or refused.
    func finish(_ number: Int, _ status: Int) {
        script.withLock { script in
            script.moments += 1
            guard let index = script.log.lastIndex(where: { $0.began == number }) else { return }
            script.log[index].status = status
            script.log[index].ended = script.moments
        }
    }

    /// Notes that a request is over.
    func end(_ call: RegistryFault.Call?) {
        guard let call else { return }
        script.withLock { $0.active[call, default: 0] -= 1 }
    }

    /// Changes a request in the log.
    func update(_ number: Int, _ change: (inout RecordedRequest) -> Void) {
        script.withLock { script in
            if let index = script.log.lastIndex(where: { $0.began == number }) { change(&script.log[index]) }
        }
    }
}

extension ScriptedRegistry.Script {
    /// The first fault that fits a request and is not used up.
    fileprivate mutating func takeFault(for request: RegistryRequest) -> RegistryFault.Effect? {
        for index in faults.indices where faults[index].call == request.call && faults[index].left != 0 {
            if let path = faults[index].path, !request.path.contains(path) { continue }
            if faults[index].skipping > 0 {
                faults[index].skipping -= 1
                return nil
            }
            faults[index].left = faults[index].left.map { $0 - 1 }
            return faults[index].effect
        }
        return nil
    }
}
