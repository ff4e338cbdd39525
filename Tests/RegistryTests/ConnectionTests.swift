import Images
import OCI
import SystemPackage
import TestSupport
import Testing

@testable import Registry

/// Proxies, certificates and limits.
@Suite(.serialized) struct ConnectionTests {
    @Test func `a registry behind a proxy is reached through it, with its user, and never when excepted`() async throws
    {
        try await Workshop.using { workshop in
            let authority = try await CertificateAuthority(in: workshop.folder)
            var setup = ScriptedRegistryOptions()
            setup.certificate = try await authority.issue(for: "DNS:registry.invalid")
            try await ScriptedRegistry.serving(setup) { registry in
                try await ConnectProxy.serving(to: registry.port) { proxy in
                    var options = RegistryOptions()
                    options.authorities = [authority.certificate]
                    options.environment = ["https_proxy": "http://me:s%3Aecret@127.0.0.1:\(proxy.port)"]
                    options.retry.connects = 1
                    let store = try workshop.store("from")
                    let image = try workshop.image(in: store, layers: [[1], [2]])
                    let name = try Reference(parsing: "registry.invalid/web:1")
                    try await withClient(options) { client in
                        _ = try await client.push(ImageSet(image), from: store, to: [name])
                        #expect(try await client.resolve(name)?.digest == image.descriptor.digest)
                    }
                    #expect(registry.storage.tags(of: "web") == ["1": image.descriptor.digest])
                    #expect(proxy.requests.allSatisfy { $0.hasPrefix("CONNECT registry.invalid:443 HTTP/1.1\r\n") })
                    // me:s:ecret
                    #expect(
                        proxy.requests.allSatisfy {
                            $0.lowercased().contains("proxy-authorization: basic bwu6czplY3jldA==".lowercased())
                        })
                    #expect(registry.requests.allSatisfy { $0.headers["proxy-authorization"] == nil })
                    let count = proxy.requests.count
                    options.environment["no_proxy"] = ".invalid"
                    try await withClient(options) { client in
                        await #expect(throws: RegistryError.self) { try await client.resolve(name) }
                    }
                    #expect(proxy.requests.count == count)
                }
            }
        }
    }

    @Test func `authorities of one host are found by its name and port`() async throws {
        let origin = Origin(isSecure: true, host: "registry.example", port: 5000)
        let other = Origin(isSecure: true, host: "registry.example", port: 443)
        try await Workshop.using { workshop in
            let authority = try await CertificateAuthority(in: workshop.folder)
            let folder = workshop.folder.appending("certs.d").appending("registry.example:5000")
            try await workshop.run("mkdir", ["-p", folder.string])
            try await workshop.run("cp", [authority.certificate.string, "\(folder)/ca.crt"])
            let trust = try Trust(
                authorities: [], environment: [:], folders: [workshop.folder.appending("certs.d")]
            )
            #expect(trust.folder(for: origin) == folder)
            #expect(trust.folder(for: other) == nil)
        }
    }

    @Test func `a client certificate without its key is an error that names both`() async throws {
        try await Workshop.using { workshop in
            let authority = try await CertificateAuthority(in: workshop.folder)
            let folder = workshop.folder.appending("host")
            try await workshop.run("mkdir", [folder.string])
            try await workshop.run("cp", [authority.certificate.string, "\(folder)/client.cert"])
            let trust = try Trust(authorities: [], environment: [:])
            #expect(
                throws: RegistryError.badConfiguration(
                    place: "\(folder)/client.cert", problem: "there is no \(folder)/client.key beside it")
            ) { try trust.configuration(folder) }
        }
    }

    @Test func `a file of authorities that holds none is refused at once`() async throws {
        try await Workshop.using { workshop in
            let file = workshop.folder.appending("ca.pem")
            #expect(throws: RegistryError.badConfiguration(place: "\(file)", problem: "there is no such file")) {
                try Trust(authorities: [file], environment: [:])
            }
            try workshop.write(Array("hello\n".utf8), to: file)
            #expect(throws: RegistryError.badConfiguration(place: "\(file)", problem: "it holds no certificate in PEM"))
            {
                try Trust(authorities: [file], environment: [:])
            }
        }
    }

    @Test func `a gate lets its limit through, and half of it after it shrank`() async throws {
        let gate = Gate(limit: 4)
        let peak = Peak()
        for (limit, count) in [(4, 20), (2, 10)] {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<count {
                    group.addTask {
                        try await gate.pass {
                            await peak.enter()
                            try await Task.sleep(for: .milliseconds(5))
                            await peak.leave()
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(await peak.takeHighest() == limit)
            gate.shrink()
        }
    }

    @Test func `who waits at a gate can be cancelled`() async throws {
        let gate = Gate(limit: 1)
        try await gate.pass {
            let waiting = Task { try await gate.pass {} }
            try await Task.sleep(for: .milliseconds(20))
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        try await gate.pass {}
    }

    private actor Peak {
        private var running = 0
        private var highest = 0

        func enter() {
            running += 1
            highest = max(highest, running)
        }

        func leave() { running -= 1 }

        func takeHighest() -> Int {
            defer { highest = 0 }
            return highest
        }
    }
}
