import Files
package import OCI
package import SystemPackage

/// A place that a build cache is kept in, across machines.
///
/// To add one, conform a type in a file of its own. Readers see an index with all its blobs, or the one before.
package protocol CachePlace: Sendable {
    /// For people to read.
    var name: String { get }

    /// What it holds; nil where nothing is there yet.
    func index() async throws -> CacheIndex?

    /// Brings a blob into a store; fails where its bytes are not those of the descriptor.
    func fetch(_ blob: Descriptor, into store: BlobStore) async throws

    /// Sends a blob unless it is there, or, with `replacing`, also then; returns whether bytes moved.
    func send(_ blob: Descriptor, from store: BlobStore, replacing: Bool) async throws -> Bool

    /// Puts another index in place of the one that is there now; nothing where `change` returns nil.
    ///
    /// The blobs that it names, its config among them, have been sent.
    /// Of two at the same time the last one wins.
    func update(_ change: @Sendable (CacheIndex) -> CacheIndex?) async throws
}

/// A cache in a folder: an OCI layout, which may hold other things as well.
package struct LocalCache: CachePlace {
    private let folder: FilePath
    private let tag: String

    package init(_ folder: FilePath, tag: String = "latest") {
        self.folder = folder
        self.tag = tag
    }

    package var name: String { tag == "latest" ? "\(folder)" : "\(folder):\(tag)" }

    package func index() async throws -> CacheIndex? { try read()?.index }

    package func fetch(_ blob: Descriptor, into store: BlobStore) async throws {
        try store.copy(blob.digest, from: BlobStore(folder))
    }

    package func send(_ blob: Descriptor, from store: BlobStore, replacing: Bool) async throws -> Bool {
        let own = try BlobStore(folder)
        if replacing { try HostFiles.remove(own.path(blob.digest)) }
        guard !own.has(blob.digest) else { return false }
        try own.copy(blob.digest, from: store)
        return true
    }

    package func update(_ change: @Sendable (CacheIndex) -> CacheIndex?) async throws {
        let own = try BlobStore(folder)
        let held = try FileLock(folder.appending(".lock"))
        let old = try read()
        guard var new = change(old?.index ?? CacheIndex()) else { return }
        // Another export may have dropped what this one found there.
        new = CacheIndex(generation: new.generation, entries: new.entries.filter { own.has($0.blob.digest) })
        let manifest = try own.write(CanonicalJSON.encode(new.manifest), mediaType: .manifest)
        var layout = try LayoutIndex(in: folder)
        layout.set(tag, to: manifest)
        try layout.write(to: folder)
        if let old, layout.manifests.count == 1 {
            let needed = Set(new.entries.map(\.blob.digest) + [manifest.digest])
            for digest in old.index.entries.map(\.blob.digest) + [old.manifest] where !needed.contains(digest) {
                try HostFiles.remove(own.path(digest))
            }
        }
        _ = consume held
    }

    private func read() throws -> (index: CacheIndex, manifest: Digest)? {
        guard let entry = try LayoutIndex(in: folder).manifests.first(where: { LayoutIndex.name(of: $0) == tag }) else {
            return nil
        }
        let bytes = try BlobStore(folder).read(entry)
        guard let manifest = try? CanonicalJSON.decode(Manifest.self, from: bytes) else {
            throw CacheError.notACache(place: name)
        }
        return (try CacheIndex(manifest, place: name), entry.digest)
    }
}
