import Images
import OCI
import Registry

/// A cache under a tag of a registry.
struct RegistryCache: CachePlace {
    let reference: Reference
    let registry: RegistryAccess

    var name: String { reference.description }

    private var repository: Repository { Repository(of: reference) }

    func index() async throws -> CacheIndex? {
        let raw: RawManifest
        do { raw = try await registry.client().manifest(reference) } catch RegistryError.notFound { return nil }
        guard raw.descriptor.mediaType.isManifest,
            let manifest = try? CanonicalJSON.decode(Manifest.self, from: raw.bytes)
        else { throw CacheError.notACache(place: name) }
        return try CacheIndex(manifest, place: name)
    }

    func fetch(_ blob: Descriptor, into store: BlobStore) async throws {
        try await registry.client().pull(blob, from: repository, into: store)
    }

    /// A registry verifies what it takes, so there is nothing to replace.
    func send(_ blob: Descriptor, from store: BlobStore, replacing: Bool) async throws -> Bool {
        try await registry.client().push(blob, from: store, to: repository)
    }

    func update(_ change: @Sendable (CacheIndex) -> CacheIndex?) async throws {
        // Registries replace a tag whatever it was: what another export wrote over is found missing, and put again.
        for _ in 0..<3 {
            guard let new = try change(await index() ?? CacheIndex()) else { return }
            let manifest = RawManifest(try CanonicalJSON.encode(new.manifest), mediaType: .manifest)
            try await registry.client().put(manifest, to: repository, tag: reference.tag ?? "latest")
        }
    }
}
