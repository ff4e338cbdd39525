import ArgumentParser
import Files
import OCI
import Planning
import SystemPackage
import Testing

@testable import autoimage

@Suite struct SettingsTests {
    /// Reads settings of a folder that holds the given autoimage.toml.
    private func settings(
        _ toml: String?, environment: [String: String] = [:], options: [String] = []
    ) throws -> Settings {
        let folder = try ScratchFolder()
        if let toml { try AtomicFile.write(Array(toml.utf8), to: folder.path.appending("autoimage.toml")) }
        let arguments = try PlanArguments.parse([folder.path.string] + options)
        return try SettingsReader(folder: folder.path, environment: environment, arguments: arguments).settings()
    }

    @Test func `a flag beats a variable beats the file`() throws {
        let file = "language = \"file\""
        let variable = ["AUTOIMAGE_LANGUAGE": "variable"]
        #expect(try settings(file).plan.language == Requested("file", by: "autoimage.toml:1 language"))
        #expect(
            try settings(file, environment: variable).plan.language
                == Requested("variable", by: "AUTOIMAGE_LANGUAGE"))
        #expect(
            try settings(file, environment: variable, options: ["--set", "language=set"]).plan.language?.value == "set")
        #expect(
            try settings(file, environment: variable, options: ["--language", "flag"]).plan.language
                == Requested("flag", by: "--language"))
    }

    @Test func `platforms are named once each, by option, variable or file`() throws {
        func named(_ settings: Settings) -> [String] { settings.platforms.map(\.value.description) }
        let file = "platforms = [\"linux/arm64/v8\", \"linux/x86_64\", \"linux/arm64\"]"
        #expect(named(try settings(file)) == ["linux/arm64", "linux/amd64"])
        let variable = ["AUTOIMAGE_PLATFORM": "linux/amd64"]
        #expect(named(try settings(file, environment: variable)) == ["linux/amd64"])
        let option = ["--platform", "linux/amd64,linux/arm64"]
        #expect(named(try settings(file, environment: variable, options: option)) == ["linux/amd64", "linux/arm64"])
        #expect(try settings(nil).platforms.isEmpty)
    }

    @Test(arguments: ["linux/riscv64", "windows/amd64", "arm64", "linux/amd64/v3"])
    func `a platform that images are not built for is refused`(text: String) {
        let error = #expect(throws: ConfigError.self) { try settings(nil, options: ["--platform", text]) }
        #expect(
            error?.description
                == "--platform: 'platforms' needs linux/amd64, linux/arm64 or both, not '\(text)'")
    }

    @Test func `several programs are named between commas`() throws {
        #expect(try settings(nil, options: ["--app", "cmd/a,cmd/b,cmd/a"]).apps.map(\.value) == ["cmd/a", "cmd/b"])
        #expect(throws: ConfigError.self) { try settings(nil, options: ["--app", "a,,b"]) }
    }

    @Test func `every kind of key is read from the file`() throws {
        let settings = try settings(
            """
            port = 9000
            user = "1000:1001"
            start = "gunicorn 'a b' site.wsgi"
            build-packages = ["libpq-dev", "git"]
            ignore = ["*.md", "!README.md"]

            [python]
            version = ">=3.11"

            [environment]
            DEBUG = "0"

            [labels]
            "org.opencontainers.image.source" = "here"

            [processes]
            worker = ["celery", "worker"]

            [[artifact]]
            path = "/opt/data"

            [[secrets]]
            id = "token"
            step = "wheels"
            variable = "TOKEN"
            """)
        #expect(settings.plan.port == Requested(9000, by: "autoimage.toml:1 port"))
        #expect(settings.plan.user?.value == Owner(uid: 1000, gid: 1001))
        #expect(settings.plan.startCommand?.value == ["gunicorn", "a b", "site.wsgi"])
        #expect(settings.plan.buildPackages.map(\.value) == ["libpq-dev", "git"])
        #expect(settings.ignore.map(\.value) == ["*.md", "!README.md"])
        #expect(settings.plan.versions["python"]?.value == ">=3.11")
        #expect(settings.plan.environment["DEBUG"]?.option == "autoimage.toml:11 environment.DEBUG")
        #expect(settings.plan.labels["org.opencontainers.image.source"]?.value == "here")
        #expect(settings.plan.processes["worker"]?.value == ["celery", "worker"])
        #expect(settings.plan.artifacts.map(\.value.destination) == [ImagePath("/opt/data")])
        #expect(settings.plan.secretMounts.map(\.value.variable) == ["TOKEN"])
    }

    @Test(arguments: [
        ("prot = 1", "autoimage.toml:1: unknown key 'prot'; did you mean 'port'?"),
        ("port = \"x\"", "autoimage.toml:1: 'port' must be an integer, not a string"),
        ("\nuser = \"root\"", "autoimage.toml:2: 'user' needs a numeric uid:gid, as in 65532:65532, not 'root'"),
        ("writable = [\"data\"]", "autoimage.toml:1: 'writable': 'data' is relative; a path in an image starts with /"),
        (
            "[python]\nversion = 3.10",
            "autoimage.toml:2: 'python.version' must be a string, not a number; write it in quotes"
        ),
        ("[[secrets]]\nid = \"a\"", "autoimage.toml:1: 'secrets' needs the key 'step' in every table"),
    ])
    func `a bad file is refused with its line`(toml: String, message: String) {
        let error = #expect(throws: ConfigError.self) { try settings(toml) }
        #expect(error?.description == message)
    }

    @Test func `an unknown key of --set is refused with the nearest name`() {
        let error = #expect(throws: ConfigError.self) { try settings(nil, options: ["--set", "python.versoin=3"]) }
        #expect(
            error?.description == "--set python.versoin=3: unknown key 'python.versoin'; did you mean 'python.version'?"
        )
    }

    @Test func `lists are given to --set as TOML or as one word`() throws {
        #expect(
            try settings(nil, options: ["--set", "build-packages=[\"a\", \"b\"]"]).plan.buildPackages.map(\.value)
                == ["a", "b"])
        #expect(try settings(nil, options: ["--set", "build-packages=a"]).plan.buildPackages.map(\.value) == ["a"])
    }

    @Test(arguments: [
        ("driftwood", "driftwood"), ("My Service!", "my-service"), ("__x__", "x"), ("ä", "service"), ("a.b", "a-b"),
    ])
    func `a folder's name becomes an image name`(folder: String, name: String) {
        #expect(SettingsReader.imageName(folder) == name)
    }

    @Test func `the schema names every key`() throws {
        let schema = ConfigKey.jsonSchema()
        for key in ConfigKey.all {
            let parts = key.path.split(separator: ".").map(String.init)
            let top = try #require(schema.properties?[parts[0]], "\(key.path)")
            if parts.count == 2, parts[1] != "*" { #expect(top.properties?[parts[1]] != nil, "\(key.path)") }
        }
    }
}
