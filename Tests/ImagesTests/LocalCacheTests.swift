import Files
import Images
import OCI
import SystemPackage
import Testing

/// A cache in a folder.
struct LocalCacheTests {
    private let scratch: Scratch
    private let store: BlobStore
    private let cache: LocalCache

    init() throws {
        scratch = try Scratch()
        store = try BlobStore(scratch.path.appending("store"))
        cache = LocalCache(scratch.path.appending("cache"))
    }

    private func entry(_ name: String, _ text: String) throws -> CacheEntry {
        let blob = try store.write(Array(text.utf8), mediaType: .cacheStep)
        let key = Digest(of: Array("key of \(name)".utf8))
        return CacheEntry(blob: blob, content: .step(key: key, output: blob.digest, name: name))
    }

    private func put(_ entries: [CacheEntry]) async throws {
        for entry in entries { _ = try await cache.send(entry.blob, from: store, replacing: false) }
        _ = try await cache.send(
            store.write(CacheIndex.config, mediaType: .empty), from: store, replacing: false)
        try await cache.update { CacheIndex(generation: $0.generation + 1, entries: entries) }
    }

    @Test func `a folder that is not there holds nothing, and is not made by asking`() async throws {
        #expect(try await cache.index() == nil)
        #expect(try HostFiles.names(in: scratch.path) == ["store"])
    }

    @Test func `what was put there is there, and blobs that nothing names are gone`() async throws {
        let (one, two) = (try entry("a", "one"), try entry("a", "two"))
        try await put([one])
        try await put([two])
        let index = try #require(try await cache.index())
        #expect(index == CacheIndex(generation: 2, entries: [two]))
        let blobs = try HostFiles.names(in: scratch.path.pushing("cache/blobs/sha256"))
        #expect(blobs.count == 3)
        #expect(!blobs.contains(one.blob.digest.hex))
    }

    @Test func `a blob is sent once`() async throws {
        let one = try entry("a", "one")
        #expect(try await cache.send(one.blob, from: store, replacing: false))
        #expect(try await !cache.send(one.blob, from: store, replacing: false))
        #expect(try await cache.send(one.blob, from: store, replacing: true))
    }

    @Test func `a damaged blob is refused`() async throws {
        let one = try entry("a", "one")
        try await put([one])
        try scratch.write("cache/blobs/sha256/\(one.blob.digest.hex)", "two")
        let other = try BlobStore(scratch.path.appending("other"))
        await #expect(throws: BlobError.damaged(one.blob.digest)) { try await cache.fetch(one.blob, into: other) }
        #expect(!other.has(one.blob.digest))
    }

    @Test func `a layout with images in it keeps them`() async throws {
        let layout = scratch.path.appending("cache")
        let image = try BlobStore(layout).write(Array("{}".utf8), mediaType: .config)
        try scratch.write(
            "cache/index.json",
            """
            {"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json",\
            "digest":"\(image.digest)","size":2,"annotations":{"org.opencontainers.image.ref.name":"shop:1"}}]}
            """)
        let (one, two) = (try entry("a", "one"), try entry("a", "two"))
        try await put([one])
        try await put([two])
        #expect(try BlobStore(layout).has(one.blob.digest))
        #expect(try scratch.text("cache/index.json")?.contains("shop:1") == true)
        await #expect(throws: CacheError.notACache(place: "\(layout):shop")) {
            try scratch.write(
                "cache/index.json", scratch.text("cache/index.json")?.replacing("shop:1", with: "shop") ?? "")
            _ = try await LocalCache(layout, tag: "shop").index()
        }
    }
}
