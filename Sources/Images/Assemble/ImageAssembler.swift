package import OCI

/// A complete image in a store.
package struct AssembledImage: Hashable, Sendable {
    /// Names the manifest.
    package let descriptor: Descriptor
    package let manifest: Manifest
    package let config: ImageConfig

    package init(descriptor: Descriptor, manifest: Manifest, config: ImageConfig) {
        self.descriptor = descriptor
        self.manifest = manifest
        self.config = config
    }

    /// Reads an image from a store.
    package init(_ descriptor: Descriptor, in store: BlobStore) throws {
        self.descriptor = descriptor
        manifest = try CanonicalJSON.decode(Manifest.self, from: store.read(descriptor))
        config = try CanonicalJSON.decode(ImageConfig.self, from: store.read(manifest.config))
    }
}

/// Writes config and manifest of an image whose layers are in the store.
package struct ImageAssembler: Sendable {
    private let store: BlobStore

    package init(store: BlobStore) { self.store = store }

    /// Writes the image.
    ///
    /// Every layer comes with the history entry that names its group and steps, lowest first. `created` is in seconds
    /// since 1970. Below them lie the layers of `base`, with its own history; annotations name it (OCI image-spec,
    /// annotations.md, `org.opencontainers.image.base.*`).
    package func assemble(
        on base: BaseImage? = nil, layers: [(blob: LayerBlob, createdBy: String)], config: ImageConfig.Execution,
        platform: Platform, created: Int64, annotations: [String: String]? = nil
    ) throws -> AssembledImage {
        let time = Timestamp.text(created)
        let blobs = (base?.layers ?? []) + layers.map(\.blob)
        let image = ImageConfig(
            created: time, platform: platform, config: config,
            rootfs: ImageConfig.RootFS(diffIDs: blobs.map(\.diffID)),
            history: (base?.history ?? [])
                + layers.map { ImageConfig.History(created: time, createdBy: $0.createdBy) })
        var notes = annotations ?? [:]
        if let base {
            notes["org.opencontainers.image.base.name"] = base.reference
            notes["org.opencontainers.image.base.digest"] = base.digest.description
        }
        let manifest = Manifest(
            config: try store.write(CanonicalJSON.encode(image), mediaType: .config),
            layers: blobs.map(\.descriptor), annotations: notes.isEmpty ? nil : notes)
        let written = try store.write(CanonicalJSON.encode(manifest), mediaType: .manifest)
        let descriptor = Descriptor(
            mediaType: .manifest, digest: written.digest, size: written.size, platform: platform)
        return AssembledImage(descriptor: descriptor, manifest: manifest, config: image)
    }
}

/// Points in time as documents write them.
package enum Timestamp {
    /// RFC 3339 in UTC, from seconds since 1970: `1970-01-01T00:00:01Z`.
    package static func text(_ seconds: Int64) -> String {
        let days = (seconds >= 0 ? seconds : seconds - 86399) / 86400
        let second = seconds - days * 86400
        // Days to year, month and day with years that begin in March (Howard Hinnant, "chrono-Compatible Low-Level Date
        // Algorithms", civil_from_days).
        let shifted = days + 719468
        let era = (shifted >= 0 ? shifted : shifted - 146096) / 146097
        let dayOfEra = shifted - era * 146097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        return pad(year, 4) + "-" + pad(civilMonth, 2) + "-" + pad(day, 2) + "T" + pad(second / 3600, 2) + ":"
            + pad(second / 60 % 60, 2) + ":" + pad(second % 60, 2) + "Z"
    }

    private static func pad(_ value: Int64, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
