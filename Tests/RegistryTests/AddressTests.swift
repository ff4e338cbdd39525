import Testing

@testable import Registry

@Suite struct AddressTests {
    @Test(arguments: [
        ("https://registry.example/v2/", "https://registry.example:443/v2/"),
        ("HTTP://Registry.Example:5000", "http://registry.example:5000/"),
        ("https://registry.example?a=b", "https://registry.example:443/?a=b"),
        ("http://[::1]:5000/v2/#part", "http://[::1]:5000/v2/"),
    ])
    func `an address is read`(_ text: String, _ expected: String) throws {
        #expect(HTTPAddress(text)?.description == expected)
    }

    @Test(arguments: [
        "ftp://registry.example/", "https://", "https://user@registry.example/", "https://registry.example:99999/",
        "https://registry.example:/", "https://a b/", "https://registry.example/\u{0A}Host: x", "/v2/",
        "https:registry",
    ])
    func `what is no address is refused`(_ text: String) { #expect(HTTPAddress(text) == nil) }

    @Test(arguments: [
        ("https://other.example/x?y", "https://other.example:443/x?y"),
        ("//other.example/x", "https://other.example:443/x"),
        ("/v2/a/blobs/uploads/1?_state=x%3D", "https://registry.example:443/v2/a/blobs/uploads/1?_state=x%3D"),
        ("2?state=b", "https://registry.example:443/v2/a/blobs/uploads/2?state=b"),
        ("?state=b", "https://registry.example:443/v2/a/blobs/uploads/1?state=b"),
    ])
    func `a location is resolved`(_ location: String, _ expected: String) throws {
        let here = try #require(HTTPAddress("https://registry.example/v2/a/blobs/uploads/1?state=a"))
        #expect(here.resolving(location)?.description == expected)
    }

    @Test(arguments: ["", "javascript:alert(1)", "ftp://x/", "mailto:x"])
    func `a location that is none is refused`(_ location: String) throws {
        let here = try #require(HTTPAddress("https://registry.example/v2/"))
        #expect(here.resolving(location) == nil)
    }

    @Test func `a parameter is added after those there are`() throws {
        #expect(HTTPAddress("https://a/u")?.adding("digest", "sha256:1").target == "/u?digest=sha256:1")
        #expect(HTTPAddress("https://a/u?s=1")?.adding("digest", "sha256:1").target == "/u?s=1&digest=sha256:1")
    }

    @Test(
        arguments: [
            ("localhost", true), ("127.0.0.1", true), ("127.255.1.2", true), ("[::1]", true), ("app.localhost", true),
            ("128.0.0.1", false), ("localhost.example", false), ("127.0.0.1.example", false), ("10.0.0.1", false),
            ("[::2]", false), ("0.0.0.0", true), ("127.1", true), ("0x7f000001", true), ("[::ffff:127.0.0.1]", true),
        ] as [(String, Bool)])
    func `this machine is told from others`(_ host: String, _ expected: Bool) {
        #expect(Origin(isSecure: false, authority: "\(host):5000")?.isLoopback == expected)
    }

    @Test(arguments: [
        "0.0.0.0", "127.1", "0x7f000001", "[::ffff:127.0.0.1]", "[::ffff:169.254.169.254]", "0xa9fea9fe", "localhost.",
    ])
    func `nobody sends us to our own services or to a cloud's metadata, however they are written`(
        _ host: String
    ) throws {
        let far = try #require(Origin(isSecure: true, authority: "registry.example"))
        let target = try #require(Origin(isSecure: true, authority: host))
        #expect(
            far.problem(sendingTo: target, insecureHosts: [])
                == "it redirects to \(target.name), where it has no business")
    }

    @Test(arguments: ["::1", "[::1]", "[::1]:5000"])
    func `a host is named with its port or without`(_ name: String) throws {
        let origin = try #require(Origin(isSecure: false, authority: "[::1]:5000"))
        #expect(origin.isNamed(in: [name]))
        #expect(!origin.isNamed(in: ["[::1]:5001", "[::2]"]))
    }

    @Test(
        arguments: [
            ("1.2.3", false), ("1.2.3.256", false), ("1.2.3.4", true), ("::", true), ("1::2::3", false),
            ("1:2:3:4:5:6:7:8", true), ("1:2:3:4:5:6:7", false), ("fe80::1", true), ("g::1", false),
            ("1.2.3.+4", false),
        ] as [(String, Bool)])
    func `addresses of machines are read`(_ text: String, _ isAddress: Bool) {
        #expect((IPAddress(text) != nil) == isAddress)
    }
}
