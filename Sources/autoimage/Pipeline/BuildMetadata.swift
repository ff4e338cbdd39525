import Files
import Images
import OCI
import SystemPackage

/// What `--metadata-file` holds; the keys with dots are buildx's.
struct BuildMetadata: Encodable {
    let schemaVersion = 1
    /// Of the image, or of the index of several.
    let descriptor: Descriptor
    /// Of the only image's config; absent with several platforms.
    let configDigest: Digest?
    let name: String
    let stage: String
    let names: [Reference]
    let platforms: [Platform]
    let isolation: String
    let revision: String?
    let outputs: [Output]
    /// Seconds by the name of the phase, and `total`.
    let timings: [String: Double]
    let warnings: [String]

    struct Platform: Encodable {
        let platform: String
        let digest: Digest
        let configDigest: Digest
        /// Bytes of the layers as stored.
        let size: Int64
        /// Bytes of the files.
        let unpackedSize: Int64
        let singleStageSize: Int64?
        let layers: [Layer]
    }

    struct Layer: Encodable {
        let digest: Digest
        let diffID: Digest
        let size: Int64
        let unpackedSize: Int64?
        let holds: String?
    }

    struct Output: Encodable {
        let type: String
        let place: String
        let names: [String]
        /// `done` or `failed`.
        let status: String
        let error: String?
        /// What moved, in blobs and bytes.
        let counts: [String: Int64]?
    }

    enum CodingKeys: String, CodingKey {
        case schemaVersion, digest, stage, references, platforms, isolation, revision, outputs, timings, warnings
        case name
        case imageDigest = "containerimage.digest"
        case descriptor = "containerimage.descriptor"
        case imageConfigDigest = "containerimage.config.digest"
        case imageName = "image.name"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(schemaVersion, forKey: .schemaVersion)
        try container.encode(descriptor.digest, forKey: .digest)
        try container.encode(descriptor.digest, forKey: .imageDigest)
        try container.encode(descriptor, forKey: .descriptor)
        try container.encodeIfPresent(configDigest, forKey: .imageConfigDigest)
        try container.encode(name, forKey: .name)
        try container.encode(stage, forKey: .stage)
        try container.encode(names.map { "\($0.tagged)@\(descriptor.digest)" }, forKey: .references)
        try container.encode(names.map(\.tagged).joined(separator: ","), forKey: .imageName)
        try container.encode(platforms, forKey: .platforms)
        try container.encode(isolation, forKey: .isolation)
        try container.encodeIfPresent(revision, forKey: .revision)
        try container.encode(outputs, forKey: .outputs)
        try container.encode(timings, forKey: .timings)
        try container.encode(warnings, forKey: .warnings)
    }
}

extension BuildMetadata {
    /// What a build knows about its images; `records` has one for each of them.
    init(
        _ images: ImageSet, _ records: [ImageRecord], names: [Reference], outputs: [Outputs.Result],
        timings: [String: Double], warnings: [String]
    ) throws {
        self.init(
            descriptor: images.descriptor,
            configDigest: images.isIndex ? nil : images.images[0].manifest.config.digest, name: records[0].name,
            stage: records[0].stage, names: names,
            platforms: try images.images.map { image in
                try Platform(image, records.first { $0.manifest == image.descriptor.digest })
            }, isolation: records[0].isolation, revision: records[0].revision, outputs: outputs.map(Output.init),
            timings: timings, warnings: warnings)
    }

    func write(to file: FilePath) throws {
        let parent = file.removingLastComponent()
        guard parent.isEmpty || HostFiles.isFolder(parent) else { throw DestinationError.noFolder(parent) }
        try AtomicFile.write(try CanonicalJSON.encodePretty(self), to: file)
    }
}

extension BuildMetadata.Platform {
    fileprivate init(_ image: AssembledImage, _ record: ImageRecord?) throws {
        platform = image.platform.description
        digest = image.descriptor.digest
        configDigest = image.manifest.config.digest
        let known = Dictionary(record?.layers.map { ($0.digest, $0) } ?? []) { first, _ in first }
        layers = try image.diffs().map { layer, diffID in
            BuildMetadata.Layer(
                digest: layer.digest, diffID: diffID, size: layer.size,
                unpackedSize: known[layer.digest]?.unpackedSize, holds: known[layer.digest]?.holds)
        }
        size = image.manifest.layers.reduce(0) { $0 + $1.size }
        unpackedSize = record?.unpackedSize ?? layers.reduce(0) { $0 + ($1.unpackedSize ?? 0) }
        singleStageSize = record?.singleStageSize
    }
}

extension BuildMetadata.Output {
    init(_ result: Outputs.Result) {
        type = result.output.type
        names = result.names.map(\.tagged)
        switch result.outcome {
        case .success(let delivered):
            place = delivered.place
            status = "done"
            error = nil
            counts = delivered.counts.isEmpty ? nil : delivered.counts
        case .failure(let failure):
            place = Outputs.label(result.output, result.names)
            status = "failed"
            error = failure.text
            counts = nil
        }
    }
}
