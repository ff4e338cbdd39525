/// One image for one platform: its config and its layers, lowest first (OCI image-spec, manifest.md); or an artifact.
package struct Manifest: Codable, Hashable, Sendable {
    package let schemaVersion: Int
    package let mediaType: MediaType?
    package let artifactType: String?
    package let config: Descriptor
    package let layers: [Descriptor]
    /// The manifest that an artifact refers to.
    package let subject: Descriptor?
    package let annotations: [String: String]?

    package init(
        config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil, artifactType: String? = nil,
        subject: Descriptor? = nil
    ) {
        schemaVersion = 2
        mediaType = .manifest
        self.artifactType = artifactType
        self.config = config
        self.layers = layers
        self.subject = subject
        self.annotations = annotations
    }
}

/// A list of manifests, one a platform, or the table of contents of a layout (OCI image-spec, image-index.md).
package struct Index: Codable, Hashable, Sendable {
    package let schemaVersion: Int
    package let mediaType: MediaType?
    package let manifests: [Descriptor]
    package let annotations: [String: String]?

    package init(manifests: [Descriptor], annotations: [String: String]? = nil) {
        schemaVersion = 2
        mediaType = .index
        self.manifests = manifests
        self.annotations = annotations
    }
}
