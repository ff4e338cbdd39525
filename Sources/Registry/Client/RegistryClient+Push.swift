package import Images
import NIOCore
import NIOHTTP1
package import OCI

extension RegistryClient {
    /// Pushes what is missing; no name is visible before all it stands for is there.
    ///
    /// Blobs go in parallel, each mounted, streamed from another registry or uploaded; then manifests, the index, and the
    /// names last.
    package func push(_ images: ImageSet, from store: BlobStore, to names: [Reference]) async throws -> PushReport {
        if let name = names.first { try needNetwork("a push to \(name)") }
        var report = PushReport()
        let documents = try documents(of: images, in: store)
        let groups = try PushNames.grouped(names, images.descriptor.digest)
        for group in groups { report += try await push(documents, from: store, to: group.repository) }
        for group in groups {
            for tag in group.tags { try await put(documents.top, to: group.repository, tag: tag) }
        }
        return report
    }

    /// Pushes one blob of the store, unless the repository has it; returns whether bytes moved.
    @discardableResult
    package func push(_ blob: Descriptor, from store: BlobStore, to repository: Repository) async throws -> Bool {
        try needNetwork("a push to \(repository)")
        return try await upload(blob, from: store, to: repository) == .sent
    }

    /// Whether a repository has a blob.
    package func has(_ blob: Digest, in repository: Repository) async throws -> Bool {
        let wanted = "the blob \(blob) of \(repository)"
        try needNetwork(wanted)
        let endpoint = endpoint(repository)
        let call = endpoint.call(.HEAD, "blobs/\(blob)", wanted: wanted, expected: [200, 404])
        return try await endpoint.host.exchange(endpoint.host.makeBudget(), { call }) { $0.status == 200 }
    }

    /// Puts a manifest or index under a tag, or under its digest where `tag` is nil; what it names must be there.
    ///
    /// Where it has a subject and the registry does not keep referrers, the fallback tag is updated.
    package func put(_ manifest: RawManifest, to repository: Repository, tag: String?) async throws {
        let version = tag ?? "\(manifest.descriptor.digest)"
        let wanted = "\(repository)\(tag == nil ? "@" : ":")\(version)"
        try needNetwork("a push to \(wanted)")
        let endpoint = endpoint(repository)
        var call = endpoint.pushCall(.PUT, "manifests/\(version)", wanted: wanted, expected: [200, 201, 202])
        call.headers.add(name: "content-type", value: manifest.descriptor.mediaType.rawValue)
        call.body = .bytes(ByteBuffer(bytes: manifest.bytes))
        let prepared = call
        let indexed = try await endpoint.host.exchange(endpoint.host.makeBudget(), { prepared }) { answer in
            await answer.drain()
            if let digest = answer.digest, digest != manifest.descriptor.digest {
                throw RegistryError.wrongAnswer(
                    host: endpoint.host.name, wanted: wanted,
                    problem: "it says that it stored the digest \(digest) in place of \(manifest.descriptor.digest)")
            }
            return answer.headers.first(name: "oci-subject")
        }
        if indexed == nil { try await addToFallback(manifest, in: repository) }
    }

    // MARK: Parts

    /// The blobs first, in parallel, then manifests by digest.
    private func push(
        _ documents: PushDocuments, from store: BlobStore, to repository: Repository
    ) async throws -> PushReport {
        let outcomes = Outcomes()
        try await forEach(documents.blobs) { blob in
            outcomes.count(try await self.upload(blob, from: store, to: repository), blob)
        }
        for child in documents.children { try await put(child, to: repository, tag: nil) }
        try await put(documents.top, to: repository, tag: nil)
        for blob in documents.blobs { try store.noteOrigin(repository, of: blob.digest) }
        return outcomes.report
    }

    /// Brings one blob into a repository.
    private func upload(
        _ blob: Descriptor, from store: BlobStore, to repository: Repository
    ) async throws -> BlobUpload.Outcome {
        let origins = try store.origins(of: blob.digest).filter { $0 != repository }
        let here: [BlobSource] =
            if let bytes = blob.inlined { [.bytes(bytes)] } else if store.has(blob.digest) {
                [.file(store.path(blob.digest), blob.digest)]
            } else { [] }
        let wanted = "the blob \(blob.digest) of \(repository)"
        let elsewhere =
            here.isEmpty
            ? origins.flatMap { origin in
                endpoints(origin).map {
                    BlobSource.remote(
                        BlobFetch(endpoint: $0, blob: blob, wanted: "the blob \(blob.digest) of \(origin)"))
                }
            } : []
        return try await BlobUpload(
            endpoint: endpoint(repository), blob: blob, wanted: wanted,
            neighbours: origins.filter { $0.registry == repository.registry }.map(\.name), sources: here + elsewhere
        ).run()
    }

    /// What a set is made of; what is not an image in its index (attestations) goes along where the store has it.
    private func documents(of images: ImageSet, in store: BlobStore) throws -> PushDocuments {
        let top = try document(images.descriptor, in: store)
        var known: Set<Digest> = []
        let children = try documents(below: top, in: store, &known)
        var blobs: [Descriptor] = []
        for document in children + [top] where document.descriptor.mediaType.isManifest {
            let manifest = try decoded(Manifest.self, document)
            blobs += [manifest.config] + manifest.layers
        }
        var seen: Set<Digest> = []
        return PushDocuments(
            blobs: blobs.filter { !$0.mediaType.isNonDistributable && seen.insert($0.digest).inserted },
            children: children, top: top)
    }

    /// What an index lists, and before each index in it what that one lists, each once; nothing for a manifest.
    private func documents(
        below index: RawManifest, in store: BlobStore, _ known: inout Set<Digest>
    ) throws -> [RawManifest] {
        guard index.descriptor.mediaType.isIndex else { return [] }
        var all: [RawManifest] = []
        for entry in try decoded(Index.self, index).manifests where known.insert(entry.digest).inserted {
            let child = try document(entry, in: store)
            all += try documents(below: child, in: store, &known) + [child]
        }
        return all
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ document: RawManifest) throws -> Value {
        do { return try CanonicalJSON.decode(type, from: document.bytes) } catch {
            throw ImageProblem.unreadable(document.descriptor.digest, Self.reason(error))
        }
    }

    private func document(_ descriptor: Descriptor, in store: BlobStore) throws -> RawManifest {
        RawManifest(
            try store.read(descriptor, limit: Int64(ManifestDocument.longest)), mediaType: descriptor.mediaType)
    }
}

/// What is sent for one set of images, in order.
private struct PushDocuments: Sendable {
    let blobs: [Descriptor]
    let children: [RawManifest]
    let top: RawManifest
}

/// The names of a push, each repository once.
struct PushNames: Equatable {
    let repository: Repository
    /// Without duplicates, in the order they were given.
    private(set) var tags: [String]

    /// Groups names; a name with a digest must have that of the image, and gets no tag unless it has one.
    static func grouped(_ names: [Reference], _ digest: Digest) throws -> [PushNames] {
        var groups: [PushNames] = []
        for name in names {
            let repository = Repository(of: name)
            if let expected = name.digest, expected != digest {
                throw RegistryError.wrongContent(
                    host: repository.registry, wanted: "\(name)", problem: "the image has the digest \(digest)")
            }
            let tags = name.tag.map { [$0] } ?? (name.digest == nil ? ["latest"] : [])
            if let known = groups.firstIndex(where: { $0.repository == repository }) {
                groups[known].tags += tags.filter { !groups[known].tags.contains($0) }
            } else {
                groups.append(PushNames(repository: repository, tags: tags))
            }
        }
        return groups
    }
}
