package import OCI
package import SystemPackage

/// A tar file in the form of `docker save`, which every Docker and Podman loads.
package struct DockerArchiveDestination: ImageDestination {
    private let file: FilePath

    package init(_ file: FilePath) { self.file = file }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> String {
        guard images.images.count == 1, let image = images.images.first else {
            throw DockerArchiveError.severalPlatforms(
                images.images.compactMap { $0.descriptor.platform?.description })
        }
        let layers = Array(zip(image.manifest.layers, image.config.rootfs.diffIDs))
        guard layers.count == image.manifest.layers.count, layers.count == image.config.rootfs.diffIDs.count else {
            throw ImageProblem.layerCount(
                manifest: image.manifest.layers.count, config: image.config.rootfs.diffIDs.count)
        }
        let config = "\(image.manifest.config.digest.hex).json"
        var archive = try ArchiveFile(file)
        var written: Set<Digest> = []
        for (layer, diffID) in layers where written.insert(diffID).inserted {
            try archive.add(folder: diffID.hex)
            try archive.add("\(diffID.hex)/layer.tar", layer: layer, diffID: diffID, from: store)
        }
        try archive.add(config, image.manifest.config, from: store)
        let contents = Contents(
            config: config, repoTags: names.map(\.tagged), layers: layers.map { "\($0.1.hex)/layer.tar" })
        try archive.add("manifest.json", CanonicalJSON.encode([contents]))
        try archive.commit()
        return "Docker archive \(file)"
    }

    /// One image in `manifest.json` (Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format").
    private struct Contents: Encodable {
        let config: String
        let repoTags: [String]
        let layers: [String]

        enum CodingKeys: String, CodingKey {
            case config = "Config"
            case repoTags = "RepoTags"
            case layers = "Layers"
        }
    }
}

/// Why an image cannot be written in Docker's form.
package enum DockerArchiveError: Error, Equatable, CustomStringConvertible {
    case severalPlatforms([String])

    package var description: String {
        switch self {
        case .severalPlatforms(let platforms):
            "a Docker archive holds one platform, not \(platforms.joined(separator: " and ")); "
                + "choose one with --platform, or write an oci-archive"
        }
    }
}
