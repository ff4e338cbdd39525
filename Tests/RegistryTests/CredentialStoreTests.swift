import Files
import Glibc
import SystemPackage
import Testing

@testable import Registry

@Suite struct CredentialStoreTests {
    private let scratch: Scratch
    private let file: FilePath
    private let environment: [String: String]

    init() throws {
        scratch = try Scratch()
        file = scratch.path.appending("home/.docker/config.json")
        environment = ["HOME": "\(scratch.path)/home", "PATH": "\(scratch.path)/bin:/usr/bin:/bin"]
    }

    private func text(_ path: FilePath) throws -> String {
        String(decoding: try HostFiles.read(path) ?? [], as: UTF8.self)
    }

    private func mode(_ path: FilePath) -> UInt32 {
        var status = stat()
        return lstat(path.string, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    /// Keeps what it is given in a file beside itself, as a keychain would.
    private func keychain(_ name: String) throws {
        try scratch.write(
            #"""
            #!/bin/sh
            folder=$(dirname "$0")
            case $1 in
            get) [ -e "$folder/kept" ] && cat "$folder/kept" || { echo credentials not found in native keychain; exit 1; } ;;
            store) cat > "$folder/kept" ;;
            erase) cat > "$folder/erased"; rm "$folder/kept" ;;
            esac
            """#, to: "bin/docker-credential-\(name)", mode: 0o755)
    }

    @Test func `makes the file and its folder for the owner only`() async throws {
        let store = try CredentialStore(file: nil, environment: environment)
        #expect(try await store.store(user: "u", password: "p:w", for: "r.example:5000") == .file(file))
        #expect(
            try text(file) == """
                {
                	"auths": {
                		"r.example:5000": {
                			"auth": "dTpwOnc="
                		}
                	}
                }

                """)
        #expect(mode(file) == 0o600)
        #expect(mode(file.removingLastComponent()) == 0o700)
        #expect(try HostFiles.names(in: file.removingLastComponent()) == ["config.json"])
        let found = try await CredentialFinder(file: file, environment: environment).credential(
            for: "r.example:5000", repository: "a")
        #expect(found?.secret == .password(user: "u", password: "p:w"))
    }

    @Test func `keeps everything else as it was`() async throws {
        let before = """
            {
            	"HttpHeaders": {
            		"X-Number": 1.50
            	},
            	"auths": {
            		"z.example": {
            			"auth": "dTpw"
            		},
            		"https://index.docker.io/v1/": {
            			"auth": "b2xkOm9sZA==",
            			"email": "a@b.example",
            			"identitytoken": "old"
            		},
            		"docker.io/acme": {
            			"auth": "dTpw"
            		},
            		"docker.io": {
            			"auth": "b2xkOm9sZA=="
            		}
            	},
            	"detachKeys": "ctrl-e,e"
            }

            """
        try scratch.write(before, to: "home/.docker/config.json", mode: 0o644)
        let store = try CredentialStore(file: nil, environment: environment)
        _ = try await store.store(user: "new", password: "pw", for: "docker.io")
        #expect(
            try text(file) == """
                {
                	"HttpHeaders": {
                		"X-Number": 1.50
                	},
                	"auths": {
                		"z.example": {
                			"auth": "dTpw"
                		},
                		"https://index.docker.io/v1/": {
                			"auth": "bmV3OnB3",
                			"email": "a@b.example"
                		},
                		"docker.io/acme": {
                			"auth": "dTpw"
                		}
                	},
                	"detachKeys": "ctrl-e,e"
                }

                """)
        #expect(mode(file) == 0o600)
        #expect(try await store.erase("index.docker.io") == [.file(file)])
        #expect(try text(file).contains("index.docker.io") == false)
        #expect(try text(file).contains("docker.io/acme"))
        #expect(try await store.erase("docker.io") == [])
    }

    @Test func `writes through a link`() async throws {
        try scratch.write("{}", to: "dotfiles/docker.json")
        try scratch.link("home/.docker/config.json", to: "../../dotfiles/docker.json")
        let store = try CredentialStore(file: nil, environment: environment)
        _ = try await store.store(user: "u", password: "p", for: "r.example")
        #expect(try text(scratch.path.appending("dotfiles/docker.json")).contains("r.example"))
        #expect(mode(file) == 0o777)
    }

    @Test func `DOCKER_CONFIG and a file of the user's choice`() async throws {
        let other = try CredentialStore(
            file: nil, environment: environment.merging(["DOCKER_CONFIG": "\(scratch.path)/d"]) { $1 })
        #expect(other.file == scratch.path.appending("d/config.json"))
        let chosen = try CredentialStore(file: scratch.path.appending("a/b.json"), environment: [:])
        #expect(
            try await chosen.store(user: "u", password: "p", for: "r.example")
                == .file(scratch.path.appending("a/b.json")))
        #expect(throws: RegistryError.self) { try CredentialStore(file: nil, environment: [:]) }
    }

    @Test func `a helper keeps the password, and the file forgets what it had`() async throws {
        try keychain("chain")
        try scratch.write(
            #"{"credsStore": "chain", "auths": {"r.example": {"auth": "dTpw"}, "o.example": {}}}"#,
            to: "home/.docker/config.json")
        let store = try CredentialStore(file: nil, environment: environment)
        let origin = "docker-credential-chain (credsStore of \(file))"
        #expect(try await store.store(user: "u\"", password: "p\\w", for: "r.example") == .helper(origin))
        let kept = try text(scratch.path.appending("bin/kept"))
        #expect(
            kept.split(separator: "\n").joined() == #"{"ServerURL": "r.example","Username": "u\"","Secret": "p\\w"}"#)
        #expect(try text(file).contains("dTpw") == false)
        #expect(try text(file).contains("o.example"))
        let found = try await CredentialFinder(environment: environment).credential(for: "r.example", repository: nil)
        #expect(found == Credential(.password(user: "u\"", password: "p\\w"), origin: origin))
        #expect(try await store.erase("r.example") == [.helper(origin)])
        #expect(try text(scratch.path.appending("bin/erased")) == "r.example")
        #expect(try await store.erase("r.example") == [])
    }

    @Test func `a helper that fails is an error without the password`() async throws {
        try scratch.write(
            "#!/bin/sh\necho no; cat", to: "bin/docker-credential-bad", mode: 0o755)
        try scratch.write("#!/bin/sh\ncat; exit 1", to: "bin/docker-credential-echo", mode: 0o755)
        try scratch.write("#!/bin/sh\necho locked; exit 1", to: "bin/docker-credential-locked", mode: 0o755)
        try scratch.write(
            #"{"credHelpers": {"e.example": "echo", "l.example": "locked"}}"#, to: "home/.docker/config.json")
        let store = try CredentialStore(file: nil, environment: environment)
        await #expect(
            throws: RegistryError.badConfiguration(
                place: "\(file):1", problem: "'docker-credential-echo store' failed")
        ) { try await store.store(user: "u", password: "hunter2", for: "e.example") }
        await #expect(
            throws: RegistryError.badConfiguration(
                place: "\(file):1", problem: "'docker-credential-locked store' failed: locked")
        ) { try await store.store(user: "u", password: "hunter2", for: "l.example") }
    }

    @Test func `a broken file is left alone`() async throws {
        try scratch.write("{\"auths\": ", to: "home/.docker/config.json")
        let store = try CredentialStore(file: nil, environment: environment)
        await #expect(throws: RegistryError.self) { try await store.store(user: "u", password: "p", for: "r.example") }
        #expect(try text(file) == "{\"auths\": ")
        #expect(try HostFiles.names(in: file.removingLastComponent()) == ["config.json"])
    }

    @Test func `writers at the same time lose nothing`() async throws {
        let store = try CredentialStore(file: nil, environment: environment)
        try await withThrowingTaskGroup { group in
            for index in 0..<20 {
                group.addTask { _ = try await store.store(user: "u", password: "p", for: "r\(index).example") }
            }
            try await group.waitForAll()
        }
        let content = try #require(try CredentialFile(reading: file))
        #expect(try content.entries().count == 20)
    }
}
