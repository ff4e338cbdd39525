package import OCI

/// What a build delivers: the image of one platform, or several under one index.
package struct ImageSet: Hashable, Sendable {
    /// Names what a reference stands for: the manifest of the only image, or the index.
    package let descriptor: Descriptor
    /// In the order of the index; one image without an index.
    package let images: [AssembledImage]

    /// One image.
    package init(_ image: AssembledImage) {
        descriptor = image.descriptor
        images = [image]
    }

    private init(descriptor: Descriptor, images: [AssembledImage]) {
        self.descriptor = descriptor
        self.images = images
    }

    /// Writes the index of several images, sorted by platform, so that its digest depends on the images alone.
    ///
    /// One image stays without an index.
    package init(indexing images: [AssembledImage], in store: BlobStore) throws {
        guard images.count > 1 else {
            guard let image = images.first else { throw ImageSetError.empty }
            self.init(image)
            return
        }
        let sorted = images.sorted { Self.platform($0) < Self.platform($1) }
        let index = Index(manifests: sorted.map(\.descriptor))
        self.init(descriptor: try store.write(CanonicalJSON.encode(index), mediaType: .index), images: sorted)
    }

    /// Reads an image or an index from a store; entries that are not images (attestations) are left out.
    package init(_ descriptor: Descriptor, in store: BlobStore) throws {
        guard descriptor.mediaType.isIndex else {
            self.init(try AssembledImage(descriptor, in: store))
            return
        }
        let index = try CanonicalJSON.decode(Index.self, from: store.read(descriptor))
        let images = try index.manifests.filter { $0.mediaType.isManifest && $0.platform?.os != "unknown" }.map {
            try AssembledImage($0, in: store)
        }
        guard !images.isEmpty else { throw ImageSetError.noImages(descriptor.digest) }
        self.init(descriptor: descriptor, images: images)
    }

    /// The index's image for just this platform, nil where it has none; the only image where there is no index.
    package func member(for platform: Platform) -> AssembledImage? {
        isIndex ? images.first { $0.platform.normalized == platform.normalized } : images.first
    }

    /// Whether a reference stands for an index.
    package var isIndex: Bool { descriptor.mediaType.isIndex }

    private static func platform(_ image: AssembledImage) -> String { image.descriptor.platform?.description ?? "" }
}

/// Why there is nothing to deliver.
package enum ImageSetError: Error, Equatable, CustomStringConvertible {
    case empty
    case noImages(Digest)

    package var description: String {
        switch self {
        case .empty: "there is no image to deliver"
        case .noImages(let digest): "the index \(digest) lists no image"
        }
    }
}
