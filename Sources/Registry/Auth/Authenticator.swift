/// What a request needs to be allowed: actions in one repository (token specification, "resource scope").
package struct RegistryScope: Hashable, Sendable, CustomStringConvertible {
    /// The repository's path, as in `Repository.name`.
    package let repository: String
    package let mayPush: Bool

    package static func pull(_ repository: String) -> RegistryScope {
        RegistryScope(repository: repository, mayPush: false)
    }

    package static func push(_ repository: String) -> RegistryScope {
        RegistryScope(repository: repository, mayPush: true)
    }

    /// As token servers read it: `repository:library/python:pull`.
    package var description: String { "repository:\(repository):\(mayPush ? "pull,push" : "pull")" }
}

/// A request to a token server.
package struct TokenRequest: Hashable, Sendable {
    /// Absolute, with its query.
    package let url: String
    /// Body of a POST, `application/x-www-form-urlencoded`; nil for a GET.
    package let form: String?
    /// Value of the `Authorization` header.
    package let authorization: String?

    package init(url: String, form: String? = nil, authorization: String? = nil) {
        self.url = url
        self.form = form
        self.authorization = authorization
    }
}

/// A token server's answer.
package struct TokenAnswer: Hashable, Sendable {
    package let status: Int
    /// At most 64 KiB.
    package let body: [UInt8]

    package init(status: Int, body: [UInt8]) {
        self.status = status
        self.body = body
    }
}

/// Proves to one registry who we are; one a registry and process, used by many requests at once.
///
/// The client asks it for the `Authorization` of every request, and tells it of every 401 that this registry itself
/// answered. For a host that the registry redirected to, the client uses another authenticator, without credentials.
package final class Authenticator: Sendable {
    /// For the registry `host` (as in `Repository.registry`), reached at `origin` (`https://host:port`, the port always
    /// written).
    ///
    /// Without `credentials` it stays anonymous. `fetch` sends a request to a token server: it retries what is worth it,
    /// drops `Authorization` on redirects to other hosts and throws `RegistryError.unreachable`.
    package init(
        host: String, origin: String, credentials: CredentialFinder?,
        fetch: @escaping @Sendable (TokenRequest) async throws -> TokenAnswer,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {}

    /// The value of the `Authorization` header as far as it is known now; nil for none.
    ///
    /// The first scope is the one that the request is about, the others are sources of mounts.
    package func authorization(for scopes: [RegistryScope]) async throws -> String? { nil }

    /// Takes the challenge of a 401: all values of its `WWW-Authenticate` headers, and the `Authorization` that the request
    /// was sent with.
    ///
    /// Returns whether asking again is worth it. When another request has changed the authorization in the meantime it is.
    /// Throws `RegistryError.denied` where the token server refuses the credentials.
    package func challenged(_ challenges: [String], scopes: [RegistryScope], sent: String?) async throws -> Bool {
        false
    }

    /// The file or helper whose credentials were sent, for messages.
    package var tried: String? { nil }
}
