import Images
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

extension HostileTests {
    /// Blobs as bad registries give them.
    struct HostileBlobTests {
        static let bytes = Workshop.bytes(200_000, seed: 3)
        static let blob = Descriptor(mediaType: .layerTar, digest: Digest(of: bytes), size: 200_000)

        /// Runs `body` with the blob in a registry, a client, and an empty store; afterwards the store has the blob or nothing.
        private func serving(
            _ change: (inout RegistryOptions) -> Void = { _ in },
            _ body: (ScriptedRegistry, TestClient, BlobStore) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                try await ScriptedRegistry.serving { registry in
                    registry.storage.add(blob: Self.bytes, to: "team/web")
                    try await TestClient.using(workshop, change) { client in try await body(registry, client, store) }
                }
                if store.has(Self.blob.digest) { #expect(try store.read(Self.blob) == Self.bytes) }
                let files = try await workshop.run("find", [store.folder.string, "-type", "f", "-name", ".tmp-*"])
                #expect(files == "")
            }
        }

        private func pull(_ registry: ScriptedRegistry, _ client: TestClient, _ store: BlobStore) async throws {
            try await client.registry.pull(Self.blob, from: registry.repository(), into: store)
        }

        @Test func `a blob comes over once; one that is there is not asked for`() async throws {
            try await serving { registry, client, store in
                try await pull(registry, client, store)
                try await pull(registry, client, store)
                #expect(store.has(Self.blob.digest))
                #expect(registry.requests(.getBlob).count == 1)
            }
        }

        @Test func `a blob that is not there is not found`() async throws {
            try await serving { registry, client, store in
                let blob = Descriptor(mediaType: .layerTar, digest: Digest(of: [1]), size: 1)
                try await expectFailure(
                    .notFound(
                        host: registry.host, wanted: registry.wanted(blob),
                        said: "404 Not Found (BLOB_UNKNOWN: blob unknown to registry)")
                ) {
                    try await client.registry.pull(blob, from: registry.repository(), into: store)
                }
            }
        }

        @Test(arguments: [199_999, 200_001, 0, 1 << 40])
        func `a length that is not the descriptor's fails before a byte is read`(_ length: Int) async throws {
            try await serving { registry, client, store in
                registry.fault(.getBlob, .declareLength(length), times: nil)
                try await expectFailure(
                    .wrongContent(
                        host: registry.host, wanted: registry.wanted(Self.blob),
                        problem: "\(length) bytes are announced where 200000 were expected")
                ) {
                    try await pull(registry, client, store)
                }
                #expect(registry.requests(.getBlob).count == 1)
                #expect(!store.has(Self.blob.digest))
            }
        }

        @Test func `other bytes of the right length are refused`() async throws {
            try await serving { registry, client, store in
                let other = Workshop.bytes(200_000, seed: 4)
                registry.fault(.getBlob, .replaceBody(other), times: nil)
                try await expectFailure(
                    .wrongContent(
                        host: registry.host, wanted: registry.wanted(Self.blob),
                        problem: "the bytes have the digest \(Digest(of: other))")
                ) {
                    try await pull(registry, client, store)
                }
                #expect(!store.has(Self.blob.digest))
            }
        }

        @Test func `an endless body is stopped at the descriptor's size`() async throws {
            try await serving { registry, client, store in
                registry.fault(.getBlob, .endless(status: 200), times: nil)
                try await expectFailure(
                    .wrongContent(
                        host: registry.host, wanted: registry.wanted(Self.blob),
                        problem: "it has more than the expected 200000 bytes")
                ) {
                    try await pull(registry, client, store)
                }
                #expect(registry.requests(.getBlob).count == 1)
            }
        }

        @Test func `a body that was cut is resumed where it ended`() async throws {
            try await serving { registry, client, store in
                registry.fault(.getBlob, .truncate(after: 70_000))
                registry.fault(.getBlob, .truncate(after: 30_000))
                try await pull(registry, client, store)
                #expect(
                    registry.requests(.getBlob).map { $0.headers["range"] } == [
                        nil, "bytes=70000-199999", "bytes=100000-199999",
                    ])
                #expect(registry.requests(.getBlob).map(\.status) == [200, 206, 206])
                #expect(client.waits.count == 2)
            }
        }

        @Test func `where ranges are not served the blob comes again from its beginning`() async throws {
            try await serving { registry, client, store in
                registry.fault(.getBlob, .truncate(after: 70_000))
                registry.fault(.getBlob, .ignoreRange)
                try await pull(registry, client, store)
                #expect(registry.requests(.getBlob).map(\.status) == [200, 200])
                #expect(store.has(Self.blob.digest))
            }
        }

        @Test func `a blob that begins anew after every cut is given up`() async throws {
            try await serving { registry, client, store in
                let bytes = Workshop.bytes(3 << 20, seed: 5)
                let blob = Descriptor(
                    mediaType: .layerTar, digest: registry.storage.add(blob: bytes, to: "team/web"), size: 3 << 20)
                registry.fault(.getBlob, .wholeThenCut(after: 2 << 20), times: nil)
                let error = try await failure {
                    try await client.registry.pull(blob, from: registry.repository(), into: store)
                }
                guard case .unreachable? = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
                // What came twice did not buy another attempt.
                #expect(registry.requests(.getBlob).count <= 6)
            }
        }

        @Test(arguments: [
            "bytes 70001-199999/200000", "bytes 0-199999/200000", "bytes 70000-200000/200000",
            "bytes 70000-199999/200001",
            "nonsense", "",
        ])
        func `a part that is not the one asked for is not taken`(_ range: String) async throws {
            try await serving { registry, client, store in
                registry.fault(.getBlob, .truncate(after: 70_000))
                registry.fault(.getBlob, .header("Content-Range", range), times: nil)
                try await expectFailure(
                    .wrongAnswer(
                        host: registry.host, wanted: registry.wanted(Self.blob),
                        problem: "a part that was not asked for")
                ) {
                    try await pull(registry, client, store)
                }
                #expect(!store.has(Self.blob.digest))
            }
        }

        @Test func `a registry that has no more bytes after a cut has another blob`() async throws {
            try await serving { registry, client, store in
                registry.fault(.getBlob, .truncate(after: 70_000))
                registry.fault(.getBlob, .answer(416), times: nil)
                try await expectFailure(
                    .wrongContent(
                        host: registry.host, wanted: registry.wanted(Self.blob),
                        problem: "it has no bytes after the first 70000 where 200000 were expected")
                ) { try await pull(registry, client, store) }
                #expect(registry.requests(.getBlob).map(\.status) == [200, 416])
                #expect(!store.has(Self.blob.digest))
            }
        }

        @Test func `wrong bytes before a cut do not survive the resumption`() async throws {
            try await serving { registry, client, store in
                let bad = Workshop.bytes(200_000, seed: 9)
                registry.fault(.getBlob, .replaceBody(bad), times: nil)
                try await expectFailure(
                    .wrongContent(
                        host: registry.host, wanted: registry.wanted(Self.blob),
                        problem: "the bytes have the digest \(Digest(of: bad))")
                ) {
                    try await pull(registry, client, store)
                }
                registry.heal()
                try await pull(registry, client, store)
                #expect(store.has(Self.blob.digest))
            }
        }

        @Test func `a blob that drips is given up by the rule of least progress`() async throws {
            try await serving {
                $0.slowest.bytes = 50_000
                $0.slowest.window = .seconds(1)
                $0.retry.budget = .seconds(1)
            } _: { registry, client, store in
                registry.fault(.getBlob, .drip(bytes: 50, every: .milliseconds(20)), times: nil)
                let clock = ContinuousClock()
                let start = clock.now
                let error = try await failure { try await pull(registry, client, store) }
                guard case .unreachable(registry.host, registry.wanted(Self.blob), let reason)? = error else {
                    Issue.record("not unreachable: \(String(describing: error))")
                    return
                }
                // How many bytes came is up to chance.
                #expect(reason.wholeMatch(of: /it sent [0-9]{1,4} bytes in 1 s/) != nil)
                #expect(clock.now - start < .seconds(20))
                #expect(!store.has(Self.blob.digest))
            }
        }

        @Test func `a registry that falls silent in mid-blob is given up`() async throws {
            try await serving {
                $0.slowest.idle = .milliseconds(300)
                $0.retry.budget = .seconds(1)
            } _: { registry, client, store in
                registry.fault(.getBlob, .drip(bytes: 50_000, every: .seconds(60)), times: nil)
                try await expectFailure(
                    .unreachable(host: registry.host, wanted: registry.wanted(Self.blob), reason: "no answer in time")
                ) {
                    try await pull(registry, client, store)
                }
            }
        }

        @Test func `a registry that never answers is given up`() async throws {
            try await serving {
                $0.slowest.idle = .milliseconds(300)
                $0.retry.budget = .seconds(1)
            } _: { registry, client, store in
                registry.fault(.getBlob, .hang, times: nil)
                try await expectFailure(
                    .unreachable(host: registry.host, wanted: registry.wanted(Self.blob), reason: "no answer in time")
                ) {
                    try await pull(registry, client, store)
                }
            }
        }

        @Test func `a registry that closes every connection is given up`() async throws {
            try await serving { registry, client, store in
                registry.fault(.getBlob, .close, times: nil)
                try await expectFailure(
                    .unreachable(
                        host: registry.host, wanted: registry.wanted(Self.blob), reason: "it closed the connection")
                ) {
                    try await pull(registry, client, store)
                }
            }
        }
    }
}
