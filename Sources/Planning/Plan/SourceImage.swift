package import OCI

/// A finished image that artifacts are copied from, as `COPY --from=nginx:1.27` does.
///
/// Nothing of it ships but what a copy names, and the shared libraries that those files need.
package struct SourceImage: Codable, Hashable, Sendable {
    /// As the user wrote it; copies name it so in `from`.
    package let reference: String
    package let platform: Platform
    package let reason: Reason
    /// The platform's manifest; nil until `pinned(by:)`.
    package var digest: Digest?

    package init(reference: String, platform: Platform, reason: Reason, digest: Digest? = nil) {
        self.reference = reference
        self.platform = platform
        self.reason = reason
        self.digest = digest
    }

    /// Under which `autoimage.lock` keeps the digest: `reference@platform`.
    package var key: String { "\(reference)@\(platform)" }

    /// The reference with the digest that fixes it.
    package var pinnedReference: String {
        guard let digest, !reference.contains("@") else { return reference }
        return "\(reference)@\(digest)"
    }
}
