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

    /// Reads a descriptor; a negative size is refused, which nothing after it could reckon with.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        mediaType = try container.decode(MediaType.self, forKey: .mediaType)
        digest = try container.decode(Digest.self, forKey: .digest)
        size = try container.decode(Int64.self, forKey: .size)
        platform = try container.decodeIfPresent(Platform.self, forKey: .platform)
        annotations = try container.decodeIfPresent([String: String].self, forKey: .annotations)
        artifactType = try container.decodeIfPresent(String.self, forKey: .artifactType)
        urls = try container.decodeIfPresent([String].self, forKey: .urls)
        data = try container.decodeIfPresent(String.self, forKey: .data)
        guard size >= 0 else {
            throw DecodingError.dataCorruptedError(
                forKey: .size, in: container, debugDescription: "the size \(size) is negative")
        }
    }
}
