import OCI
import Synchronization

/// Proves to one registry who we are; one a registry and process, used by many requests at once.
///
/// The client asks it for the `Authorization` of every request, and tells it of every 401 that this registry itself
/// answered. For a host that the registry redirected to, the client uses another authenticator, without credentials.
/// Nothing is sent before a challenge; what is sent goes to the registry or to the token server that it named.
package final class Authenticator: Sendable {
    private let host: String
    private let origin: String
    private let insecureHosts: Set<String>
    private let credentials: CredentialFinder?
    private let fetch: @Sendable (TokenRequest) async throws -> TokenAnswer
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    private enum Mode {
        /// No challenge so far.
        case open
        case basic
        case bearer(TokenServer)
    }

    private struct State {
        var mode = Mode.open
        /// By the scopes that they are for.
        var tokens: [[String]: AccessToken] = [:]
        var requests: [[String]: SharedTask<AccessToken>] = [:]
        /// What challenges asked for beyond the scopes of the key.
        var added: [[RegistryScope]: [String]] = [:]
        /// By repository, since files may tell them apart.
        var found: [String?: SharedTask<Credential?>] = [:]
        /// The refresh token that a server gave in place of another, by the other.
        var renewed: [String: String] = [:]
        var tried: String?

        /// All that a token for a request has to be for.
        func scopes(for scopes: [RegistryScope]) -> ScopeSet { ScopeSet(scopes, added: added[scopes] ?? []) }
    }

    /// For the registry `host` (as in `Repository.registry`), reached at `origin` (`https://host:port`, the port always
    /// written).
    ///
    /// Without `credentials` it stays anonymous. Of `insecureHosts` (`host` or `host:port`) a password may be sent to over
    /// plain HTTP, beside loopback. `fetch` sends a request to a token server: it retries what is worth it, drops
    /// `Authorization` on redirects to other hosts and throws `RegistryError.unreachable`.
    package init(
        host: String, origin: String, insecureHosts: Set<String> = [], credentials: CredentialFinder?,
        fetch: @escaping @Sendable (TokenRequest) async throws -> TokenAnswer,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.host = host
        self.origin = origin
        self.insecureHosts = Set(insecureHosts.map { $0.lowercased() })
        self.credentials = credentials
        self.fetch = fetch
        self.now = now
    }

    /// The value of the `Authorization` header as far as it is known now; nil for none.
    ///
    /// The first scope is the one that the request is about, the others are sources of mounts. Where the registry has
    /// named its token server, this asks for the token, so that the request need not fail first.
    package func authorization(for scopes: [RegistryScope]) async throws -> String? {
        guard case .bearer(let server) = state.withLock({ $0.mode }) else { return try await known(for: scopes) }
        if let known = try await known(for: scopes) { return known }
        return "Bearer " + (try await token(for: scopes, from: server).value)
    }

    /// Takes the challenge of a 401: all values of its `WWW-Authenticate` headers, and the `Authorization` that the request
    /// was sent with.
    ///
    /// Returns whether asking again is worth it. When another request has changed the authorization in the meantime it is.
    /// Throws `RegistryError.denied` where the token server refuses the credentials.
    package func challenged(_ challenges: [String], scopes: [RegistryScope], sent: String?) async throws -> Bool {
        if try await known(for: scopes) != sent { return true }
        let all = Challenge.parse(challenges)
        let credential = try await credential(for: scopes)
        let basic = all.contains { $0.scheme == "basic" } ? try password(of: credential) : nil
        if let challenge = all.first(where: { $0.scheme == "bearer" && $0.parameters["realm"] != nil }) {
            do {
                return try await accept(challenge, credential, scopes: scopes, sent: sent)
            } catch let error as RegistryError {
                // Where its token server cannot be used, a password may do.
                guard case .wrongAnswer = error, let basic, sent != basic else { throw error }
            }
        }
        guard let basic, sent != basic else { return false }
        state.withLock {
            $0.mode = .basic
            $0.tried = credential?.origin
        }
        return true
    }

    /// The file or helper whose credentials were sent, for messages.
    package var tried: String? { state.withLock { $0.tried } }

    // MARK: - What is known

    /// The authorization that needs no request.
    private func known(for scopes: [RegistryScope]) async throws -> String? {
        let (mode, token) = state.withLock { ($0.mode, $0.tokens[$0.scopes(for: scopes).texts]) }
        switch mode {
        case .open: return nil
        case .basic: return try password(of: try await credential(for: scopes))
        case .bearer:
            if case .registryToken(let token)? = try await credential(for: scopes)?.secret { return "Bearer \(token)" }
            guard let token, now() < token.renewal else { return nil }
            return "Bearer \(token.value)"
        }
    }

    private func credential(for scopes: [RegistryScope]) async throws -> Credential? {
        guard let credentials else { return nil }
        let repository = scopes.first?.repository
        let task = state.withLock { state in
            if let task = state.found[repository], !task.isAbandoned { return task }
            let task = SharedTask { [host] in try await credentials.credential(for: host, repository: repository) }
            state.found[repository] = task
            return task
        }
        return try await task.value()
    }

    /// The `Authorization` with the password; nil where there is none that may be sent here.
    private func password(of credential: Credential?) throws -> String? {
        guard case .password(let user, let password)? = credential?.secret else { return nil }
        if origin.hasPrefix("http://") {
            let place = HTTPAddress(origin)?.origin
            let isNamed = insecureHosts.contains(host.lowercased()) || place?.isNamed(in: insecureHosts) == true
            guard isNamed || place?.isLoopback == true else {
                throw RegistryError.badConfiguration(
                    place: host,
                    problem: "it wants a password over plain HTTP, which everybody on the way can read; "
                        + "name it with --insecure-registry if you trust the network")
            }
        }
        return TokenServer.basic(user: user, password: password)
    }

    // MARK: - Tokens

    /// A token that is refused this soon was refused for what it is, not for its age.
    private static let youth: Duration = .seconds(2)

    private func accept(
        _ challenge: Challenge, _ credential: Credential?, scopes: [RegistryScope], sent: String?
    ) async throws -> Bool {
        let server = try TokenServer(challenge, host: host, origin: origin, insecureHosts: insecureHosts)
        if case .registryToken(let token)? = credential?.secret {
            guard sent != "Bearer \(token)" else { return false }
            state.withLock {
                $0.mode = .bearer(server)
                $0.tried = credential?.origin
            }
            return true
        }
        let time = now()
        let isWorthIt = state.withLock { state in
            state.mode = .bearer(server)
            let old = state.scopes(for: scopes)
            let new = old.adding(challenge.parameters["scope"] ?? "")
            state.added[scopes] = new.added
            guard let token = state.tokens[old.texts], sent == "Bearer \(token.value)" else { return true }
            state.tokens[old.texts] = nil
            return new != old || token.obtained.duration(to: time) >= Self.youth
        }
        guard isWorthIt else { return false }
        _ = try await token(for: scopes, from: server)
        return true
    }

    /// A fresh token; requests that want the same one wait for the first of them.
    private func token(for scopes: [RegistryScope], from server: TokenServer) async throws -> AccessToken {
        let task = state.withLock { state in
            let texts = state.scopes(for: scopes).texts
            if let task = state.requests[texts], !task.isAbandoned { return task }
            let task = SharedTask { [self] in
                let result: Result<AccessToken, any Error>
                do {
                    result = .success(try await askForToken(texts, scopes, server))
                } catch {
                    result = .failure(error)
                }
                self.state.withLock { state in
                    if case .success(let token) = result { state.tokens[texts] = token }
                    state.requests[texts] = nil
                }
                return try result.get()
            }
            state.requests[texts] = task
            return task
        }
        return try await task.value()
    }

    private func askForToken(
        _ texts: [String], _ scopes: [RegistryScope], _ server: TokenServer
    ) async throws -> AccessToken {
        let credential = try await credential(for: scopes)
        if let credential { state.withLock { $0.tried = credential.origin } }
        let answer: TokenAnswer
        switch credential?.secret {
        case .password(let user, let password)?:
            answer = try await fetch(server.request(scopes: texts, user: user, password: password))
        case .identityToken(let kept)?:
            let token = state.withLock { $0.renewed[kept] } ?? kept
            let first = try await fetch(server.request(scopes: texts, refreshToken: token))
            // Servers from before OAuth 2.0 take it as a password.
            answer =
                [404, 405].contains(first.status)
                ? try await fetch(server.request(scopes: texts, user: Self.nobody, password: token)) : first
            if answer.status == 200, let next = Self.document(answer)?.refreshToken, !next.isEmpty {
                state.withLock { $0.renewed[kept] = next }
            }
        case .registryToken?, nil: answer = try await fetch(server.request(scopes: texts, user: nil, password: nil))
        }
        return try read(answer, for: texts, credential)
    }

    /// The user that Azure's registries name where an identity token stands for the password.
    private static let nobody = "00000000-0000-0000-0000-000000000000"

    private func read(_ answer: TokenAnswer, for texts: [String], _ credential: Credential?) throws -> AccessToken {
        let wanted = texts.isEmpty ? "a token" : "a token for \(texts.joined(separator: " "))"
        guard answer.status == 200 else {
            let said = ErrorDocument.said(in: answer.body).map { ": \($0)" } ?? ""
            let text = "its token server answered \(answer.status)\(redacted(said, credential))"
            guard [400, 401, 403].contains(answer.status) else {
                throw RegistryError.wrongAnswer(host: host, wanted: wanted, problem: text)
            }
            throw RegistryError.denied(host: host, wanted: wanted, said: text, tried: credential?.origin)
        }
        guard answer.body.count <= 64 << 10, let document = Self.document(answer), let value = document.value else {
            throw RegistryError.wrongAnswer(
                host: host, wanted: wanted, problem: "its token server sent no token where one is expected")
        }
        return AccessToken(value, seconds: document.expiresIn, at: now())
    }

    private static func document(_ answer: TokenAnswer) -> TokenDocument? {
        try? CanonicalJSON.decode(TokenDocument.self, from: answer.body)
    }

    /// What a server said, unless it repeats a secret.
    private func redacted(_ text: String, _ credential: Credential?) -> String {
        let secrets: [String] =
            switch credential?.secret {
            case .password(let user, let password)?:
                [password, String(TokenServer.basic(user: user, password: password).dropFirst("Basic ".count))]
            case .identityToken(let token)?: [token, state.withLock { $0.renewed[token] } ?? token]
            case .registryToken(let token)?: [token]
            case nil: []
            }
        return secrets.contains { $0.utf8.count > 3 && text.contains($0) } ? "" : text
    }
}
