package import Files
package import OCI
package import SystemPackage

/// The images on this machine: an OCI layout with a name for each image, which other tools read as it is.
package struct LocalStore: Sendable {
    package let blobs: BlobStore
    private let lock: FilePath

    /// Opens the store; what killed builds left half-written is removed.
    package init(_ state: State) throws {
        blobs = try BlobStore(state.images)
        lock = state.lock("images")
        try HostFiles.makeFolder(records)
        try blobs.removeLeavings()
    }

    private var records: FilePath { blobs.folder.appending("records") }

    /// An image by one of its names.
    package struct Entry: Hashable, Sendable {
        /// As in `Reference.tagged`.
        package let name: String
        package let descriptor: Descriptor
    }

    /// All names, sorted.
    package func list() throws -> [Entry] {
        try LayoutIndex(in: blobs.folder).manifests
            .compactMap { descriptor in LayoutIndex.name(of: descriptor).map { Entry(name: $0, descriptor: descriptor) }
            }
            .sorted { $0.name < $1.name }
    }

    /// Gives an image a name; the image that had it before loses it.
    package func tag(_ image: Descriptor, as name: Reference) throws { try update { $0.set(name.tagged, to: image) } }

    /// Takes a name away, keeps its blobs, and returns whether there was such a name.
    package func untag(_ name: Reference) throws -> Bool {
        var found = false
        try update { found = $0.remove(name.tagged) }
        return found
    }

    /// The image or index with a name, a digest, or the first digits (four or more) of a digest; also an image that
    /// only an index names.
    package func resolve(_ text: String) throws -> Descriptor {
        let all = try list()
        let known = all.map(\.descriptor) + members(of: all)
        if let reference = try? Reference(parsing: text) {
            let match = all.first {
                $0.name == reference.tagged && (reference.digest ?? $0.descriptor.digest) == $0.descriptor.digest
            }
            if let match { return match.descriptor }
            // `name@digest` means the digest, whatever tags it has.
            if let digest = reference.digest, let match = known.first(where: { $0.digest == digest }) { return match }
        }
        let digits = text.hasPrefix("sha256:") ? String(text.dropFirst("sha256:".count)) : text
        guard digits.utf8.count >= 4 else { throw StoreError.unknown(text, known: all.map(\.name)) }
        let matches = known.filter { $0.digest.hex.hasPrefix(digits) }
        guard let match = matches.first else { throw StoreError.unknown(text, known: all.map(\.name)) }
        guard matches.allSatisfy({ $0.digest == match.digest }) else { throw StoreError.ambiguous(text) }
        return match
    }

    /// The images of the indexes among entries; a damaged index has none.
    private func members(of entries: [Entry]) -> [Descriptor] {
        entries.map(\.descriptor).filter(\.mediaType.isIndex).flatMap { descriptor in
            (try? CanonicalJSON.decode(Index.self, from: blobs.read(descriptor)))?.manifests ?? []
        }
    }

    /// The images that a text names: one, or one a platform under an index.
    package func images(_ text: String) throws -> ImageSet { try ImageSet(resolve(text), in: blobs) }

    /// The image that a text names, with manifest and config; of an index the one for a platform.
    ///
    /// Fails with `StoreError.otherPlatform` where an index has none for it.
    package func image(_ text: String, for platform: Platform = .host) throws -> AssembledImage {
        let images = try images(text)
        if let image = images.member(for: platform) { return image }
        throw StoreError.otherPlatform(text, wanted: platform, offered: images.images.map(\.platform))
    }

    /// Keeps a document about an image beside it.
    package func setRecord(_ bytes: [UInt8], for manifest: Digest) throws {
        try AtomicFile.write(bytes, to: recordPath(manifest))
    }

    /// The document that was kept about an image.
    package func record(for manifest: Digest) throws -> [UInt8]? { try HostFiles.read(recordPath(manifest)) }

    private func recordPath(_ manifest: Digest) -> FilePath { records.appending(manifest.hex + ".json") }

    private func update(_ change: (inout LayoutIndex) -> Void) throws {
        let held = try FileLock(lock)
        var index = try LayoutIndex(in: blobs.folder)
        change(&index)
        try index.write(to: blobs.folder)
        _ = consume held
    }
}

/// Why the store cannot say which image is meant.
package enum StoreError: Error, Equatable, CustomStringConvertible {
    case unknown(String, known: [String])
    case ambiguous(String)
    case otherPlatform(String, wanted: Platform, offered: [Platform])
    case unreadableIndex(FilePath)

    package var description: String {
        switch self {
        case .unknown(let name, let known):
            known.isEmpty
                ? "there is no image '\(name)': the store is empty; 'autoimage build' fills it"
                : "there is no image '\(name)'; there are: \(known.joined(separator: ", "))"
        case .ambiguous(let digits): "several images have digests that begin with '\(digits)'; give more digits"
        case .otherPlatform(let name, let wanted, let offered):
            "'\(name)' has no image for \(wanted), only for \(offered.map(\.description).joined(separator: ", ")); "
                + "build it with --platform, or name the platform's own digest"
        case .unreadableIndex(let path): "\(path) is not an OCI index; remove it, or use another folder"
        }
    }
}
