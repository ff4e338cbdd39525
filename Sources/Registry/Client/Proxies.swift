/// The proxies that the environment names: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case.
struct Proxies: Sendable {
    private let secure: Proxy?
    private let plain: Proxy?
    private let exceptions: [Exception]

    /// Reads the environment; fails with `RegistryError.badConfiguration` for a proxy that cannot be used.
    init(environment: [String: String]) throws {
        func value(_ name: String) -> (name: String, text: String)? {
            for key in [name.lowercased(), name] {
                if let text = environment[key], !text.isEmpty { return (key, text) }
            }
            return nil
        }
        secure = try (value("HTTPS_PROXY") ?? value("ALL_PROXY")).map { try Proxy(parsing: $0.text, from: $0.name) }
        // A web server's CGI programs get a client's `Proxy:` header as HTTP_PROXY; we are none of them.
        plain = try (value("HTTP_PROXY") ?? value("ALL_PROXY")).map { try Proxy(parsing: $0.text, from: $0.name) }
        exceptions = (value("NO_PROXY")?.text ?? "").split { $0 == "," || $0 == " " }.map { Exception($0.lowercased()) }
    }

    /// The proxy for an origin; nil to connect directly, as always to this machine.
    func proxy(for origin: Origin) -> Proxy? {
        guard !origin.isLoopback, !exceptions.contains(where: { $0.matches(origin) }) else { return nil }
        return origin.isSecure ? secure : plain
    }

    /// One entry of `NO_PROXY`.
    private struct Exception: Sendable {
        private let text: String
        private let port: Int?

        init(_ entry: String) {
            let parts = entry.split(separator: ":", omittingEmptySubsequences: false)
            if parts.count == 2, let port = Int(parts[1]) {
                text = String(parts[0])
                self.port = port
            } else if entry.hasPrefix("["), let close = entry.firstIndex(of: "]") {
                text = String(entry[entry.index(after: entry.startIndex)..<close])
                port = Int(entry[close...].dropFirst(2))
            } else {
                text = entry
                port = nil
            }
        }

        func matches(_ origin: Origin) -> Bool {
            if let port, port != origin.port { return false }
            if text == "*" { return true }
            if let slash = text.firstIndex(of: "/") {
                guard let network = IPAddress(text[..<slash]), let length = Int(text[text.index(after: slash)...]),
                    let address = IPAddress(origin.host)
                else { return false }
                return address.isInside(network, length: length)
            }
            if let one = IPAddress(text) { return IPAddress(origin.host) == one }
            let name = text.hasPrefix("*.") ? String(text.dropFirst(2)) : text
            let suffix = name.hasPrefix(".") ? name : "." + name
            return origin.host.hasSuffix(suffix) || (!text.hasPrefix(".") && origin.host == name)
        }
    }
}

/// A proxy, with who we are to it.
struct Proxy: Hashable, Sendable {
    let host: String
    let port: Int
    let isSocks: Bool
    let user: String?
    let password: String

    /// Parses `[http://|socks5://][user:password@]host[:port]`; `name` is the variable it came from.
    init(parsing text: String, from name: String) throws {
        var rest = Substring(text)
        var scheme = "http"
        if let mark = rest.firstRange(of: "://") {
            scheme = rest[..<mark.lowerBound].lowercased()
            rest = rest[mark.upperBound...]
        }
        rest = rest.prefix { $0 != "/" }
        guard ["http", "socks5", "socks5h", "socks"].contains(scheme) else {
            throw RegistryError.badConfiguration(
                place: name, problem: "proxies are reached by http:// or socks5://, not \(scheme)://")
        }
        isSocks = scheme != "http"
        var user: String?
        var password = ""
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = Self.unescaped(parts[0])
            password = parts.count > 1 ? Self.unescaped(parts[1]) : ""
            rest = rest[rest.index(after: at)...]
        }
        self.user = user
        self.password = password
        let authority = rest.contains(":") && !rest.hasSuffix("]") ? String(rest) : "\(rest):\(isSocks ? 1080 : 80)"
        guard let origin = Origin(isSecure: false, authority: authority), !isSocks || user == nil else {
            throw RegistryError.badConfiguration(
                place: name,
                problem: isSocks
                    ? "a SOCKS proxy cannot be used with a user" : "its value is no proxy: expected http://host:port")
        }
        host = origin.host
        port = origin.port
    }

    private static func unescaped(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
