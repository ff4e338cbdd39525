/// Finds what Docker, Podman and credential helpers keep about a registry.
///
/// Reads `config.json` of Docker, `auth.json` of Podman and the legacy `.dockercfg`, and runs
/// `docker-credential-*` helpers. Nothing is read before a registry asks.
package struct CredentialFinder: Sendable {
    /// Looks in the places that the environment names.
    package init(environment: [String: String]) { fatalError("contract") }

    /// What is kept for a registry (`host[:port]` as in `Repository.registry`) and a repository in it; nil for none.
    ///
    /// Fails with `RegistryError.badConfiguration` where a file or helper cannot be used.
    package func credential(for registry: String, repository: String?) async throws -> Credential? {
        fatalError("contract")
    }
}

/// Who we are to a registry.
package struct Credential: Hashable, Sendable {
    package let secret: Secret
    /// The file or helper it came from, for messages.
    package let origin: String

    package init(_ secret: Secret, origin: String) {
        self.secret = secret
        self.origin = origin
    }

    package enum Secret: Hashable, Sendable {
        case password(user: String, password: String)
        /// A refresh token, given for access tokens (`identitytoken`).
        case identityToken(String)
        /// An access token (`registrytoken`).
        case registryToken(String)
    }
}
