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
}
