import Images
import OCI
import Testing

struct CacheIndexTests {
    private func digest(_ text: String) -> Digest { Digest(of: Array(text.utf8)) }

    private func blob(_ text: String, size: Int64 = 100) -> Descriptor {
        Descriptor(mediaType: .layerGzip, digest: digest(text), size: size)
    }

    private func step(_ name: String, output: String? = nil, size: Int64 = 100, used: Int = 0) -> CacheEntry {
        let output = output ?? name
        return CacheEntry(
            blob: blob(output, size: size),
            content: .step(key: digest("key of \(name)"), output: digest("output \(output)"), name: name), used: used)
    }

    private func part(_ mount: String, _ number: Int, _ text: String, used: Int = 0) -> CacheEntry {
        CacheEntry(
            blob: blob(text), content: .part(mount: mount, number: number, tar: digest("tar \(text)")), used: used)
    }

    private func contribution(_ entries: [CacheEntry]) -> CacheContribution {
        var result = CacheContribution()
        result.entries = entries
        return result
    }

    @Test func `the manifest is an artifact whose layers say what they are`() throws {
        let package = CacheEntry(
            blob: blob("deb", size: 3), content: .package(name: "libc6", version: "2.36-9+deb12u13"), used: 1)
        let index = CacheIndex(
            generation: 2, entries: [part("pip", 7, "p", used: 2), step("install", used: 2), package])
        let expected = """
            {"annotations":{"autoimage.cache.generation":"2"},"artifactType":"application/vnd.autoimage.cache.v1",\
            "config":{"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",\
            "mediaType":"application/vnd.oci.empty.v1+json","size":2},"layers":[\
            {"annotations":{"autoimage.cache.mount.id":"pip","autoimage.cache.mount.part":"7",\
            "autoimage.cache.mount.tar":"\(digest("tar p"))","autoimage.cache.used":"2"},"digest":"\(digest("p"))",\
            "mediaType":"application/vnd.autoimage.cache.mount.v1.tar+gzip","size":100},\
            {"annotations":{"autoimage.cache.package.name":"libc6","autoimage.cache.package.version":"2.36-9+deb12u13",\
            "autoimage.cache.used":"1"},"digest":"\(digest("deb"))",\
            "mediaType":"application/vnd.debian.binary-package","size":3},\
            {"annotations":{"autoimage.cache.step.key":"\(digest("key of install"))",\
            "autoimage.cache.step.name":"install","autoimage.cache.step.output":"\(digest("output install"))",\
            "autoimage.cache.used":"2"},"digest":"\(digest("install"))",\
            "mediaType":"application/vnd.autoimage.cache.step.v1.tar+gzip","size":100}],\
            "mediaType":"application/vnd.oci.image.manifest.v1+json","schemaVersion":2}
            """
        let bytes = try CanonicalJSON.encode(index.manifest)
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
        #expect(try CacheIndex(CanonicalJSON.decode(Manifest.self, from: bytes), place: "here") == index)
    }

    @Test func `an image is not a cache`() {
        let image = Manifest(config: blob("config"), layers: [])
        #expect(throws: CacheError.notACache(place: "shop/api:1")) { _ = try CacheIndex(image, place: "shop/api:1") }
    }

    @Test func `entries that make no sense are left out`() throws {
        let annotations = ["autoimage.cache.used": "1", "autoimage.cache.mount.id": "pip"]
        var layer = Descriptor(mediaType: .cachePart, digest: digest("x"), size: 1)
        layer.annotations = annotations.merging(
            ["autoimage.cache.mount.part": "64", "autoimage.cache.mount.tar": "\(digest("t"))"]) { $1 }
        let manifest = Manifest(
            config: blob("{}"), layers: [layer, Descriptor(mediaType: .cacheStep, digest: digest("y"), size: 1)],
            annotations: ["autoimage.cache.generation": "1"], artifactType: CacheIndex.artifactType)
        #expect(try CacheIndex(manifest, place: "here").entries == [])
    }

    @Test func `a build that adds nothing changes nothing`() {
        let index = CacheIndex(generation: 3, entries: [step("a", used: 3), step("b", used: 1)])
        #expect(index.merged(with: contribution([step("a"), step("b")]), bounds: CacheBounds()) == nil)
    }

    @Test func `what other builds put there stays and what this one used is fresh`() throws {
        let index = CacheIndex(generation: 3, entries: [step("a", used: 1), step("b", used: 2)])
        let merged = try #require(index.merged(with: contribution([step("a"), step("c")]), bounds: CacheBounds()))
        #expect(
            merged == CacheIndex(generation: 4, entries: [step("a", used: 4), step("b", used: 2), step("c", used: 4)]))
    }

    @Test func `a step that gave something else replaces what it gave before`() throws {
        let index = CacheIndex(generation: 1, entries: [step("a", output: "old", used: 1)])
        let merged = try #require(
            index.merged(with: contribution([step("a", output: "new")]), bounds: CacheBounds()))
        #expect(merged.entries == [step("a", output: "new", used: 2)])
    }

    @Test func `the parts of a mount that is sent replace all it had`() throws {
        let index = CacheIndex(
            generation: 1,
            entries: [part("pip", 1, "x", used: 1), part("pip", 2, "y", used: 1), part("npm", 1, "z", used: 1)])
        var build = CacheContribution()
        build.mounts["pip"] = [part("pip", 1, "x"), part("pip", 3, "new")]
        build.usedMounts = ["pip"]
        let merged = try #require(index.merged(with: build, bounds: CacheBounds()))
        #expect(
            merged.entries == [
                part("npm", 1, "z", used: 1), part("pip", 1, "x", used: 2), part("pip", 3, "new", used: 2),
            ])
    }

    @Test func `a mount that is used but not sent stays and is fresh`() throws {
        let index = CacheIndex(generation: 5, entries: [part("pip", 1, "x", used: 1)])
        var build = contribution([step("a")])
        build.usedMounts = ["pip"]
        let merged = try #require(index.merged(with: build, bounds: CacheBounds()))
        #expect(merged.entries == [part("pip", 1, "x", used: 6), step("a", used: 6)])
    }

    @Test func `what no build used for long is dropped`() throws {
        var bounds = CacheBounds()
        bounds.exports = 10
        let index = CacheIndex(generation: 20, entries: [step("old", used: 11), step("newer", used: 12)])
        let merged = try #require(index.merged(with: contribution([step("a")]), bounds: bounds))
        #expect(merged.entries == [step("a", used: 21), step("newer", used: 12)])
    }

    @Test func `the use of what is still used is renewed before it is too old`() throws {
        var bounds = CacheBounds()
        bounds.exports = 10
        let index = CacheIndex(generation: 20, entries: [step("a", used: 15)])
        #expect(index.merged(with: contribution([step("a")]), bounds: bounds)?.entries == [step("a", used: 21)])
    }

    @Test func `a cache that is too large drops what was used longest ago and mounts first`() throws {
        let index = CacheIndex(
            generation: 2, entries: [step("old", used: 1), part("pip", 1, "x", used: 2), step("b", used: 2)])
        let merged = try #require(index.merged(with: contribution([step("c")]), bounds: CacheBounds(size: 250)))
        #expect(merged == CacheIndex(generation: 3, entries: [step("b", used: 2), step("c", used: 3)]))
    }
}
