import Testing

@testable import Registry

@Suite struct ProxyTests {
    @Test(
        arguments: [
            (["HTTPS_PROXY": "http://proxy.example:3128"], "https://registry.example", "proxy.example:3128"),
            (["https_proxy": "proxy.example"], "https://registry.example", "proxy.example:80"),
            (["HTTPS_PROXY": "http://proxy.example:3128"], "http://registry.example", nil),
            (["HTTP_PROXY": "http://proxy.example:3128/"], "http://registry.example", "proxy.example:3128"),
            (["ALL_PROXY": "socks5://proxy.example"], "https://registry.example", "proxy.example:1080"),
            (
                ["https_proxy": "http://a.example:1", "HTTPS_PROXY": "http://b.example:2"], "https://r.example",
                "a.example:1"
            ),
            (["HTTPS_PROXY": ""], "https://registry.example", nil),
            // This machine is never behind a proxy.
            (["HTTPS_PROXY": "http://p:1"], "https://localhost:5000", nil),
            (["HTTPS_PROXY": "http://p:1"], "https://127.0.0.2:5000", nil),
            (["HTTPS_PROXY": "http://p:1"], "https://[::1]:5000", nil),
        ] as [([String: String], String, String?)])
    func `the environment says the proxy`(_ environment: [String: String], _ url: String, _ expected: String?) throws {
        let origin = try #require(HTTPAddress(url)?.origin)
        let proxy = try Proxies(environment: environment).proxy(for: origin)
        #expect(proxy.map { "\($0.host):\($0.port)" } == expected)
    }

    @Test(
        arguments: [
            ("*", "registry.example", true), ("registry.example", "registry.example", true),
            ("example", "registry.example", true), (".example", "registry.example", true),
            ("*.example", "registry.example", true), ("registry.example", "my.registry.example", true),
            (".registry.example", "registry.example", false), ("gistry.example", "registry.example", false),
            ("registry.example:443", "registry.example", true), ("registry.example:5000", "registry.example", false),
            ("other.example, registry.example", "registry.example", true), ("10.0.0.0/8", "10.1.2.3", true),
            ("10.0.0.0/8", "11.1.2.3", false), ("10.1.2.3", "10.1.2.3", true), ("10.1.2.3", "10.1.2.4", false),
            ("fd00::/8", "[fd12::1]", true), ("REGISTRY.EXAMPLE", "registry.example", true),
            ("", "registry.example", false), ("10.0.0.0/-1", "10.0.0.1", false), ("10.0.0.0/33", "10.0.0.0", false),
        ] as [(String, String, Bool)])
    func `exceptions are honoured`(_ exceptions: String, _ host: String, _ isDirect: Bool) throws {
        let proxies = try Proxies(environment: ["HTTPS_PROXY": "http://proxy.example:1", "NO_PROXY": exceptions])
        let origin = try #require(Origin(isSecure: true, authority: host))
        #expect((proxies.proxy(for: origin) == nil) == isDirect)
    }

    @Test func `a user and password are taken from the address`() throws {
        let proxy = try Proxy(parsing: "http://me:p%40ss%3A1@proxy.example:3128", from: "HTTPS_PROXY")
        #expect(proxy.user == "me")
        #expect(proxy.password == "p@ss:1")
    }

    @Test(arguments: [
        ("https://proxy.example", "proxies are reached by http:// or socks5://, not https://"),
        ("http://", "its value is no proxy: expected http://host:port"),
        ("http://proxy.example:x", "its value is no proxy: expected http://host:port"),
        ("socks5://me:secret@proxy.example", "a SOCKS proxy cannot be used with a user"),
    ])
    func `a proxy that cannot be used is said without its password`(_ text: String, _ problem: String) {
        #expect(throws: RegistryError.badConfiguration(place: "HTTPS_PROXY", problem: problem)) {
            try Proxies(environment: ["HTTPS_PROXY": text])
        }
    }
}
