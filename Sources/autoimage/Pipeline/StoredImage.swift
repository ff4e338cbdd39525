import Files
import Images
import OCI
import Planning

/// An image of the local store with what its build knew about it.
struct StoredImage: Sendable {
    /// What the name stands for: the image alone, or an index with one image a platform.
    let set: ImageSet
    /// The one that is looked at: of an index the image for the wanted platform.
    let image: AssembledImage
    /// Every name that the image, or its index, has in the store.
    let names: [Reference]
    /// nil for an image that another tool put into the store.
    let record: ImageRecord?

    /// Finds an image by name, digest or the beginning of its digest; of an index it takes the one for `platform`.
    init(_ name: String, in store: LocalStore, for platform: Platform = .host) throws {
        set = try store.images(name)
        image = try store.image(name, for: platform)
        let digest = set.descriptor.digest
        names = try store.list().filter { $0.descriptor.digest == digest }.map { try Reference(parsing: $0.name) }
        record = try ImageRecord.read(from: store, image.descriptor.digest)
    }

    /// Fails where this machine cannot run the image's programs.
    func checkRuns(on host: Platform = .host) throws {
        guard image.platform.normalized != host else { return }
        throw Failure(
            .unavailable,
            "the image is for \(image.platform) and this machine is \(host): run it on such a machine, "
                + "or build it for this one too, with --platform \(image.platform),\(host)")
    }
}
