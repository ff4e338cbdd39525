import Foundation
import OCI

/// Where tokens for a registry are given, as its Bearer challenge says (token specification, "Requesting a token").
struct TokenServer: Hashable, Sendable {
    /// Absolute, with the query that the realm brought.
    let url: String
    /// Whom the token is for.
    let service: String

    /// Reads a challenge of the registry `host`, which is at `origin`.
    ///
    /// Refuses a realm that would take credentials, or this machine's reach, to where the registry has no business.
    init(_ challenge: Challenge, host: String, origin: String, insecureHosts: Set<String>) throws {
        let realm = challenge.parameters["realm"] ?? ""
        func refused(_ reason: String) -> RegistryError {
            .wrongAnswer(
                host: host, wanted: "a token", problem: "its token server \(Self.shown(realm)) is refused: \(reason)")
        }
        guard let base = URL(string: origin), let url = URL(string: realm, relativeTo: base)?.absoluteURL,
            let parts = URLComponents(url: url, resolvingAgainstBaseURL: true),
            let scheme = parts.scheme?.lowercased(), scheme == "https" || scheme == "http",
            let name = parts.host, !name.isEmpty, !name.contains("%")
        else { throw refused("it is no http or https address") }
        guard parts.user == nil, parts.password == nil else { throw refused("its address holds a user") }
        let registry = Self.plain(base.host ?? "")
        let isSameHost = Self.plain(name) == registry
        let port = parts.port ?? (scheme == "https" ? 443 : 80)
        let isNamed = Origin(isSecure: scheme == "https", host: Self.plain(name), port: port).isNamed(in: insecureHosts)
        let kind = HostKind(name)
        if scheme == "http" {
            guard base.scheme?.lowercased() == "http" else {
                throw refused("it is plain HTTP, and the registry is not")
            }
            guard isSameHost || isNamed || kind == .loopback else {
                throw refused("it is plain HTTP; name the host with --insecure-registry if you trust the network")
            }
        }
        guard isSameHost || isNamed || kind == .far || kind == .loopback && HostKind(registry) == .loopback else {
            throw refused("it is an address of a private network other than the registry's own")
        }
        var clean = parts
        clean.fragment = nil
        guard let text = clean.string else { throw refused("it is no http or https address") }
        self.url = text
        service = challenge.parameters["service"].flatMap { $0.isEmpty ? nil : $0 } ?? host
    }

    /// The request with user and password, or without.
    func request(scopes: [String], user: String?, password: String?) -> TokenRequest {
        let query = Self.encoded([("service", service)] + scopes.map { ("scope", $0) })
        let joint = url.contains("?") ? (url.hasSuffix("?") || url.hasSuffix("&") ? "" : "&") : "?"
        return TokenRequest(
            url: url + joint + query, authorization: user.map { Self.basic(user: $0, password: password ?? "") })
    }

    /// The request with a refresh token (token specification, "Token Authentication with OAuth 2.0").
    func request(scopes: [String], refreshToken: String) -> TokenRequest {
        let fields = [
            ("grant_type", "refresh_token"), ("service", service), ("client_id", "autoimage"),
            ("scope", scopes.joined(separator: " ")), ("refresh_token", refreshToken),
        ]
        return TokenRequest(url: url, form: Self.encoded(fields.filter { !$0.1.isEmpty }))
    }

    /// The value of an `Authorization` header with a password.
    static func basic(user: String, password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    /// How messages show a realm: without its query, which is long.
    private static func shown(_ realm: String) -> String {
        let address = realm.prefix { $0 != "?" }
        let user = address.range(of: "//").flatMap { slashes in
            address[slashes.upperBound...].prefix { $0 != "/" }.lastIndex(of: "@").map { (slashes.upperBound, $0) }
        }
        guard let (start, at) = user else { return "'\(address.prefix(200))'" }
        return "'\((address[..<start] + address[address.index(after: at)...]).prefix(200))'"
    }

    /// A host in lower case, without the brackets of an IPv6 address.
    private static func plain(_ host: String) -> String {
        let lower = host.lowercased()
        return lower.hasPrefix("[") && lower.hasSuffix("]") ? String(lower.dropFirst().dropLast()) : lower
    }

    private static func encoded(_ fields: [(String, String)]) -> String {
        fields.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
