import Files
package import OCI
package import SystemPackage

/// An OCI layout in a folder; an existing layout gains the image.
package struct OCILayoutDestination: ImageDestination {
    private let folder: FilePath

    package init(_ folder: FilePath) { self.folder = folder }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> String {
        let target = try BlobStore(folder)
        for blob in images.blobs { try target.copy(blob.digest, from: store) }
        let held = try FileLock(folder.appending(".lock"))
        var index = try LayoutIndex(in: folder)
        for name in names { index.set(name.tagged, to: images.descriptor) }
        if names.isEmpty { index.add(images.descriptor) }
        try index.write(to: folder)
        _ = consume held
        return "OCI layout \(folder)"
    }
}
