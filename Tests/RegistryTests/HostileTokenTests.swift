import Images
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

extension HostileTests {
    /// Tokens that end, and scopes that do not suffice.
    struct HostileTokenTests {
        private func serving(
            _ authentication: ScriptedRegistryOptions.Authentication,
            _ change: (inout ScriptedRegistryOptions) -> Void = { _ in },
            login: String = "ada:lovelace",
            _ body: (ScriptedRegistry, TestClient, BlobStore, Workshop) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                var options = ScriptedRegistryOptions()
                options.authentication = authentication
                options.users = ["ada": "lovelace"]
                change(&options)
                try await ScriptedRegistry.serving(options) { registry in
                    let logins = login.isEmpty ? [:] : [registry.host: login]
                    try await TestClient.using(workshop, logins: logins) { client in
                        try await body(registry, client, workshop.store("store"), workshop)
                    }
                }
            }
        }

        @Test(arguments: [
            ScriptedRegistryOptions.Authentication.basic, .bearer(), .bearer(expiresIn: nil), .bearer(expiresIn: 0),
            .bearer(expiresIn: -5), .bearer(expiresIn: 1 << 40),
        ])
        func `a push and a pull get through, however short tokens live`(
            _ authentication: ScriptedRegistryOptions.Authentication
        ) async throws {
            try await serving(authentication) { registry, client, store, workshop in
                let images = try HostileOrderTests.index(workshop, in: store)
                _ = try await client.registry.push(images, from: store, to: [registry.reference()])
                #expect(registry.storage.tags(of: "team/web") == ["1": images.descriptor.digest])
                let target = try workshop.store("target")
                #expect(try await client.registry.pullAll(registry.reference(), into: target) == images)
                #expect(HostileOrderTests.disorder(in: registry.requests, images) == [])
            }
        }

        @Test(arguments: [
            RegistryFault.Call.headBlob, .putUpload, .putTag,
        ])
        func `a token that expires in mid-push is renewed, and the body sent again`(
            _ call: RegistryFault.Call
        ) async throws {
            try await serving(.bearer()) { registry, client, store, workshop in
                let images = try HostileOrderTests.index(workshop, in: store)
                // A token that is refused within two seconds was refused for what it is: this one is older.
                let blob = try store.write(Array("before".utf8), mediaType: .layerTar)
                try await client.registry.push(blob, from: store, to: registry.repository())
                try await Task.sleep(for: .milliseconds(2100))
                registry.fault(call, .revokeTokens)
                let report = try await client.registry.push(images, from: store, to: [registry.reference()])
                #expect(registry.storage.tags(of: "team/web") == ["1": images.descriptor.digest])
                #expect(report.sent == 5)
                #expect(registry.requests(call).contains { $0.status == 401 })
                #expect(registry.storage.openUploads == [])
            }
        }

        @Test func `one token serves many requests`() async throws {
            try await serving(.bearer()) { registry, client, store, workshop in
                let images = try HostileOrderTests.index(workshop, in: store)
                _ = try await client.registry.push(images, from: store, to: [registry.reference()])
                #expect(registry.tokenCount <= 2)
            }
        }

        @Test func `a pull's token does not suffice for a push, and another is asked for`() async throws {
            try await serving(.bearer()) { registry, client, store, workshop in
                let image = try workshop.image(in: store, layers: [Workshop.bytes(10, seed: 1)])
                try registry.load(ImageSet(image), from: store, tag: "old")
                _ = try await client.registry.manifest(registry.reference("team/web:old"))
                try await client.registry.put(
                    RawManifest(store.read(image.descriptor), mediaType: .manifest), to: registry.repository(),
                    tag: "new")
                #expect(registry.storage.tags(of: "team/web")["new"] == image.descriptor.digest)
                let scopes = registry.requests(.token).map(\.query)
                #expect(scopes.contains { $0.contains("push") })
            }
        }

        @Test func `a mount asks for the source's scope as well`() async throws {
            try await serving(.bearer()) { registry, client, store, workshop in
                let image = try workshop.image(in: store, layers: [Workshop.bytes(1000, seed: 1)])
                registry.storage.add(blob: Workshop.bytes(1000, seed: 1), to: "team/base")
                try store.noteOrigin(registry.repository("team/base"), of: image.manifest.layers[0].digest)
                let report = try await client.registry.push(ImageSet(image), from: store, to: [registry.reference()])
                #expect(report.mounted == 1)
                #expect(
                    registry.requests(.token).contains { $0.query.contains("base") && $0.query.contains("web") })
            }
        }

        @Test(arguments: [ScriptedRegistryOptions.Authentication.basic, .bearer()])
        func `a wrong password is refused once, with the file it came from`(
            _ authentication: ScriptedRegistryOptions.Authentication
        ) async throws {
            try await serving(authentication, login: "ada:wrong") { registry, client, _, workshop in
                let error = try await failure { try await client.registry.manifest(registry.reference()) }
                let file = try workshop.store("docker-config").folder.appending("config.json").string
                let unauthorized = "UNAUTHORIZED: incorrect username or password"
                #expect(
                    error
                        == (authentication == .basic
                            ? .denied(
                                host: registry.host, wanted: registry.wanted(),
                                said: "401 Unauthorized (UNAUTHORIZED: authentication required)", tried: file)
                            : .denied(
                                host: registry.host, wanted: "a token for repository:team/web:pull",
                                said: "its token server answered 401: \(unauthorized)", tried: file)))
                #expect(registry.requests.count < 8)
                #expect("\(try #require(error)) \(client.notes)".contains("wrong") == false)
            }
        }

        @Test(arguments: [ScriptedRegistryOptions.Authentication.basic, .bearer()])
        func `without an account nothing is sent that could be one`(
            _ authentication: ScriptedRegistryOptions.Authentication
        ) async throws {
            try await serving(authentication, login: "") { registry, client, _, _ in
                try await expectFailure(
                    .denied(
                        host: registry.host, wanted: registry.wanted(),
                        said: "401 Unauthorized (UNAUTHORIZED: authentication required)", tried: nil)
                ) {
                    try await client.registry.manifest(registry.reference())
                }
                #expect(registry.requests.allSatisfy { $0.headers["authorization"]?.hasPrefix("Basic") != true })
            }
        }

        @Test func `a public repository is pulled without an account`() async throws {
            try await serving(.bearer(), { $0.isPublic = true }, login: "") { registry, client, store, workshop in
                let image = try workshop.image(in: store, layers: [Workshop.bytes(10, seed: 1)])
                try registry.load(ImageSet(image), from: store)
                let target = try workshop.store("target")
                let pulled = try await client.registry.pullAll(registry.reference(), into: target)
                #expect(pulled.images.map(\.manifest) == [image.manifest])
                try await expectFailure(
                    .denied(
                        host: registry.host, wanted: registry.wanted(image.manifest.layers[0], of: "team/b"),
                        said: "401 Unauthorized (UNAUTHORIZED: authentication required)", tried: nil)
                ) {
                    try await client.registry.push(
                        image.manifest.layers[0], from: store, to: registry.repository("team/b"))
                }
            }
        }

        @Test(arguments: [ScriptedRegistryOptions.Authentication.basic, .bearer()])
        func `a repository that may not be pushed to says so, and nothing is left there`(
            _ authentication: ScriptedRegistryOptions.Authentication
        ) async throws {
            try await serving(authentication, { $0.readOnly = ["team/web"] }) { registry, client, store, workshop in
                let image = try workshop.image(in: store, layers: [Workshop.bytes(10, seed: 1)])
                let file = try workshop.store("docker-config").folder.appending("config.json").string
                try await expectFailure(
                    .denied(
                        host: registry.host, wanted: registry.wanted(image.manifest.config),
                        said: authentication == .basic
                            ? "403 Forbidden (DENIED: requested access to the resource is denied)"
                            : "401 Unauthorized (UNAUTHORIZED: authentication required)", tried: file)
                ) {
                    try await client.registry.push(image.manifest.config, from: store, to: registry.repository())
                }
                await #expect(throws: RegistryError.self) {
                    try await client.registry.push(ImageSet(image), from: store, to: [registry.reference()])
                }
                #expect(registry.storage.tags(of: "team/web") == [:])
                #expect(registry.storage.blobs(of: "team/web") == [])
                #expect(registry.storage.openUploads == [])
            }
        }

        @Test func `a registry that refuses every token is not asked for ever`() async throws {
            try await serving(.bearer(uses: 0)) { registry, client, _, workshop in
                let file = try workshop.store("docker-config").folder.appending("config.json").string
                try await expectFailure(
                    .denied(
                        host: registry.host, wanted: registry.wanted(),
                        said: "401 Unauthorized (UNAUTHORIZED: authentication required)", tried: file)
                ) {
                    try await client.registry.manifest(registry.reference())
                }
                #expect(registry.requests.count < 12)
            }
        }

        @Test func `a token service on another host is not given the password of this one in the clear`() async throws {
            try await Workshop.using { workshop in
                var elsewhere = ScriptedRegistryOptions()
                elsewhere.address = "127.0.0.2"
                elsewhere.authentication = .bearer()
                try await ScriptedRegistry.serving(elsewhere) { other in
                    let authority = try await CertificateAuthority(in: workshop.folder)
                    var options = ScriptedRegistryOptions()
                    options.certificate = try await authority.issue()
                    options.authentication = .bearer()
                    options.users = ["ada": "lovelace"]
                    options.realm = "\(other.url)/token"
                    try await ScriptedRegistry.serving(options) { registry in
                        try await TestClient.using(workshop, logins: [registry.host: "ada:lovelace"]) {
                            $0.authorities = [authority.certificate]
                        } _: { client in
                            try await expectFailure(
                                .wrongAnswer(
                                    host: registry.host, wanted: "a token",
                                    problem:
                                        "its token server '\(other.url)/token' is refused: it is plain HTTP, and the registry is not"
                                )
                            ) {
                                try await client.registry.manifest(registry.reference())
                            }
                            #expect(other.requests == [])
                        }
                    }
                }
            }
        }

        static let noToken = "its token server sent no token where one is expected"

        @Test(arguments: [
            (RegistryFault.Effect.endless(status: 200), "a token", "it has more than 64 KiB"),
            (.replaceBody(Array("not JSON".utf8)), "a token for repository:team/web:pull", noToken),
            (.replaceBody(Array("{}".utf8)), "a token for repository:team/web:pull", noToken),
            (.replaceBody(Array(#"{"token":""}"#.utf8)), "a token for repository:team/web:pull", noToken),
            (.replaceBody(Array(#"{"token":"a\r\nX: y"}"#.utf8)), "a token for repository:team/web:pull", noToken),
        ])
        func `a token service that gives no token ends the attempt`(
            _ effect: RegistryFault.Effect, _ wanted: String, _ problem: String
        ) async throws {
            try await serving(.bearer()) { registry, client, _, _ in
                registry.fault(.token, effect, times: nil)
                try await expectFailure(.wrongAnswer(host: registry.host, wanted: wanted, problem: problem)) {
                    try await client.registry.manifest(registry.reference())
                }
                #expect(registry.requests(.getManifest).map(\.status) == [401])
                #expect(registry.requests(.token).count == 1)
            }
        }

        @Test(arguments: [
            (RegistryFault.Effect.answer(500), "500 Internal Server Error"), (.close, "it closed the connection"),
        ])
        func `a token service that fails is asked again for as long as the budget lasts`(
            _ effect: RegistryFault.Effect, _ reason: String
        ) async throws {
            try await serving(.bearer()) { registry, client, _, _ in
                registry.fault(.token, effect, times: nil)
                try await expectFailure(
                    .unreachable(host: registry.host, wanted: "a token of \(registry.host)", reason: reason)
                ) { try await client.registry.manifest(registry.reference()) }
                #expect(client.waits == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
            }
        }
    }
}
