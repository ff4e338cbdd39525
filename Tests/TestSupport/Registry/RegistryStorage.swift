package import OCI
import Synchronization

/// What registries hold: blobs, and repositories that link to some of them.
package final class RegistryStorage: Sendable {
    let contents = Mutex(Contents())

    package init() {}

    struct Contents {
        var blobs: [Digest: [UInt8]] = [:]
        var repositories: [String: Shelf] = [:]
        var uploads: [String: Upload] = [:]
        var uploadCount = 0
    }

    /// One repository.
    struct Shelf {
        var blobs: Set<Digest> = []
        var manifests: [Digest: Document] = [:]
        var tags: [String: Digest] = [:]
    }

    /// A manifest or index.
    struct Document {
        let mediaType: String
        let bytes: [UInt8]
    }

    /// A blob that is being sent.
    struct Upload {
        let repository: String
        var bytes: [UInt8] = []
        /// Changes with every step, so that an old `Location` is known as such.
        var step = 0
    }

    /// Puts a blob into a repository.
    @discardableResult
    package func add(blob bytes: [UInt8], to repository: String) -> Digest {
        let digest = Digest(of: bytes)
        contents.withLock {
            $0.blobs[digest] = bytes
            $0.repositories[repository, default: Shelf()].blobs.insert(digest)
        }
        return digest
    }

    /// Puts a manifest or index into a repository, without looking whether what it names is there.
    @discardableResult
    package func add(manifest bytes: [UInt8], mediaType: String, to repository: String, tag: String? = nil) -> Digest {
        let digest = Digest(of: bytes)
        contents.withLock {
            $0.repositories[repository, default: Shelf()].manifests[digest] = Document(
                mediaType: mediaType, bytes: bytes)
            if let tag { $0.repositories[repository, default: Shelf()].tags[tag] = digest }
        }
        return digest
    }

    /// The tags of a repository and what they stand for.
    package func tags(of repository: String) -> [String: Digest] {
        contents.withLock { $0.repositories[repository]?.tags ?? [:] }
    }

    /// The blobs of a repository.
    package func blobs(of repository: String) -> Set<Digest> {
        contents.withLock { $0.repositories[repository]?.blobs ?? [] }
    }

    /// A blob of a repository.
    package func blob(_ digest: Digest, of repository: String) -> [UInt8]? {
        contents.withLock { $0.repositories[repository]?.blobs.contains(digest) == true ? $0.blobs[digest] : nil }
    }

    /// The digests of a repository's manifests and indexes.
    package func manifests(of repository: String) -> Set<Digest> {
        contents.withLock { Set($0.repositories[repository]?.manifests.keys.map { $0 } ?? []) }
    }

    /// The bytes of a manifest or index.
    package func manifest(_ digest: Digest, of repository: String) -> [UInt8]? {
        contents.withLock { $0.repositories[repository]?.manifests[digest]?.bytes }
    }

    /// The uploads that were begun and neither ended nor cancelled, by the last component of their path.
    package var openUploads: Set<String> { contents.withLock { Set($0.uploads.keys) } }
}
