package import SystemPackage

/// How a scripted registry is set up.
package struct ScriptedRegistryOptions: Sendable {
    /// A loopback address: `127.0.0.1`, or another of 127.0.0.0/8 that counts as another host.
    package var address = "127.0.0.1"
    /// With it the registry speaks TLS.
    package var certificate: ServerCertificate?
    package var authentication = Authentication.none
    /// Passwords by user, for Basic and for the token service.
    package var users: [String: String] = [:]
    /// Whether those without an account may pull.
    package var isPublic = false
    /// Repositories that nobody may push to.
    package var readOnly: Set<String> = []
    /// Where the token service is; nil for this registry itself.
    package var realm: String?
    /// Whether it keeps the referrers of manifests (OCI distribution-spec, "Listing Referrers").
    package var hasReferrers = true
    /// Descriptors of a page of referrers; nil for all.
    package var referrersPage: Int?
    /// Whether blobs are mounted from other repositories; else a mount starts an upload.
    package var canMount = true
    package var location = Location.relative
    /// `OCI-Chunk-Min-Length` of uploads.
    package var minimumChunk: Int?

    /// Who may come in.
    package enum Authentication: Hashable, Sendable {
        case none
        case basic
        /// Tokens, valid for so many requests (nil for ever); `expiresIn` is what the answer says, in seconds.
        case bearer(uses: Int? = nil, expiresIn: Int? = 300)
    }

    /// How addresses of uploads are written.
    package enum Location: Hashable, Sendable {
        /// A path with a query.
        case relative
        /// With scheme and host.
        case absolute
        /// On another front, by its scheme, address and port.
        case elsewhere(String)
    }

    package init() {}
}

/// Files in PEM for a server's TLS.
package struct ServerCertificate: Hashable, Sendable {
    package let chain: FilePath
    package let key: FilePath

    package init(chain: FilePath, key: FilePath) {
        self.chain = chain
        self.key = key
    }
}
