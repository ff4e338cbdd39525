import Files
import Images
import OCI
import Planning

/// An image of the local store with what its build knew about it.
struct StoredImage: Sendable {
    let image: AssembledImage
    /// Every name that the image has in the store.
    let names: [Reference]
    /// nil for an image that another tool put into the store.
    let record: ImageRecord?

    /// Finds an image by name, digest or the beginning of its digest.
    init(_ name: String, in store: LocalStore) throws {
        image = try store.image(name)
        let digest = image.descriptor.digest
        names = try store.list().filter { $0.descriptor.digest == digest }.map { try Reference(parsing: $0.name) }
        record = try ImageRecord.read(from: store, image.descriptor.digest)
    }
}
