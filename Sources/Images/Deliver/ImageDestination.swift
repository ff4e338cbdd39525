package import OCI

/// A place that finished images go to.
///
/// To add one, conform a type in a file of its own. What it writes must appear complete or not at all.
package protocol ImageDestination: Sendable {
    /// Copies an image, or an index with its images, from a store, under names; returns the place for people to read.
    func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> String
}

extension AssembledImage {
    /// The blobs of the image by digest, each once: layers, config, manifest.
    package var blobs: [Descriptor] {
        var seen: Set<Digest> = []
        return (manifest.layers + [manifest.config, descriptor]).filter { seen.insert($0.digest).inserted }
    }
}

extension ImageSet {
    /// All blobs by digest, each once: those of the images, then the index where there is one.
    package var blobs: [Descriptor] {
        var seen: Set<Digest> = []
        return (images.flatMap(\.blobs) + [descriptor]).filter { seen.insert($0.digest).inserted }
    }
}
