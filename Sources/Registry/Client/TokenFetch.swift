import NIOCore
import NIOHTTP1

/// Asks a token server, with second attempts and redirects.
struct TokenFetch {
    /// The registry that named the token server.
    let host: String
    let transport: Transport
    let insecureHosts: Set<String>
    let slowest: SlowestTransfer
    let budget: RetryBudget

    /// The answer, whatever its status is, unless that says "later".
    func run(_ request: TokenRequest) async throws -> TokenAnswer {
        guard let address = HTTPAddress(request.url) else {
            throw RegistryError.wrongAnswer(
                host: host, wanted: "a token", problem: "the address of its token server is none")
        }
        while true {
            do { return try await attempt(request, at: address) } catch let failure as Transient {
                try await budget.wait(after: failure, host: host)
            }
        }
    }

    private func attempt(_ request: TokenRequest, at first: HTTPAddress) async throws -> TokenAnswer {
        var address = first
        for _ in 0..<5 {
            var wire = WireRequest(method: request.form == nil ? .GET : .POST, address: address)
            if let form = request.form {
                wire.headers.add(name: "content-type", value: "application/x-www-form-urlencoded")
                wire.body = .bytes(ByteBuffer(string: form))
            }
            if let authorization = request.authorization, address.origin == first.origin {
                wire.headers.add(name: "authorization", value: authorization)
            }
            let wanted = "a token of \(address.origin.name)"
            let answer = Answer(
                try await transport.send(wire, wanted: wanted), from: address, wanted: wanted, slowest: slowest)
            if request.form == nil, (301...308).contains(answer.status),
                let location = answer.headers.first(name: "location"), let next = address.resolving(location)
            {
                guard address.origin.problem(sendingTo: next.origin, insecureHosts: insecureHosts) == nil else { break }
                await answer.drain()
                address = next
                continue
            }
            if RetryPolicy.statuses.contains(answer.status) { throw await later(answer, wanted: wanted) }
            guard let body = try await answer.bytes(upTo: 64 << 10) else {
                throw RegistryError.wrongAnswer(
                    host: address.origin.name, wanted: "a token", problem: "it has more than 64 KiB")
            }
            return TokenAnswer(status: answer.status, body: body)
        }
        throw RegistryError.wrongAnswer(
            host: first.origin.name, wanted: "a token", problem: "redirects that may not be followed")
    }

    private func later(_ answer: Answer, wanted: String) async -> Transient {
        Transient(
            error: RetryPolicy.error(
                answer.status, host: host, wanted: wanted, said: await answer.problem().text),
            retryAfter: RetryAfter.wait(
                answer.headers.first(name: "retry-after"), date: answer.headers.first(name: "date"), now: Clock.now))
    }
}
