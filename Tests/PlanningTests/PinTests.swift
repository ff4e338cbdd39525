import OCI
import Planning
import Testing

struct PinTests {
    static let digest = Digest(of: [])

    private func decode(
        suite: String = "bookworm", architecture: String = "amd64", name: String = "libc6", version: String = "2.36-9"
    ) throws -> DebianPin {
        struct Package: Encodable {
            let name: String
            let version: String
            let sha256: Digest
        }
        struct Document: Encodable {
            let suite: String
            let architecture: String
            let packages: [Package]
        }
        let package = Package(name: name, version: version, sha256: Self.digest)
        return try CanonicalJSON.decode(
            DebianPin.self,
            from: CanonicalJSON.encode(Document(suite: suite, architecture: architecture, packages: [package])))
    }

    @Test(arguments: ["libpq5", "g++", "libstdc++-12-dev", "0ad"]) func `takes Debian's names`(name: String) throws {
        let pin = try decode(name: name, version: "1:2.39.5-0+deb12u2~bpo")
        #expect(pin.packages == [PinnedPackage(name: name, version: "1:2.39.5-0+deb12u2~bpo", sha256: Self.digest)])
    }

    @Test(arguments: [
        "-oAcquire::http::Proxy-Auto-Detect", "-o", "../../etc/cron.d/x", "libpq5=15", "libpq5/sid", "LibPQ", "a", "",
        "libpq*", "lib\npq", ".git", "libe\u{301}",
    ])
    func `refuses a name that apt or a folder would take for something else`(name: String) {
        #expect(throws: MalformedPin.badName(name)) { try decode(name: name) }
    }

    @Test(arguments: ["/tmp/evil.sh", "", "-1", "1 2", "1\n", "../1", "1=2"])
    func `refuses what is not a version`(version: String) {
        #expect(throws: MalformedPin.badVersion(package: "libc6", version)) { try decode(version: version) }
    }

    @Test(arguments: ["../x", "a/b", "-x", "", "x\ndeb", "Bookworm"]) func `refuses what is not a suite`(name: String) {
        #expect(throws: MalformedPin.badSuite(name)) { try decode(suite: name) }
    }

    @Test(arguments: ["../x", "amd-64", "", "a\nb"]) func `refuses what is not an architecture`(name: String) {
        #expect(throws: MalformedPin.badArchitecture(name)) { try decode(architecture: name) }
    }

    @Test func `says which pin it refuses, without its control characters`() {
        #expect(
            MalformedPin.badVersion(package: "libc6", "/x\u{1B}").description
                == #"the pin of the package 'libc6' has the version "/x\u{1B}", which is not a version"#)
    }
}
