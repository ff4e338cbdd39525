import ArgumentParser
import Files
import SystemPackage
import Testing

@testable import autoimage

@Suite struct RegistrySettingsTests {
    private let nowhere = FilePath("/nonexistent/registries.toml")

    private func arguments(_ words: String...) throws -> RegistryArguments { try RegistryArguments.parse(words) }

    @Test func `says nothing where nothing is said`() throws {
        #expect(try RegistrySettings(arguments(), environment: [:], systemFile: nowhere) == RegistrySettings())
        #expect(
            try RegistrySettings(
                arguments(), environment: ["HOME": "/nonexistent", "AUTOIMAGE_REGISTRY_MIRROR": " ,"],
                systemFile: nowhere) == RegistrySettings())
    }

    @Test func `the command line comes before the environment, that before the user's file, that before the system's`()
        throws
    {
        let folder = try ScratchFolder()
        try HostFiles.makeFolder(folder.path.appending("autoimage"))
        for name in ["cli.pem", "env.pem", "autoimage/user.pem", "system.pem"] {
            try AtomicFile.write([], to: folder.path.appending(name))
        }
        try AtomicFile.write(
            Array(
                """
                # Of the user.
                ca = ["user.pem"]
                insecure = ["user.example:5000"]

                [[mirror]]
                registry = "user.example"
                mirrors = ["from-user:1", "also-user:2/hub"]

                [[mirror]]
                registry = "env.example"
                mirrors = ["from-user"]
                """.utf8), to: folder.path.appending("autoimage/registries.toml"))
        let system = folder.path.appending("system.toml")
        try AtomicFile.write(
            Array(
                """
                ca = ["\(folder.path)/system.pem"]
                insecure = []
                [[mirror]]
                registry = "user.example"
                mirrors = ["from-system"]
                [[mirror]]
                registry = "https://index.docker.io/v1/"
                mirrors = ["from-system"]
                [[mirror]]
                registry = "system.example"
                mirrors = ["from-system"]
                [[mirror]]
                registry = "system.example"
                mirrors = ["more-system"]
                """.utf8), to: system)
        let settings = try RegistrySettings(
            arguments(
                "--registry-mirror", "docker.io=from-cli:5000", "--registry-mirror", "index.docker.io=also-cli",
                "--registry-ca", "\(folder.path)/cli.pem", "--insecure-registry", "CLI.example"),
            environment: [
                "XDG_CONFIG_HOME": folder.path.string, "AUTOIMAGE_REGISTRY_CA": "\(folder.path)/env.pem",
                "AUTOIMAGE_REGISTRY_MIRROR": "docker.io=from-env, env.example=from-env,env.example=also-env",
                "AUTOIMAGE_INSECURE_REGISTRY": "env.example:80,10.0.0.1",
            ], systemFile: system)
        #expect(
            settings.mirrors == [
                "docker.io": ["from-cli:5000", "also-cli"], "env.example": ["from-env", "also-env"],
                "user.example": ["from-user:1", "also-user:2/hub"], "system.example": ["from-system", "more-system"],
            ])
        #expect(
            settings.authorities.map(\.string) == [
                "\(folder.path)/cli.pem", "\(folder.path)/env.pem", "\(folder.path)/autoimage/user.pem",
                "\(folder.path)/system.pem",
            ])
        #expect(settings.insecureHosts == ["cli.example", "env.example:80", "10.0.0.1", "user.example:5000"])
    }

    @Test(arguments: [
        ("a = 1", "1: unknown key 'a'; did you mean 'ca'?"),
        ("mirrors = []", "1: unknown key 'mirrors'; did you mean 'mirror'?"),
        (
            "unqualified-search-registries = []",
            "1: unknown key 'unqualified-search-registries'; the keys are ca, insecure, mirror"
        ),
        ("\n[[mirror]]\nregistry = 'docker.io'\nmirors = []", "4: unknown key 'mirors'; did you mean 'mirrors'?"),
        (
            "\n[[mirror]]\nregistry = 'docker.io'",
            "2: a [[mirror]] needs registry = \"docker.io\" and mirrors = [\"mirror.example:5000\"]"
        ),
        ("[mirror]\nregistry = 'docker.io'", "1: 'mirror' is a table; expected an array of tables"),
        ("ca = 'x.pem'", "1: 'ca' is a string; expected an array of strings"),
        ("insecure = [1]", "1: 'insecure' is an array; expected an array of strings"),
        (
            "insecure = ['a/b']", "1: 'insecure': 'a/b' names more than a registry: give its host only, 'a'"
        ),
        (
            "[[mirror]]\nregistry = 'r.example'\nmirrors = [\n'https://m.example']",
            "3: 'mirrors': 'https://m.example' has a scheme: give the host only; --insecure-registry allows plain HTTP"
        ),
        (
            "[[mirror]]\nmirrors = []\nregistry = 'r example'",
            "3: 'registry': 'r example' is no registry: expected a host with an optional port, as in localhost:5000"
        ),
        ("ca = ['/no/such.pem']", "1: 'ca': no such file: /no/such.pem; expected certificate authorities in PEM"),
    ])
    func `errors in the file name the line`(text: String, message: String) throws {
        let folder = try ScratchFolder()
        let file = folder.path.appending("registries.toml")
        try AtomicFile.write(Array(text.utf8), to: file)
        let none = try arguments()
        let failure = #expect(throws: Failure.self) {
            try RegistrySettings(none, environment: [:], systemFile: file)
        }
        #expect(failure?.text == "\(file):\(message)")
        #expect(failure?.code == .badConfiguration)
    }

    @Test func `a file that is no TOML`() throws {
        let folder = try ScratchFolder()
        let file = folder.path.appending("registries.toml")
        try AtomicFile.write(Array("ca = [\n\n= 1".utf8), to: file)
        let none = try arguments()
        let failure = #expect(throws: Failure.self) { try RegistrySettings(none, environment: [:], systemFile: file) }
        #expect(failure?.code == .badConfiguration)
        #expect(failure?.text.hasPrefix("\(file):3: is not TOML") == true)
    }

    @Test(arguments: [
        ["--registry-mirror", "docker.io"], ["--registry-mirror", "=m.example"], ["--registry-mirror", "docker.io="],
        ["--registry-mirror", "docker.io=http://m.example"], ["--registry-mirror", "docker.io=m.example:99999"],
        ["--registry-mirror", "docker.io=m.example/UPPER"], ["--registry-mirror", "docker.io/library=m.example"],
        ["--insecure-registry", ""], ["--insecure-registry", "a b"], ["--insecure-registry", "host:port"],
        ["--insecure-registry", "-x.example"], ["--insecure-registry", "[::1"],
    ])
    func `refuses what names no registry as it is typed`(words: [String]) {
        let error = #expect(throws: (any Error).self) { try RegistryArguments.parse(words) }
        #expect(error.map { RegistryArguments.exitCode(for: $0).rawValue } == 64)
    }

    @Test(arguments: [
        ["--registry-mirror", "docker.io=m.example"], ["--registry-mirror", "r.example:5000=[::1]:5000/a/b-c"],
        ["--insecure-registry", "http://10.0.0.1:5000/"], ["--insecure-registry", "my_host"],
    ])
    func `takes what names a registry`(words: [String]) throws {
        let arguments = try RegistryArguments.parse(words)
        #expect(throws: Never.self) {
            try RegistrySettings(arguments, environment: [:], systemFile: nowhere)
        }
    }

    @Test func `authorities that are not there, by where they were named`() throws {
        let typed = try arguments("--registry-ca", "/no/such.pem")
        let failure = #expect(throws: Failure.self) {
            try RegistrySettings(typed, environment: [:], systemFile: nowhere)
        }
        #expect(failure?.code == .inputMissing)
        #expect(
            failure?.text == "--registry-ca /no/such.pem: no such file; expected certificate authorities in PEM")
        let none = try arguments()
        let variable = #expect(throws: Failure.self) {
            try RegistrySettings(none, environment: ["AUTOIMAGE_REGISTRY_CA": "/tmp"], systemFile: nowhere)
        }
        #expect(variable?.code == .badConfiguration)
        #expect(
            variable?.text == "AUTOIMAGE_REGISTRY_CA: /tmp: no such file; expected certificate authorities in PEM")
    }
}
