package import OCI
package import SystemPackage

/// A tar file in the form of `docker save`, which every Docker and Podman loads.
///
/// With several platforms it is an OCI layout as well: who knows indexes takes them all, who does not takes one.
package struct DockerArchiveDestination: ImageDestination {
    private let place: ArchivePlace
    private let host: Platform

    /// `host` is the platform for programs that know no index.
    package init(_ place: ArchivePlace, host: Platform = .host) {
        self.place = place
        self.host = host
    }

    package init(_ file: FilePath) { self.init(.file(file)) }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> Delivered {
        let single = images.image(for: host)
        let archive: ArchiveContents =
            images.isIndex
            ? try .universal(images, names, single: single, store) : try .docker(single, names, store)
        let size = try place.write(archive)
        return Delivered(
            "Docker archive \(place)", notes: images.notes(single: single), counts: ["bytes": size])
    }
}

extension ImageSet {
    /// What to know where a program may take one image of several.
    package func notes(single: AssembledImage) -> [String] {
        guard images.count > 1 else { return [] }
        let all = images.map(\.platform.description).joined(separator: ", ")
        return [
            "it holds \(all); Docker without containerd's image store takes \(single.platform)"
        ]
    }
}
