/// Names a blob by media type, digest and size (OCI image-spec, descriptor.md).
package struct Descriptor: Codable, Hashable, Sendable {
    package let mediaType: MediaType
    package let digest: Digest
    /// Bytes of the blob as stored.
    package let size: Int64
    package let platform: Platform?
    package var annotations: [String: String]?
    /// What the artifact is that the descriptor names, in a list of referrers.
    package let artifactType: String?
    /// Other addresses of a layer that may not be distributed.
    package let urls: [String]?
    /// The blob itself in base64, where it is small and the writer chose so.
    package let data: String?

    package init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil,
        annotations: [String: String]? = nil, artifactType: String? = nil, urls: [String]? = nil, data: String? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
        self.artifactType = artifactType
        self.urls = urls
        self.data = data
    }
}
