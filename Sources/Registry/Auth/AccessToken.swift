import OCI

/// A token for some scopes of a registry.
struct AccessToken: Sendable, CustomStringConvertible, CustomReflectable {
    let value: String
    let obtained: ContinuousClock.Instant
    /// When another one is to be had: shortly before it ends, so that no request is overtaken by that.
    let renewal: ContinuousClock.Instant

    /// What the token server's `expires_in` says, 60 seconds where it says nothing.
    init(_ value: String, seconds: Int?, at time: ContinuousClock.Instant) {
        self.value = value
        let life = Double(min(seconds.map { $0 > 0 ? $0 : 60 } ?? 60, 86400))
        obtained = time
        renewal = time + .seconds(life - min(5, life / 2))
    }

    var description: String { "an access token" }

    var customMirror: Mirror { Mirror(self, children: []) }
}

/// A token server's answer in JSON (token specification, "Token Response Fields").
struct TokenDocument: Decodable {
    let token: String?
    let accessToken: String?
    let expiresIn: Int?
    let refreshToken: String?

    enum CodingKeys: String, CodingKey {
        case token
        case accessToken = "access_token"
        case expiresIn = "expires_in"
        case refreshToken = "refresh_token"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        token = try container.decodeIfPresent(String.self, forKey: .token)
        accessToken = try container.decodeIfPresent(String.self, forKey: .accessToken)
        refreshToken = try container.decodeIfPresent(String.self, forKey: .refreshToken)
        // Some servers write the number as text, or with a fraction.
        let number = try? container.decodeIfPresent(Double.self, forKey: .expiresIn)
        let text = try? container.decodeIfPresent(String.self, forKey: .expiresIn)
        expiresIn = (number ?? text.flatMap { Double($0) }).flatMap { Int(exactly: $0.rounded(.down)) }
    }

    /// The token under either of its names; nil where there is none that can stand in a header.
    var value: String? {
        [token, accessToken].compactMap { $0 }.first { text in
            !text.isEmpty && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        }
    }
}

/// An error body of a registry or token server, as far as people want to read it.
struct ErrorDocument: Decodable {
    struct Entry: Decodable {
        let code: String?
        let message: String?
    }
    let errors: [Entry]?
    let details: String?
    let message: String?
    let error: String?
    let errorDescription: String?

    enum CodingKeys: String, CodingKey {
        case errors, details, message, error
        case errorDescription = "error_description"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        errors = try? container.decodeIfPresent([Entry].self, forKey: .errors)
        details = try? container.decodeIfPresent(String.self, forKey: .details)
        message = try? container.decodeIfPresent(String.self, forKey: .message)
        error = try? container.decodeIfPresent(String.self, forKey: .error)
        errorDescription = try? container.decodeIfPresent(String.self, forKey: .errorDescription)
    }

    /// One line of at most 300 characters; nil where the body says nothing.
    static func said(in body: [UInt8]) -> String? {
        guard let document = try? CanonicalJSON.decode(Self.self, from: body) else { return nil }
        let entries = (document.errors ?? []).map {
            [$0.code, $0.message].compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: ": ")
        }
        let all =
            entries
            + [document.errorDescription ?? document.error, document.details, document.message]
            .compactMap { $0 }
        let text = all.filter { !$0.isEmpty }.joined(separator: "; ")
        return text.isEmpty ? nil : String(text.prefix(300))
    }
}
