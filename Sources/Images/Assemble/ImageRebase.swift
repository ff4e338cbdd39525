package import OCI

/// Puts the upper layers of an image onto another base, as they are: no layer is read or written.
package struct ImageRebase: Sendable {
    private let image: AssembledImage
    private let baseLayers: Int

    /// An image whose lowest `baseLayers` layers are its base; fails where it has fewer.
    package init(_ image: AssembledImage, baseLayers: Int) throws(ImageRebaseError) {
        guard baseLayers > 0, baseLayers <= image.manifest.layers.count,
            image.manifest.layers.count == image.config.rootfs.diffIDs.count
        else { throw .noBase(layers: image.manifest.layers.count, base: baseLayers) }
        self.image = image
        self.baseLayers = baseLayers
    }

    /// The base of an image that autoimage built, by its history: layers of ours above it say what they hold.
    ///
    /// nil for images of others.
    package static func baseLayers(of image: AssembledImage) -> Int? {
        let own = image.config.history.filter { $0.emptyLayer != true }.reversed().prefix {
            guard let by = $0.createdBy, by.hasPrefix(Self.mark) else { return false }
            return !by.hasPrefix(Self.mark + "base")
        }.count
        let layers = image.manifest.layers.count
        guard image.config.config.labels?["autoimage.stage"] == "runtime", layers > own else { return nil }
        return layers - own
    }

    /// How the history of our layers begins.
    package static let mark = "autoimage build: "

    /// The image's layers above its base, lowest first.
    package var upperLayers: [(descriptor: Descriptor, diffID: Digest)] {
        Array(zip(image.manifest.layers, image.config.rootfs.diffIDs).dropFirst(baseLayers)).map { ($0, $1) }
    }

    /// The image on a new base.
    ///
    /// Variables that the image has from its old base get the new base's values; everything else stays. `base` names
    /// the new one in annotations (`org.opencontainers.image.base.*`, OCI image-spec, annotations.md) and in the label.
    package func onto(_ base: NewBase, oldEnvironment: [String], in store: BlobStore) throws -> AssembledImage {
        let upperHistory = Self.history(of: image.config, above: baseLayers)
        let old = image.config.config
        let execution = ImageConfig.Execution(
            user: old.user, exposedPorts: (old.exposedPorts ?? [:]).keys.sorted(),
            env: Self.environment(old.env ?? [], from: oldEnvironment, to: base.environment),
            entrypoint: old.entrypoint ?? [], cmd: old.cmd ?? [], volumes: (old.volumes ?? [:]).keys.sorted(),
            workingDir: old.workingDir,
            labels: (old.labels ?? [:]).merging(base.label.map { ["autoimage.base": $0] } ?? [:]) { _, new in new },
            stopSignal: old.stopSignal)
        let platform = Platform(
            architecture: image.config.architecture, os: image.config.os, variant: image.config.variant)
        let config = ImageConfig(
            created: image.config.created, platform: platform, config: execution,
            rootfs: ImageConfig.RootFS(diffIDs: base.diffIDs + upperLayers.map(\.diffID)),
            history: base.history + upperHistory)
        var annotations = image.manifest.annotations ?? [:]
        annotations["org.opencontainers.image.base.name"] = base.name
        annotations["org.opencontainers.image.base.digest"] = base.digest?.description
        let manifest = Manifest(
            config: try store.write(CanonicalJSON.encode(config), mediaType: .config),
            layers: base.layers + upperLayers.map(\.descriptor), annotations: annotations.isEmpty ? nil : annotations)
        let written = try store.write(CanonicalJSON.encode(manifest), mediaType: .manifest)
        let descriptor = Descriptor(
            mediaType: .manifest, digest: written.digest, size: written.size,
            platform: image.descriptor.platform ?? platform)
        return AssembledImage(descriptor: descriptor, manifest: manifest, config: config)
    }

    /// The entries of the history that belong to the layers above a number of them.
    private static func history(of config: ImageConfig, above layers: Int) -> [ImageConfig.History] {
        var seen = 0
        return config.history.filter { entry in
            if entry.emptyLayer != true { seen += 1 }
            return seen > layers
        }
    }

    private static func environment(_ variables: [String], from old: [String], to new: [String]) -> [String] {
        func name(_ variable: String) -> Substring { variable.prefix { $0 != "=" } }
        let inherited = Set(old)
        let values = Dictionary(new.map { (name($0), $0) }, uniquingKeysWith: { _, last in last })
        let kept = variables.map { inherited.contains($0) ? values[name($0)] ?? $0 : $0 }
        let names = Set(kept.map(name))
        let oldNames = Set(old.map(name))
        // What only the new base has is of use to its own programs.
        return kept + new.filter { !names.contains(name($0)) && !oldNames.contains(name($0)) }
    }
}

/// A base to put layers on.
package struct NewBase: Sendable {
    /// Lowest first, with their diffIDs.
    package let layers: [Descriptor]
    package let diffIDs: [Digest]
    package let history: [ImageConfig.History]
    /// `NAME=value`.
    package let environment: [String]
    /// The reference it was asked for by, and its manifest; nil for bases assembled here.
    package let name: String?
    package let digest: Digest?
    /// Its id in the catalog, where it has one.
    package let label: String?

    package init(
        layers: [Descriptor], diffIDs: [Digest], history: [ImageConfig.History], environment: [String], name: String?,
        digest: Digest?, label: String?
    ) {
        self.layers = layers
        self.diffIDs = diffIDs
        self.history = history
        self.environment = environment
        self.name = name
        self.digest = digest
        self.label = label
    }

    /// An image as a base.
    package init(_ image: AssembledImage, name: String, label: String? = nil) {
        self.init(
            layers: image.manifest.layers, diffIDs: image.config.rootfs.diffIDs, history: image.config.history,
            environment: image.config.config.env ?? [], name: name, digest: image.descriptor.digest, label: label)
    }
}

/// Why an image cannot be put onto another base.
package enum ImageRebaseError: Error, Equatable, CustomStringConvertible {
    case noBase(layers: Int, base: Int)

    package var description: String {
        switch self {
        case .noBase(let layers, let base):
            "the image has \(layers) layers, of which \(base) cannot be its base; name its base with --old-base"
        }
    }
}
