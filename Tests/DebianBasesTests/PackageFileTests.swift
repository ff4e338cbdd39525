import OCI
import Planning
import Testing

@testable import DebianBases

struct PackageFileTests {
    static let hex = String(repeating: "ab", count: 32)

    @Test func `reads the files that apt would fetch`() throws {
        let text = """
            'http://mirror.example/debian/pool/main/g/git/git_2.39.5-0%2bdeb12u2_amd64.deb' git_1%3a2.39.5-0+deb12u2_amd64.deb 7256 SHA256:\(Self.hex)
            """
        let file = PackageFile(
            name: "git", version: "1:2.39.5-0+deb12u2", sha256: try Digest(parsing: "sha256:\(Self.hex)"), size: 7256)
        #expect(try PackageFile.parse("Reading…\n" + text + "\n") == [file])
    }

    @Test(arguments: [
        "'http://m.example/a.deb' a_1_amd64.deb 10 MD5Sum:abc", "'http://m.example/a.deb' a_1.deb 10 SHA256:\(hex)",
        "'http://m.example/a.deb' a_1_amd64.deb x SHA256:\(hex)",
        "'http://m.example/a.deb' ../a_1_amd64.deb 10 SHA256:\(hex)",
    ])
    func `refuses a line without the digest or the name it needs`(line: String) {
        #expect(throws: DebianBaseError.aptFailed(said: "unexpected output: \(line)")) { try PackageFile.parse(line) }
    }

    @Test(arguments: [("libpq-dve", "libpq-dev"), ("postgresql-clent", "postgresql-client"), ("zzzzzzzzzzzz", nil)])
    func `finds the name that was meant`(name: String, nearest: String?) {
        let known: Set = ["libpq-dev", "libpq5", "postgresql-client", "postgresql", "libpam-dev"]
        #expect(PackageName.nearest(to: name, in: known) == nearest)
    }

    @Test func `takes only proxies and certificates from the host's apt`() {
        let dump = """
            Acquire::http::Proxy "http://proxy.example:3128";
            Acquire::http::Proxy::mirror.example "DIRECT";
            Acquire::https::CaInfo "/etc/ssl/company.pem";
            Acquire::https::mirror.example::SslCert "/etc/ssl/client.pem";
            Acquire::https::Verify-Peer "false";
            Acquire::http::Proxy-Auto-Detect "/usr/bin/evil";
            Acquire::Check-Valid-Until "false";
            DPkg::Post-Invoke:: "rm -rf /";
            Acquire::http::Proxy "";
            """
        #expect(
            AptSettings.parse(dump: dump) == [
                "Acquire::http::Proxy": "http://proxy.example:3128", "Acquire::http::Proxy::mirror.example": "DIRECT",
                "Acquire::https::CaInfo": "/etc/ssl/company.pem",
                "Acquire::https::mirror.example::SslCert": "/etc/ssl/client.pem",
            ])
    }
}
