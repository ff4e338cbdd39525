import Files
import OCI
import SystemPackage

extension LocalStore {
    /// Removes the blobs and records that no named image needs.
    ///
    /// Of a damaged image what can still be told to be its own stays. Nobody may be writing to the store meanwhile: the
    /// caller holds `StateUse.exclusive`.
    package func removeUnreferenced() throws -> PruneResult {
        var needed: Set<String> = []
        var manifests: Set<String> = []
        var damaged: [String] = []
        for entry in try list() where try !mark(entry.descriptor, &needed, &manifests) { damaged.append(entry.name) }
        let folder = blobs.folder.appending("blobs").appending("sha256")
        let dropped = try HostFiles.names(in: folder).filter { !needed.contains($0) }
        for name in dropped { try HostFiles.remove(folder.appending(name)) }
        for (notes, kept) in [("records", manifests), ("origins", needed)] {
            let folder = blobs.folder.appending(notes)
            guard HostFiles.exists(folder) else { continue }
            for name in try HostFiles.names(in: folder) where !kept.contains(String(name.dropLast(".json".utf8.count)))
            {
                try HostFiles.remove(folder.appending(name))
            }
        }
        return PruneResult(blobs: dropped.count, damaged: damaged)
    }

    /// Notes what an image, or an index with its images, needs; returns whether all of its documents can be read.
    private func mark(
        _ descriptor: Descriptor, _ needed: inout Set<String>, _ manifests: inout Set<String>
    ) throws -> Bool {
        manifests.insert(descriptor.digest.hex)
        needed.insert(descriptor.digest.hex)
        guard !descriptor.mediaType.isIndex else {
            guard let index = try? CanonicalJSON.decode(Index.self, from: blobs.read(descriptor)) else { return false }
            return try index.manifests.reduce(true) { try mark($1, &needed, &manifests) && $0 }
        }
        guard let manifest = try? CanonicalJSON.decode(Manifest.self, from: blobs.read(descriptor)) else {
            return false
        }
        needed.formUnion(([manifest.config] + manifest.layers).map(\.digest.hex))
        // An artifact's config is none of an image.
        guard manifest.artifactType == nil else { return true }
        return (try? AssembledImage(descriptor, in: blobs)) != nil
    }
}

/// What pruning did and met.
package struct PruneResult: Hashable, Sendable, CustomStringConvertible {
    /// How many blobs were removed.
    package let blobs: Int
    /// Names of images that cannot be read, sorted: to be built again or removed.
    package let damaged: [String]

    package init(blobs: Int, damaged: [String]) {
        self.blobs = blobs
        self.damaged = damaged
    }

    /// The number, and the damaged images where there are any.
    package var description: String {
        damaged.isEmpty ? "\(blobs)" : "\(blobs) (skipped, as they are damaged: \(damaged.joined(separator: ", ")))"
    }
}
