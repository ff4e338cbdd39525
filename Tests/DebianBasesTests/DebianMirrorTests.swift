import DebianBases
import SystemPackage
import Testing

struct DebianMirrorTests {
    static let keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"

    /// What a host's files say, and the addresses that follow.
    struct Host: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let files: [String: String]
        let mirror: String
        let security: String
    }

    static let hosts = [
        Host(
            testDescription: "deb822",
            files: [
                "etc/apt/sources.list.d/debian.sources": """
                # a comment
                Types: deb deb-src
                URIs: http://mirror.example/debian/
                Suites: bookworm bookworm-updates
                Components: main contrib
                Signed-By: \(keyring)

                Types: deb
                URIs: http://security.example/debian-security
                Suites: bookworm-security
                Components: main
                Signed-By: \(keyring)
                """
            ], mirror: "http://mirror.example/debian", security: "http://security.example/debian-security"),
        Host(
            testDescription: "one-line",
            files: [
                "etc/apt/sources.list": """
                deb-src http://source.example/debian trixie main
                deb [ arch=amd64 ] https://mirror.example/debian trixie main # ours
                deb https://security.example/debian-security trixie-security main
                """
            ], mirror: "https://mirror.example/debian", security: "https://security.example/debian-security"),
        Host(
            testDescription: "third parties before Debian",
            files: [
                "etc/apt/sources.list.d/a.list": """
                deb [signed-by=/usr/share/keyrings/docker.gpg] https://docker.example/linux/debian bookworm stable
                deb [signed-by=/usr/share/keyrings/other.gpg] https://other.example/debian bookworm main
                deb https://pg.example/apt bookworm-pgdg main
                deb https://cloud.example/apt bookworm main
                """,
                "etc/apt/sources.list.d/b.sources": """
                Types: deb
                URIs: https://off.example/debian
                Suites: bookworm
                Components: main
                Enabled: no

                Types: deb
                URIs: https://inline.example/debian
                Suites: bookworm
                Components: main
                Signed-By:
                 -----BEGIN PGP PUBLIC KEY BLOCK-----
                 .
                 debian-archive-looking

                Types: deb
                URIs: http://mirror.example/debian
                Suites: stable
                Components: main
                Signed-By: \(keyring)
                """,
            ], mirror: "http://mirror.example/debian", security: "http://mirror.example/debian-security"),
        Host(
            testDescription: "a list of mirrors",
            files: [
                "etc/apt/sources.list.d/debian.sources": """
                Types: deb
                URIs: mirror+file:///etc/apt/mirrors/debian.list
                Suites: bookworm
                Components: main
                """,
                "etc/apt/mirrors/debian.list":
                    "https://first.example/debian\npriority:2 https://second.example/debian\n",
            ], mirror: "https://first.example/debian", security: "https://first.example/debian-security"),
        Host(
            testDescription: "mmdebstrap's default",
            files: [
                "usr/bin/mmdebstrap": """
                #!/usr/bin/perl
                my $mirror = 'http://default.example/debian';
                my $secmirror = "http://secure.example/debian-security";
                """
            ], mirror: "http://default.example/debian", security: "http://secure.example/debian-security"),
    ]

    @Test(arguments: hosts) func `finds the mirrors of a host`(host: Host) throws {
        let scratch = try Scratch()
        for (name, text) in host.files { try scratch.write(text, to: name) }
        let found = try DebianMirror.discover(option: nil, environment: [:], hostRoot: scratch.path)
        #expect(found.mirror == host.mirror)
        #expect(found.securityMirror == host.security)
    }

    @Test func `takes the option before the variable before the host`() throws {
        let scratch = try Scratch()
        try scratch.write("deb http://host.example/debian bookworm main\n", to: "etc/apt/sources.list")
        let variable = ["AUTOIMAGE_DEBIAN_MIRROR": "http://variable.example/debian", "http_proxy": "http://p:3128"]
        let byOption = try DebianMirror.discover(
            option: "http://option.example/debian,http://s.example/sec/", environment: variable, hostRoot: scratch.path)
        #expect(byOption.mirror == "http://option.example/debian")
        #expect(byOption.securityMirror == "http://s.example/sec")
        let byVariable = try DebianMirror.discover(option: nil, environment: variable, hostRoot: scratch.path)
        #expect(byVariable.mirror == "http://variable.example/debian")
        #expect(byVariable.securityMirror == "http://variable.example/debian-security")
        #expect(byVariable.environment == ["http_proxy": "http://p:3128"])
    }

    @Test func `names the option where nothing is known`() throws {
        let scratch = try Scratch()
        #expect(throws: DebianBaseError.noMirror) {
            try DebianMirror.discover(option: nil, environment: [:], hostRoot: scratch.path)
        }
        #expect(DebianBaseError.noMirror.description.contains("--debian-mirror"))
    }

    @Test(arguments: [
        ("mirror.example", DebianBaseError.malformedMirror(name: "--debian-mirror", value: "mirror.example")),
        (
            "http://a.example/debian\" x",
            .malformedMirror(name: "--debian-mirror", value: "http://a.example/debian\" x")
        ),
        ("http://a.example/deb", .noSecurityMirror(name: "--debian-mirror", value: "http://a.example/deb")),
    ])
    func `refuses an option that is no mirror`(option: String, error: DebianBaseError) throws {
        let scratch = try Scratch()
        #expect(throws: error) {
            try DebianMirror.discover(option: option, environment: [:], hostRoot: scratch.path)
        }
    }

    @Test func `where nothing is known, that is an error only for who needs a mirror`() throws {
        let scratch = try Scratch()
        #expect(try DebianMirror.known(option: nil, environment: [:], hostRoot: scratch.path) == nil)
        #expect(throws: DebianBaseError.malformedMirror(name: "--debian-mirror", value: "x")) {
            try DebianMirror.known(option: "x", environment: [:], hostRoot: scratch.path)
        }
    }

    @Test(arguments: [
        ("https://a.example/debian/2026/", "https://a.example/debian/2026", "https://a.example/debian-security/2026"),
        ("http://a.example/day/debian", "http://a.example/day/debian", "http://a.example/day/debian-security"),
        ("file:/debian/x,https://b.example/s/", "file:/debian/x", "https://b.example/s"),
    ])
    func `a snapshot has its security archive beside it`(text: String, main: String, security: String) throws {
        let mirror = try DebianMirror.snapshot(text, from: "--debian-snapshot", environment: [:])
        #expect(mirror.mirror == main && mirror.securityMirror == security)
    }

    @Test(arguments: [
        ("https://a.example/archive", DebianBaseError.noSecurityMirror(name: "x", value: "https://a.example/archive")),
        ("https://debian/archive", .noSecurityMirror(name: "x", value: "https://debian/archive")),
        ("ftp://a/debian", .malformedMirror(name: "x", value: "ftp://a/debian")),
        ("a,b,c", .malformedMirror(name: "x", value: "a,b,c")),
    ])
    func `refuses what is no snapshot, by the name it was given under`(text: String, error: DebianBaseError) {
        #expect(throws: error) { try DebianMirror.snapshot(text, from: "x", environment: [:]) }
    }

    @Test func `a keyring is a file whose path apt can take`() throws {
        let scratch = try Scratch()
        for name in ["good.gpg", "bad name.gpg", "bad].gpg"] { try scratch.write("key", to: name) }
        func path(_ name: String) -> String { "\(scratch.path)/\(name)" }
        #expect(try DebianAccess.keyring(path("good.gpg"), from: "x").string == path("good.gpg"))
        for text in [path("bad name.gpg"), path("bad].gpg"), path("none.gpg"), scratch.path.string] {
            #expect(throws: DebianBaseError.badKeyring(name: "x", path: text)) {
                try DebianAccess.keyring(text, from: "x")
            }
        }
    }
}
