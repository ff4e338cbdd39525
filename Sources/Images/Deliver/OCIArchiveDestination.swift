package import OCI
package import SystemPackage

/// An OCI layout in a tar file, as skopeo's and podman's `oci-archive`.
package struct OCIArchiveDestination: ImageDestination {
    private let place: ArchivePlace

    package init(_ place: ArchivePlace) { self.place = place }

    package init(_ file: FilePath) { self.init(.file(file)) }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> Delivered {
        let size = try place.write(.oci(images, names, store))
        return Delivered("OCI archive \(place)", counts: ["bytes": size])
    }
}
