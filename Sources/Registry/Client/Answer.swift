import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI

/// A registry's answer, its body not yet read.
struct Answer {
    let status: Int
    let headers: HTTPHeaders
    /// Where it came from, after redirects.
    let address: HTTPAddress
    /// What was asked for, for messages.
    let wanted: String
    let slowest: SlowestTransfer
    private let body: HTTPClientResponse.Body

    init(_ response: HTTPClientResponse, from address: HTTPAddress, wanted: String, slowest: SlowestTransfer) {
        status = Int(response.status.code)
        headers = response.headers
        self.address = address
        self.wanted = wanted
        self.slowest = slowest
        body = response.body
    }

    /// The bytes that the body has by its `Content-Length`.
    var length: Int64? { headers.first(name: "content-length").flatMap { Int64($0) } }

    /// The `Docker-Content-Digest` header, where it is a digest.
    var digest: Digest? { headers.first(name: "docker-content-digest").flatMap { try? Digest(parsing: $0) } }

    /// Calls `take` with the pieces of the body until it returns false.
    ///
    /// Ends a body that comes too slowly.
    func forEachPiece(_ take: (ByteBuffer) async throws -> Bool) async throws {
        var started = ContinuousClock.now
        var arrived = 0
        var pieces = body.makeAsyncIterator()
        while true {
            let piece: ByteBuffer?
            do { piece = try await pieces.next() } catch {
                throw Transport.failure(error, origin: address.origin, wanted: wanted)
            }
            guard let piece else { return }
            arrived += piece.readableBytes
            let now = ContinuousClock.now
            if started.duration(to: now) > slowest.window {
                guard arrived >= slowest.bytes else {
                    throw Transient(
                        error: .unreachable(
                            host: address.origin.name, wanted: wanted,
                            reason: "it sent \(arrived) bytes in \(Int(slowest.window / .seconds(1))) s"))
                }
                started = now
                arrived = 0
            }
            guard try await take(piece) else { return }
        }
    }

    /// The whole body; nil where it has more bytes than the limit.
    func bytes(upTo limit: Int) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        try await forEachPiece { piece in
            bytes += piece.readableBytesView
            return bytes.count <= limit
        }
        return bytes.count <= limit ? bytes : nil
    }

    /// Reads what is left, so that the connection can be used again; gives up on long bodies.
    func drain() async {
        var count = 0
        try? await forEachPiece { piece in
            count += piece.readableBytes
            return count <= Self.longestProblem
        }
    }

    private static let longestProblem = 64 << 10

    /// Reads what the registry says about a failure.
    func problem() async -> Problem {
        var bytes: [UInt8] = []
        try? await forEachPiece { piece in
            bytes += piece.readableBytesView.prefix(Self.longestProblem - bytes.count)
            return bytes.count < Self.longestProblem
        }
        return Problem(status: status, body: bytes)
    }
}

/// What a registry says about a failure (distribution-spec, "Error Codes").
struct Problem: Equatable, Sendable {
    let status: Int
    /// The codes of the specification: `NAME_UNKNOWN`.
    let codes: [String]
    /// Codes and messages for people, in one line; the status where there are none.
    let text: String

    init(status: Int, body: [UInt8]) {
        struct Body: Decodable {
            struct Entry: Decodable {
                let code: String?
                let message: String?
            }
            let errors: [Entry]
        }
        self.status = status
        let entries = (try? CanonicalJSON.decode(Body.self, from: body))?.errors ?? []
        codes = entries.compactMap(\.code).map { Self.printable($0, limit: 60) }
        let said = entries.prefix(3).compactMap { entry -> String? in
            let parts = [
                entry.code.map { Self.printable($0, limit: 60) }, entry.message.map { Self.printable($0, limit: 300) },
            ]
            let text = parts.compactMap(\.self).filter { !$0.isEmpty }.joined(separator: ": ")
            return text.isEmpty ? nil : text
        }
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        text = "\(status) \(phrase)" + (said.isEmpty ? "" : " (\(said.joined(separator: "; ")))")
    }

    /// A foreign text as one short line without control characters, which a terminal would obey.
    static func printable(_ text: String, limit: Int) -> String {
        let scalars = text.unicodeScalars.prefix(limit).map { scalar -> Character in
            scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
                ? " " : Character(scalar)
        }
        return String(scalars) + (text.unicodeScalars.count > limit ? "…" : "")
    }
}
