import Files
import OCI
import SystemPackage

extension LocalStore {
    /// Removes the blobs and records that no named image needs; returns how many blobs.
    ///
    /// Nobody may be writing to the store meanwhile: the caller holds `StateUse.exclusive`.
    package func removeUnreferenced() throws -> Int {
        var needed: Set<String> = []
        var manifests: Set<String> = []
        for entry in try list() {
            let image = try AssembledImage(entry.descriptor, in: blobs)
            needed.formUnion(image.blobs.map(\.digest.hex))
            manifests.insert(image.descriptor.digest.hex)
        }
        let folder = blobs.folder.appending("blobs").appending("sha256")
        let dropped = try HostFiles.names(in: folder).filter { !needed.contains($0) }
        for name in dropped { try HostFiles.remove(folder.appending(name)) }
        let records = blobs.folder.appending("records")
        for name in try HostFiles.names(in: records)
        where !manifests.contains(String(name.dropLast(".json".utf8.count))) {
            try HostFiles.remove(records.appending(name))
        }
        return dropped.count
    }
}
