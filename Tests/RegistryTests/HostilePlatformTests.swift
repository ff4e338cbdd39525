import Images
import OCI
import Registry
import TestSupport
import Testing

extension HostileTests {
    /// Indexes with more in them than images for platforms.
    struct HostilePlatformTests {
        /// What BuildKit lists beside an image: a manifest about it.
        static func attestation() throws -> (entry: Descriptor, bytes: [UInt8]) {
            let bytes = try CanonicalJSON.encode(Manifest(config: HostileReferrersTests.empty, layers: []))
            let entry = Descriptor(
                mediaType: .manifest, digest: Digest(of: bytes), size: Int64(bytes.count),
                platform: Platform(architecture: "unknown", os: "unknown"),
                annotations: ["vnd.docker.reference.type": "attestation-manifest"])
            return (entry, bytes)
        }

        /// Runs `body` with an index of these entries under `1`, images for amd64 and arm64 beside it.
        private func serving(
            _ entries: ([AssembledImage]) throws -> [Descriptor],
            _ body: (ScriptedRegistry, TestClient, BlobStore, [AssembledImage]) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let source = try workshop.store("source")
                let images = try ["amd64", "arm64"].enumerated().map { number, name in
                    try workshop.image(
                        in: source, layers: [Workshop.bytes(300, seed: UInt64(number))],
                        platform: Platform(architecture: name))
                }
                try await ScriptedRegistry.serving { registry in
                    for image in images { try registry.load(ImageSet(image), from: source, tag: nil) }
                    registry.storage.add(
                        manifest: try Self.attestation().bytes, mediaType: MediaType.manifest.rawValue, to: "team/web")
                    registry.storage.add(blob: Array("{}".utf8), to: "team/web")
                    registry.storage.add(
                        manifest: try CanonicalJSON.encode(Index(manifests: try entries(images))),
                        mediaType: MediaType.index.rawValue, to: "team/web", tag: "1")
                    try await TestClient.using(workshop) { client in
                        try await body(registry, client, workshop.store("target"), images)
                    }
                }
            }
        }

        @Test func `attestations are no images, and go along with an index`() async throws {
            try await serving {
                [try Self.attestation().entry] + $0.map(\.descriptor)
            } _: { registry, client, store, images in
                let pulled = try await client.registry.pull(
                    registry.reference(), platform: Platform(architecture: "arm64"), into: store, layers: true)
                #expect(pulled == images[1])
                let attestation = try Self.attestation().entry
                #expect(registry.requests(.getManifest).allSatisfy { !$0.path.contains(attestation.digest.hex) })
                let all = try await client.registry.pullAll(registry.reference(), into: store)
                #expect(all.images == images)
                // The index names it: a push of the whole index needs it.
                #expect(store.has(attestation.digest))
                _ = try await client.registry.push(all, from: store, to: [registry.reference("team/copy:1")])
                #expect(registry.storage.manifests(of: "team/copy").count == 4)
            }
        }

        @Test func `an entry without a platform is judged by its config`() async throws {
            try await serving {
                $0.map { Descriptor(mediaType: .manifest, digest: $0.descriptor.digest, size: $0.descriptor.size) }
            } _: { registry, client, store, images in
                let pulled = try await client.registry.pull(
                    registry.reference(), platform: Platform(architecture: "arm64"), into: store, layers: false)
                #expect(pulled.descriptor.digest == images[1].descriptor.digest)
                #expect(pulled.config.architecture == "arm64")
            }
        }

        @Test func `an image that an index calls by another type is refused`() async throws {
            try await serving {
                $0.map { Descriptor(mediaType: .index, digest: $0.descriptor.digest, size: $0.descriptor.size) }
            } _: { registry, client, store, images in
                let name = "\(registry.host)/team/web@\(images[0].descriptor.digest)"
                let types = (MediaType.index.rawValue, MediaType.manifest.rawValue)
                try await expectFailure(
                    .wrongContent(
                        host: registry.host, wanted: name,
                        problem: "it is sent as \(types.0), and says it is \(types.1)")
                ) { try await client.registry.pullAll(registry.reference(), into: store) }
            }
        }

        @Test func `an entry that is listed many times is read once`() async throws {
            try await serving { images in
                (0..<500).map { _ in
                    Descriptor(
                        mediaType: .manifest, digest: images[1].descriptor.digest, size: images[1].descriptor.size)
                }
            } _: { registry, client, store, images in
                _ = try await client.registry.pull(
                    registry.reference(), platform: Platform(architecture: "arm64"), into: store, layers: false)
                #expect(registry.requests(.getManifest).count == 2)
            }
        }

        @Test func `a config that cannot be had is an error, not an entry to pass over`() async throws {
            try await serving {
                $0.map { Descriptor(mediaType: .manifest, digest: $0.descriptor.digest, size: $0.descriptor.size) }
            } _: { registry, client, store, images in
                registry.fault(.getBlob, .answer(503), times: nil)
                try await expectFailure(
                    .busy(
                        host: registry.host, wanted: registry.wanted(images[0].manifest.config),
                        said: "503 Service Unavailable")
                ) {
                    try await client.registry.pull(
                        registry.reference(), platform: Platform(architecture: "arm64"), into: store, layers: false)
                }
            }
        }

        @Test func `a platform that is not there fails with those there are`() async throws {
            try await serving {
                [try Self.attestation().entry] + $0.map(\.descriptor)
            } _: { registry, client, store, _ in
                try await expectFailure(
                    .noPlatform(
                        reference: "\(registry.host)/team/web:1", wanted: "linux/s390x",
                        offered: ["linux/amd64", "linux/arm64"])
                ) {
                    try await client.registry.pull(
                        registry.reference(), platform: Platform(architecture: "s390x"), into: store, layers: true)
                }
            }
        }

        @Test func `an image of another platform than asked for is refused`() async throws {
            try await Workshop.using { workshop in
                let source = try workshop.store("source")
                let image = try workshop.image(in: source, layers: [Workshop.bytes(10, seed: 1)])
                try await ScriptedRegistry.serving { registry in
                    try registry.load(ImageSet(image), from: source)
                    try await TestClient.using(workshop) { client in
                        try await expectFailure(
                            .noPlatform(
                                reference: "\(registry.host)/team/web:1", wanted: "linux/arm64",
                                offered: ["linux/amd64"])
                        ) {
                            try await client.registry.pull(
                                registry.reference(), platform: Platform(architecture: "arm64"),
                                into: workshop.store("target"), layers: true)
                        }
                    }
                }
            }
        }

        @Test func `an index in an index is looked into`() async throws {
            try await Workshop.using { workshop in
                let source = try workshop.store("source")
                let image = try workshop.image(in: source, layers: [Workshop.bytes(10, seed: 1)])
                let inner = try CanonicalJSON.encode(Index(manifests: [image.descriptor]))
                let entry = Descriptor(mediaType: .index, digest: Digest(of: inner), size: Int64(inner.count))
                try await ScriptedRegistry.serving { registry in
                    try registry.load(ImageSet(image), from: source, tag: nil)
                    registry.storage.add(manifest: inner, mediaType: MediaType.index.rawValue, to: "team/web")
                    registry.storage.add(
                        manifest: try CanonicalJSON.encode(Index(manifests: [entry])),
                        mediaType: MediaType.index.rawValue,
                        to: "team/web", tag: "1")
                    try await TestClient.using(workshop) { client in
                        let pulled = try await client.registry.pull(
                            registry.reference(), platform: Platform(architecture: "amd64"),
                            into: workshop.store("target"), layers: true)
                        #expect(pulled.descriptor.digest == image.descriptor.digest)
                    }
                }
            }
        }

        @Test func `an index that holds itself through others ends`() async throws {
            try await Workshop.using { workshop in
                try await ScriptedRegistry.serving { registry in
                    // No index can name its own digest; a registry can answer every digest with one more index.
                    var last = Descriptor(mediaType: .index, digest: Digest(of: [0]), size: 1)
                    for _ in 0..<40 {
                        let bytes = try CanonicalJSON.encode(Index(manifests: [last]))
                        last = Descriptor(mediaType: .index, digest: Digest(of: bytes), size: Int64(bytes.count))
                        registry.storage.add(
                            manifest: bytes, mediaType: MediaType.index.rawValue, to: "team/web", tag: "1")
                    }
                    try await TestClient.using(workshop) { client in
                        let error = try await failure {
                            try await client.registry.pull(
                                registry.reference(), platform: Platform(architecture: "amd64"),
                                into: workshop.store("target"), layers: true)
                        }
                        #expect(
                            error
                                == .wrongAnswer(
                                    host: registry.host, wanted: registry.wanted(),
                                    problem: "it has indexes in indexes, more than four deep"))
                        #expect(registry.requests(.getManifest).count < 20)
                    }
                }
            }
        }
    }
}
