import Images
import OCI
import Synchronization
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

    @Test(arguments: [ScriptedRegistryOptions.Authentication.basic, .bearer()])
    func `a registry that is named for plain HTTP gets the password`(
        _ authentication: ScriptedRegistryOptions.Authentication
    ) async throws {
        let name = "registry.invalid:5000"
        try await Workshop.using { workshop in
            var setup = ScriptedRegistryOptions()
            setup.authentication = authentication
            setup.users = ["ada": "lovelace"]
            setup.realm = "http://\(name)/token"
            try await ScriptedRegistry.serving(setup) { registry in
                // Through a proxy, since only loopback addresses are sure to be there, which need not be named.
                try await ConnectProxy.serving(to: registry.port) { proxy in
                    let image = Repository(registry: name, name: "web")
                    for isNamed in [true, false] {
                        try await TestClient.using(workshop, logins: [name: "ada:lovelace"]) { options in
                            options.environment["http_proxy"] = "http://127.0.0.1:\(proxy.port)"
                            options.environment["https_proxy"] = "http://127.0.0.1:\(proxy.port)"
                            if isNamed { options.insecureHosts = ["Registry.Invalid:5000"] }
                        } _: { client in
                            let failed = try await failure { try await client.registry.has(Digest(of: [1]), in: image) }
                            #expect((failed == nil) == isNamed)
                        }
                    }
                    #expect(registry.requests(.headBlob).last?.status == 404)
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
        let limited = Transient(error: .offline(wanted: "nothing"), isLimit: true)
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
            _ = try? await gate.pass { throw limited }
        }
    }

    @Test func `a gate shrinks once for a whole wave, and grows when all goes well`() async throws {
        let gate = Gate(limit: 8)
        let limited = Transient(error: .offline(wanted: "nothing"), isLimit: true)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    _ = try? await gate.pass {
                        try await Task.sleep(for: .milliseconds(100))
                        throw limited
                    }
                }
            }
        }
        #expect(gate.limit == 4)
        for _ in 0..<19 { try await gate.pass {} }
        #expect(gate.limit == 4)
        for _ in 0..<200 { try await gate.pass {} }
        #expect(gate.limit == 8)
    }

    @Test func `bytes that move again are no progress`() async throws {
        var policy = RetryPolicy()
        policy.budget = .seconds(10)
        policy.jitter = { 1 }
        let start = ContinuousClock.now
        policy.now = { start }
        policy.sleep = { _ in }
        let budget = RetryBudget(policy) { _ in }
        let failure = Transient(error: .offline(wanted: "bytes"))
        for _ in 0..<4 {
            budget.reached(5 << 20)
            try await budget.wait(after: failure, host: "registry.example")
        }
        budget.reached(5 << 20)
        await #expect(throws: failure.error) { try await budget.wait(after: failure, host: "registry.example") }
        budget.reached(6 << 20)
        try await budget.wait(after: failure, host: "registry.example")
    }

    @Test func `who comes when all others gave up begins anew`() async throws {
        let runs = Mutex(0)
        let shared = SharedTask {
            let run = runs.withLock { count in
                count += 1
                return count
            }
            if run == 1 { try await Task.sleep(for: .seconds(3600)) }
            return run
        }
        let first = Task { try await shared.value() }
        while runs.withLock({ $0 }) == 0 { await Task.yield() }
        try await Task.sleep(for: .milliseconds(20))
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        #expect(try await shared.value() == 2)
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
