import Testing

@testable import Registry

@Suite struct ChallengeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let headers: [String]
        let challenges: [Challenge]

        init(_ headers: String..., gives challenges: Challenge...) {
            self.headers = headers
            self.challenges = challenges
        }

        var testDescription: String { headers.joined(separator: " | ") }
    }

    private static func bearer(_ parameters: [String: String]) -> Challenge {
        Challenge(scheme: "bearer", parameters: parameters)
    }

    private static func basic(_ parameters: [String: String] = [:]) -> Challenge {
        Challenge(scheme: "basic", parameters: parameters)
    }

    static let cases: [Case] = [
        Case(
            #"Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push""#,
            gives: bearer([
                "realm": "https://auth.example/token", "service": "registry.example",
                "scope": "repository:a/b:pull,push",
            ])),
        Case(#"bEaReR REALM="x" , SerVice = y"#, gives: bearer(["realm": "x", "service": "y"])),
        Case(#"Basic realm="Registry Realm""#, gives: basic(["realm": "Registry Realm"])),
        Case("Basic", gives: basic()),
        Case("Basic realm=bare", gives: basic(["realm": "bare"])),
        Case(
            #"Basic realm="with \"quotes\" and \\ and, comma""#,
            gives: basic(["realm": #"with "quotes" and \ and, comma"#])),
        Case(#"Basic realm="""#, gives: basic(["realm": ""])),
        Case(
            #"Bearer realm="a",service="b", Basic realm="c""#,
            gives: bearer(["realm": "a", "service": "b"]), basic(["realm": "c"])),
        Case(#"Basic realm="c", Bearer realm="a""#, gives: basic(["realm": "c"]), bearer(["realm": "a"])),
        Case("Basic, Bearer realm=a", gives: basic(), bearer(["realm": "a"])),
        Case("Bearer realm=a", "Basic realm=c", gives: bearer(["realm": "a"]), basic(["realm": "c"])),
        Case(
            "Negotiate, Basic realm=c", gives: Challenge(scheme: "negotiate", parameters: [:]), basic(["realm": "c"])),
        Case(
            "Negotiate YII/abc+x==, Basic realm=c", gives: Challenge(scheme: "negotiate", parameters: [:]),
            basic(["realm": "c"])),
        Case(
            "Bearer realm=https://auth.example/token?a=b,service=s",
            gives: bearer(["realm": "https://auth.example/token?a=b", "service": "s"])),
        Case(#"Bearer realm="first",realm="second""#, gives: bearer(["realm": "first"])),
        Case("  , ,Basic realm=c,,", gives: basic(["realm": "c"])),
        Case(#"Bearer realm="a",service="never ends"#, gives: bearer(["realm": "a"])),
        Case(#"Bearer realm="a\"#, gives: bearer([:])),
        Case(""),
        Case("="),
        Case(#""quoted""#),
        Case("Bearer\trealm=a", gives: bearer(["realm": "a"])),
    ]

    @Test(arguments: cases) func `reads challenges`(_ test: Case) {
        #expect(Challenge.parse(test.headers) == test.challenges)
    }

    /// What was understood means the same when it is written out.
    @Test func `any bytes are read to their end, and the same way twice`() {
        let alphabet = Array("\",=\\ abZ/;é\t")
        var state: UInt64 = 42
        for _ in 0..<20_000 {
            var text = ""
            for _ in 0..<24 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(alphabet[Int(state >> 33) % alphabet.count])
            }
            let challenges = Challenge.parse([text])
            let written = challenges.map { challenge in
                let pairs = challenge.parameters.sorted { $0.key < $1.key }.map { name, value in
                    let escaped = value.map { "\"\\".contains($0) ? "\\\($0)" : "\($0)" }
                    return "\(name)=\"\(escaped.joined())\""
                }
                return "\(challenge.scheme) \(pairs.joined(separator: ", "))"
            }
            #expect(Challenge.parse([written.joined(separator: ", ")]) == challenges, "\(text)")
        }
    }

    @Test func `a long header is no trouble`() {
        let long = String(repeating: "Basic ,", count: 10_000)
        #expect(Challenge.parse([long]).count == 10_000)
    }
}
