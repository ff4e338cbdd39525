/// Names a blob by media type, digest and size (OCI image-spec, descriptor.md).
package struct Descriptor: Codable, Hashable, Sendable {
    package let mediaType: MediaType
    package let digest: Digest
    /// Bytes of the blob as stored.
    package let size: Int64
    package let platform: Platform?
    package let annotations: [String: String]?

    package init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil,
        annotations: [String: String]? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
    }
}
