import Files
import Glibc
package import OCI
package import SystemPackage

/// An OCI layout in a folder; an existing layout gains the image.
package struct OCILayoutDestination: ImageDestination {
    private let folder: FilePath

    package init(_ folder: FilePath) { self.folder = folder }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> Delivered {
        var made: [FilePath] = []
        do {
            let size = try DestinationError.naming(folder) { try write(images, store, names, &made) }
            return Delivered("OCI layout \(folder)", counts: ["bytes": size])
        } catch {
            // The index does not name them, so nobody would ever remove them.
            for path in made.reversed() { _ = HostFiles.isFolder(path) ? rmdir(path.string) : unlink(path.string) }
            throw error
        }
    }

    /// Writes blobs, then the index; `made` gets every path that was not there before.
    private func write(
        _ images: ImageSet, _ store: BlobStore, _ names: [Reference], _ made: inout [FilePath]
    ) throws -> Int64 {
        let lock = folder.appending(".lock")
        for path in [folder, folder.appending("blobs"), folder.pushing("blobs/sha256"), lock]
        where !HostFiles.exists(path) { made.append(path) }
        let target = try BlobStore(folder)
        // From the first blob on: who fails removes blobs that another writer must not rely on.
        let held = try FileLock(lock)
        var size: Int64 = 0
        for blob in images.blobs where !target.has(blob.digest) {
            try Task.checkCancellation()
            try target.copy(blob.digest, from: store)
            made.append(target.path(blob.digest))
            size += blob.size
        }
        var index = try LayoutIndex(in: folder)
        for name in names { index.set(name.tagged, to: images.descriptor) }
        if names.isEmpty { index.add(images.descriptor) }
        for name in ["oci-layout", "index.json"] where !HostFiles.exists(folder.appending(name)) {
            made.append(folder.appending(name))
        }
        try index.write(to: folder)
        _ = consume held
        return size
    }
}
