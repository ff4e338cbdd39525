import Files
import Glibc
import SystemPackage
import Testing

@testable import Registry

@Suite struct CredentialTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Nothing but the scratch folder and the usual programs.
    private var environment: [String: String] {
        [
            "HOME": "\(scratch.path)/home", "XDG_RUNTIME_DIR": "\(scratch.path)/run",
            "PATH": "\(scratch.path)/bin:/usr/bin:/bin",
        ]
    }

    private func find(
        _ registry: String, _ repository: String? = nil, _ more: [String: String] = [:]
    ) async throws -> Credential? {
        let finder = CredentialFinder(environment: environment.merging(more) { $1 })
        return try await finder.credential(for: registry, repository: repository)
    }

    private func docker(_ text: String) throws { try scratch.write(text, to: "home/.docker/config.json") }

    private func helper(_ name: String, _ script: String) throws {
        try scratch.write("#!/bin/sh\n" + script, to: "bin/docker-credential-\(name)", mode: 0o755)
    }

    // MARK: - Files

    @Test func `nothing anywhere is no credential`() async throws {
        #expect(try await find("registry.example") == nil)
        #expect(
            try await CredentialFinder(environment: ["HOME": "/dev/null"]).credential(for: "x.example", repository: nil)
                == nil)
    }

    /// A key of `auths`, and a registry that it is for or is not.
    @Test(arguments: [
        ("registry.example", "registry.example", true), ("https://registry.example", "registry.example", true),
        ("http://registry.example", "registry.example", true), ("https://registry.example/", "registry.example", true),
        ("https://registry.example/v1/", "registry.example", true), ("registry.example/v2/", "registry.example", true),
        ("https://registry.example/v2", "registry.example", true), ("REGISTRY.example", "registry.example", true),
        ("registry.example", "Registry.Example", true),
        ("registry.example:5000", "registry.example:5000", true), ("registry.example:5000", "registry.example", false),
        ("registry.example", "registry.example:5000", false),
        ("https://index.docker.io/v1/", "docker.io", true), ("index.docker.io", "docker.io", true),
        ("docker.io", "docker.io", true), ("registry-1.docker.io", "docker.io", true),
        ("https://registry.hub.docker.com/v2/", "docker.io", true),
        ("https://index.docker.io/v1/refresh-token", "docker.io", false),
        ("evil-registry.example", "registry.example", false), ("registry.example.evil", "registry.example", false),
        ("https://registry.example.evil/v1/", "registry.example", false),
        ("registry.example@evil", "registry.example", false), ("evil/registry.example", "registry.example", false),
        ("https://evil/registry.example/v1/", "registry.example", false),
        ("docker.io.example", "docker.io", false), ("ocker.io", "docker.io", false),
        ("registry.example/acme", "registry.example", false),
    ])
    func `a key is for one registry under its spellings`(key: String, registry: String, isFound: Bool) async throws {
        try docker(#"{"auths": {"\#(key)": {"auth": "dXNlcjpwYTpzcw=="}}}"#)
        let expected = Credential(
            .password(user: "user", password: "pa:ss"), origin: "\(scratch.path)/home/.docker/config.json")
        #expect(try await find(registry) == (isFound ? expected : nil))
    }

    @Test(arguments: [
        ("acme/web/api", "exact"), ("acme/web", "web"), ("acme/web/other", "web"), ("acme/other", "acme"),
        ("acmes/web", "host"), ("other", "host"), (nil, "host"),
    ])
    func `the nearest parent of a repository wins`(repository: String?, user: String) async throws {
        try scratch.write(
            """
            {"auths": {
              "r.example": {"username": "host", "password": "p"},
              "r.example/acme": {"username": "acme", "password": "p"},
              "r.example/acme/web": {"username": "web", "password": "p"},
              "r.example/acme/web/api": {"username": "exact", "password": "p"}
            }}
            """, to: "run/containers/auth.json")
        #expect(try await find("r.example", repository)?.secret == .password(user: user, password: "p"))
    }

    @Test func `the plain name wins over its other spellings`() async throws {
        try docker(
            """
            {"auths": {"https://r.example/v1/": {"username": "a", "password": "p"},
                       "r.example": {"username": "b", "password": "p"}}}
            """)
        #expect(try await find("r.example")?.secret == .password(user: "b", password: "p"))
    }

    @Test(arguments: [
        (#"{"auth": "dTo="}"#, Credential.Secret.password(user: "u", password: "")),
        (#"{"auth": "dTpw"}"#, .password(user: "u", password: "p")),
        (#"{"auth": "dXNlcjpwdw"}"#, .password(user: "user", password: "pw")),
        (#"{"auth": "dTpwAAA="}"#, .password(user: "u", password: "p")),
        (#"{"username": "u", "password": "p"}"#, .password(user: "u", password: "p")),
        (#"{"auth": "dTpw", "identitytoken": "i"}"#, .identityToken("i")),
        (
            #"{"auth": "MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOg==", "identitytoken": "azure"}"#,
            .identityToken("azure")
        ),
        (#"{"auth": "dTpw", "identitytoken": "i", "registrytoken": "r"}"#, .registryToken("r")),
        (#"{"auth": "dTpw", "identitytoken": "", "email": 7}"#, .password(user: "u", password: "p")),
    ])
    func `an entry holds one of these`(entry: String, secret: Credential.Secret) async throws {
        try docker(#"{"auths": {"r.example": \#(entry)}}"#)
        #expect(try await find("r.example")?.secret == secret)
    }

    @Test(arguments: [
        "", " \n", "{}", #"{"auths": null}"#, #"{"auths": {"r.example": {}}}"#, #"{"auths": {"r.example": null}}"#,
        #"{"auths": {"other.example": {"auth": "broken"}}}"#, #"{"r.example": {"auth": "dTpw"}}"#,
    ])
    func `a file may have nothing for a registry`(text: String) async throws {
        try docker(text)
        #expect(try await find("r.example") == nil)
    }

    @Test(arguments: [
        ("{\n  \"auths\": {\n", 3, "column 1: is not JSON: it has no key in double quotes where one is expected"),
        ("[]", 1, "holds an array; expected an object"),
        ("{\n\"auths\": []}", 2, "'auths' is an array; expected an object"),
        ("{\"auths\": {\n\"r.example\": \"dTpw\"}}", 2, "'r.example' is a string; expected an object"),
        ("{\"auths\": {\n\"r.example\": {\n\"auth\": 7}}}", 3, "'auth' is a number; expected a string"),
        (
            "{\"auths\": {\n\"r.example\": {\n\"auth\": \"§\"}}}", 3,
            "the 'auth' of 'r.example' is not base64; log in again"
        ),
        (
            "{\"auths\": {\n\"r.example\": {\n\"auth\": \"dXNlcg==\"}}}", 3,
            "the 'auth' of 'r.example' is not user:password in base64; log in again"
        ),
        ("{\n\n\"credsStore\": true}", 3, "'credsStore' is true or false; expected a string"),
        ("{\"credsStore\":\n\"../x\"}", 1, "'../x' is no name of a credential helper"),
    ])
    func `a broken file is named with the line`(text: String, line: Int, problem: String) async throws {
        try docker(text)
        await #expect(
            throws: RegistryError.badConfiguration(
                place: "\(scratch.path)/home/.docker/config.json:\(line)", problem: problem)
        ) { try await find("r.example") }
    }

    @Test func `looks into the files in their order`() async throws {
        let files = [
            "explicit.json", "docker/config.json", "docker/.dockerconfigjson", "docker/.dockercfg",
            "run/containers/auth.json", "xdg/containers/auth.json",
        ]
        let more = [
            "REGISTRY_AUTH_FILE": "\(scratch.path)/explicit.json", "DOCKER_CONFIG": "\(scratch.path)/docker",
            "XDG_CONFIG_HOME": "\(scratch.path)/xdg",
        ]
        for (index, file) in files.enumerated().reversed() {
            let entry = #""r.example": {"username": "\#(index)", "password": "p"}"#
            try scratch.write(file.hasSuffix("cfg") ? "{\(entry)}" : #"{"auths": {\#(entry)}}"#, to: file)
            let found = try await find("r.example", nil, more)
            #expect(found?.secret == .password(user: "\(index)", password: "p"))
            #expect(found?.origin == "\(scratch.path)/\(file)")
        }
    }

    @Test(arguments: [".docker/.dockerconfigjson", ".docker/.dockercfg", ".dockercfg", ".config/containers/auth.json"])
    func `looks into the home folder`(file: String) async throws {
        let entry = #""https://r.example": {"auth": "dTpw"}"#
        try scratch.write(file.hasSuffix("cfg") ? "{\(entry)}" : #"{"auths": {\#(entry)}}"#, to: "home/\(file)")
        #expect(try await find("r.example")?.origin == "\(scratch.path)/home/\(file)")
    }

    // MARK: - Helpers

    @Test func `helper of the registry, then the store, then the file`() async throws {
        try helper("one", #"read host; [ "$1 $host" = "get r.example" ] && echo '{"Username": "one", "Secret": "s"}'"#)
        try helper("all", #"read host; echo "{\"ServerURL\": \"$host\", \"Username\": \"$host\", \"Secret\": \"s\"}""#)
        try docker(
            """
            {"credHelpers": {"https://r.example/v2/": "one", "plain.example": ""}, "credsStore": "all",
             "auths": {"r.example": {"auth": "dTpw"}, "plain.example": {"auth": "dTpw"}}}
            """)
        let path = "\(scratch.path)/home/.docker/config.json"
        #expect(
            try await find("r.example", "a/b")
                == Credential(
                    .password(user: "one", password: "s"), origin: "docker-credential-one (credHelpers of \(path))"))
        #expect(
            try await find("other.example:5000")
                == Credential(
                    .password(user: "other.example:5000", password: "s"),
                    origin: "docker-credential-all (credsStore of \(path))"))
        #expect(
            try await find("docker.io", "library/python")?.secret
                == .password(user: "https://index.docker.io/v1/", password: "s"))
        #expect(try await find("plain.example")?.origin == path)
    }

    @Test func `a helper is asked once for a registry`() async throws {
        try helper(
            "count", "read host; echo $host >> '\(scratch.path)/asked'; echo '{\"Username\":\"u\",\"Secret\":\"s\"}'")
        try docker(#"{"credsStore": "count"}"#)
        let finder = CredentialFinder(environment: environment)
        try await withThrowingTaskGroup { group in
            for index in 0..<8 {
                group.addTask { _ = try await finder.credential(for: "r.example", repository: "a/\(index)") }
            }
            try await group.waitForAll()
        }
        _ = try await finder.credential(for: "other.example", repository: nil)
        let asked = String(decoding: try HostFiles.read(scratch.path.appending("asked")) ?? [], as: UTF8.self)
        #expect(asked == "r.example\nother.example\n")
    }

    @Test func `a helper's token is an identity token`() async throws {
        try helper("t", #"echo '{"ServerURL":"","Username":"<token>","Secret":"refresh"}'"#)
        try docker(#"{"credsStore": "t"}"#)
        #expect(try await find("r.example")?.secret == .identityToken("refresh"))
    }

    @Test(arguments: [
        "echo credentials not found in native keychain; exit 1",
        "echo credentials not found in native keychain >&2; exit 1",
        #"echo '{"ServerURL":"","Username":"","Secret":""}'"#,
    ])
    func `a helper may know nothing`(script: String) async throws {
        try helper("none", script)
        try docker(#"{"credsStore": "none"}"#)
        #expect(try await find("r.example") == nil)
        try docker(#"{"credsStore": "none", "auths": {"r.example": {"auth": "dTpw"}}}"#)
        #expect(try await find("r.example")?.secret == .password(user: "u", password: "p"))
    }

    @Test func `a helper is asked for the other spellings in the file`() async throws {
        try helper(
            "spell",
            #"""
            read host
            case "$host" in
            https://r.example/v1/) echo '{"Username":"u","Secret":"s"}' ;;
            *) echo credentials not found in native keychain; exit 1 ;;
            esac
            """#)
        try docker(#"{"credsStore": "spell", "auths": {"https://r.example/v1/": {}}}"#)
        #expect(try await find("r.example")?.secret == .password(user: "u", password: "s"))
    }

    @Test(arguments: [
        ("echo the keychain is locked; exit 1", "'docker-credential-bad get' failed: the keychain is locked"),
        ("echo one; echo two >&2; exit 3", "'docker-credential-bad get' failed: one; two"),
        (#"echo '{"Secret": "hunter2"}'; exit 1"#, "'docker-credential-bad get' failed"),
        ("kill -9 $$", "'docker-credential-bad get' failed"),
        ("echo hunter2", "'docker-credential-bad get' printed something that is not a JSON object"),
        (
            #"echo '{"Username": "u", "Secret": {"hunter2": 1}}'"#,
            "'docker-credential-bad get' printed a 'Secret' that is not a string"
        ),
    ])
    func `a failing helper is named with what it said, never with a secret`(
        script: String, problem: String
    ) async throws {
        try helper("bad", script)
        try docker("{\n\"credsStore\": \"bad\"}")
        await #expect(
            throws: RegistryError.badConfiguration(
                place: "\(scratch.path)/home/.docker/config.json:2", problem: problem)
        ) { try await find("r.example") }
    }

    @Test func `a helper that is not installed is named`() async throws {
        try docker(#"{"credHelpers": {"r.example": "missing"}}"#)
        let file = "\(scratch.path)/home/.docker/config.json"
        await #expect(
            throws: RegistryError.badConfiguration(
                place: "\(file):1",
                problem: "the credential helper docker-credential-missing is not in PATH; install it, "
                    + "or remove it from credHelpers of \(file)")
        ) { try await find("r.example") }
        #expect(try await find("other.example") == nil)
    }

    @Test func `a helper that never answers is ended with its children`() async throws {
        try helper("slow", "echo $$ > '\(scratch.path)/pid'; sleep 600 & sleep 600")
        let choice = HelperChoice(name: "slow", origin: "credsStore of /x", line: 1)
        var slow = CredentialHelper(choice: choice, environment: environment)
        slow.timeLimit = .seconds(1)
        let start = ContinuousClock.now
        await #expect(
            throws: RegistryError.badConfiguration(
                place: "/x:1",
                problem: "'docker-credential-slow get' did not answer within 1 seconds; "
                    + "it may wait for a keychain to be unlocked")
        ) { try await slow.get("r.example") }
        // Far less than the helper sleeps, and enough for a machine that is busy with other tests.
        #expect(ContinuousClock.now - start < .seconds(200))
        let pid = String(decoding: try HostFiles.read(scratch.path.appending("pid")) ?? [], as: UTF8.self)
        let group = try #require(Int32(pid.filter(\.isNumber)))
        // The helper led a group of its own; nothing of it is left but for those that are being reaped.
        for _ in 0..<100 where kill(-group, 0) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        #expect(kill(-group, 0) == -1 && errno == ESRCH)
    }

    @Test func `nothing secret is printed`() {
        let secrets: [Credential.Secret] = [
            .password(user: "u", password: "hunter2"), .identityToken("hunter2"), .registryToken("hunter2"),
        ]
        for secret in secrets {
            let credential = Credential(secret, origin: "x")
            var dumped = ""
            dump(credential, to: &dumped)
            for text in ["\(secret)", "\(credential)", String(reflecting: credential), dumped] {
                #expect(!text.contains("hunter2"))
            }
        }
        let token = AccessToken("hunter2", seconds: nil, at: .now)
        let request = TokenRequest(url: "https://a/t?x=hunter2", form: "hunter2", authorization: "hunter2")
        let answer = TokenAnswer(status: 200, body: Array("hunter2".utf8))
        for value in [token, request, answer] as [any Sendable] {
            var dumped = ""
            dump(value, to: &dumped)
            #expect(!"\(value) \(String(reflecting: value)) \(dumped)".contains("hunter2"))
        }
    }
}
