import Files
import Images
import OCI
import Planning
import Registry
import SystemPackage

/// An image that a user named, wherever it is: in the local store, a registry, a layout or an archive.
struct ImageSource: ~Copyable {
    /// Holds every blob of the image, as far as they were asked for.
    let store: BlobStore
    let images: ImageSet
    /// As the user wrote it.
    let name: String
    private let work: TemporaryFolder?

    private init(store: BlobStore, images: ImageSet, name: String, work: consuming TemporaryFolder? = nil) {
        self.store = store
        self.images = images
        self.name = name
        self.work = work
    }

    /// The forms of a name, for help texts.
    static let forms =
        "A name of the local store, docker://REFERENCE, oci:FOLDER[:NAME], oci-archive:FILE or docker-archive:FILE; "
        + "a name with a registry's host that the store does not have is asked of the registry."

    /// Finds an image; one of a registry is brought into the local store's blobs, without a name there.
    static func open(_ text: String, in state: State, _ registry: RegistryAccess) async throws -> ImageSource {
        let (scheme, place) = split(text)
        switch scheme {
        case "oci":
            let (folder, name) = layoutPlace(place)
            let contents = try ArchivedImages.layout(FilePath(folder))
            let descriptor = try contents.entry(named: name, of: text)
            return ImageSource(store: contents.store, images: try ImageSet(descriptor, in: contents.store), name: text)
        case "oci-archive", "docker-archive":
            let work = try state.makeTemporary("archive")
            let contents = try ArchivedImages.archive(FilePath(place), into: work.path)
            let descriptor = try contents.entry(named: nil, of: text)
            return ImageSource(
                store: contents.store, images: try ImageSet(descriptor, in: contents.store), name: text, work: work)
        case "docker": return try await pulled(place, text, state, registry)
        default:
            let store = try LocalStore(state)
            do {
                let images = try ImageSet(store.resolve(text), in: store.blobs)
                if images.blobs.contains(where: { !store.blobs.has($0.digest) }) {
                    try await registry.client().fetchMissingBlobs(of: images, into: store.blobs)
                }
                return ImageSource(store: store.blobs, images: images, name: text)
            } catch let error as StoreError {
                guard case .unknown = error, let reference = try? Reference(parsing: text), reference.registry != nil
                else { throw error }
                return try await pulled(text, text, state, registry)
            }
        }
    }

    private static func pulled(
        _ reference: String, _ name: String, _ state: State, _ registry: RegistryAccess
    ) async throws -> ImageSource {
        let store = try LocalStore(state).blobs
        let images = try await registry.client().pullAll(Reference(parsing: reference), into: store)
        return ImageSource(store: store, images: images, name: name)
    }

    private static func split(_ text: String) -> (scheme: String?, place: String) {
        for scheme in ["oci-archive", "docker-archive", "oci"] where text.hasPrefix(scheme + ":") {
            return (scheme, String(text.dropFirst(scheme.count + 1)))
        }
        if text.hasPrefix("docker://") { return ("docker", String(text.dropFirst("docker://".count))) }
        return (nil, text)
    }

    /// `FOLDER` and `FOLDER:NAME`: a folder that exists under the whole text comes first.
    private static func layoutPlace(_ text: String) -> (folder: String, name: String?) {
        if HostFiles.exists(FilePath(text)) { return (text, nil) }
        for index in text.indices where text[index] == ":" && HostFiles.exists(FilePath(String(text[..<index]))) {
            return (String(text[..<index]), String(text[text.index(after: index)...]))
        }
        return (text, nil)
    }
}
