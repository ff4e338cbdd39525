package import OCI

/// A place that finished images go to.
///
/// To add one, conform a type in a file of its own. What it writes must appear complete or not at all.
package protocol ImageDestination: Sendable {
    /// Copies an image from a store, under names; returns the place for people to read.
    func deliver(_ image: AssembledImage, from store: BlobStore, names: [Reference]) throws -> String
}

extension AssembledImage {
    /// The blobs of the image by digest, each once: layers, config, manifest.
    var blobs: [Descriptor] {
        var seen: Set<Digest> = []
        return (manifest.layers + [manifest.config, descriptor]).filter { seen.insert($0.digest).inserted }
    }
}
