import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import OCI
import Synchronization

/// A request to a registry, before it is known how to be allowed.
struct Call: Sendable {
    enum Place: Sendable {
        /// A path at the registry, from `/v2/`.
        case path(String)
        /// An address that the registry gave.
        case address(HTTPAddress)
    }

    var method: HTTPMethod
    var place: Place
    var headers = HTTPHeaders()
    var body = WireBody.none
    /// What it is for, for messages.
    var wanted: String
    var scopes: [RegistryScope] = []
    /// The statuses that the caller understands; nil for all.
    var expected: Set<Int>?
    /// Whether credentials may be sent.
    var isAuthorized = true
    /// Whether it sends bytes; those have a limit of their own, since some wait for bytes that are fetched.
    var isUpload = false
}

/// One registry: how it is reached, who we are to it, and how many requests it stands at once.
final class RegistryHost: Sendable {
    /// As people write it: `docker.io`.
    let name: String
    private let transport: Transport
    private let options: RegistryOptions
    private let credentials: CredentialFinder
    private let note: @Sendable (String) -> Void
    private let probes = Gate(limit: 1)
    private let fetches = Gate(limit: 6)
    private let uploads = Gate(limit: 5)
    private let reached = Mutex<Reached?>(nil)
    private let foreign = Mutex<[Origin: Authenticator]>([:])
    private let warned = Mutex<Set<String>>([])

    private struct Reached: Sendable {
        let origin: Origin
        let authenticator: Authenticator
    }

    init(
        _ name: String, transport: Transport, options: RegistryOptions, credentials: CredentialFinder,
        note: @escaping @Sendable (String) -> Void
    ) {
        self.name = name
        self.transport = transport
        self.options = options
        self.credentials = credentials
        self.note = note
    }

    /// A budget for one operation with this registry.
    func makeBudget() -> RetryBudget { RetryBudget(options.retry, note: note) }

    /// The file or helper whose credentials were sent.
    var tried: String? { reached.withLock { $0 }?.authenticator.tried }

    /// Sends requests until one is answered in an expected way, and gives the answer to `use`.
    ///
    /// `makeCall` is asked before each attempt. `use` too may throw `Transient` for another attempt.
    func exchange<Result>(
        _ budget: RetryBudget, _ makeCall: () -> Call, _ use: (Answer) async throws -> Result
    ) async throws -> Result {
        while true {
            let call = makeCall()
            do {
                return try await attempt(call, use)
            } catch let failure as Transient {
                try await budget.wait(after: failure, host: name)
            }
        }
    }

    /// Sends one request once, whatever is answered, and gives the answer to `use`.
    func attempt<Result>(_ call: Call, _ use: (Answer) async throws -> Result) async throws -> Result {
        try await (call.isUpload && call.body.isStream ? uploads : fetches).pass {
            try await use(try await perform(call))
        }
    }

    /// An answer that is a refusal, whatever its status.
    func refusal(_ answer: Answer, of call: Call) async -> RegistryError {
        .refused(host: name, wanted: call.wanted, said: await answer.problem().text)
    }

    /// Sends one request; what is not an expected answer is thrown as `RegistryError` or `Transient`.
    func perform(_ call: Call) async throws -> Answer {
        let answer = try await follow(call)
        showWarnings(answer.headers)
        if let expected = call.expected {
            guard expected.contains(answer.status) else { throw await failure(answer, of: call) }
        }
        return answer
    }

    /// What an answer means that nobody expected.
    func failure(_ answer: Answer, of call: Call) async -> any Error {
        let problem = await answer.problem()
        let hint = Hint.text(
            for: problem, registry: name, isUpload: call.isUpload || call.method != .GET && call.method != .HEAD)
        let said = problem.text + (hint.map { "; \($0)" } ?? "")
        switch answer.status {
        case 401, 403:
            guard isElsewhere(answer) else {
                return RegistryError.denied(host: name, wanted: call.wanted, said: said, tried: tried)
            }
            // A login at the registry would not help there.
            return RegistryError.refused(host: answer.address.origin.name, wanted: call.wanted, said: said)
        case 404: return RegistryError.notFound(host: name, wanted: call.wanted, said: said)
        case let status where RetryPolicy.statuses.contains(status):
            let wait = RetryAfter.wait(
                answer.headers.first(name: "retry-after"), date: answer.headers.first(name: "date"),
                now: Clock.now)
            return Transient(
                error: RetryPolicy.error(status, host: name, wanted: call.wanted, said: said), retryAfter: wait,
                isLimit: status == 429)
        case 300..<400:
            return RegistryError.wrongAnswer(
                host: name, wanted: call.wanted, problem: "\(said) to nowhere that may be followed")
        default: return RegistryError.refused(host: name, wanted: call.wanted, said: said)
        }
    }

    /// Whether an answer came from a host that the registry sent us to.
    private func isElsewhere(_ answer: Answer) -> Bool {
        reached.withLock { $0 }.map { $0.origin != answer.address.origin } ?? false
    }

    private func showWarnings(_ headers: HTTPHeaders) {
        for value in headers["warning"] where value.hasPrefix("299 ") {
            let text = value.split(separator: "\"", omittingEmptySubsequences: false).dropFirst().first.map(String.init)
            let line = "\(name) warns: \(Problem.printable(text ?? value, limit: 300))"
            if warned.withLock({ $0.insert(line).inserted }) { note(line) }
        }
        // "5;w=21600": pulls that are left, of a window in seconds.
        guard name == "docker.io", let header = headers.first(name: "ratelimit-remaining"),
            let left = Int(header.prefix { $0 != ";" }), (0..<10).contains(left),
            warned.withLock({ $0.insert("ratelimit-remaining").inserted })
        else { return }
        note(
            "Docker Hub allows \(left) more pulls for now; 'autoimage login docker.io' or --registry-mirror "
                + "docker.io=HOST help")
    }
}

// MARK: Redirects and authorization

extension RegistryHost {
    private static let redirects: Set<Int> = [301, 302, 303, 307, 308]

    /// Sends a request, follows redirects and answers challenges.
    private func follow(_ call: Call) async throws -> Answer {
        let home = try await reach(call.wanted)
        var address =
            switch call.place {
            case .path(let path): HTTPAddress(home.origin, path)
            case .address(let address): address
            }
        try allow(address, after: home.origin, wanted: call.wanted)
        var challenges = 3
        var hops = 5
        while true {
            let authenticator = call.isAuthorized ? self.authenticator(for: address.origin, home) : nil
            let authorization = try await authenticator?.authorization(for: call.scopes)
            var request = WireRequest(method: call.method, address: address, headers: call.headers, body: call.body)
            if let authorization { request.headers.replaceOrAdd(name: "authorization", value: authorization) }
            let answer = Answer(
                try await transport.send(request, wanted: call.wanted), from: address, wanted: call.wanted,
                slowest: options.slowest)
            if let next = try target(of: answer, call) {
                guard hops > 0 else {
                    throw RegistryError.wrongAnswer(host: name, wanted: call.wanted, problem: "more than 5 redirects")
                }
                hops -= 1
                await answer.drain()
                address = next
            } else if answer.status == 401, challenges > 0, let authenticator {
                challenges -= 1
                let isWorth = try await authenticator.challenged(
                    answer.headers["www-authenticate"], scopes: call.scopes, sent: authorization)
                guard isWorth else { return answer }
                await answer.drain()
            } else {
                return answer
            }
        }
    }

    /// The next address of a redirect that may be followed.
    private func target(of answer: Answer, _ call: Call) throws -> HTTPAddress? {
        guard Self.redirects.contains(answer.status), let location = answer.headers.first(name: "location") else {
            return nil
        }
        // 301 to 303 turn other methods into GET at some clients: no answer to an upload may do that.
        guard call.method == .GET || call.method == .HEAD || answer.status >= 307 else { return nil }
        guard let next = answer.address.resolving(location) else {
            throw RegistryError.wrongAnswer(
                host: name, wanted: call.wanted, problem: "a redirect to something that is no address")
        }
        try allow(next, after: answer.address.origin, wanted: call.wanted)
        return next
    }

    /// Refuses addresses that a registry has no business with.
    private func allow(_ next: HTTPAddress, after origin: Origin, wanted: String) throws {
        if let problem = origin.problem(sendingTo: next.origin, insecureHosts: options.insecureHosts) {
            throw RegistryError.wrongAnswer(host: name, wanted: wanted, problem: problem)
        }
    }

    /// The registry's own authenticator at the registry, an anonymous one elsewhere, where nobody gets our credentials.
    private func authenticator(for origin: Origin, _ home: Reached) -> Authenticator? {
        guard origin != home.origin else { return home.authenticator }
        return foreign.withLock { foreign in
            if let known = foreign[origin] { return known }
            let new = Authenticator(
                host: origin.name, origin: origin.description, insecureHosts: options.insecureHosts, credentials: nil,
                fetch: fetchToken())
            foreign[origin] = new
            return new
        }
    }

    /// Finds out how the registry is reached, once.
    private func reach(_ wanted: String) async throws -> Reached {
        if let known = reached.withLock({ $0 }) { return known }
        return try await probes.pass {
            if let known = reached.withLock({ $0 }) { return known }
            let (origin, isCertain) = try await findOrigin(wanted)
            let new = Reached(
                origin: origin,
                authenticator: Authenticator(
                    host: name, origin: origin.description, insecureHosts: options.insecureHosts,
                    credentials: credentials, fetch: fetchToken()))
            if isCertain { reached.withLock { $0 = new } }
            return new
        }
    }

    /// HTTPS; and plain HTTP where that is allowed and the host does not speak TLS.
    private func findOrigin(_ wanted: String) async throws -> (origin: Origin, isCertain: Bool) {
        let host = name == "docker.io" ? "registry-1.docker.io" : name
        guard let secure = Origin(isSecure: true, authority: host),
            let plain = Origin(isSecure: false, authority: host)
        else { throw RegistryError.badConfiguration(place: host, problem: "it is no host with an optional port") }
        guard secure.isLoopback || [secure, plain].contains(where: { $0.isNamed(in: options.insecureHosts) }) else {
            return (secure, true)
        }
        let ping = WireRequest(method: .GET, address: HTTPAddress(secure, "/v2/"))
        do {
            let answer = Answer(
                try await transport.send(ping, wanted: wanted, isProbe: true), from: ping.address, wanted: wanted,
                slowest: options.slowest)
            await answer.drain()
            return (secure, true)
        } catch let failure as Transient {
            if failure.isPlain { return (plain, true) }
            // Where nobody listens at the port, there is no other way to reach it.
            guard !failure.isConnect || plain.port != secure.port else { throw failure }
            return (plain, failure.isConnect)
        }
    }

    /// How authenticators reach token servers.
    private func fetchToken() -> @Sendable (TokenRequest) async throws -> TokenAnswer {
        let name = name
        let transport = transport
        let options = options
        let note = note
        return { request in
            let fetch = TokenFetch(
                host: name, transport: transport, insecureHosts: options.insecureHosts, slowest: options.slowest,
                budget: RetryBudget(options.retry, note: note))
            return try await fetch.run(request)
        }
    }
}
