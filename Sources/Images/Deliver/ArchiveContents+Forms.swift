package import OCI

/// The forms of archives that other programs read.
extension ArchiveContents {
    /// An OCI layout.
    static func oci(_ images: ImageSet, _ names: [Reference], _ store: BlobStore) throws -> ArchiveContents {
        var index = LayoutIndex()
        for name in names { index.set(name.tagged, to: images.descriptor) }
        return try layout(images, index, store, with: nil)
    }

    /// An OCI layout that is a `docker save` archive too: Docker with either of its stores, Podman and skopeo take it.
    ///
    /// Programs that know no index get the image `single` from `manifest.json`, its layers compressed as they are.
    package static func universal(
        _ images: ImageSet, _ names: [Reference], single: AssembledImage, _ store: BlobStore
    ) throws -> ArchiveContents {
        var index = LayoutIndex()
        for name in names {
            let repository = Repository(of: name)
            index.set(
                name.tagged, to: images.descriptor,
                annotations: [
                    "io.containerd.image.name": "\(repository):\(name.tag ?? "latest")"
                ])
        }
        let contents = DockerContents(
            config: path(of: single.manifest.config.digest), repoTags: names.map(\.tagged),
            layers: try single.diffs().map { path(of: $0.layer.digest) })
        return try layout(images, index, store, with: contents)
    }

    /// What `docker save` wrote before it knew OCI: one image, layers uncompressed in folders named by diffID.
    static func docker(_ image: AssembledImage, _ names: [Reference], _ store: BlobStore) throws -> ArchiveContents {
        var archive = ArchiveContents(store)
        var written: Set<Digest> = []
        let diffs = try image.diffs()
        for (layer, diffID) in diffs where written.insert(diffID).inserted {
            archive.add(folder: diffID.hex)
            archive.add("\(diffID.hex)/layer.tar", layer: layer, diffID: diffID)
        }
        let config = "\(image.manifest.config.digest.hex).json"
        archive.add(config, image.manifest.config)
        let contents = DockerContents(
            config: config, repoTags: names.map(\.tagged), layers: diffs.map { "\($0.diffID.hex)/layer.tar" })
        archive.add("manifest.json", try CanonicalJSON.encode([contents]))
        return archive
    }

    private static func layout(
        _ images: ImageSet, _ index: LayoutIndex, _ store: BlobStore, with docker: DockerContents?
    ) throws -> ArchiveContents {
        var index = index
        if index.manifests.isEmpty { index.add(images.descriptor) }
        var archive = ArchiveContents(store)
        archive.add(folder: "blobs")
        archive.add(folder: "blobs/sha256")
        for blob in images.blobs.sorted(by: { $0.digest < $1.digest }) { archive.add(path(of: blob.digest), blob) }
        archive.add("index.json", try index.encoded())
        if let docker { archive.add("manifest.json", try CanonicalJSON.encode([docker])) }
        archive.add("oci-layout", LayoutIndex.layoutFile)
        return archive
    }

    private static func path(of digest: Digest) -> String { "blobs/sha256/\(digest.hex)" }
}

/// One image in `manifest.json` (Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format").
private struct DockerContents: Encodable {
    let config: String
    let repoTags: [String]
    let layers: [String]

    enum CodingKeys: String, CodingKey {
        case config = "Config"
        case repoTags = "RepoTags"
        case layers = "Layers"
    }
}
