import Images
import OCI
import Registry
import TestSupport
import Testing

extension HostileTests {
    /// What others see of a push while it runs and after it failed.
    struct HostileOrderTests {
        typealias Call = RegistryFault.Call
        typealias Effect = RegistryFault.Effect

        /// Two images under an index: three layers each, one of them in both, one twice in the same image.
        static func index(_ workshop: Workshop, in store: BlobStore) throws -> ImageSet {
            let shared = Workshop.bytes(2000, seed: 1)
            let images = try ["amd64", "arm64"].enumerated().map { number, name in
                let own = Workshop.bytes(3000, seed: UInt64(number) + 2)
                return try workshop.image(
                    in: store, layers: [shared, own, own], platform: Platform(architecture: name))
            }
            return try ImageSet(indexing: images, in: store)
        }

        /// Where a request was put before what it names was there; empty where all came in order.
        static func disorder(in log: [RecordedRequest], _ images: ImageSet) -> [String] {
            let documents = Dictionary(
                images.images.map { image in
                    (image.descriptor.digest, ([image.manifest.config] + image.manifest.layers).map(\.digest))
                } + (images.isIndex ? [(images.descriptor.digest, images.images.map(\.descriptor.digest))] : []),
                uniquingKeysWith: { first, _ in first })
            func isThere(_ digest: Digest, before moment: Int) -> Bool {
                log.contains { request in
                    guard [.putUpload, .mount, .putManifest, .putTag].contains(request.call), request.status == 201,
                        let ended = request.ended, ended < moment
                    else { return false }
                    return request.path.contains(digest.hex) || request.query.contains(digest.hex)
                }
            }
            return log.flatMap { request -> [String] in
                guard request.call == .putManifest || request.call == .putTag, request.status == 201 else { return [] }
                let digest =
                    documents.keys.first { request.path.hasSuffix($0.description) } ?? images.descriptor.digest
                return (documents[digest] ?? []).filter { !isThere($0, before: request.began) }
                    .map { "\(request.line) before \($0)" }
            }
        }

        @Test func `a place that lost a blob does not keep another from being asked, on the same registry too`()
            async throws
        {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let bytes = Workshop.bytes(5000, seed: 1)
                let blob = Descriptor(mediaType: .layerTar, digest: Digest(of: bytes), size: 5000)
                var options = ScriptedRegistryOptions()
                options.canMount = false
                try await ScriptedRegistry.serving(options) { registry in
                    registry.storage.add(blob: bytes, to: "team/has")
                    try store.noteOrigin(registry.repository("team/has"), of: blob.digest)
                    try store.noteOrigin(registry.repository("team/lost"), of: blob.digest)
                    try await TestClient.using(workshop) { client in
                        let moved = try await client.registry.push(blob, from: store, to: registry.repository())
                        #expect(moved)
                    }
                    #expect(registry.storage.blob(blob.digest, of: "team/web") == bytes)
                    #expect(registry.storage.openUploads == [])
                }
            }
        }

        @Test func `a blob that is damaged or missing here is no failure of the registry`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let blob = try store.write(Workshop.bytes(5000, seed: 1), mediaType: .layerTar)
                try workshop.write(Workshop.bytes(3000, seed: 1), to: store.path(blob.digest))
                let missing = Descriptor(mediaType: .layerTar, digest: Digest(of: [1]), size: 1)
                try await ScriptedRegistry.serving { registry in
                    try await TestClient.using(workshop) { client in
                        await #expect(throws: BlobError.damaged(blob.digest)) {
                            try await client.registry.push(blob, from: store, to: registry.repository())
                        }
                        await #expect(throws: BlobError.missing(missing.digest)) {
                            try await client.registry.push(missing, from: store, to: registry.repository())
                        }
                        #expect(client.waits == [])
                    }
                    #expect(registry.storage.openUploads == [])
                }
            }
        }

        @Test func `blobs come first, then manifests, then the index, tags last`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let images = try Self.index(workshop, in: store)
                try await ScriptedRegistry.serving { registry in
                    try await TestClient.using(workshop) { client in
                        let report = try await client.registry.push(
                            images, from: store, to: [registry.reference(), registry.reference("team/web:latest")])
                        #expect(
                            registry.storage.tags(of: "team/web")
                                == ["1": images.descriptor.digest, "latest": images.descriptor.digest])
                        // Two configs, the layer of both, and one own layer each: every blob once.
                        #expect(report.sent == 5)
                        #expect(report.present == 0)
                        #expect(report.mounted == 0)
                        #expect(registry.requests(.startUpload).count == 5)
                        #expect(Self.disorder(in: registry.requests, images) == [])
                        let puts = registry.requests.filter { $0.call == .putManifest || $0.call == .putTag }
                        #expect(puts.suffix(2).map(\.call) == [.putTag, .putTag])
                    }
                }
            }
        }

        @Test func `a second push sends nothing`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let images = try Self.index(workshop, in: store)
                try await ScriptedRegistry.serving { registry in
                    for round in 0..<2 {
                        try await TestClient.using(workshop) { client in
                            registry.clearLog()
                            let report = try await client.registry.push(
                                images, from: store, to: [registry.reference()])
                            #expect(report.sent == (round == 0 ? 5 : 0))
                            #expect(report.present == (round == 0 ? 0 : 5))
                        }
                    }
                    #expect(registry.requests(.startUpload) == [])
                }
            }
        }

        /// Every step of a push and every way in which it can fail for good.
        static let faults: [(Call, Effect)] =
            [Call.headBlob, .startUpload, .putUpload, .putManifest, .putTag].flatMap {
                call in
                [
                    Effect.answer(400), .answer(401), .answer(403), .answer(429), .answer(500), .answer(200), .close,
                    .answerEarly(500),
                ].map { (call, $0) }
            }

        @Test(arguments: faults)
        func `a push that fails at any step leaves no tag and no open upload`(
            _ call: Call, _ effect: Effect
        ) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let images = try Self.index(workshop, in: store)
                try await ScriptedRegistry.serving { registry in
                    registry.fault(call, effect, times: nil)
                    try await TestClient.using(workshop) { client in
                        let error = try await failure {
                            try await client.registry.push(images, from: store, to: [registry.reference()])
                        }
                        let wasAsked = !registry.requests(call).isEmpty
                        #expect((error != nil) == (wasAsked && !Self.isBelieved(call, effect)))
                        let tags = registry.storage.tags(of: "team/web")
                        if error != nil || call == .putTag {
                            #expect(tags == [:])
                        } else {
                            #expect(tags == ["1": images.descriptor.digest])
                        }
                        // A registry that says that it has all has nothing to cancel; what it began when the push had
                        // failed already nobody heard of.
                        let known = registry.storage.openUploads.filter { id in
                            registry.requests.contains { $0.path.hasSuffix(id) }
                        }
                        if effect != .answer(200) { #expect(known == []) }
                        #expect(Self.disorder(in: registry.requests, images) == [])
                    }
                }
            }
        }

        /// Whether nothing tells the client that a step was not done: a tag that was said to be put and was not.
        static func isBelieved(_ call: Call, _ effect: Effect) -> Bool { call == .putTag && effect == .answer(200) }

        @Test(
            arguments: [Call.headBlob, .startUpload, .putUpload, .putManifest, .putTag],
            [
                Effect.answer(429), .answer(500), .answer(503), .close, .vanish, .answerEarly(500),
            ])
        func `a push recovers from one failure at any step`(_ call: Call, _ effect: Effect) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let images = try Self.index(workshop, in: store)
                try await ScriptedRegistry.serving { registry in
                    registry.fault(call, effect, times: 1)
                    try await TestClient.using(workshop) { client in
                        _ = try await client.registry.push(images, from: store, to: [registry.reference()])
                        #expect(registry.storage.tags(of: "team/web") == ["1": images.descriptor.digest])
                        // An upload that was begun and whose answer got lost is nobody's.
                        let lost = call == .startUpload && effect == .vanish ? 1 : 0
                        #expect(registry.storage.openUploads.count == lost)
                    }
                }
            }
        }

        @Test func `a registry that stores a manifest under another digest is not believed`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let image = try workshop.image(in: store, layers: [Workshop.bytes(10, seed: 1)])
                try await ScriptedRegistry.serving { registry in
                    registry.fault(
                        .putTag, .answer(201, headers: ["Docker-Content-Digest": Digest(of: [1]).description]),
                        times: nil)
                    try await TestClient.using(workshop) { client in
                        try await expectFailure(
                            .wrongAnswer(
                                host: registry.host, wanted: registry.wanted(),
                                problem:
                                    "it says that it stored the digest \(Digest(of: [1])) in place of \(image.descriptor.digest)"
                            )
                        ) {
                            try await client.registry.push(ImageSet(image), from: store, to: [registry.reference()])
                        }
                    }
                }
            }
        }

        @Test func `uploads run side by side, but not too many`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let layers = (0..<20).map { Workshop.bytes(1000, seed: $0) }
                let image = try workshop.image(in: store, layers: layers)
                try await ScriptedRegistry.serving { registry in
                    registry.fault(.putUpload, .delay(.milliseconds(60)), times: nil)
                    try await TestClient.using(workshop) { client in
                        _ = try await client.registry.push(ImageSet(image), from: store, to: [registry.reference()])
                        #expect((2...6).contains(registry.peak(.putUpload)))
                    }
                }
            }
        }

        @Test func `pulls run side by side, but not too many`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let image = try workshop.image(in: store, layers: (0..<20).map { Workshop.bytes(1000, seed: $0) })
                try await ScriptedRegistry.serving { registry in
                    try registry.load(ImageSet(image), from: store)
                    registry.fault(.getBlob, .delay(.milliseconds(60)), times: nil)
                    try await TestClient.using(workshop) { client in
                        let target = try workshop.store("target")
                        let pulled = try await client.registry.pullAll(registry.reference(), into: target)
                        #expect(pulled.images.map(\.manifest) == [image.manifest])
                        #expect((2...6).contains(registry.peak(.getBlob)))
                        #expect(registry.requests(.getBlob).count == 21)
                    }
                }
            }
        }

        @Test func `layers that may not be distributed are not pushed`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let plain = try workshop.image(in: store, layers: [Workshop.bytes(10, seed: 1)])
                let foreign = Descriptor(
                    mediaType: MediaType(rawValue: "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"),
                    digest: Digest(of: [9]), size: 1, urls: ["http://127.0.0.1:1/layer"])
                let manifest = Manifest(
                    config: plain.manifest.config, layers: [foreign] + plain.manifest.layers)
                let descriptor = try store.write(CanonicalJSON.encode(manifest), mediaType: .manifest)
                try await ScriptedRegistry.serving { registry in
                    try await TestClient.using(workshop) { client in
                        let report = try await client.registry.push(
                            ImageSet(AssembledImage(descriptor, in: store)), from: store, to: [registry.reference()])
                        #expect(report.sent == 2)
                        #expect(registry.storage.tags(of: "team/web") == ["1": descriptor.digest])
                    }
                }
            }
        }
    }
}
