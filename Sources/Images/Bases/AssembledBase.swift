import Files
package import OCI
package import Planning
package import SystemPackage

/// A base unpacked on this host: assembled from packages, or pulled.
package struct AssembledBase: Sendable {
    /// What the tree is made of: the same key, the same bytes.
    package let key: Digest
    /// The folder that holds the tree; never to be written to.
    package let root: FilePath
    /// Owners other than root; on the host everything belongs to whoever assembled it.
    package let owners: [ImagePath: Owner]
    /// What it was assembled from; empty for a base that was pulled.
    package let packages: [PinnedPackage]
    /// Bytes of all files.
    package let size: Int64
    /// The image that the base is, whose layers stay as they are; nil for one that was assembled.
    package let image: BaseImage?

    /// What is kept beside the tree.
    private struct Record: Codable {
        let owners: [String: Owner]
        let packages: [PinnedPackage]
        let size: Int64
        let image: BaseImage?
    }

    /// A base whose folder is `home`, which holds the tree as `root`.
    package init(
        key: Digest, home: FilePath, owners: [ImagePath: Owner], packages: [PinnedPackage], size: Int64,
        image: BaseImage? = nil
    ) {
        self.key = key
        root = home.appending("root")
        self.owners = owners
        self.packages = packages
        self.size = size
        self.image = image
    }

    /// The base that an earlier run finished; nil where there is none.
    package static func load(_ key: Digest, from home: FilePath) throws -> AssembledBase? {
        guard let bytes = try HostFiles.read(home.appending("base.json")), HostFiles.exists(home.appending("root")),
            let record = try? CanonicalJSON.decode(Record.self, from: bytes)
        else { return nil }
        HostFiles.noteUse(home)
        var owners: [ImagePath: Owner] = [:]
        for (path, owner) in record.owners { owners[try ImagePath(parsing: path)] = owner }
        return AssembledBase(
            key: key, home: home, owners: owners, packages: record.packages, size: record.size, image: record.image)
    }

    /// Writes the record into a folder that will be renamed to the base's place.
    package func save(in folder: FilePath) throws {
        let names = Dictionary(uniqueKeysWithValues: owners.map { ($0.key.description, $0.value) })
        let record = Record(owners: names, packages: packages, size: size, image: image)
        try AtomicFile.write(CanonicalJSON.encodePretty(record), to: folder.appending("base.json"))
    }
}

/// The layers of a base that was pulled, as an image built on it has them.
package struct BaseImage: Codable, Hashable, Sendable {
    /// How the base was named, without a digest.
    package let reference: String
    /// The digest of the platform's manifest.
    package let digest: Digest
    /// Lowest first; media types are OCI's, blobs unchanged.
    package let layers: [LayerBlob]
    /// How the base came to be, with the entries that have no layer.
    package let history: [ImageConfig.History]

    package init(reference: String, digest: Digest, layers: [LayerBlob], history: [ImageConfig.History]) {
        self.reference = reference
        self.digest = digest
        self.layers = layers
        self.history = history
    }

    /// The layers of an image that is not unpacked: how much they hold is not known, so the stored size stands for it.
    package init(_ image: AssembledImage, named reference: String) throws {
        let diffs = try image.diffs()
        self.init(
            image, named: reference,
            layers: diffs.map { layer, diffID in
                LayerBlob(
                    descriptor: layer.inOCITerms, diffID: diffID, uncompressedSize: layer.size, tarSize: 0, entries: 0)
            })
    }

    /// The layers of an image, with what was counted while they were unpacked.
    package init(_ image: AssembledImage, named reference: String, layers: [LayerBlob]) {
        let written = image.config.history
        // A history that does not account for the layers would make one of the new image that does not either.
        let isWhole = written.filter { $0.emptyLayer != true }.count == layers.count
        self.init(
            reference: reference, digest: image.descriptor.digest, layers: layers,
            history: isWhole
                ? written
                : layers.map { _ in ImageConfig.History(created: image.config.created, createdBy: "base: \(reference)")
                })
    }
}

extension Descriptor {
    /// The same layer under OCI's name of its media type.
    package var inOCITerms: Descriptor {
        let type: MediaType =
            switch mediaType {
            case .dockerLayerGzip: .layerGzip
            case MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar"): .layerTar
            default: mediaType
            }
        return Descriptor(
            mediaType: type, digest: digest, size: size, platform: platform, annotations: annotations,
            artifactType: artifactType, urls: urls, data: nil)
    }
}
