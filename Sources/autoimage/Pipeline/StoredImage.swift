import Files
import Images
import OCI
import Planning

/// An image of the local store, found by name, digest or the beginning of its digest.
struct StoredImage: Sendable {
    let descriptor: Descriptor
    let manifest: Manifest
    let config: ImageConfig
    let record: ImageRecord?

    init(_ name: String, in store: LocalStore) throws {
        guard let descriptor = try store.resolve(name) else {
            let known = try store.list().map(\.name.description)
            throw Failure(
                .inputMissing,
                "no image '\(name)' in the local store; "
                    + (known.isEmpty
                        ? "build one with 'autoimage build ./service'" : "it has \(known.joined(separator: ", "))"))
        }
        self.descriptor = descriptor
        manifest = try CanonicalJSON.decode(Manifest.self, from: try store.blobs.read(descriptor))
        config = try CanonicalJSON.decode(ImageConfig.self, from: try store.blobs.read(manifest.config))
        record = try ImageRecord.read(from: store, descriptor.digest)
    }
}
