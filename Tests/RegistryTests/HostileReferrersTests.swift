import Images
import OCI
import Registry
import TestSupport
import Testing

extension HostileTests {
    /// Artifacts that refer to an image, with registries that keep referrers and with those that do not.
    struct HostileReferrersTests {
        /// The empty config of artifacts.
        static let empty = Descriptor(mediaType: .empty, digest: Digest(of: Array("{}".utf8)), size: 2)

        /// An artifact of a type that refers to an image.
        static func artifact(_ type: String, of subject: Descriptor, note: String) throws -> RawManifest {
            let manifest = Manifest(
                config: empty, layers: [empty], annotations: ["note": note], artifactType: type,
                subject: Descriptor(mediaType: subject.mediaType, digest: subject.digest, size: subject.size))
            return RawManifest(try CanonicalJSON.encode(manifest), mediaType: .manifest)
        }

        private func serving(
            hasReferrers: Bool, page: Int? = nil,
            _ body: (ScriptedRegistry, RegistryClient, AssembledImage) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let image = try workshop.image(in: store, layers: [Workshop.bytes(10, seed: 1)])
                var options = ScriptedRegistryOptions()
                options.hasReferrers = hasReferrers
                options.referrersPage = page
                try await ScriptedRegistry.serving(options) { registry in
                    try registry.load(ImageSet(image), from: store)
                    registry.storage.add(blob: Array("{}".utf8), to: "team/web")
                    try await TestClient.using(workshop) { client in try await body(registry, client.registry, image) }
                }
            }
        }

        @Test(arguments: [true, false])
        func `artifacts are found by what they refer to and by their type`(_ hasReferrers: Bool) async throws {
            try await serving(hasReferrers: hasReferrers) { registry, client, image in
                let (repository, digest) = (registry.repository(), image.descriptor.digest)
                #expect(try await client.referrers(of: digest, in: repository) == [])
                let sbom = try Self.artifact("application/spdx+json", of: image.descriptor, note: "a")
                let proof = try Self.artifact("application/vnd.in-toto+json", of: image.descriptor, note: "b")
                for one in [sbom, proof, sbom] { try await client.put(one, to: repository, tag: nil) }
                let all = try await client.referrers(of: digest, in: repository)
                #expect(Set(all.map(\.digest)) == [sbom.descriptor.digest, proof.descriptor.digest])
                #expect(all.count == 2)
                let found = try await client.referrers(
                    of: digest, in: repository, artifactType: "application/spdx+json")
                #expect(found.map(\.digest) == [sbom.descriptor.digest])
                #expect(found.first?.artifactType == "application/spdx+json")
                #expect(found.first?.annotations == ["note": "a"])
                #expect(found.first?.size == sbom.descriptor.size)
                #expect(
                    registry.storage.tags(of: "team/web").keys.sorted()
                        == (hasReferrers ? ["1"] : ["1", "sha256-\(digest.hex)"]))
            }
        }

        @Test func `the fallback tag keeps the entries of others, as they are`() async throws {
            try await serving(hasReferrers: false) { registry, client, image in
                let tag = "sha256-\(image.descriptor.digest.hex)"
                let foreign = #"""
                    {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":\#
                    "application/vnd.oci.image.manifest.v1+json","digest":"\#(Digest(of: [1]))","size":7,\#
                    "artifactType":"application/vnd.dev.cosign","annotations":{"who":"else"}}],\#
                    "annotations":{"kept":"yes"}}
                    """#
                registry.storage.add(
                    manifest: Array(foreign.utf8), mediaType: MediaType.index.rawValue, to: "team/web", tag: tag)
                let sbom = try Self.artifact("application/spdx+json", of: image.descriptor, note: "a")
                try await client.put(sbom, to: registry.repository(), tag: nil)
                let now = try #require(registry.storage.tags(of: "team/web")[tag])
                let index = try CanonicalJSON.decode(
                    Index.self, from: #require(registry.storage.manifest(now, of: "team/web")))
                #expect(index.manifests.map(\.digest) == [Digest(of: [1]), sbom.descriptor.digest])
                #expect(index.manifests.first?.artifactType == "application/vnd.dev.cosign")
                #expect(index.manifests.first?.annotations == ["who": "else"])
                #expect(index.annotations == ["kept": "yes"])
            }
        }

        @Test(arguments: [400, 404, 405, 406])
        func `a registry that refuses to list referrers is read by the fallback tag`(_ status: Int) async throws {
            try await serving(hasReferrers: false) { registry, client, image in
                let sbom = try Self.artifact("application/spdx+json", of: image.descriptor, note: "a")
                try await client.put(sbom, to: registry.repository(), tag: nil)
                registry.fault(.getReferrers, .answer(status), times: nil)
                let found = try await client.referrers(of: image.descriptor.digest, in: registry.repository())
                #expect(found.map(\.digest) == [sbom.descriptor.digest])
            }
        }

        @Test func `a fallback tag that cannot be read is not written over`() async throws {
            try await serving(hasReferrers: false) { registry, client, image in
                let tag = "sha256-\(image.descriptor.digest.hex)"
                let foreign = #"""
                    {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":\#
                    "application/vnd.oci.image.manifest.v1+json","size":7,\#
                    "digest":"sha512:\#(String(repeating: "0", count: 128))"}]}
                    """#
                let before = registry.storage.add(
                    manifest: Array(foreign.utf8), mediaType: MediaType.index.rawValue, to: "team/web", tag: tag)
                let sbom = try Self.artifact("application/spdx+json", of: image.descriptor, note: "a")
                try await expectFailure(
                    .wrongAnswer(
                        host: registry.host, wanted: registry.wanted("team/web:\(tag)"),
                        problem: "its list of referrers is no image index that can be read, and is left as it is")
                ) { try await client.put(sbom, to: registry.repository(), tag: nil) }
                #expect(registry.storage.tags(of: "team/web")[tag] == before)
            }
        }

        @Test func `all pages of a list are read`() async throws {
            try await serving(hasReferrers: true, page: 2) { registry, client, image in
                var expected: Set<Digest> = []
                for number in 0..<5 {
                    let one = try Self.artifact("application/spdx+json", of: image.descriptor, note: "\(number)")
                    try await client.put(one, to: registry.repository(), tag: nil)
                    expected.insert(one.descriptor.digest)
                }
                registry.clearLog()
                let found = try await client.referrers(
                    of: image.descriptor.digest, in: registry.repository(), artifactType: "application/spdx+json")
                #expect(Set(found.map(\.digest)) == expected)
                #expect(registry.requests(.getReferrers).count == 3)
            }
        }

        @Test func `a list that names itself as the next page ends`() async throws {
            try await serving(hasReferrers: true) { registry, client, image in
                let path = "/v2/team/web/referrers/\(image.descriptor.digest)"
                registry.fault(.getReferrers, .header("Link", "<\(path)>; rel=\"next\""), times: nil)
                try await expectFailure(
                    .wrongAnswer(
                        host: registry.host,
                        wanted: "the referrers of \(registry.host)/team/web@\(image.descriptor.digest)",
                        problem: "the list has more than 100 pages")
                ) {
                    try await client.referrers(of: image.descriptor.digest, in: registry.repository())
                }
                #expect(registry.requests(.getReferrers).count < 1100)
            }
        }

        @Test func `a filter that the registry did not apply is applied here`() async throws {
            try await serving(hasReferrers: true) { registry, client, image in
                let list = Index(manifests: [
                    Descriptor(mediaType: .manifest, digest: Digest(of: [1]), size: 1, artifactType: "a/a"),
                    Descriptor(mediaType: .manifest, digest: Digest(of: [2]), size: 1, artifactType: "b/b"),
                ])
                let body = String(decoding: try CanonicalJSON.encode(list), as: UTF8.self)
                registry.fault(
                    .getReferrers, .answer(200, headers: ["Content-Type": MediaType.index.rawValue], body: body),
                    times: nil)
                let found = try await client.referrers(
                    of: image.descriptor.digest, in: registry.repository(), artifactType: "b/b")
                #expect(found.map(\.digest) == [Digest(of: [2])])
            }
        }

        @Test func `a referrer list that fails for good is an error, not an empty list`() async throws {
            try await serving(hasReferrers: true) { registry, client, image in
                registry.fault(.getReferrers, .answer(500), times: nil)
                try await expectFailure(
                    .unreachable(
                        host: registry.host,
                        wanted: "the referrers of \(registry.host)/team/web@\(image.descriptor.digest)",
                        reason: "500 Internal Server Error")
                ) {
                    try await client.referrers(of: image.descriptor.digest, in: registry.repository())
                }
            }
        }
    }
}
