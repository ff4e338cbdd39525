import Images
import NIOCore
import NIOHTTP1
import OCI

/// Sends one blob into one repository (distribution-spec, "Pushing blobs").
struct BlobUpload {
    enum Outcome: Sendable { case present, mounted, sent }

    let endpoint: Endpoint
    let blob: Descriptor
    let wanted: String
    /// Other repositories of the same registry that have the blob.
    let neighbours: [String]
    /// Where the bytes come from: one place after the other, asked for only when bytes are needed.
    let sources: [BlobSource]

    private var host: RegistryHost { endpoint.host }

    /// Brings the blob into the repository in the cheapest way.
    func run() async throws -> Outcome {
        if try await isPresent() { return .present }
        var session: UploadSession?
        for neighbour in neighbours.prefix(2) {
            switch try await mount(from: neighbour) {
            case .done: return .mounted
            case .session(let opened): session = opened
            case .refused: continue
            }
            break
        }
        var failure: any Error = BlobError.missing(blob.digest)
        for source in sources {
            do {
                try await send(source, session)
                return .sent
            } catch let failed as SourceFailure {
                failure = failed.error
                session = nil
            }
        }
        // Where there was no source, nobody has used what a mount opened.
        if let session { await cancel(session) }
        throw failure
    }

    /// Whether the repository has the blob.
    func isPresent() async throws -> Bool {
        var call = endpoint.pushCall(.HEAD, "blobs/\(blob.digest)", wanted: wanted, expected: [200, 404])
        if sources.isEmpty && neighbours.isEmpty { call.scopes = [.pull(endpoint.name)] }
        return try await host.exchange(host.makeBudget(), { call }) { $0.status == 200 }
    }

    // MARK: Mount

    private enum Mounted {
        case done
        case session(UploadSession)
        case refused
    }

    /// Asks to take the blob over from another repository of the registry; whatever it says but yes means to send it.
    private func mount(from neighbour: String) async throws -> Mounted {
        var call = endpoint.pushCall(
            .POST, "blobs/uploads/?mount=\(blob.digest)&from=\(neighbour)", wanted: wanted, expected: nil)
        call.scopes.append(.pull(neighbour))
        do {
            return try await host.attempt(call) { answer in
                switch answer.status {
                case 201:
                    await answer.drain()
                    return .done
                case 202:
                    await answer.drain()
                    return .session(try UploadSession(answer, of: host.name, wanted: wanted))
                default:
                    await answer.drain()
                    return .refused
                }
            }
        } catch is Transient { return .refused } catch is RegistryError { return .refused }
    }

    // MARK: Upload

    private func openSession() async throws -> UploadSession {
        let call = endpoint.pushCall(.POST, "blobs/uploads/", wanted: wanted, expected: [202])
        return try await host.exchange(host.makeBudget(), { call }) { answer in
            await answer.drain()
            return try UploadSession(answer, of: host.name, wanted: wanted)
        }
    }

    /// Sends the bytes; an upload that fails is cancelled.
    private func send(_ source: BlobSource, _ opened: UploadSession?) async throws {
        var session: UploadSession
        if let opened { session = opened } else { session = try await openSession() }
        do { try await send(source, &session) } catch {
            await cancel(session)
            throw error
        }
    }

    /// Sends the bytes whole where the registry takes that, in chunks where it wants them or after a cut.
    private func send(_ source: BlobSource, _ session: inout UploadSession) async throws {
        let budget = host.makeBudget()
        var inChunks = session.shortestChunk != nil
        var wasLost = false
        while true {
            do {
                if inChunks {
                    try await sendChunks(source, &session, budget)
                } else {
                    try await sendWhole(source, session, budget)
                }
                return
            } catch let failure as TooLarge {
                guard !inChunks else { throw failure.error }
                inChunks = true
                try await begin(&session)
            } catch let failure as Transient {
                try await budget.wait(after: failure, host: host.name)
                // The last answer may have been lost, not the bytes.
                if try await isPresent() { return await cancel(session) }
                if try await refresh(&session), session.received > 0 {
                    inChunks = true
                } else {
                    try await begin(&session)
                }
            } catch RegistryError.notFound(host.name, _, _) where !wasLost {
                // It forgot the upload, or named a place that there is not.
                wasLost = true
                try await begin(&session)
            }
        }
    }

    /// Cancels an upload and opens another in its place.
    private func begin(_ session: inout UploadSession) async throws {
        await cancel(session)
        session = try await openSession()
    }

    private func uploadCall(_ method: HTTPMethod, _ address: HTTPAddress, expected: Set<Int>?) -> Call {
        var call = endpoint.pushCall(method, "", wanted: wanted, expected: expected)
        call.place = .address(address)
        call.isUpload = true
        return call
    }

    private func sendWhole(_ source: BlobSource, _ session: UploadSession, _ budget: RetryBudget) async throws {
        try await source.withStream(0..<blob.size) { stream in
            var call = uploadCall(
                .PUT, session.address.adding("digest", "\(blob.digest)"), expected: [200, 201, 204, 413, 416])
            call.headers.add(name: "content-type", value: "application/octet-stream")
            if blob.size > 0 { call.body = .stream(stream, length: blob.size) }
            try await host.attempt(call) { answer in
                guard ![413, 416].contains(answer.status) else {
                    throw TooLarge(error: await host.refusal(answer, of: call))
                }
                await answer.drain()
                try check(answer)
            }
        }
    }

    private func check(_ answer: Answer) throws {
        guard let digest = answer.digest, digest != blob.digest else { return }
        throw RegistryError.wrongAnswer(
            host: host.name, wanted: wanted, problem: "it says that it stored the digest \(digest)")
    }

    /// Sends what the registry does not have yet, chunk by chunk, and ends the upload.
    private func sendChunks(_ source: BlobSource, _ session: inout UploadSession, _ budget: RetryBudget) async throws {
        while session.received < blob.size {
            let end = session.received + min(session.chunk, blob.size - session.received)
            try await sendChunk(source, session.received..<end, &session, budget)
        }
        var call = uploadCall(.PUT, session.address.adding("digest", "\(blob.digest)"), expected: [200, 201, 204])
        call.headers.add(name: "content-type", value: "application/octet-stream")
        try await host.attempt(call) { answer in
            await answer.drain()
            try check(answer)
        }
    }

    private func sendChunk(
        _ source: BlobSource, _ range: Range<Int64>, _ session: inout UploadSession, _ budget: RetryBudget
    ) async throws {
        let address = session.address
        let answered = try await source.withStream(range) { stream -> UploadSession? in
            var call = uploadCall(.PATCH, address, expected: [200, 201, 202, 204, 413, 416])
            call.headers.add(name: "content-type", value: "application/octet-stream")
            call.headers.add(name: "content-range", value: "\(range.lowerBound)-\(range.upperBound - 1)")
            call.body = .stream(stream, length: Int64(range.count))
            return try await host.attempt(call) { answer in
                if answer.status == 413 { throw TooLarge(error: await host.refusal(answer, of: call)) }
                await answer.drain()
                guard answer.status != 416 else { return nil }
                return try UploadSession(answer, of: host.name, wanted: wanted, sent: range.upperBound)
            }
        }
        if let answered {
            let progress = answered.received - session.received
            guard progress > 0, answered.received <= blob.size else {
                throw RegistryError.wrongAnswer(
                    host: host.name, wanted: wanted,
                    problem: "it has \(answered.received) bytes after \(range.upperBound) were sent")
            }
            budget.reached(answered.received)
            session.advance(to: answered)
            return
        }
        let before = session.received
        let refusal = RegistryError.refused(
            host: host.name, wanted: wanted, said: "416 Range Not Satisfiable for bytes from \(before)")
        guard try await refresh(&session), session.received != before else {
            throw refusal
        }
        // It may have gone back: without a price that could go on for ever.
        try await budget.wait(after: Transient(error: refusal), host: host.name)
    }

    /// Asks how far the upload is; false where the registry does not know it any more.
    private func refresh(_ session: inout UploadSession) async throws -> Bool {
        let call = uploadCall(.GET, session.address, expected: nil)
        let found = try? await host.attempt(call) { answer -> UploadSession? in
            await answer.drain()
            guard answer.status == 204 || answer.status == 202 else { return nil }
            return try UploadSession(answer, of: host.name, wanted: wanted)
        }
        try Task.checkCancellation()
        guard let found, found.received <= blob.size else { return false }
        session.advance(to: found)
        return true
    }

    /// Frees what the registry keeps of a failed upload; it does so itself after a while.
    ///
    /// Also where this task was cancelled, since another blob failed: then for a few seconds at most.
    private func cancel(_ session: UploadSession) async {
        let call = uploadCall(.DELETE, session.address, expected: nil)
        await Task { [host] in
            await withTaskGroup(of: Void.self) { group in
                group.addTask { _ = try? await host.attempt(call) { await $0.drain() } }
                group.addTask { try? await Task.sleep(for: .seconds(5)) }
                await group.next()
                group.cancelAll()
            }
        }.value
    }
}

/// The registry does not take so many bytes at once.
private struct TooLarge: Error {
    let error: RegistryError
}

/// An upload in progress: where the next bytes go, which every answer says anew.
struct UploadSession: Sendable {
    private(set) var address: HTTPAddress
    /// Bytes that the registry has.
    private(set) var received: Int64
    /// `OCI-Chunk-Min-Length`, where it wants chunks.
    private(set) var shortestChunk: Int64?

    /// Reads the answer of a request that opened or went on with an upload.
    ///
    /// `sent` is what it has by our count, where the answer has no `Range`.
    init(_ answer: Answer, of host: String, wanted: String, sent: Int64 = 0) throws {
        guard let location = answer.headers.first(name: "location") else {
            throw RegistryError.wrongAnswer(host: host, wanted: wanted, problem: "an upload without a Location")
        }
        guard let address = answer.address.resolving(location) else {
            throw RegistryError.wrongAnswer(
                host: host, wanted: wanted, problem: "an upload whose Location is no address")
        }
        self.address = address
        received = Self.received(answer.headers.first(name: "range"), sent: sent) ?? sent
        shortestChunk = answer.headers.first(name: "oci-chunk-min-length").flatMap { Int64($0) }.flatMap {
            $0 > 0 ? $0 : nil
        }
    }

    /// Bytes of each chunk.
    var chunk: Int64 { max(shortestChunk ?? 0, 8 << 20) }

    /// Takes over what a later answer says.
    mutating func advance(to later: UploadSession) {
        address = later.address
        received = later.received
        shortestChunk = later.shortestChunk ?? shortestChunk
    }

    /// Bytes by a `Range` header: `0-99` are 100; some registries write `bytes=0-99`.
    ///
    /// `0-0` are none at many registries, and one where just one was sent.
    static func received(_ header: String?, sent: Int64 = 0) -> Int64? {
        guard let header else { return nil }
        let ends = (header.hasPrefix("bytes=") ? header.dropFirst(6) : header[...])
            .split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, ends[0] == "0", let last = Int64(ends[1]), last >= 0 else { return nil }
        guard last > 0 else { return sent == 1 ? 1 : 0 }
        return last == .max ? last : last + 1
    }
}
