import Images
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

extension HostileTests {
    /// Registries that send the client to other hosts.
    struct HostileHostTests {
        static let bytes = Workshop.bytes(100_000, seed: 8)
        static let blob = Descriptor(mediaType: .layerTar, digest: Digest(of: bytes), size: 100_000)

        /// A registry that wants a login, and beside it a store of blobs on another host that wants none.
        private func serving(
            _ body: (ScriptedRegistry, _ other: ScriptedRegistry, TestClient, BlobStore) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let storage = RegistryStorage()
                storage.add(blob: Self.bytes, to: "team/web")
                var elsewhere = ScriptedRegistryOptions()
                elsewhere.address = "127.0.0.2"
                try await ScriptedRegistry.serving(elsewhere, storage: storage) { other in
                    var options = ScriptedRegistryOptions()
                    options.authentication = .bearer()
                    options.users = ["ada": "lovelace"]
                    try await ScriptedRegistry.serving(options, storage: storage) { registry in
                        // Both hosts have a login, so that only the rule keeps it from the other.
                        let logins = [registry.host: "ada:lovelace", other.host: "ada:lovelace"]
                        try await TestClient.using(workshop, logins: logins) { client in
                            try await body(registry, other, client, workshop.store("store"))
                        }
                    }
                }
            }
        }

        @Test func `a blob is fetched from the host that it is redirected to, without credentials`() async throws {
            try await serving { registry, other, client, store in
                registry.fault(.getBlob, .redirect(to: other.url), times: nil)
                try await client.registry.pull(Self.blob, from: registry.repository(), into: store)
                #expect(try store.read(Self.blob) == Self.bytes)
                #expect(other.requests.map(\.line) == ["GET /v2/team/web/blobs/\(Self.blob.digest) 200"])
                #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
                #expect(other.requests.map(\.query) == ["signature=secret"])
            }
        }

        @Test func `a cut on the other host is resumed by asking the registry again`() async throws {
            try await serving { registry, other, client, store in
                registry.fault(.getBlob, .redirect(to: other.url), times: nil)
                other.fault(.getBlob, .truncate(after: 40_000))
                try await client.registry.pull(Self.blob, from: registry.repository(), into: store)
                #expect(store.has(Self.blob.digest))
                #expect(other.requests(.getBlob).map { $0.headers["range"] } == [nil, "bytes=40000-99999"])
                #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
            }
        }

        @Test func `the challenge of another host is not answered, and no message holds a signature`() async throws {
            try await serving { registry, other, client, store in
                registry.fault(.getBlob, .redirect(to: other.url), times: nil)
                other.fault(
                    .getBlob,
                    .answer(401, headers: ["WWW-Authenticate": #"Basic realm="give me your password""#]), times: nil)
                let error = try await failure {
                    try await client.registry.pull(Self.blob, from: registry.repository(), into: store)
                }
                #expect(
                    error == .refused(host: other.host, wanted: registry.wanted(Self.blob), said: "401 Unauthorized"))
                #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
                #expect("\(try #require(error)) \(client.notes)".contains("signature") == false)
            }
        }

        @Test func `a ring of redirects ends`() async throws {
            try await serving { registry, other, client, store in
                registry.fault(.getBlob, .redirect(to: other.url), times: nil)
                other.fault(.getBlob, .redirect(to: registry.url), times: nil)
                try await expectFailure(
                    .wrongAnswer(
                        host: registry.host, wanted: registry.wanted(Self.blob), problem: "more than 5 redirects")
                ) {
                    try await client.registry.pull(Self.blob, from: registry.repository(), into: store)
                }
                #expect(registry.requests(.getBlob).count + other.requests(.getBlob).count < 25)
            }
        }

        @Test(arguments: [
            (
                "http://169.254.169.254",
                "it redirects to plain http at 169.254.169.254, which --insecure-registry would allow"
            ),
            ("https://169.254.169.254", "it redirects to 169.254.169.254, where it has no business"),
            ("https://2852039166", "it redirects to 2852039166, where it has no business"),
            ("https://[fe80::1]:8443", "it redirects to [fe80::1]:8443, where it has no business"),
            ("http://10.1.2.3", "it redirects to plain http at 10.1.2.3, which --insecure-registry would allow"),
            ("file:///etc/passwd?", "a redirect to something that is no address"),
            ("http://user:word@127.0.0.1:1", "a redirect to something that is no address"),
        ])
        func `a redirect to where a registry has no business is refused`(
            _ target: String, _ problem: String
        ) async throws {
            try await serving { registry, _, client, store in
                registry.fault(.getBlob, .redirect(to: target), times: nil)
                try await expectFailure(
                    .wrongAnswer(host: registry.host, wanted: registry.wanted(Self.blob), problem: problem)
                ) { try await client.registry.pull(Self.blob, from: registry.repository(), into: store) }
                #expect(registry.requests(.getBlob).filter { $0.status == 307 }.count == 1)
            }
        }

        @Test(.enabled(if: isInstalled("openssl"), "needs openssl"))
        func `a redirect from TLS to plain HTTP is refused`() async throws {
            try await Workshop.using { workshop in
                let authority = try await CertificateAuthority(in: workshop.folder)
                var options = ScriptedRegistryOptions()
                options.certificate = try await authority.issue()
                let storage = RegistryStorage()
                storage.add(blob: Self.bytes, to: "team/web")
                try await ScriptedRegistry.serving(storage: storage) { plain in
                    try await ScriptedRegistry.serving(options, storage: storage) { registry in
                        registry.fault(.getBlob, .redirect(to: plain.url), times: nil)
                        try await TestClient.using(workshop) {
                            $0.authorities = [authority.certificate]
                        } _: { client in
                            try await expectFailure(
                                .wrongAnswer(
                                    host: registry.host, wanted: registry.wanted(Self.blob),
                                    problem:
                                        "it redirects from https to plain http at \(plain.host), which is not followed"
                                )
                            ) {
                                try await client.registry.pull(
                                    Self.blob, from: registry.repository(), into: workshop.store("store"))
                            }
                            #expect(plain.requests == [])
                        }
                    }
                }
            }
        }

        @Test(.enabled(if: isInstalled("openssl"), "needs openssl"))
        func `a certificate that nobody vouches for, or for another host, ends the conversation`() async throws {
            try await Workshop.using { workshop in
                let authority = try await CertificateAuthority(in: workshop.folder)
                var unknown = ScriptedRegistryOptions()
                unknown.certificate = try await authority.issue()
                var wrongName = ScriptedRegistryOptions()
                wrongName.certificate = try await authority.issue("elsewhere", for: "DNS:elsewhere.example")
                try await ScriptedRegistry.serving(unknown) { registry in
                    try await TestClient.using(workshop) { client in
                        try await expectFailure(
                            .unreachable(
                                host: registry.host, wanted: registry.wanted(),
                                reason: "its certificate is not trusted; name its authority's file with --registry-ca")
                        ) {
                            try await client.registry.manifest(registry.reference())
                        }
                    }
                    try await TestClient.using(workshop) {
                        $0.environment["SSL_CERT_FILE"] = authority.certificate.string
                    } _: { client in
                        let found = try await client.registry.resolve(registry.reference())
                        #expect(found == nil)
                    }
                }
                try await ScriptedRegistry.serving(wrongName) { registry in
                    try await TestClient.using(workshop) {
                        $0.authorities = [authority.certificate]
                    } _: { client in
                        try await expectFailure(
                            .unreachable(
                                host: registry.host, wanted: registry.wanted(),
                                reason: "its certificate is for another host")
                        ) {
                            try await client.registry.manifest(registry.reference())
                        }
                    }
                }
            }
        }
    }

    /// Registries that stand in for others.
    struct HostileMirrorTests {
        /// A registry, two mirrors with copies of its image, and a client that knows them.
        private func serving(
            _ body: (
                _ registry: ScriptedRegistry, _ first: ScriptedRegistry, _ second: ScriptedRegistry, TestClient,
                AssembledImage, BlobStore
            ) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let source = try workshop.store("source")
                let image = try workshop.image(in: source, layers: [Workshop.bytes(5000, seed: 1)])
                try await ScriptedRegistry.serving { registry in
                    try await ScriptedRegistry.serving { first in
                        try await ScriptedRegistry.serving { second in
                            for one in [registry, first, second] { try one.load(ImageSet(image), from: source) }
                            try await TestClient.using(workshop) {
                                $0.mirrors = [registry.host: [first.host, second.host]]
                            } _: { client in
                                try await body(registry, first, second, client, image, workshop.store("target"))
                            }
                        }
                    }
                }
            }
        }

        private func pull(
            _ registry: ScriptedRegistry, _ client: TestClient, _ store: BlobStore
        ) async throws -> AssembledImage {
            try await client.registry.pull(
                registry.reference(), platform: Platform(architecture: "amd64"), into: store, layers: true)
        }

        private func fail(_ registry: ScriptedRegistry, _ effect: RegistryFault.Effect) {
            for call in RegistryFault.Call.allCases { registry.fault(call, effect, times: nil) }
        }

        @Test func `the first mirror is asked first, and nobody else`() async throws {
            try await serving { registry, first, second, client, image, store in
                let pulled = try await pull(registry, client, store)
                #expect(pulled.descriptor.digest == image.descriptor.digest)
                #expect(!first.requests.isEmpty)
                #expect(second.requests + registry.requests == [])
            }
        }

        @Test(arguments: [
            RegistryFault.Effect.close, .answer(500), .answer(404), .answer(403), .answer(429), .endless(status: 200),
        ])
        func `a mirror that fails is passed over for the next`(_ effect: RegistryFault.Effect) async throws {
            try await serving { registry, first, second, client, image, store in
                fail(first, effect)
                let pulled = try await pull(registry, client, store)
                #expect(pulled.descriptor.digest == image.descriptor.digest)
                #expect(!second.requests.isEmpty)
                #expect(registry.requests == [])
            }
        }

        @Test func `where both mirrors fail the registry itself is asked`() async throws {
            try await serving { registry, first, second, client, image, store in
                fail(first, .close)
                fail(second, .answer(404))
                let pulled = try await pull(registry, client, store)
                #expect(pulled.descriptor.digest == image.descriptor.digest)
                #expect(!registry.requests.isEmpty)
            }
        }

        @Test func `wrong bytes from a mirror are fetched elsewhere`() async throws {
            try await serving { registry, first, second, client, image, store in
                first.fault(.getBlob, .replaceBody(Workshop.bytes(5000, seed: 2)), times: nil)
                let pulled = try await pull(registry, client, store)
                #expect(pulled == image)
                #expect(try store.read(image.manifest.layers[0]) == Workshop.bytes(5000, seed: 1))
            }
        }

        @Test func `where all fail the error is the registry's own`() async throws {
            try await serving { registry, first, second, client, _, store in
                for one in [registry, first, second] { fail(one, .answer(404)) }
                try await expectFailure(
                    .notFound(host: registry.host, wanted: registry.wanted(), said: "404 Not Found")
                ) {
                    try await pull(registry, client, store)
                }
            }
        }

        @Test func `a push goes to the registry itself, never to a mirror`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("source")
                let image = try workshop.image(in: store, layers: [Workshop.bytes(5000, seed: 1)])
                try await ScriptedRegistry.serving { registry in
                    try await ScriptedRegistry.serving { mirror in
                        try await TestClient.using(workshop) {
                            $0.mirrors = [registry.host: [mirror.host]]
                        } _: { client in
                            _ = try await client.registry.push(
                                ImageSet(image), from: store, to: [registry.reference()])
                            #expect(registry.storage.tags(of: "team/web") == ["1": image.descriptor.digest])
                            #expect(mirror.requests == [])
                        }
                    }
                }
            }
        }

        @Test func `offline makes no connection`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("source")
                let image = try workshop.image(in: store, layers: [Workshop.bytes(10, seed: 1)])
                let layer = image.manifest.layers[0]
                try await ScriptedRegistry.serving { registry in
                    try await TestClient.using(workshop) {
                        $0.isOffline = true
                    } _: { client in
                        let (reference, repository) = (try registry.reference(), registry.repository())
                        let other = try workshop.store("other")
                        let api = client.registry
                        let calls: [@Sendable () async throws -> Void] = [
                            { _ = try await api.manifest(reference) }, { _ = try await api.resolve(reference) },
                            { _ = try await api.pullAll(reference, into: other) },
                            { _ = try await api.pull(layer, from: repository, into: other) },
                            { _ = try await api.push(ImageSet(image), from: store, to: [reference]) },
                            { _ = try await api.push(layer, from: store, to: repository) },
                            { _ = try await api.has(layer.digest, in: repository) },
                            { _ = try await api.referrers(of: layer.digest, in: repository) },
                        ]
                        for call in calls {
                            guard case .offline? = try await failure(call) else {
                                Issue.record("a call was made offline")
                                continue
                            }
                        }
                        try await expectFailure(.offline(wanted: registry.wanted())) {
                            try await api.manifest(reference)
                        }
                        #expect(registry.requests == [])
                    }
                }
            }
        }
    }
}
