package import Images
package import OCI

/// Pulls from and pushes to registries (OCI distribution-spec 1.1).
///
/// One a process: it holds connections, tokens and what is known about each registry. Memory does not depend on the size
/// of blobs. Every method fails with `RegistryError`.
package final class RegistryClient: Sendable {
    /// `note` gets lines for people: waiting for a rate limit, a warning of the registry.
    package init(
        _ options: RegistryOptions, credentials: CredentialFinder, note: @escaping @Sendable (String) -> Void
    ) throws {
        fatalError("contract")
    }

    /// Ends all connections.
    package func shutdown() async { fatalError("contract") }

    /// A manifest or index, its bytes as they were sent and their digest.
    package func manifest(_ reference: Reference) async throws -> RawManifest { fatalError("contract") }

    /// What a reference stands for now; nil where there is none. A call that registries do not count as a pull.
    package func resolve(_ reference: Reference) async throws -> Descriptor? { fatalError("contract") }

    /// The manifest of the platform that fits best, verified against the digest of the reference where it has one.
    ///
    /// Writes the documents (index, manifest, config) into the store, and the layers where `layers` says so; of those that
    /// stay away the store notes where they are, for a push to mount or stream.
    package func pull(
        _ reference: Reference, platform: Platform, into store: BlobStore, layers: Bool
    ) async throws -> AssembledImage { fatalError("contract") }

    /// One image or index with all its platforms and layers.
    package func pullAll(_ reference: Reference, into store: BlobStore) async throws -> ImageSet {
        fatalError("contract")
    }

    /// Brings one blob into the store, unless it is there; verified while it streams, resumed after a cut.
    package func pull(_ blob: Descriptor, from repository: Repository, into store: BlobStore) async throws {
        fatalError("contract")
    }

    /// Brings the layers that the store only knows the whereabouts of.
    package func fetchMissingBlobs(of images: ImageSet, into store: BlobStore) async throws {
        fatalError("contract")
    }

    /// Pushes what is missing: blobs in parallel, each mounted, streamed from another registry or uploaded; then
    /// manifests, the index, and the names last. No name is visible before all it stands for is there.
    package func push(_ images: ImageSet, from store: BlobStore, to names: [Reference]) async throws -> PushReport {
        fatalError("contract")
    }

    /// Pushes one blob of the store, unless the repository has it; returns whether bytes moved.
    @discardableResult
    package func push(_ blob: Descriptor, from store: BlobStore, to repository: Repository) async throws -> Bool {
        fatalError("contract")
    }

    /// Whether a repository has a blob.
    package func has(_ blob: Digest, in repository: Repository) async throws -> Bool { fatalError("contract") }

    /// Puts a manifest or index under a tag, or under its digest where `tag` is nil; what it names must be there.
    ///
    /// Where it has a subject and the registry does not keep referrers, the fallback tag is updated.
    package func put(_ manifest: RawManifest, to repository: Repository, tag: String?) async throws {
        fatalError("contract")
    }

    /// The artifacts that refer to a manifest, by the referrers API or the fallback tag.
    package func referrers(
        of digest: Digest, in repository: Repository, artifactType: String? = nil
    ) async throws -> [Descriptor] { fatalError("contract") }
}

/// A manifest or index as it was sent.
package struct RawManifest: Hashable, Sendable {
    package let descriptor: Descriptor
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8], mediaType: MediaType) {
        descriptor = Descriptor(mediaType: mediaType, digest: Digest(of: bytes), size: Int64(bytes.count))
        self.bytes = bytes
    }
}

/// What a push did.
package struct PushReport: Codable, Hashable, Sendable {
    /// Blobs that the registry had, mounted from another of its repositories, or that were sent.
    package var present = 0
    package var mounted = 0
    package var sent = 0
    /// Bytes of those that were sent.
    package var sentBytes: Int64 = 0

    package init() {}
}
