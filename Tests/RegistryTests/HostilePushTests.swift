import Images
import OCI
import Registry
import TestSupport
import Testing

extension HostileTests {
    /// Uploads to registries that make them hard.
    struct HostilePushTests {
        static let bytes = Workshop.bytes(300_000, seed: 5)

        /// Runs `body` with a blob in a store and an empty registry.
        private func serving(
            _ options: ScriptedRegistryOptions = .init(),
            _ body: (ScriptedRegistry, TestClient, BlobStore, Descriptor) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let blob = try store.write(Self.bytes, mediaType: .layerTar)
                try await ScriptedRegistry.serving(options) { registry in
                    try await TestClient.using(workshop) { client in try await body(registry, client, store, blob) }
                }
            }
        }

        private func push(
            _ blob: Descriptor, _ registry: ScriptedRegistry, _ client: TestClient, _ store: BlobStore
        ) async throws -> Bool {
            try await client.registry.push(blob, from: store, to: registry.repository())
        }

        @Test func `a blob that is there is not sent`() async throws {
            try await serving { registry, client, store, blob in
                registry.storage.add(blob: Self.bytes, to: "team/web")
                let isSent = try await push(blob, registry, client, store)
                #expect(isSent == false)
                #expect(registry.requests.map(\.method) == ["HEAD"])
            }
        }

        @Test(arguments: [ScriptedRegistryOptions.Location.relative, .absolute])
        func `every step goes to the Location of the step before`(
            _ location: ScriptedRegistryOptions.Location
        ) async throws {
            var options = ScriptedRegistryOptions()
            options.location = location
            try await serving(options) { registry, client, store, blob in
                let isSent = try await push(blob, registry, client, store)
                #expect(isSent)
                #expect(registry.storage.blob(blob.digest, of: "team/web") == Self.bytes)
                #expect(registry.storage.openUploads == [])
                #expect(registry.requests(.putUpload).allSatisfy { $0.query.hasPrefix("_state=") })
                #expect(registry.requests.map(\.status) == [404, 202, 201])
            }
        }

        @Test func `an upload on another host gets the bytes and no credentials`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let blob = try store.write(Self.bytes, mediaType: .layerTar)
                let storage = RegistryStorage()
                var elsewhere = ScriptedRegistryOptions()
                elsewhere.address = "127.0.0.2"
                try await ScriptedRegistry.serving(elsewhere, storage: storage) { other in
                    var options = ScriptedRegistryOptions()
                    options.authentication = .bearer()
                    options.users = ["ada": "lovelace"]
                    options.location = .elsewhere(other.url)
                    try await ScriptedRegistry.serving(options, storage: storage) { registry in
                        try await TestClient.using(workshop, logins: [registry.host: "ada:lovelace"]) { client in
                            let isSent = try await push(blob, registry, client, store)
                            #expect(isSent)
                            #expect(storage.blob(blob.digest, of: "team/web") == Self.bytes)
                            #expect(other.requests(.putUpload).count == 1)
                            #expect(other.requests.allSatisfy { $0.headers["authorization"] == nil })
                            #expect(registry.requests(.putUpload) == [])
                        }
                    }
                }
            }
        }

        @Test(arguments: [
            (
                "http://169.254.169.254/latest/meta-data",
                "it redirects to plain http at 169.254.169.254, which --insecure-registry would allow"
            ), ("https://169.254.169.254/upload", "it redirects to 169.254.169.254, where it has no business"),
            ("http://10.0.0.1/upload", "it redirects to plain http at 10.0.0.1, which --insecure-registry would allow"),
            ("https://[fe80::1]/upload", "it redirects to [fe80::1], where it has no business"),
            ("ftp://127.0.0.1/", "an upload whose Location is no address"), ("", "an upload without a Location"),
        ])
        func `an upload is not sent to an address that a registry has no business with`(
            _ location: String, _ problem: String
        ) async throws {
            try await serving { registry, client, store, blob in
                registry.fault(.startUpload, .answer(202, headers: ["Location": location]), times: nil)
                try await expectFailure(
                    .wrongAnswer(host: registry.host, wanted: registry.wanted(blob), problem: problem)
                ) {
                    try await push(blob, registry, client, store)
                }
                #expect(registry.requests.map(\.method) == ["HEAD", "POST"])
            }
        }

        @Test func `an upload that breaks off is begun again`() async throws {
            try await serving { registry, client, store, blob in
                registry.fault(.putUpload, .cut(after: 100_000))
                registry.fault(.putUpload, .answer(500))
                let isSent = try await push(blob, registry, client, store)
                #expect(isSent)
                #expect(registry.storage.blob(blob.digest, of: "team/web") == Self.bytes)
                #expect(client.waits.count == 2)
                #expect(registry.storage.openUploads == [])
            }
        }

        @Test func `an upload whose end went unheard is not lost`() async throws {
            try await serving { registry, client, store, blob in
                registry.fault(.putUpload, .vanish)
                _ = try await push(blob, registry, client, store)
                #expect(registry.storage.blob(blob.digest, of: "team/web") == Self.bytes)
            }
        }

        @Test(arguments: [
            (400, "400 Bad Request (X: not so)"), (403, "403 Forbidden (X: not so)"),
            (404, "404 Not Found (X: not so)"),
            (413, "413 Payload Too Large"), (500, "500 Internal Server Error (X: not so)"),
        ])
        func `an upload that fails for good is cancelled`(_ status: Int, _ said: String) async throws {
            try await serving { registry, client, store, blob in
                registry.fault(
                    .putUpload, .answer(status, body: #"{"errors":[{"code":"X","message":"not so"}]}"#), times: nil)
                registry.fault(.patchUpload, .answer(status), times: nil)
                let error = try await failure { try await push(blob, registry, client, store) }
                let (host, wanted) = (registry.host, registry.wanted(blob))
                let expected: RegistryError =
                    switch status {
                    case 403: .denied(host: host, wanted: wanted, said: said, tried: nil)
                    case 404: .notFound(host: host, wanted: wanted, said: said)
                    case 500: .unreachable(host: host, wanted: wanted, reason: said)
                    default: .refused(host: host, wanted: wanted, said: said)
                    }
                #expect(error == expected)
                #expect(registry.requests(.cancelUpload).allSatisfy { $0.status == 204 })
                #expect(registry.storage.openUploads == [])
                #expect(registry.storage.blobs(of: "team/web") == [])
            }
        }

        @Test func `a blob that changed on disk is not accepted as what it was`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let blob = try store.write(Self.bytes, mediaType: .layerTar)
                try workshop.write(Workshop.bytes(300_000, seed: 6), to: store.path(blob.digest))
                try await ScriptedRegistry.serving { registry in
                    try await TestClient.using(workshop) { client in
                        await #expect(throws: (any Error).self) {
                            _ = try await push(blob, registry, client, store)
                        }
                        #expect(registry.storage.blobs(of: "team/web") == [])
                        #expect(registry.storage.openUploads == [])
                    }
                }
            }
        }

        @Test func `an answer in the middle of an upload is heard`() async throws {
            try await serving { registry, client, store, blob in
                registry.fault(.putUpload, .answerEarly(413), times: nil)
                registry.fault(.patchUpload, .answerEarly(413), times: nil)
                let error = try await failure { try await push(blob, registry, client, store) }
                guard case .refused(registry.host, registry.wanted(blob), let said)? = error else {
                    Issue.record("not refused: \(String(describing: error))")
                    return
                }
                // What follows the status may be lost with the connection.
                #expect(said.hasPrefix("413 Payload Too Large"))
            }
        }
    }

    /// Blobs that the registry has in another repository.
    struct HostileMountTests {
        /// Runs `body` with a blob in `team/base` of a registry, known to the store by its origin.
        private func serving(
            _ options: ScriptedRegistryOptions = .init(),
            _ body: (ScriptedRegistry, TestClient, BlobStore, Descriptor) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let blob = try store.write(HostilePushTests.bytes, mediaType: .layerTar)
                try await ScriptedRegistry.serving(options) { registry in
                    registry.storage.add(blob: HostilePushTests.bytes, to: "team/base")
                    try store.noteOrigin(registry.repository("team/base"), of: blob.digest)
                    try await TestClient.using(workshop) { client in try await body(registry, client, store, blob) }
                }
            }
        }

        private func push(
            _ blob: Descriptor, _ registry: ScriptedRegistry, _ client: TestClient, _ store: BlobStore
        ) async throws {
            try await client.registry.push(blob, from: store, to: registry.repository())
            #expect(registry.storage.blob(blob.digest, of: "team/web") == HostilePushTests.bytes)
            #expect(registry.storage.openUploads == [])
        }

        @Test func `a blob of another repository is mounted, and no byte is sent`() async throws {
            try await serving { registry, client, store, blob in
                try await push(blob, registry, client, store)
                #expect(registry.requests(.mount).map(\.query) == ["mount=\(blob.digest)&from=team/base"])
                #expect(registry.requests.allSatisfy { $0.bodyBytes == 0 })
            }
        }

        @Test func `a mount that is not made goes on as the upload that it began`() async throws {
            var options = ScriptedRegistryOptions()
            options.canMount = false
            try await serving(options) { registry, client, store, blob in
                try await push(blob, registry, client, store)
                #expect(registry.requests(.startUpload) == [])
                #expect(registry.requests(.mount).map(\.status) == [202])
            }
        }

        @Test(arguments: [400, 401, 403, 404, 405, 500, 503])
        func `a mount that is refused is followed by an upload`(_ status: Int) async throws {
            try await serving { registry, client, store, blob in
                registry.fault(.mount, .answer(status), times: nil)
                try await push(blob, registry, client, store)
                #expect(registry.requests(.startUpload).map(\.status) == [202])
            }
        }

        @Test func `a mount that is said to be made and is not leaves no tag`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let image = try workshop.image(in: store, layers: [HostilePushTests.bytes])
                try await ScriptedRegistry.serving { registry in
                    let layer = image.manifest.layers[0]
                    try store.noteOrigin(registry.repository("team/base"), of: layer.digest)
                    registry.fault(
                        .mount, .answer(201, headers: ["Location": "/v2/team/web/blobs/elsewhere"]), times: nil)
                    try await TestClient.using(workshop) { client in
                        try await expectFailure(
                            .refused(
                                host: registry.host, wanted: "\(registry.host)/team/web@\(image.descriptor.digest)",
                                said:
                                    "400 Bad Request (MANIFEST_BLOB_UNKNOWN: blob unknown to registry: \(layer.digest))"
                            )
                        ) {
                            try await client.registry.push(
                                ImageSet(image), from: store, to: [registry.reference()])
                        }
                        #expect(registry.storage.tags(of: "team/web") == [:])
                    }
                }
            }
        }

        @Test func `a mount that starts an upload at a wrong place is uploaded anew`() async throws {
            try await serving { registry, client, store, blob in
                registry.fault(
                    .mount, .answer(202, headers: ["Location": "/v2/team/web/blobs/uploads/gone?_state=0"]), times: nil)
                try await push(blob, registry, client, store)
            }
        }
    }
}
