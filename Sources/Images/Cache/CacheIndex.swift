package import OCI

/// What a build cache holds, as one artifact manifest (OCI image-spec, manifest.md, "Guidelines for Artifact Usage").
///
/// Its config is the empty one; every layer is an entry, told apart by media type and annotations.
package struct CacheIndex: Hashable, Sendable {
    package static let artifactType = "application/vnd.autoimage.cache.v1"
    /// The config that an artifact has: `{}`.
    package static let config = Array("{}".utf8)

    /// How many exports have changed the cache.
    package let generation: Int
    /// Sorted by identity, each once.
    package let entries: [CacheEntry]

    private static let generationName = "autoimage.cache.generation"

    /// An empty cache.
    package init() { self.init(generation: 0, entries: []) }

    /// Keeps the last of entries with the same identity.
    package init(generation: Int, entries: [CacheEntry]) {
        self.generation = generation
        var unique: [String: CacheEntry] = [:]
        for entry in entries { unique[entry.identity] = entry }
        self.entries = unique.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map(\.value)
    }

    /// Reads a manifest; entries of kinds that only later versions know are left out.
    ///
    /// Fails with `CacheError.notACache` where the manifest is something else.
    package init(_ manifest: Manifest, place: String) throws(CacheError) {
        guard manifest.artifactType == Self.artifactType else { throw .notACache(place: place) }
        guard let text = manifest.annotations?[Self.generationName], let generation = Int(text), generation >= 0,
            generation < 1 << 40
        else { throw .notACache(place: place) }
        self.init(generation: generation, entries: manifest.layers.compactMap { CacheEntry($0) })
    }

    /// The manifest to put under a tag; the same entries give the same bytes.
    package var manifest: Manifest {
        Manifest(
            config: Descriptor(mediaType: .empty, digest: Digest(of: Self.config), size: Int64(Self.config.count)),
            layers: entries.map(\.descriptor), annotations: [Self.generationName: "\(generation)"],
            artifactType: Self.artifactType)
    }

    /// What a step made, by its key.
    package func step(_ key: Digest) -> CacheEntry? {
        entries.first { if case .step(key, _, _) = $0.content { true } else { false } }
    }

    /// The parts of a cache mount, in order.
    package func parts(of mount: String) -> [CacheEntry] {
        entries.filter { if case .part(mount, _, _) = $0.content { true } else { false } }
    }

    /// A package, by the digest of its file.
    package func package(_ digest: Digest) -> CacheEntry? {
        entries.first { if case .package = $0.content { $0.blob.digest == digest } else { false } }
    }
}

/// One blob of a cache, with what it is.
package struct CacheEntry: Hashable, Sendable {
    /// Media type, digest and size; no annotations.
    package let blob: Descriptor
    package let content: Content
    /// The generation of the last export by a build that used it.
    package var used: Int

    package enum Content: Hashable, Sendable {
        /// What a step left in its upper folder; `output` is the digest of that folder.
        case step(key: Digest, output: Digest, name: String)
        /// A part of a cache mount; `tar` is the digest of its uncompressed tar.
        case part(mount: String, number: Int, tar: Digest)
        /// A Debian package as its archive has it.
        case package(name: String, version: String)
    }

    package init(blob: Descriptor, content: Content, used: Int = 0) {
        self.blob = Descriptor(mediaType: content.mediaType, digest: blob.digest, size: blob.size)
        self.content = content
        self.used = used
    }

    /// What entries are told apart by: a cache has one of each.
    package var identity: String {
        switch content {
        case .step(let key, _, _): "step \(key.hex)"
        case .part(let mount, let number, _): "mount \(mount) \(number < 10 ? "0" : "")\(number)"
        case .package: "package \(blob.digest.hex)"
        }
    }

    private enum Name {
        static let key = "autoimage.cache.step.key"
        static let output = "autoimage.cache.step.output"
        static let step = "autoimage.cache.step.name"
        static let mount = "autoimage.cache.mount.id"
        static let part = "autoimage.cache.mount.part"
        static let tar = "autoimage.cache.mount.tar"
        static let package = "autoimage.cache.package.name"
        static let version = "autoimage.cache.package.version"
        static let used = "autoimage.cache.used"
    }

    /// Reads an entry of a manifest; nil for what is not understood.
    init?(_ layer: Descriptor) {
        let notes = layer.annotations ?? [:]
        func digest(_ name: String) -> Digest? { notes[name].flatMap { try? Digest(parsing: $0) } }
        guard let used = notes[Name.used].flatMap({ Int($0) }), used >= 0, layer.size >= 0 else { return nil }
        switch layer.mediaType {
        case .cacheStep:
            guard let key = digest(Name.key), let output = digest(Name.output), let name = notes[Name.step] else {
                return nil
            }
            content = .step(key: key, output: output, name: name)
        case .cachePart:
            guard let id = notes[Name.mount], let tar = digest(Name.tar),
                let number = notes[Name.part].flatMap({ Int($0) }),
                (0..<MountArchive.parts).contains(number)
            else { return nil }
            content = .part(mount: id, number: number, tar: tar)
        case .debianPackage:
            guard let name = notes[Name.package], let version = notes[Name.version] else { return nil }
            content = .package(name: name, version: version)
        default: return nil
        }
        blob = Descriptor(mediaType: layer.mediaType, digest: layer.digest, size: layer.size)
        self.used = used
    }

    /// The entry as a layer of the manifest.
    var descriptor: Descriptor {
        var result = blob
        var notes = [Name.used: "\(used)"]
        switch content {
        case .step(let key, let output, let name):
            notes.merge([Name.key: "\(key)", Name.output: "\(output)", Name.step: name]) { $1 }
        case .part(let mount, let number, let tar):
            notes.merge([Name.mount: mount, Name.part: "\(number)", Name.tar: "\(tar)"]) { $1 }
        case .package(let name, let version):
            notes.merge([Name.package: name, Name.version: version]) { $1 }
        }
        result.annotations = notes
        return result
    }
}

extension CacheEntry.Content {
    fileprivate var mediaType: MediaType {
        switch self {
        case .step: .cacheStep
        case .part: .cachePart
        case .package: .debianPackage
        }
    }
}

extension MediaType {
    /// What a step made, as a tar of its upper folder.
    package static let cacheStep = MediaType(rawValue: "application/vnd.autoimage.cache.step.v1.tar+gzip")
    /// Some of the files of a cache mount.
    package static let cachePart = MediaType(rawValue: "application/vnd.autoimage.cache.mount.v1.tar+gzip")
    /// A `.deb` (IANA, application/vnd.debian.binary-package).
    package static let debianPackage = MediaType(rawValue: "application/vnd.debian.binary-package")
}

/// Why a cache cannot be used.
package enum CacheError: Error, Equatable, CustomStringConvertible {
    /// The tag or layout holds something else.
    case notACache(place: String)
    /// What was unpacked is not what the index says.
    case otherContent(place: String, expected: Digest, found: Digest)
    /// An archive that no export writes.
    case badArchive(reason: String)

    package var description: String {
        switch self {
        case .notACache(let place): "\(place) is not a build cache of autoimage; give it a name of its own"
        case .otherContent(let place, let expected, let found):
            "what \(place) holds has the digest \(found), not \(expected) as it says"
        case .badArchive(let reason): "the archive was not written by autoimage: \(reason)"
        }
    }
}
