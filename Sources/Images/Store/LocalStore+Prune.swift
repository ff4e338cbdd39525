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
        for entry in try list() {
            needed.insert(entry.descriptor.digest.hex)
            var isDamaged = false
            for descriptor in imagesOrSelf(of: entry.descriptor, &isDamaged) {
                manifests.insert(descriptor.digest.hex)
                needed.insert(descriptor.digest.hex)
                do {
                    let manifest = try CanonicalJSON.decode(Manifest.self, from: blobs.read(descriptor))
                    needed.formUnion(([manifest.config] + manifest.layers).map(\.digest.hex))
                    _ = try AssembledImage(descriptor, in: blobs)
                } catch {
                    isDamaged = true
                }
            }
            if isDamaged { damaged.append(entry.name) }
        }
        let folder = blobs.folder.appending("blobs").appending("sha256")
        let dropped = try HostFiles.names(in: folder).filter { !needed.contains($0) }
        for name in dropped { try HostFiles.remove(folder.appending(name)) }
        let records = blobs.folder.appending("records")
        for name in try HostFiles.names(in: records)
        where !manifests.contains(String(name.dropLast(".json".utf8.count))) {
            try HostFiles.remove(records.appending(name))
        }
        return PruneResult(blobs: dropped.count, damaged: damaged)
    }

    /// The images of an index; what is no index is the only one.
    private func imagesOrSelf(of descriptor: Descriptor, _ isDamaged: inout Bool) -> [Descriptor] {
        guard descriptor.mediaType.isIndex else { return [descriptor] }
        do { return try CanonicalJSON.decode(Index.self, from: blobs.read(descriptor)).manifests } catch {
            isDamaged = true
            return []
        }
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
