import Files
import Images
import OCI
import Planning
import Registry
import SystemPackage

/// Supplies bases that are images of a registry: resolves tags to digests, pulls, and unpacks what a build needs.
struct ImageBaseSupplier: Sendable {
    let state: State
    let store: BlobStore
    let registry: RegistryAccess
    let note: @Sendable (String) -> Void

    /// Counts up when the same image gives another tree than before.
    private static let assemblyVersion = 1

    /// The digest that the tag has now, of the manifest for the base's platform.
    func resolve(_ base: Base) async throws -> Pin {
        try await naming(base) {
            let image = try await registry.client().pull(
                Reference(parsing: base.entry.reference), platform: base.platform, into: store, layers: false)
            return .digest(digest: image.descriptor.digest)
        }
    }

    /// The pinned image as a base: the one from an earlier run, or a new one.
    ///
    /// Without `content` the layers stay where they are and the tree is empty; whoever pushes an image built on them
    /// finds out from the store where to mount or stream them from. With the tree at hand nothing is fetched.
    func assemble(_ base: Base, content: Bool) async throws -> AssembledBase {
        guard case .digest(let digest)? = base.pin else {
            throw Failure(
                .badConfiguration,
                "the pin of \(base.key) is no image's; 'autoimage lock --update' resolves it again")
        }
        let key = try Self.key(base, digest, content: content)
        let home = state.bases.appending(key.hex)
        if let done = try await known(key, base, digest) { return done }
        let lock = try await FileLock.acquire(state.lock("base-" + key.hex)) {
            note("waiting for another build to unpack \(base.entry.id)")
        }
        defer { Self.keep(lock) }
        if let done = try await known(key, base, digest) { return done }
        note("pulling \(base.entry.reference)")
        let image = try await pull(base, digest, layers: content)
        let work = try state.makeTemporary("base")
        let folder = work.path.appending("new")
        let root = folder.appending("root")
        try HostFiles.makeFolder(root)
        let result: AssembledBase
        do {
            if content { note("unpacking \(base.entry.id)") }
            let unpacked = content ? try BaseUnpacker(store: store).unpack(image, into: root) : nil
            let layers = unpacked.map { BaseImage(image, named: base.entry.reference, layers: $0.layers) }
            result = AssembledBase(
                key: key, home: home, owners: unpacked?.owners ?? [:], packages: [], size: unpacked?.size ?? 0,
                image: try layers ?? BaseImage(image, named: base.entry.reference))
        } catch let error where Self.isDamage(error) {
            throw Failure(.unavailable, "the base \(base.entry.reference)@\(digest) cannot be unpacked: \(error)")
        }
        try result.save(in: folder)
        // From its name on nobody looks at its bytes again, so they have to be on the disk before.
        try HostFolder(folder).flushFileSystem()
        try HostFiles.remove(home)
        _ = try work.move(folder, to: home)
        try HostFolder(state.bases).flushNames()
        return result
    }

    private static func keep(_ lock: borrowing FileLock) {}

    /// What an earlier run left; layers that were removed from the store since are pulled again.
    ///
    /// The layers of a builder have done their work once they are unpacked.
    private func known(_ key: Digest, _ base: Base, _ digest: Digest) async throws -> AssembledBase? {
        guard let done = try AssembledBase.load(key, from: state.bases.appending(key.hex)), let image = done.image
        else { return nil }
        let missing =
            done.size == 0 || base.entry.role == .builder
            ? []
            : image.layers.map(\.descriptor).filter {
                !store.has($0.digest)
            }
        guard !missing.isEmpty else { return done }
        let repository = Repository(of: try Reference(parsing: base.entry.reference))
        try await naming(base) {
            for layer in missing { try await registry.client().pull(layer, from: repository, into: store) }
        }
        return done
    }

    private func pull(_ base: Base, _ digest: Digest, layers: Bool) async throws -> AssembledImage {
        try await naming(base) {
            let name = try Reference(parsing: base.entry.reference)
            let pinned = try Reference(parsing: name.digest == nil ? "\(name)@\(digest)" : "\(name)")
            return try await registry.client().pull(pinned, platform: base.platform, into: store, layers: layers)
        }
    }

    private static func key(_ base: Base, _ digest: Digest, content: Bool) throws -> Digest {
        struct Ingredients: Encodable {
            let assemblyVersion: Int
            let reference: String
            let digest: Digest
            let content: Bool
        }
        return Digest(
            of: try CanonicalJSON.encode(
                Ingredients(
                    assemblyVersion: assemblyVersion, reference: base.entry.reference, digest: digest, content: content)
            ))
    }

    /// Whether an error says that the image is not what an image should be.
    private static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case is BlobError, is GzipError, is TarError, is UnpackError, is ImageProblem: true
        default: false
        }
    }

    /// Says for which base a registry was asked, and how to do without it.
    private func naming<Result>(_ base: Base, _ work: () async throws -> Result) async throws -> Result {
        do { return try await work() } catch let error as RegistryError {
            let registry = (try? Repository(of: Reference(parsing: base.entry.reference)))?.registry ?? "docker.io"
            let isFar =
                switch error {
                case .unreachable, .busy: true
                default: false
                }
            throw Failure(
                code(of: error),
                "the base \(base.entry.id) is \(base.entry.reference): \(error)"
                    + (isFar
                        ? "; --bases debian takes bases that need no registry, and --registry-mirror \(registry)=HOST "
                            + "asks another one" : ""))
        }
    }
}
