import Images
import OCI
import Registry
import TestSupport
import Testing

extension HostileTests {
    /// Manifests as bad registries give them.
    struct HostileManifestTests {
        /// One cell of the matrix: what is asked for, what the header says, what the body is, what comes of it.
        struct Cell: Sendable, CustomTestStringConvertible {
            let byDigest: Bool
            let header: Header
            let isBodyGood: Bool
            let isGiven: Bool

            enum Header: Sendable { case good, other, missing, malformed }

            var testDescription: String {
                "by \(byDigest ? "digest" : "tag"), \(header) header, \(isBodyGood ? "good" : "other") body"
            }
        }

        static let cells: [Cell] = [true, false].flatMap { byDigest in
            [Cell.Header.good, .other, .missing, .malformed].flatMap { header in
                [true, false].map { isBodyGood in
                    // A tag stands for whatever is there; a digest for its bytes, whatever a header says.
                    Cell(byDigest: byDigest, header: header, isBodyGood: isBodyGood, isGiven: isBodyGood || !byDigest)
                }
            }
        }

        @Test(arguments: cells)
        func `a manifest's digest is that of its bytes, whatever the header says`(_ cell: Cell) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let image = try workshop.image(in: store, layers: [Workshop.bytes(100, seed: 1)])
                let other = try workshop.image(in: store, layers: [Workshop.bytes(100, seed: 2)])
                try await ScriptedRegistry.serving { registry in
                    // The storage claims the good digest for other bytes where the body is bad.
                    try registry.load(ImageSet(image), from: store)
                    let good = image.descriptor.digest
                    if !cell.isBodyGood {
                        registry.fault(.getManifest, .replaceBody(try store.read(other.descriptor)), times: nil)
                    } else {
                        switch cell.header {
                        case .good: break
                        case .other:
                            registry.fault(
                                .getManifest, .header("Docker-Content-Digest", other.descriptor.digest.description),
                                times: nil)
                        case .missing: registry.fault(.getManifest, .header("Docker-Content-Digest", nil), times: nil)
                        case .malformed:
                            registry.fault(.getManifest, .header("Docker-Content-Digest", "md5:abc"), times: nil)
                        }
                    }
                    let reference = try registry.reference(cell.byDigest ? "team/web@\(good)" : "team/web:1")
                    try await TestClient.using(workshop) { client in
                        guard cell.isGiven else {
                            try await expectFailure(
                                .wrongContent(
                                    host: registry.host, wanted: "\(reference)",
                                    problem: "the bytes have the digest \(other.descriptor.digest)")
                            ) {
                                try await client.registry.manifest(reference)
                            }
                            return
                        }
                        let raw = try await client.registry.manifest(reference)
                        let expected = cell.isBodyGood ? image : other
                        #expect(raw.descriptor.digest == expected.descriptor.digest)
                        #expect(raw.bytes == (try store.read(expected.descriptor)))
                        #expect(raw.descriptor.mediaType == .manifest)
                    }
                }
            }
        }

        @Test(arguments: ["Docker-Content-Digest", "Content-Length", "Content-Type"])
        func `a reference is resolved by GET where HEAD leaves out what is needed`(_ header: String) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let image = try workshop.image(in: store, layers: [Workshop.bytes(100, seed: 1)])
                try await ScriptedRegistry.serving { registry in
                    try registry.load(ImageSet(image), from: store)
                    registry.fault(.headManifest, .header(header, nil), times: nil)
                    try await TestClient.using(workshop) { client in
                        let descriptor = try await client.registry.resolve(registry.reference())
                        #expect(descriptor?.digest == image.descriptor.digest)
                        #expect(descriptor?.size == image.descriptor.size)
                        #expect(descriptor?.mediaType == .manifest)
                    }
                }
            }
        }

        @Test func `a reference that there is not resolves to nothing`() async throws {
            try await Workshop.using { workshop in
                try await ScriptedRegistry.serving { registry in
                    try await TestClient.using(workshop) { client in
                        #expect(try await client.registry.resolve(registry.reference()) == nil)
                        try await expectFailure(
                            .notFound(
                                host: registry.host, wanted: registry.wanted(),
                                said: "404 Not Found (NAME_UNKNOWN: no such repository)")
                        ) {
                            try await client.registry.manifest(registry.reference())
                        }
                    }
                }
            }
        }

        @Test(arguments: [
            (
                "application/vnd.docker.distribution.manifest.v1+prettyjws",
                #"{"schemaVersion":1,"name":"web","tag":"1","fsLayers":[]}"#,
                "its manifest has schema version 1, which registries gave up; push it again with a current tool"
            ),
            (
                "application/json", #"{"schemaVersion":1,"fsLayers":[]}"#,
                "its manifest has schema version 1, which registries gave up; push it again with a current tool"
            ),
            (
                "application/vnd.example.thing.v1+json",
                #"{"schemaVersion":2,"mediaType":"a/b","layers":[],"config":{}}"#,
                "its media type is unknown: a/b"
            ), ("application/vnd.example.thing.v1+json", #"{"schemaVersion":2}"#, "it is neither index nor manifest"),
            (MediaType.manifest.rawValue, #"{"schemaVersion":3,"layers":[]}"#, "its schema version is unknown"),
            (
                MediaType.manifest.rawValue,
                #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#,
                "it is sent as \(MediaType.manifest.rawValue), and says it is \(MediaType.index.rawValue)"
            ),
            (
                MediaType.manifest.rawValue, #"{"schemaVersion":2,"manifests":[],"layers":[],"config":{}}"#,
                "it is both an index and a manifest"
            ),
            (MediaType.manifest.rawValue, #"{"schemaVersion":2,"manifests":[]}"#, "it is not what its media type says"),
            (MediaType.manifest.rawValue, "<html>log in to the wireless network</html>", "it is no JSON document"),
            (MediaType.manifest.rawValue, "", "it is no JSON document"),
            ("text/html", "<html></html>", "it is no JSON document"),
        ])
        func `what is no manifest of an image is refused by its type`(
            _ type: String, _ body: String, _ problem: String
        ) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                try await ScriptedRegistry.serving { registry in
                    registry.storage.add(manifest: Array(body.utf8), mediaType: type, to: "team/web", tag: "1")
                    try await TestClient.using(workshop) { client in
                        try await expectFailure(
                            .wrongAnswer(host: registry.host, wanted: registry.wanted(), problem: problem)
                        ) {
                            try await client.registry.pull(
                                registry.reference(), platform: Platform(architecture: "amd64"), into: store,
                                layers: true)
                        }
                        #expect(registry.requests(.getBlob) == [])
                    }
                }
            }
        }

        @Test func `an endless manifest is stopped at the limit of manifests`() async throws {
            try await Workshop.using { workshop in
                try await ScriptedRegistry.serving { registry in
                    registry.fault(.getManifest, .endless(status: 200), times: nil)
                    try await TestClient.using(workshop) { client in
                        try await expectFailure(
                            .wrongAnswer(
                                host: registry.host, wanted: registry.wanted(),
                                problem: "the manifest has more than 32 MiB"
                            )
                        ) {
                            try await client.registry.manifest(registry.reference())
                        }
                        #expect(registry.requests(.getManifest).count == 1)
                    }
                }
            }
        }

        @Test func `of an endless error only its beginning is read`() async throws {
            try await Workshop.using { workshop in
                try await ScriptedRegistry.serving { registry in
                    registry.fault(.getManifest, .endless(status: 404), times: nil)
                    try await TestClient.using(workshop) { client in
                        try await expectFailure(
                            .notFound(host: registry.host, wanted: registry.wanted(), said: "404 Not Found")
                        ) {
                            try await client.registry.manifest(registry.reference())
                        }
                        #expect(registry.requests(.getManifest).count == 1)
                    }
                }
            }
        }

        @Test func `a manifest that lies about its length is asked for again, then given up`() async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let image = try workshop.image(in: store, layers: [Workshop.bytes(100, seed: 1)])
                try await ScriptedRegistry.serving { registry in
                    try registry.load(ImageSet(image), from: store)
                    let reference = try registry.reference()
                    try await TestClient.using(workshop) { client in
                        registry.fault(.getManifest, .truncate(after: 20), times: 2)
                        #expect(
                            try await client.registry.manifest(reference).descriptor.digest == image.descriptor.digest)
                        #expect(client.waits == [.milliseconds(500), .seconds(1)])
                        registry.fault(.getManifest, .truncate(after: 20), times: nil)
                        try await expectFailure(
                            .unreachable(
                                host: registry.host, wanted: registry.wanted(), reason: "it closed the connection")
                        ) {
                            try await client.registry.manifest(reference)
                        }
                    }
                }
            }
        }
    }
}
