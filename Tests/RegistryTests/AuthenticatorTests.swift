import Synchronization
import SystemPackage
import Testing

@testable import Registry

@Suite struct AuthenticatorTests {
    private static let realm = #"Bearer realm="https://auth.example/token",service="r.example""#

    /// A token server that says what it is told to, and notes what it was asked.
    private final class TokenServerDouble: Sendable {
        private let state: Mutex<(asked: [TokenRequest], answers: [TokenAnswer])>
        private let pause: Duration

        init(_ answers: (Int, String)..., pause: Duration = .zero) {
            self.pause = pause
            state = Mutex(([], answers.map { TokenAnswer(status: $0.0, body: Array($0.1.utf8)) }))
        }

        var asked: [TokenRequest] { state.withLock { $0.asked } }

        /// The next answer, the last one for ever; without any the request is a mistake.
        func answer(_ request: TokenRequest) async throws -> TokenAnswer {
            if pause > .zero { try await Task.sleep(for: pause) }
            return try state.withLock { state in
                state.asked.append(request)
                guard let first = state.answers.first else {
                    throw RegistryError.unreachable(host: "test", wanted: "\(request)", reason: "nobody expected it")
                }
                if state.answers.count > 1 { state.answers.removeFirst() }
                return first
            }
        }
    }

    private final class Clock: Sendable {
        private let time = Mutex(ContinuousClock.now)
        var now: ContinuousClock.Instant { time.withLock { $0 } }
        func advance(_ seconds: Double) { time.withLock { $0 += .seconds(seconds) } }
    }

    private func authenticator(
        _ server: TokenServerDouble, _ secret: Credential.Secret? = nil, host: String = "r.example",
        origin: String = "https://r.example:443", insecure: Set<String> = [], clock: Clock = Clock()
    ) -> Authenticator {
        Authenticator(
            host: host, origin: origin, insecureHosts: insecure,
            credentials: secret.map { CredentialFinder(only: Credential($0, origin: "the test")) },
            fetch: { try await server.answer($0) }, now: { clock.now })
    }

    private static let password = Credential.Secret.password(user: "user", password: "pass:word")
    private static let basic = "Basic dXNlcjpwYXNzOndvcmQ="
    private static let query = "service=r.example&scope=repository%3Aa%2Fb%3Apull"

    // MARK: - Bearer

    @Test func `sends nothing before a challenge`() async throws {
        let server = TokenServerDouble()
        let authenticator = authenticator(server, Self.password)
        #expect(try await authenticator.authorization(for: [.pull("a/b")]) == nil)
        #expect(authenticator.tried == nil)
    }

    @Test(arguments: [#"{"token": "t1"}"#, #"{"access_token": "t1"}"#, #"{"token": "", "access_token": "t1"}"#])
    func `takes a token under either name`(body: String) async throws {
        let server = TokenServerDouble((200, body))
        let authenticator = authenticator(server, Self.password)
        #expect(try await authenticator.challenged([Self.realm], scopes: [.pull("a/b")], sent: nil))
        #expect(try await authenticator.authorization(for: [.pull("a/b")]) == "Bearer t1")
        #expect(
            server.asked == [
                TokenRequest(url: "https://auth.example/token?\(Self.query)", authorization: Self.basic)
            ])
        #expect(authenticator.tried == "the test")
    }

    @Test func `asks anonymously where nothing is known`() async throws {
        let server = TokenServerDouble((200, #"{"token": "t"}"#))
        let authenticator = authenticator(server)
        #expect(try await authenticator.challenged([Self.realm], scopes: [.pull("a/b")], sent: nil))
        #expect(server.asked == [TokenRequest(url: "https://auth.example/token?\(Self.query)")])
        #expect(authenticator.tried == nil)
    }

    @Test func `a push comes first, sources of mounts follow`() async throws {
        let server = TokenServerDouble((200, #"{"token": "t"}"#))
        let authenticator = authenticator(server)
        _ = try await authenticator.challenged(
            [Self.realm], scopes: [.pull("z"), .push("a/b"), .pull("base"), .pull("a/b")], sent: nil)
        #expect(
            server.asked.map(\.url) == [
                "https://auth.example/token?service=r.example&scope=repository%3Aa%2Fb%3Apull%2Cpush"
                    + "&scope=repository%3Az%3Apull&scope=repository%3Abase%3Apull"
            ])
    }

    @Test(arguments: [
        (#"Bearer realm="/token""#, "https://r.example:443/token?\(query)"),
        (#"Bearer realm="https://auth.example/t?x=1",service="r.example""#, "https://auth.example/t?x=1&\(query)"),
        (
            #"Bearer realm="https://auth.example/t",service="a b&c""#,
            "https://auth.example/t?service=a%20b%26c&scope=repository%3Aa%2Fb%3Apull"
        ),
        (#"Bearer realm="https://auth.example/t",service="""#, "https://auth.example/t?\(query)"),
        (
            #"Bearer realm="https://auth.example/t",service="r.example",scope="repository:a/b:pull,push registry:x:*""#,
            "https://auth.example/t?service=r.example&scope=repository%3Aa%2Fb%3Apull%2Cpush&scope=registry%3Ax%3A%2A"
        ),
        (#"Basic realm="x", Bearer realm="https://auth.example/t""#, "https://auth.example/t?\(query)"),
        (#"Bearer realm="https://r.example:8443/t#x""#, "https://r.example:8443/t?\(query)"),
    ])
    func `asks where the challenge says`(challenge: String, url: String) async throws {
        let server = TokenServerDouble((200, #"{"token": "t"}"#))
        #expect(try await authenticator(server).challenged([challenge], scopes: [.pull("a/b")], sent: nil))
        #expect(server.asked.map(\.url) == [url])
    }

    @Test func `keeps a token until shortly before its end`() async throws {
        let server = TokenServerDouble(
            (200, #"{"token": "t1", "expires_in": 100}"#), (200, #"{"token": "t2"}"#), (200, #"{"token": "t3"}"#))
        let clock = Clock()
        let authenticator = authenticator(server, clock: clock)
        let scopes = [RegistryScope.pull("a/b")]
        #expect(try await authenticator.challenged([Self.realm], scopes: scopes, sent: nil))
        clock.advance(94.9)
        #expect(try await authenticator.authorization(for: scopes) == "Bearer t1")
        clock.advance(0.2)
        #expect(try await authenticator.authorization(for: scopes) == "Bearer t2")
        // Without expires_in it is 60 seconds.
        clock.advance(54.9)
        #expect(try await authenticator.authorization(for: scopes) == "Bearer t2")
        clock.advance(0.2)
        #expect(try await authenticator.authorization(for: scopes) == "Bearer t3")
        #expect(server.asked.count == 3)
    }

    @Test func `each set of scopes has a token of its own`() async throws {
        let server = TokenServerDouble((200, #"{"token": "t1"}"#), (200, #"{"token": "t2"}"#))
        let authenticator = authenticator(server)
        #expect(try await authenticator.challenged([Self.realm], scopes: [.pull("a")], sent: nil))
        #expect(try await authenticator.authorization(for: [.push("a")]) == "Bearer t2")
        #expect(try await authenticator.authorization(for: [.pull("a")]) == "Bearer t1")
        #expect(server.asked.count == 2)
    }

    @Test func `requests at the same time ask for one token`() async throws {
        let server = TokenServerDouble((200, #"{"token": "t"}"#), pause: .milliseconds(50))
        let authenticator = authenticator(server, Self.password)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await authenticator.challenged([Self.realm], scopes: [.pull("a/b")], sent: nil)
                }
            }
            for try await isWorthIt in group { #expect(isWorthIt) }
        }
        #expect(server.asked.count == 1)
        #expect(try await authenticator.authorization(for: [.pull("a/b")]) == "Bearer t")
    }

    @Test func `one who gives up does not spoil it for the others`() async throws {
        let server = TokenServerDouble((200, #"{"token": "t"}"#), pause: .milliseconds(100))
        let authenticator = authenticator(server)
        let first = Task { try await authenticator.challenged([Self.realm], scopes: [.pull("a/b")], sent: nil) }
        try await Task.sleep(for: .milliseconds(20))
        async let second = authenticator.challenged([Self.realm], scopes: [.pull("a/b")], sent: nil)
        try await Task.sleep(for: .milliseconds(20))
        first.cancel()
        #expect(try await second)
        #expect(try await authenticator.authorization(for: [.pull("a/b")]) == "Bearer t")
        #expect(server.asked.count == 1)
    }

    @Test func `a token that ended in mid-push is replaced, once`() async throws {
        let server = TokenServerDouble((200, #"{"token": "t1"}"#), (200, #"{"token": "t2"}"#))
        let clock = Clock()
        let authenticator = authenticator(server, Self.password, clock: clock)
        let scopes = [RegistryScope.push("a/b")]
        #expect(try await authenticator.challenged([Self.realm], scopes: scopes, sent: nil))
        clock.advance(10)
        #expect(try await authenticator.challenged([Self.realm], scopes: scopes, sent: "Bearer t1"))
        #expect(try await authenticator.authorization(for: scopes) == "Bearer t2")
        // Another request that was sent with the first one has nothing to ask for.
        #expect(try await authenticator.challenged([Self.realm], scopes: scopes, sent: "Bearer t1"))
        #expect(server.asked.count == 2)
        // The fresh one is refused: that is an answer.
        #expect(try await !authenticator.challenged([Self.realm], scopes: scopes, sent: "Bearer t2"))
        #expect(server.asked.count == 2)
    }

    @Test func `a new scope in mid-session is added, once`() async throws {
        let server = TokenServerDouble((200, #"{"token": "t1"}"#), (200, #"{"token": "t2"}"#))
        let authenticator = authenticator(server)
        let scopes = [RegistryScope.push("a")]
        let more = Self.realm + #",scope="repository:a:pull,push,delete repository:b:pull""#
        #expect(try await authenticator.challenged([Self.realm], scopes: scopes, sent: nil))
        #expect(try await authenticator.challenged([more], scopes: scopes, sent: "Bearer t1"))
        #expect(
            server.asked.last?.url == "https://auth.example/token?service=r.example"
                + "&scope=repository%3Aa%3Apull%2Cpush%2Cdelete&scope=repository%3Ab%3Apull")
        #expect(try await authenticator.authorization(for: scopes) == "Bearer t2")
        #expect(try await !authenticator.challenged([more], scopes: scopes, sent: "Bearer t2"))
        #expect(server.asked.count == 2)
    }

    // MARK: - Identity tokens

    @Test func `an identity token is posted, and replaced by the one that comes back`() async throws {
        let server = TokenServerDouble(
            (200, #"{"access_token": "t1", "refresh_token": "next", "expires_in": 20}"#), (200, #"{"token": "t2"}"#))
        let clock = Clock()
        let authenticator = authenticator(server, .identityToken("re/fresh"), clock: clock)
        #expect(try await authenticator.challenged([Self.realm], scopes: [.push("a/b"), .pull("c")], sent: nil))
        clock.advance(30)
        #expect(try await authenticator.authorization(for: [.push("a/b"), .pull("c")]) == "Bearer t2")
        let form = { (token: String) in
            "grant_type=refresh_token&service=r.example&client_id=autoimage"
                + "&scope=repository%3Aa%2Fb%3Apull%2Cpush%20repository%3Ac%3Apull&refresh_token=\(token)"
        }
        #expect(
            server.asked == [
                TokenRequest(url: "https://auth.example/token", form: form("re%2Ffresh")),
                TokenRequest(url: "https://auth.example/token", form: form("next")),
            ])
    }

    @Test(arguments: [404, 405]) func `a server without OAuth 2.0 gets it as a password`(status: Int) async throws {
        let server = TokenServerDouble((status, "no"), (200, #"{"token": "t"}"#))
        let authenticator = authenticator(server, .identityToken("refresh"))
        #expect(try await authenticator.challenged([Self.realm], scopes: [.pull("a/b")], sent: nil))
        #expect(
            server.asked.last
                == TokenRequest(
                    url: "https://auth.example/token?\(Self.query)",
                    authorization: "Basic MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOnJlZnJlc2g="))
    }

    @Test func `a registry token is sent as it is`() async throws {
        let server = TokenServerDouble()
        let authenticator = authenticator(server, .registryToken("r"))
        #expect(try await authenticator.challenged([Self.realm], scopes: [.pull("a")], sent: nil))
        #expect(try await authenticator.authorization(for: [.pull("a")]) == "Bearer r")
        #expect(try await !authenticator.challenged([Self.realm], scopes: [.pull("a")], sent: "Bearer r"))
    }

    // MARK: - Answers of token servers

    @Test(arguments: [400, 401, 403]) func `refused credentials are named`(status: Int) async throws {
        let server = TokenServerDouble((status, #"{"errors": [{"code": "UNAUTHORIZED", "message": "go away"}]}"#))
        let expected = RegistryError.denied(
            host: "r.example", wanted: "a token for repository:a/b:pull",
            said: "its token server answered \(status): UNAUTHORIZED: go away", tried: "the test")
        await #expect(throws: expected) {
            try await authenticator(server, Self.password).challenged([Self.realm], scopes: [.pull("a/b")], sent: nil)
        }
        #expect(server.asked.count == 1)
    }

    @Test func `what a server says is not repeated where it repeats the password`() async throws {
        let server = TokenServerDouble((401, #"{"details": "wrong password pass:word"}"#))
        let error = await #expect(throws: RegistryError.self) {
            try await authenticator(server, Self.password).challenged([Self.realm], scopes: [.pull("a")], sent: nil)
        }
        #expect("\(try #require(error))".contains("pass:word") == false)
    }

    @Test(arguments: [
        (500, ""), (404, ""), (302, ""), (200, ""), (200, "{}"), (200, "[]"), (200, #"{"token": ""}"#),
        (200, #"{"token": "a\r\nX-Evil: 1"}"#), (200, #"{"token": 7}"#),
        (200, #"{"token": "t", "x": ""# + String(repeating: "x", count: 64 << 10) + #""}"#),
    ])
    func `no token is a wrong answer`(status: Int, body: String) async throws {
        let server = TokenServerDouble((status, body))
        let problem =
            status == 200
            ? "its token server sent no token where one is expected" : "its token server answered \(status)"
        await #expect(
            throws: RegistryError.wrongAnswer(
                host: "r.example", wanted: "a token for repository:a:pull", problem: problem)
        ) { try await authenticator(server).challenged([Self.realm], scopes: [.pull("a")], sent: nil) }
    }

    @Test(arguments: [
        (#""300""#, 295.0), ("300.7", 295.0), ("0", 55.0), ("-1", 55.0), ("null", 55.0), (#""x""#, 55.0), ("4", 2.0),
        ("1e99", 55.0), ("999999999", 86395.0),
    ])
    func `odd lives of tokens`(expires: String, seconds: Double) async throws {
        let server = TokenServerDouble(
            (200, #"{"token": "t1", "expires_in": \#(expires)}"#), (200, #"{"token": "t2"}"#))
        let clock = Clock()
        let authenticator = authenticator(server, clock: clock)
        #expect(try await authenticator.challenged([Self.realm], scopes: [.pull("a")], sent: nil))
        clock.advance(seconds - 0.1)
        #expect(try await authenticator.authorization(for: [.pull("a")]) == "Bearer t1")
        clock.advance(0.2)
        #expect(try await authenticator.authorization(for: [.pull("a")]) == "Bearer t2")
    }

    @Test func `after a failure the next request asks again`() async throws {
        let server = TokenServerDouble((500, ""), (200, #"{"token": "t"}"#))
        let authenticator = authenticator(server)
        await #expect(throws: RegistryError.self) {
            try await authenticator.challenged([Self.realm], scopes: [.pull("a")], sent: nil)
        }
        #expect(try await authenticator.challenged([Self.realm], scopes: [.pull("a")], sent: nil))
    }

    // MARK: - Basic

    @Test func `a password where it is asked for, once`() async throws {
        let server = TokenServerDouble()
        let authenticator = authenticator(server, Self.password)
        #expect(try await authenticator.challenged([#"Basic realm="x""#], scopes: [.pull("a")], sent: nil))
        #expect(try await authenticator.authorization(for: [.push("b")]) == Self.basic)
        #expect(authenticator.tried == "the test")
        #expect(try await !authenticator.challenged([#"Basic realm="x""#], scopes: [.pull("a")], sent: Self.basic))
    }

    @Test(arguments: [nil, Credential.Secret.identityToken("i"), .registryToken("r")])
    func `no password, no answer to Basic`(secret: Credential.Secret?) async throws {
        let authenticator = authenticator(TokenServerDouble(), secret)
        #expect(try await !authenticator.challenged(["Basic realm=x"], scopes: [.pull("a")], sent: nil))
        #expect(try await authenticator.authorization(for: [.pull("a")]) == nil)
    }

    @Test func `a password where the token server is refused`() async throws {
        let challenges = [#"Bearer realm="http://auth.example/t""#, "Basic realm=x"]
        let authenticator = authenticator(TokenServerDouble(), Self.password)
        #expect(try await authenticator.challenged(challenges, scopes: [.pull("a")], sent: nil))
        #expect(try await authenticator.authorization(for: [.pull("a")]) == Self.basic)
    }

    @Test(arguments: [[], [""], ["Negotiate"], ["Bearer service=x"], ["Digest realm=x, nonce=y"]])
    func `an unknown challenge is a refusal`(challenges: [String]) async throws {
        let authenticator = authenticator(TokenServerDouble(), Self.password)
        #expect(try await !authenticator.challenged(challenges, scopes: [.pull("a")], sent: nil))
        #expect(authenticator.tried == nil)
    }

    @Test(
        arguments: [
            ("http://localhost:5000", [], true), ("http://127.0.0.1:5000", [], true), ("http://[::1]:5000", [], true),
            ("http://10.0.0.1:5000", [], false), ("http://r.example:80", [], false),
            ("http://r.example:5000", ["r.example:5000"], true), ("http://r.example:5000", ["R.example"], true),
            ("http://r.example:5000", ["other.example"], false), ("https://r.example:443", [], true),
            ("http://localhost.example:80", [], false),
        ] as [(String, [String], Bool)])
    func `a password over plain HTTP only where it was allowed`(
        origin: String, insecure: [String], isSent: Bool
    ) async throws {
        let authenticator = authenticator(
            TokenServerDouble(), Self.password, host: String(origin.dropFirst("http://".count)), origin: origin,
            insecure: Set(insecure))
        let result: Bool
        do {
            result = try await authenticator.challenged(["Basic realm=x"], scopes: [.pull("a")], sent: nil)
        } catch RegistryError.badConfiguration {
            result = false
        }
        #expect(result == isSent)
    }

    // MARK: - Token servers that are none of the registry's business

    @Test(arguments: [
        ("https://r.example:443", "http://auth.example/t", "it is plain HTTP, and the registry is not"),
        ("https://r.example:443", "http://r.example/t", "it is plain HTTP, and the registry is not"),
        ("https://r.example:443", "https://127.0.0.1/t", "private"),
        ("https://r.example:443", "https://localhost/t", "private"),
        ("https://r.example:443", "https://10.1.2.3/t", "private"),
        ("https://r.example:443", "https://192.168.1.1/t", "private"),
        ("https://r.example:443", "https://172.20.0.1/t", "private"),
        ("https://r.example:443", "https://169.254.169.254/latest/meta-data", "private"),
        ("https://r.example:443", "https://[::1]/t", "private"),
        ("https://r.example:443", "https://[fe80::1]/t", "private"),
        ("https://r.example:443", "https://[fd00::1]/t", "private"),
        ("https://r.example:443", "https://[::ffff:10.0.0.1]/t", "private"),
        ("https://r.example:443", "https://2130706433/t", "private"),
        ("https://r.example:443", "https://0x7f.1/t", "private"),
        ("https://r.example:443", "https://0.0.0.0/t", "private"),
        ("https://r.example:443", "https://127.1./t", "private"),
        ("https://10.0.0.1:5000", "https://10.0.0.2/t", "private"),
        ("https://r.example:443", "https://user@auth.example/t", "its address holds a user"),
        ("https://r.example:443", "https://r.example@auth.example/t", "its address holds a user"),
        ("https://r.example:443", "file:///etc/passwd", "it is no http or https address"),
        ("https://r.example:443", "ftp://auth.example/", "it is no http or https address"),
        ("https://r.example:443", "https:///t", "it is no http or https address"),
        ("http://10.0.0.1:5000", "http://auth.example/t", "plain"),
    ])
    func `refuses a token server`(origin: String, realm: String, reason: String) async throws {
        let server = TokenServerDouble()
        let text =
            switch reason {
            case "private": "it is an address of a private network other than the registry's own"
            case "plain": "it is plain HTTP; name the host with --insecure-registry if you trust the network"
            default: reason
            }
        let shown = realm.split(separator: "@").count == 2 ? "https://auth.example/t" : realm
        await #expect(
            throws: RegistryError.wrongAnswer(
                host: "r.example", wanted: "a token", problem: "its token server '\(shown)' is refused: \(text)")
        ) {
            try await authenticator(server, Self.password, origin: origin, insecure: ["10.0.0.1"]).challenged(
                [#"Bearer realm="\#(realm)""#], scopes: [.pull("a")], sent: nil)
        }
        #expect(server.asked.isEmpty)
    }

    @Test(arguments: [
        ("https://10.0.0.1:5000", "https://10.0.0.1:5001/t"), ("http://127.0.0.1:5000", "http://127.0.0.1:5001/t"),
        ("http://localhost:5000", "http://127.0.0.1:5001/t"), ("https://127.0.0.1:5000", "https://localhost/t"),
        ("https://r.example:443", "https://R.EXAMPLE/t"), ("https://r.example:443", "https://auth.example/t"),
        ("http://10.0.0.1:5000", "http://10.0.0.1:5001/t"), ("https://r.example:443", "https://8.8.8.8/t"),
        ("http://10.0.0.1:5000", "http://10.0.0.2:5001/t"), ("https://r.example:443", "https://100.128.0.1/t"),
        ("https://r.example:443", "https://1e100.example/t"), ("http://[::1]:5000", "http://[::1]:5001/t"),
        ("https://[fd00::1]:5000", "https://[FD00::1]:5001/t"),
    ])
    func `goes to a token server`(origin: String, realm: String) async throws {
        let server = TokenServerDouble((200, #"{"token": "t"}"#))
        let authenticator = authenticator(server, Self.password, origin: origin, insecure: ["10.0.0.2:5001"])
        #expect(
            try await authenticator.challenged([#"Bearer realm="\#(realm)""#], scopes: [.pull("a")], sent: nil))
        #expect(server.asked.count == 1)
    }
}
