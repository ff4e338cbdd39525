import Files
import Images
import OCI
import Planning
import Proof
import Registry

/// Brings the images that artifacts are copied from, as file trees.
struct SourceImages: Sendable {
    let state: State
    let store: BlobStore
    let registry: RegistryAccess
    let note: @Sendable (String) -> Void

    /// The digest that the reference stands for now, of the manifest for the image's platform.
    func resolve(_ image: SourceImage) async throws -> Digest {
        let reference = try Reference(parsing: image.reference)
        return try await registry.client().pull(reference, platform: image.platform, into: store, layers: false)
            .descriptor.digest
    }

    /// The tree of each pinned image of a plan, by its reference; checks that what the plan copies is there.
    ///
    /// Nothing is fetched where an earlier run has brought the layers.
    func trees(of plan: BuildPlan) async throws -> [String: OverlayTree] {
        var trees: [String: OverlayTree] = [:]
        for image in plan.images {
            guard let digest = image.digest else { continue }
            let tree = try await tree(image, digest)
            for copy in plan.runtime.copies where copy.from == image.reference {
                guard try tree.resolve(copy.path) != nil else {
                    throw Failure(.inputMissing, "\(copy.reason): \(image.reference) has no \(copy.path)")
                }
            }
            trees[image.reference] = tree
        }
        return trees
    }

    private func tree(_ image: SourceImage, _ digest: Digest) async throws -> OverlayTree {
        let unpacker = LayerUnpacker(state: state, store: store)
        if let known = try known(digest) { return OverlayTree(try unpacker.unpack(known).reversed()) }
        note("pulling \(image.reference)")
        let name = try Reference(parsing: image.reference)
        let pinned = try Reference(parsing: name.digest == nil ? "\(name)@\(digest)" : "\(name)")
        let pulled = try await registry.client().pull(pinned, platform: image.platform, into: store, layers: true)
        return OverlayTree(try unpacker.unpack(pulled).reversed())
    }

    /// The image, where every blob of it is in the store.
    private func known(_ digest: Digest) throws -> AssembledImage? {
        guard let size = store.size(of: digest),
            let image = try? AssembledImage(
                Descriptor(mediaType: .manifest, digest: digest, size: size), in: store),
            image.blobs.allSatisfy({ store.has($0.digest) })
        else { return nil }
        return image
    }
}

extension BuildPlan {
    /// The shared libraries that the plan's own copies need beside the runtime base: from the builder first, then from
    /// each image for what was copied from it.
    func missingLibraries(
        builder: any FileTree, images: [String: OverlayTree], base: any FileTree, machine: ELFMachine?
    ) throws -> [LibraryAddition] {
        let own = runtime.copies.filter { $0.group != .systemLibraries }
        var additions = try LibraryClosure.complete(
            copies: own.filter { images[$0.from] == nil }, builder: builder, runtime: base, machine: machine)
        for image in self.images {
            guard let tree = images[image.reference] else { continue }
            let soFar = try LibraryClosure.runtime(
                base, with: additions.filter { $0.image == nil }.flatMap(\.files), of: builder)
            let found = try LibraryClosure.complete(
                copies: own.filter { $0.from == image.reference }, builder: tree, runtime: soFar, machine: machine)
            let taken = Set(additions.flatMap(\.files))
            additions += found.map {
                LibraryAddition(
                    package: $0.package, version: $0.version, image: image.reference,
                    files: $0.files.filter { !taken.contains($0) }, neededBy: $0.neededBy)
            }
        }
        return additions
    }
}
