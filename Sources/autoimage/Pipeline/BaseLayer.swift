import Files
import Images
import OCI
import Planning
import SystemPackage

extension AssembledBase {
    /// The one layer of a base that was assembled here; written once for a base and reused from then on.
    func layer(of entry: BaseEntry, _ state: State, in blobs: BlobStore) throws -> LayerBlob {
        let note = state.bases.appending(key.hex).appending("layer-\(LayerWriter.version)-\(Epoch.seconds).json")
        if let bytes = try HostFiles.read(note), let known = try? CanonicalJSON.decode(LayerBlob.self, from: bytes),
            blobs.has(known.descriptor.digest)
        {
            return known
        }
        let owners = owners
        let everything = LayerContent([
            .tree(OverlayTree([root]), from: .root, to: .root, owner: { owners[$0] ?? .root }, modes: .kept)
        ])
        guard let blob = try LayerBuilder(store: blobs, modified: Epoch.seconds).build(everything) else {
            throw Failure(.bug, "the base \(entry.id) is empty; remove \(root) and build again")
        }
        try AtomicFile.write(try CanonicalJSON.encode(blob), to: note)
        return blob
    }
}
