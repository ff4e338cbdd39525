import NIOCore
import NIOHTTP1
import OCI

/// Brings one blob from one repository into a sink: verified, bounded, resumed after a cut.
struct BlobFetch {
    let endpoint: Endpoint
    let blob: Descriptor
    /// For messages: `the layer sha256:… of docker.io/library/python`.
    let wanted: String
    /// The part of the blob that is wanted; all of it is verified, a part cannot be.
    let range: Range<Int64>

    init(endpoint: Endpoint, blob: Descriptor, wanted: String, range: Range<Int64>? = nil) {
        self.endpoint = endpoint
        self.blob = blob
        self.wanted = wanted
        self.range = range ?? 0..<max(0, blob.size)
    }

    private var isWhole: Bool { range.count == blob.size }

    /// Streams the blob into an empty sink; fails where size or digest are others.
    func run(into sink: any BlobSink) async throws {
        let budget = endpoint.host.makeBudget()
        do {
            try await transfer(
                endpoint.call(.GET, "blobs/\(blob.digest)", wanted: wanted, expected: [200, 206, 416]), budget, sink)
        } catch let error as RegistryError where isForeign(error) {
            try await fetchElsewhere(into: sink, otherwise: error)
        }
    }

    private func isForeign(_ error: RegistryError) -> Bool {
        guard case .notFound = error else { return false }
        return blob.mediaType.isNonDistributable && !(blob.urls ?? []).isEmpty
    }

    /// Layers that may not be distributed are where their publisher keeps them (image-spec, descriptor.md, "urls").
    private func fetchElsewhere(
        into sink: any BlobSink, otherwise error: RegistryError
    ) async throws {
        var failure = error
        for text in blob.urls ?? [] {
            guard let address = HTTPAddress(text), address.origin.isSecure else { continue }
            var call = Call(method: .GET, place: .address(address), wanted: wanted, expected: [200, 206, 416])
            call.isAuthorized = false
            do { return try await transfer(call, endpoint.host.makeBudget(), sink) } catch let error as RegistryError {
                failure = error
                // What one place sent is not gone on with from another.
                guard try sink.restart() else { throw error }
            }
        }
        throw failure
    }

    private func transfer(_ call: Call, _ budget: RetryBudget, _ sink: any BlobSink) async throws {
        var endings = 0
        guard !range.isEmpty else { return try verify(sink) }
        try await endpoint.host.exchange(
            budget,
            {
                var call = call
                let position = range.lowerBound + sink.count
                if sink.count > 0 || !isWhole {
                    call.headers.add(name: "range", value: "bytes=\(position)-\(range.upperBound - 1)")
                }
                return call
            },
            { answer in
                let before = sink.count
                try await take(answer, budget, sink)
                guard sink.count < range.count else { return }
                // A body that ended as its sender wanted, but early.
                endings = sink.count == before ? endings + 1 : 1
                let short = wrong("it has \(range.lowerBound + sink.count) bytes where \(blob.size) were expected")
                guard endings < 3 else { throw short }
                throw Transient(error: short)
            })
        try verify(sink)
    }

    private func verify(_ sink: any BlobSink) throws {
        guard !isWhole || sink.digest == blob.digest else {
            throw wrong("the bytes have the digest \(sink.digest)")
        }
    }

    /// Appends the body to the sink, up to the blob's size.
    private func take(_ answer: Answer, _ budget: RetryBudget, _ sink: any BlobSink) async throws {
        let start = range.lowerBound + sink.count
        var skip: Int64 = 0
        switch answer.status {
        case 206:
            guard start > 0 || !isWhole, let part = ContentRange(answer.headers.first(name: "content-range")),
                part.first == start, part.last < range.upperBound, part.total == nil || part.total == blob.size
            else { throw wrongAnswer("a part that was not asked for") }
            try check(answer.length, range.upperBound - start)
        case 200:
            // The whole blob, although a part was asked for: what is not needed is passed over.
            skip = start
            try check(answer.length, blob.size)
        default: throw wrong("it has no bytes after the first \(start) where \(blob.size) were expected")
        }
        try await answer.forEachPiece { piece in
            var piece = piece
            let passed = min(skip, Int64(piece.readableBytes))
            piece.moveReaderIndex(forwardBy: Int(passed))
            skip -= passed
            let room = Int64(range.count) - sink.count
            if Int64(piece.readableBytes) > room {
                guard range.upperBound < blob.size else {
                    throw wrong("it has more than the expected \(blob.size) bytes")
                }
                piece = piece.getSlice(at: piece.readerIndex, length: Int(room)) ?? piece
            }
            if piece.readableBytes > 0 {
                try await sink.append(piece)
                budget.reached(sink.count)
            }
            return sink.count < range.count || range.upperBound == blob.size
        }
    }

    private func check(_ length: Int64?, _ expected: Int64) throws {
        guard let length, length != expected else { return }
        throw wrong("\(length) bytes are announced where \(expected) were expected")
    }

    private func wrong(_ problem: String) -> RegistryError {
        .wrongContent(host: endpoint.host.name, wanted: wanted, problem: problem)
    }

    private func wrongAnswer(_ problem: String) -> RegistryError {
        .wrongAnswer(host: endpoint.host.name, wanted: wanted, problem: problem)
    }
}

/// The `Content-Range` header of a part: `bytes 100-199/200` (RFC 9110, 14.4).
struct ContentRange: Equatable {
    let first: Int64
    let last: Int64
    /// nil for `*`.
    let total: Int64?

    init?(_ header: String?) {
        guard let header, header.lowercased().hasPrefix("bytes ") else { return nil }
        let parts = header.dropFirst(6).split(separator: "/")
        let ends = parts.first?.split(separator: "-").map { Int64($0) } ?? []
        guard parts.count == 2, ends.count == 2, let first = ends[0], let last = ends[1], first <= last else {
            return nil
        }
        total = parts[1] == "*" ? nil : Int64(parts[1])
        guard parts[1] == "*" || total != nil else { return nil }
        self.first = first
        self.last = last
    }
}
