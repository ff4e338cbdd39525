import OCI
import Planning
import TestSupport
import Testing

@testable import Detectors

/// Modules: layouts, access to private ones, stamps.
@Suite struct GoModuleTests {
    private static let program = "package main\n\nfunc main() {}\n"
    private static let service = [
        "go.mod": "module example.com/shop\n\ngo 1.22\n\nrequire git.example.com/team/lib v1.0.0\n",
        "go.sum": "git.example.com/team/lib v1.0.0 h1:AAAA=\ngit.example.com/team/lib v1.0.0/go.mod h1:AAAA=\n",
        "main.go": "package main\n\nimport \"git.example.com/team/lib\"\n\nfunc main() { lib.Do() }\n",
    ]

    private func command(_ name: String, of plan: BuildPlan) throws -> RunCommand {
        let step = try #require(plan.builder.steps.first { $0.name == name })
        guard case .run(let command) = step.action else { throw PlanError.noStart(lookedFor: [], fix: "") }
        return command
    }

    private func secrets(_ ids: String..., hosts: String? = nil, ssh: Bool = false) throws -> BuildPlan {
        try plan(Self.service) { options in
            options.offeredSecrets = ids.map { .init(id: $0, isVariable: true) }
            if let hosts { options.buildEnvironment["GOPRIVATE"] = Requested(hosts, by: "--build-env GOPRIVATE") }
            options.ssh = ssh
        }
    }

    @Test(arguments: [
        ("./api", "api", true), ("./api", "api/cmd", false), (".", ".", true), ("services/api/", "services/api", true),
        ("./api", "apis", false),
    ])
    func `a go.work claims the modules that it uses`(use: String, member: String, claimed: Bool) throws {
        #expect(
            try GoWorkspace.claims("go 1.22\n\nuse (\n\t\(use) // ours\n)\n", SourcePath(parsing: member)) == claimed)
        #expect(try !GoWorkspace.claims("use\n", SourcePath(parsing: member)))
    }

    @Test func `a proxy's address and a netrc file are seen by the download alone`() throws {
        let made = try secrets("GOPROXY", "netrc")
        let download = try command("download", of: made)
        #expect(
            download.mounts.dropFirst() == [
                .secret(id: "netrc", target: ImagePath("/root/.netrc"), variable: nil, required: true),
                .secret(id: "GOPROXY", target: nil, variable: "GOPROXY", required: true),
            ])
        #expect(try command("build", of: made).mounts.count == 1)
    }

    @Test(
        arguments: [
            ("github-token", nil, ["credential.https://github.com.helper"]),
            ("gitlab-token", nil, ["credential.https://gitlab.com.helper"]),
            (
                "git-token", "git.example.com/team/*,*.corp.example,code.example.org",
                ["credential.https://git.example.com.helper", "credential.https://code.example.org.helper"]
            ),
            ("github-token", "github.example.com/team", ["credential.https://github.example.com.helper"]),
        ] as [(String, String?, [String])])
    func `a token reaches git through a helper that reads its file`(id: String, hosts: String?, keys: [String]) throws {
        let download = try command("download", of: secrets(id, hosts: hosts))
        #expect(download.environment["GIT_CONFIG_COUNT"] == "\(keys.count)")
        #expect(keys.indices.map { download.environment["GIT_CONFIG_KEY_\($0)"] } == keys)
        #expect(download.environment["GIT_CONFIG_VALUE_0"]?.contains("$(cat /run/secrets/\(id))") == true)
        #expect(download.mounts.contains(.secret(id: id, target: nil, variable: nil, required: true)))
    }

    @Test func `a token for nobody is refused`() throws {
        let error = try planError(Self.service) { $0.offeredSecrets = [.init(id: "git-token", isVariable: true)] }
        #expect(
            error
                == "--secret git-token: nothing says which server the token is for; name it with --build-env GOPRIVATE=HOST/TEAM/*"
        )
    }

    @Test func `an agent is asked for the hosts of GOPRIVATE, with ssh in the builder`() throws {
        let made = try secrets(hosts: "git.example.com/team/*", ssh: true)
        let download = try command("download", of: made)
        #expect(download.environment["GIT_CONFIG_KEY_0"] == "url.ssh://git@git.example.com/.insteadOf")
        #expect(download.environment["GIT_CONFIG_VALUE_0"] == "https://git.example.com/")
        #expect(download.mounts.contains(.ssh))
        #expect(made.builder.base.packages.map(\.value) == ["openssh-client"])
        #expect(try secrets(ssh: true).warnings.contains { $0.hasPrefix("--ssh: no server is asked over SSH") })
    }

    private func stamped(_ text: String, _ revision: SourceRevision?) throws -> BuildPlan {
        try plan(["go.mod": "module example.com/shop\n", "main.go": Self.program]) { options in
            options.stamps = [Requested(text, by: "--set go.stamp")]
            options.revision = revision
        }
    }

    private static let commit = "0123456789abcdef0123456789abcdef01234567"

    @Test(
        arguments: [
            ("main.version=version", "v1.2.0", "main.version=v1.2.0"),
            ("main.version=version", nil, "main.version=0123456789ab"),
            ("main.commit=commit", nil, "main.commit=0123456789abcdef0123456789abcdef01234567"),
            ("example.com/shop/build.Tag=tag", "v1.2.0", "example.com/shop/build.Tag=v1.2.0"),
        ] as [(String, String?, String)])
    func `a word of the revision is linked in where somebody asks`(text: String, tag: String?, value: String) throws {
        let made = try stamped(text, SourceRevision(commit: Self.commit, tag: tag))
        #expect(try command("build", of: made).arguments.contains("-ldflags=-s -w -buildid= -X \(value)"))
        #expect(made.decisions.last?.decided.value == value)
    }

    @Test(arguments: [
        ("main.version=date", true, "--set go.stamp: 'main.version=date' stamps nothing"),
        ("version=tag", true, "--set go.stamp: 'version=tag' stamps nothing"),
        ("main.version=tag", true, "--set go.stamp: no tag points at the commit 0123456789ab"),
        ("main.version=tag", false, "--set go.stamp: the service is not under git, so it has no tag"),
    ])
    func `a stamp that says nothing is refused`(text: String, isGit: Bool, message: String) throws {
        var error = ""
        do { _ = try stamped(text, isGit ? SourceRevision(commit: Self.commit, tag: nil) : nil) } catch let made
            as PlanError
        {
            error = made.description
        }
        #expect(error.hasPrefix(message), "\(error)")
    }

    @Test(arguments: [
        ("linux,amd64 darwin", "(linux && amd64) || (darwin)"), ("!windows", "(!windows)"),
    ])
    func `old build lines are read as expressions`(line: String, expression: String) {
        #expect(GoConstraint.expression(ofPlusBuild: [line]) == "(\(expression))")
        #expect(GoConstraint.expression(ofPlusBuild: [line, "a"]) == "(\(expression)) && ((a))")
    }

    @Test(arguments: [
        ("*.html", "index.html", true), ("*.html", "index.css", false), ("?", "a", true), ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false), ("\\*", "*", true), ("a*b*c", "aXbYc", true), ("a*b*c", "aXbY", false),
    ])
    func `matches names as path.Match does`(pattern: String, name: String, matches: Bool) {
        #expect(GoPattern.matches(name, pattern) == matches)
    }

    @Test func `finds paths in calls that read files`() {
        let source = GoSource(
            """
            package main

            const folder = "data"
            var two = "a"

            func main() {
            \ttwo = "b"
            \tos.ReadFile(folder)
            \tos.ReadFile(two)
            \thttp.FileServer(http.Dir(os.Args[1]))
            \ttemplate.Must(template.New("x").ParseFiles("a.html", filepath.Join("b", "c.html")))
            \trouter.Static("/static", "./public")
            \tmigrate.New("file://migrations", address)
            \t// os.Open("comment")
            }
            """)
        let calls = GoCalls(source.tokens).calls
        #expect(
            calls.map(\.name) == [
                "os.ReadFile", "os.ReadFile", "http.Dir", ".ParseFiles", ".Static", "file://migrations",
            ])
        #expect(calls.map(\.paths) == [["data"], [], [], ["a.html", "b/c.html"], ["./public"], ["file://migrations"]])
        #expect(calls.map(\.line) == [8, 9, 10, 11, 12, 13])
    }
}
