package import OCI
package import SystemPackage

/// An OCI layout in a tar file, as skopeo's and podman's `oci-archive`.
package struct OCIArchiveDestination: ImageDestination {
    private let file: FilePath

    package init(_ file: FilePath) { self.file = file }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> String {
        var index = LayoutIndex()
        for name in names { index.set(name.tagged, to: images.descriptor) }
        if names.isEmpty { index.add(images.descriptor) }
        var archive = try ArchiveFile(file)
        try archive.add(folder: "blobs")
        try archive.add(folder: "blobs/sha256")
        for blob in images.blobs.sorted(by: { $0.digest < $1.digest }) {
            try archive.add("blobs/sha256/\(blob.digest.hex)", blob, from: store)
        }
        try archive.add("index.json", index.encoded())
        try archive.add("oci-layout", LayoutIndex.layoutFile)
        try archive.commit()
        return "OCI archive \(file)"
    }
}
