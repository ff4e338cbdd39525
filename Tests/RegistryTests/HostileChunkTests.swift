import Images
import OCI
import Registry
import TestSupport
import Testing

extension HostileTests {
    /// Uploads in several requests, for registries that want them so or whose connections break.
    struct HostileChunkTests {
        /// One whole chunk and a part.
        static let bytes = [UInt8](repeating: 7, count: chunk) + Workshop.bytes(1000, seed: 1)
        static let chunk = 8 << 20
        static let size = chunk + 1000

        /// Runs `body` with a blob in a store and a registry that wants chunks.
        private func serving(
            minimumChunk: Int? = 1 << 20,
            _ body: (ScriptedRegistry, TestClient, BlobStore, Descriptor) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let blob = try store.write(Self.bytes, mediaType: .layerTar)
                var options = ScriptedRegistryOptions()
                options.minimumChunk = minimumChunk
                try await ScriptedRegistry.serving(options) { registry in
                    try await TestClient.using(workshop) { client in try await body(registry, client, store, blob) }
                }
            }
        }

        private func push(
            _ blob: Descriptor, _ registry: ScriptedRegistry, _ client: TestClient, _ store: BlobStore
        ) async throws {
            try await client.registry.push(blob, from: store, to: registry.repository())
        }

        private func expectWhole(_ blob: Descriptor, _ registry: ScriptedRegistry) {
            #expect(registry.storage.blob(blob.digest, of: "team/web") == Self.bytes)
            #expect(registry.storage.openUploads == [])
        }

        @Test func `a registry that wants chunks gets them one after the other`() async throws {
            try await serving { registry, client, store, blob in
                try await push(blob, registry, client, store)
                expectWhole(blob, registry)
                #expect(
                    registry.requests(.patchUpload).map { $0.headers["content-range"] }
                        == ["0-\(Self.chunk - 1)", "\(Self.chunk)-\(Self.size - 1)"])
                #expect(registry.requests(.putUpload).map(\.bodyBytes) == [0])
                #expect(registry.requests(.putUpload).map(\.query) == ["_state=2&digest=\(blob.digest)"])
            }
        }

        @Test(arguments: [32 << 20, Int.max])
        func `a registry that wants bigger chunks gets those`(_ chunk: Int) async throws {
            try await serving(minimumChunk: chunk) { registry, client, store, blob in
                try await push(blob, registry, client, store)
                expectWhole(blob, registry)
                #expect(registry.requests(.patchUpload).map(\.bodyBytes) == [Int64(Self.size)])
            }
        }

        @Test func `a chunk whose connection breaks goes on where the registry stands`() async throws {
            try await serving { registry, client, store, blob in
                registry.fault(.patchUpload, .cut(after: 5_000_000))
                try await push(blob, registry, client, store)
                expectWhole(blob, registry)
                let ranges = registry.requests(.patchUpload).map { $0.headers["content-range"] ?? "" }
                #expect(ranges == ["0-\(Self.chunk - 1)", "5000000-\(Self.size - 1)"])
                #expect(registry.requests(.startUpload).count == 1)
                #expect(client.waits.count == 1)
            }
        }

        @Test func `a chunk out of place is sent again from where the registry stands`() async throws {
            try await serving { registry, client, store, blob in
                // The first chunk arrives, and its answer does not.
                registry.fault(.patchUpload, .vanish)
                try await push(blob, registry, client, store)
                expectWhole(blob, registry)
                #expect(registry.requests(.startUpload).count == 1)
            }
        }

        @Test func `a whole blob that is too large for one request goes in chunks`() async throws {
            try await serving(minimumChunk: nil) { registry, client, store, blob in
                registry.fault(.putUpload, .answer(413))
                try await push(blob, registry, client, store)
                expectWhole(blob, registry)
                #expect(registry.requests(.patchUpload).count == 2)
                #expect(registry.requests(.cancelUpload).map(\.status) == [204])
            }
        }

        @Test(arguments: [("0-99999999", 100_000_000), ("0-0", 0), ("0-\(Int.max)", Int.max)])
        func `a registry that has other bytes than were sent is not believed`(
            _ range: String, _ count: Int
        ) async throws {
            try await serving { registry, client, store, blob in
                registry.fault(.patchUpload, .header("Range", range), times: nil)
                try await expectFailure(
                    .wrongAnswer(
                        host: registry.host, wanted: registry.wanted(blob),
                        problem: "it has \(count) bytes after \(Self.chunk) were sent")
                ) { try await push(blob, registry, client, store) }
                #expect(registry.storage.blobs(of: "team/web") == [])
                #expect(registry.requests(.putUpload) == [])
            }
        }

        @Test func `an upload that is forgotten after each first chunk is given up`() async throws {
            try await serving { registry, client, store, blob in
                for _ in 0..<40 { registry.fault(.patchUpload, .answer(500), skipping: 1) }
                registry.fault(.getUpload, .answer(404), times: nil)
                try await expectFailure(
                    .unreachable(
                        host: registry.host, wanted: registry.wanted(blob), reason: "500 Internal Server Error")
                ) { try await push(blob, registry, client, store) }
                #expect(registry.requests(.patchUpload).map(\.status) == (0..<5).flatMap { _ in [202, 500] })
                #expect(client.waits == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
            }
        }

        @Test func `a registry that goes back again and again is given up`() async throws {
            try await serving { registry, client, store, blob in
                let place = "/v2/team/web/blobs/uploads/upload-1?_state=0"
                for _ in 0..<40 {
                    registry.fault(
                        .patchUpload, .answer(202, headers: ["Location": place, "Range": "0-\(Self.chunk - 1)"]))
                    registry.fault(.patchUpload, .answer(416))
                }
                try await expectFailure(
                    .refused(
                        host: registry.host, wanted: registry.wanted(blob),
                        said: "416 Range Not Satisfiable for bytes from \(Self.chunk)")
                ) { try await push(blob, registry, client, store) }
                #expect(registry.requests(.patchUpload).count == 10)
                #expect(client.waits == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
            }
        }

        @Test func `416 for ever ends`() async throws {
            try await serving { registry, client, store, blob in
                registry.fault(.patchUpload, .answer(416), times: nil)
                try await expectFailure(
                    .refused(
                        host: registry.host, wanted: registry.wanted(blob),
                        said: "416 Range Not Satisfiable for bytes from 0")
                ) { try await push(blob, registry, client, store) }
                #expect(registry.requests(.patchUpload).count == 1)
                #expect(registry.storage.openUploads == [])
            }
        }
    }
}
