/// A media type of the OCI image specification or of Docker's older vocabulary.
package struct MediaType: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }

    package static let index = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    package static let manifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    package static let config = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    package static let layerTar = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    package static let layerGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    /// The config of an artifact that needs none: `{}` (OCI image-spec, manifest.md, "Guidance for an Empty Descriptor").
    package static let empty = MediaType(rawValue: "application/vnd.oci.empty.v1+json")
    package static let dockerIndex = MediaType(rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    package static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    package static let dockerConfig = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    package static let dockerLayerGzip = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")

    /// Whether a document of this type lists manifests, in either vocabulary.
    package var isIndex: Bool { self == .index || self == .dockerIndex }

    /// Whether a document of this type is one image's manifest, in either vocabulary.
    package var isManifest: Bool { self == .manifest || self == .dockerManifest }

    /// Whether blobs of this type may not be pushed to other registries (OCI image-spec, layer.md, "Non-Distributable
    /// Layers"; Docker's `foreign` layers).
    package var isNonDistributable: Bool { rawValue.contains(".nondistributable.") || rawValue.contains(".foreign.") }
}
