package import Images
package import OCI

extension RegistryClient {
    /// The manifest of the platform that fits best, verified against the digest of the reference where it has one.
    ///
    /// Writes the documents (index, manifest, config) into the store, and the layers where `layers` says so; of those that
    /// stay away the store notes where they are, for a push to mount or stream. Of a reference with a digest only what the
    /// store does not have is asked for: nothing, where all is there.
    package func pull(
        _ reference: Reference, platform: Platform, into store: BlobStore, layers: Bool
    ) async throws -> AssembledImage {
        let top = try await document(reference, in: store)
        _ = try store.write(top.bytes, mediaType: top.descriptor.mediaType)
        guard top.descriptor.mediaType.isIndex else {
            let image = try await image(top.descriptor, reference, into: store)
            let offered = image.config.platform
            guard PlatformMatch.best(for: platform, among: [offered]) != nil else {
                throw noPlatform(reference, platform, [offered])
            }
            try await bring(image, of: reference, into: store, layers: layers)
            return image
        }
        var walk = DocumentWalk()
        let candidates = try await candidates(of: top, reference, into: store, &walk)
        guard let best = PlatformMatch.best(for: platform, among: candidates.map(\.platform)) else {
            throw noPlatform(reference, platform, candidates.compactMap(\.platform))
        }
        let child = try await document(candidates[best], of: reference, in: store)
        _ = try store.write(child.bytes, mediaType: child.descriptor.mediaType)
        let image = try await image(candidates[best], reference, into: store)
        try await bring(image, of: reference, into: store, layers: layers)
        return image
    }

    /// One image or index with all its platforms and layers.
    package func pullAll(_ reference: Reference, into store: BlobStore) async throws -> ImageSet {
        let top = try await document(reference, in: store)
        _ = try store.write(top.bytes, mediaType: top.descriptor.mediaType)
        var blobs: [Descriptor] = []
        var walk = DocumentWalk()
        for document in try await documents(below: top, reference, into: store, &walk) {
            blobs += try blobsNamed(by: document, reference)
        }
        try await pull(blobs, from: Repository(of: reference), into: store)
        guard top.descriptor.mediaType.isIndex else {
            return ImageSet(try await image(top.descriptor, reference, into: store))
        }
        return try ImageSet(top.descriptor, in: store)
    }

    /// Brings one blob into the store, unless it is there; verified while it streams, resumed after a cut.
    package func pull(_ blob: Descriptor, from repository: Repository, into store: BlobStore) async throws {
        guard !store.has(blob.digest) else { return }
        if try inlined(blob, into: store) { return }
        let wanted = "the blob \(blob.digest) of \(repository)"
        try needNetwork(wanted)
        let sink = StoreSink(store)
        try await fromFirst(of: repository) { endpoint in
            _ = try sink.restart()
            try await BlobFetch(endpoint: endpoint, blob: blob, wanted: wanted).run(into: sink)
        }
        try sink.commit()
    }

    /// Brings the layers that the store only knows the whereabouts of.
    package func fetchMissingBlobs(of images: ImageSet, into store: BlobStore) async throws {
        let missing = images.blobs.filter { !store.has($0.digest) }
        try await forEach(missing) { blob in
            let origins = try store.origins(of: blob.digest)
            guard !origins.isEmpty else { throw BlobError.missing(blob.digest) }
            try await self.firstSuccess(of: origins) { try await self.pull(blob, from: $0, into: store) }
        }
    }

    // MARK: Parts

    /// Runs work for places one after the other until one succeeds; the first failure is thrown where none does.
    func firstSuccess<Place, Result>(of places: [Place], _ work: (Place) async throws -> Result) async throws -> Result
    {
        var first: (any Error)?
        for place in places {
            do { return try await work(place) } catch let error as RegistryError { first = first ?? error }
        }
        throw first ?? CancellationError()
    }

    /// Runs work for blobs, some at once; the first failure ends the others.
    func forEach(_ blobs: [Descriptor], _ work: @escaping @Sendable (Descriptor) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var rest = blobs[...]
            for blob in rest.prefix(6) { group.addTask { try await work(blob) } }
            rest = rest.dropFirst(6)
            while try await group.next() != nil {
                guard let blob = rest.popFirst() else { continue }
                group.addTask { try await work(blob) }
            }
        }
    }

    /// Brings blobs into the store, the same only once, and notes where they came from.
    private func pull(_ blobs: [Descriptor], from repository: Repository, into store: BlobStore) async throws {
        var seen: Set<Digest> = []
        let once = blobs.filter { seen.insert($0.digest).inserted }
        try await forEach(once) { try await self.pull($0, from: repository, into: store) }
        for blob in once { try store.noteOrigin(repository, of: blob.digest) }
    }

    /// The config of a manifest that is in the store.
    private func image(
        _ descriptor: Descriptor, _ reference: Reference, into store: BlobStore
    ) async throws -> AssembledImage {
        let manifest = try decoded(Manifest.self, try store.read(descriptor, limit: longest), reference)
        guard manifest.config.size <= 16 << 20 else {
            throw wrong(reference, "its config has \(manifest.config.size) bytes, more than 16 MiB")
        }
        try await pull(manifest.config, from: Repository(of: reference), into: store)
        let config = try decoded(ImageConfig.self, try store.read(manifest.config, limit: longest), reference)
        let named = Descriptor(
            mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size,
            platform: descriptor.platform ?? config.platform, annotations: descriptor.annotations)
        return AssembledImage(descriptor: named, manifest: manifest, config: config)
    }

    /// Brings the layers, or notes where they are.
    private func bring(
        _ image: AssembledImage, of reference: Reference, into store: BlobStore, layers: Bool
    ) async throws {
        let repository = Repository(of: reference)
        if layers { return try await pull(image.manifest.layers, from: repository, into: store) }
        for layer in image.manifest.layers { try store.noteOrigin(repository, of: layer.digest) }
    }

    /// The images of an index with their platforms, which are in the configs where the index does not say them; those of
    /// an index in the index, too.
    private func candidates(
        of top: RawManifest, _ reference: Reference, into store: BlobStore, _ walk: inout DocumentWalk, depth: Int = 0
    ) async throws -> [Descriptor] {
        var candidates: [Descriptor] = []
        for entry in try index(top, reference, depth).manifests where !entry.isAttestation {
            if entry.mediaType.isManifest, entry.platform != nil {
                candidates.append(entry)
                continue
            }
            guard entry.mediaType.isManifest || entry.mediaType.isIndex else { continue }
            guard try takes(entry, reference, &walk) else { continue }
            let child = try await document(entry, of: reference, in: store)
            _ = try store.write(child.bytes, mediaType: child.descriptor.mediaType)
            if entry.mediaType.isIndex {
                candidates += try await self.candidates(of: child, reference, into: store, &walk, depth: depth + 1)
            } else if let manifest = try? CanonicalJSON.decode(Manifest.self, from: child.bytes),
                [.config, .dockerConfig].contains(manifest.config.mediaType)
            {
                _ = try takes(manifest.config, reference, &walk)
                candidates.append(try await image(entry, reference, into: store).descriptor)
            }
        }
        return candidates
    }

    /// The manifests that a document leads to, itself where it is one; all are put into the store.
    private func documents(
        below top: RawManifest, _ reference: Reference, into store: BlobStore, _ walk: inout DocumentWalk,
        depth: Int = 0
    ) async throws -> [RawManifest] {
        guard top.descriptor.mediaType.isIndex else { return [top] }
        var all: [RawManifest] = []
        for entry in try index(top, reference, depth).manifests
        where entry.mediaType.isManifest || entry.mediaType.isIndex {
            guard try takes(entry, reference, &walk) else { continue }
            let child = try await document(entry, of: reference, in: store)
            _ = try store.write(child.bytes, mediaType: child.descriptor.mediaType)
            all += try await documents(below: child, reference, into: store, &walk, depth: depth + 1)
        }
        return all
    }

    /// Whether a document is to be read, which it is once.
    private func takes(_ entry: Descriptor, _ reference: Reference, _ walk: inout DocumentWalk) throws -> Bool {
        do throws(DocumentProblem) { return try walk.takes(entry) } catch { throw wrong(reference, error.text) }
    }

    /// An index, not too deep in others.
    private func index(_ raw: RawManifest, _ reference: Reference, _ depth: Int) throws -> Index {
        guard depth < 4 else { throw wrong(reference, "it has indexes in indexes, more than four deep") }
        return try decoded(Index.self, raw.bytes, reference)
    }

    private func blobsNamed(by raw: RawManifest, _ reference: Reference) throws -> [Descriptor] {
        let manifest = try decoded(Manifest.self, raw.bytes, reference)
        return [manifest.config] + manifest.layers
    }

    private func decoded<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8], _ reference: Reference) throws -> Value
    {
        do { return try CanonicalJSON.decode(type, from: bytes) } catch {
            throw wrong(reference, "its \(type) cannot be read (\(Self.reason(error)))")
        }
    }

    static func reason(_ error: any Error) -> String {
        switch error {
        case DecodingError.keyNotFound(let key, _): "no \(key.stringValue)"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            context.codingPath.isEmpty
                ? context.debugDescription : context.codingPath.map(\.stringValue).joined(separator: ".")
        default: "\(error)"
        }
    }

    /// Writes a blob that its descriptor holds itself.
    private func inlined(_ blob: Descriptor, into store: BlobStore) throws -> Bool {
        guard let bytes = blob.inlined else { return false }
        _ = try store.write(bytes, mediaType: blob.mediaType)
        return true
    }

    private func wrong(_ reference: Reference, _ problem: String) -> RegistryError {
        .wrongAnswer(host: Repository(of: reference).registry, wanted: "\(reference)", problem: problem)
    }

    private func noPlatform(_ reference: Reference, _ wanted: Platform, _ offered: [Platform]) -> RegistryError {
        var seen: Set<Platform> = []
        return .noPlatform(
            reference: "\(reference)", wanted: "\(wanted)",
            offered: offered.filter { seen.insert($0).inserted }.map(\.description))
    }

    private var longest: Int64 { Int64(ManifestDocument.longest) }
}

extension ImageConfig {
    /// The platform that the image is for.
    fileprivate var platform: Platform { Platform(architecture: architecture, os: os, variant: variant) }
}
