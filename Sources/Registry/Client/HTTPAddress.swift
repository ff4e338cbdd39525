/// Scheme, host and port: what credentials belong to (RFC 6454).
struct Origin: Hashable, Sendable, CustomStringConvertible {
    let isSecure: Bool
    /// Lower case; an IPv6 address without its brackets.
    let host: String
    let port: Int

    init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
    }

    /// Parses `host[:port]` as it stands in references and addresses; nil where it is none.
    init?(isSecure: Bool, authority: some StringProtocol) {
        let text = authority.lowercased()
        var name = text
        var port: Int? = isSecure ? 443 : 80
        if let colon = text.lastIndex(of: ":"), !text[colon...].contains("]") {
            name = String(text[..<colon])
            let digits = text[text.index(after: colon)...]
            port = digits.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(digits) : nil
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        guard let port, (1...65535).contains(port), !name.isEmpty, name.utf8.allSatisfy(Self.isHostByte) else {
            return nil
        }
        self.init(isSecure: isSecure, host: name, port: port)
    }

    /// `https://host:port`, the port always written.
    var description: String { "\(isSecure ? "https" : "http")://\(authority):\(port)" }

    /// `host`, or `host:port` where the port is not the scheme's.
    var name: String { port == (isSecure ? 443 : 80) ? authority : "\(authority):\(port)" }

    /// Whether it is this machine, in any form that resolvers understand.
    var isLoopback: Bool { HostKind(host) == .loopback }

    /// Whether hosts that plain HTTP may be used for include it, by its host or by host and port.
    func isNamed(in hosts: Set<String>) -> Bool {
        let names: Set<String> = [host, authority, "\(authority):\(port)"]
        return hosts.contains { names.contains($0.lowercased()) }
    }

    /// Why a server here has no business to send us to `target`; nil where that may be followed.
    ///
    /// What came over TLS would not be worth more than what anybody on the way says; plain HTTP is only for loopback and the
    /// hosts that were named; and nobody else than this machine sends us to its own services or to a cloud's metadata.
    func problem(sendingTo target: Origin, insecureHosts: Set<String>) -> String? {
        guard target != self else { return nil }
        return if isSecure, !target.isSecure {
            "it redirects from https to plain http at \(target.name), which is not followed"
        } else if !target.isSecure, !target.isLoopback, !target.isNamed(in: insecureHosts) {
            "it redirects to plain http at \(target.name), which --insecure-registry would allow"
        } else if HostKind(target.host) == .linkLocal || (target.isLoopback && !isLoopback) {
            "it redirects to \(target.name), where it has no business"
        } else { nil }
    }

    private var authority: String { host.contains(":") ? "[\(host)]" : host }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ":"): true
        default: false
        }
    }
}

/// The address of a request: `http` or `https`, without user and fragment (RFC 3986).
struct HTTPAddress: Hashable, Sendable, CustomStringConvertible {
    let origin: Origin
    /// Path and query as they are sent; begins with `/`.
    let target: String

    init(_ origin: Origin, _ target: String) {
        self.origin = origin
        self.target = target
    }

    /// Parses an absolute address; nil for other schemes, users in it, and bytes that do not belong there.
    init?(_ text: String) {
        let lower = text.lowercased()
        let isSecure = lower.hasPrefix("https://")
        guard isSecure || lower.hasPrefix("http://"), text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            return nil
        }
        let rest = text.dropFirst(isSecure ? 8 : 7).prefix { $0 != "#" }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        guard let origin = Origin(isSecure: isSecure, authority: rest[..<end]) else { return nil }
        self.origin = origin
        let tail = rest[end...]
        target = tail.hasPrefix("/") ? String(tail) : "/" + tail
    }

    /// As it is sent, with the query, which may hold signatures: not for messages.
    var description: String { origin.description + target }

    /// The address that a `Location` header points to from here; nil where it is none.
    func resolving(_ location: String) -> HTTPAddress? {
        if location.lowercased().hasPrefix("http://") || location.lowercased().hasPrefix("https://") {
            return HTTPAddress(location)
        }
        if location.hasPrefix("//") { return HTTPAddress("\(origin.isSecure ? "https:" : "http:")\(location)") }
        if location.hasPrefix("/") { return HTTPAddress("\(origin)\(location)") }
        let path = target.prefix { $0 != "?" }
        if location.hasPrefix("?") { return HTTPAddress("\(origin)\(path)\(location)") }
        guard !location.isEmpty, !location.prefix(while: { $0 != "/" }).contains(":") else { return nil }
        let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return HTTPAddress("\(origin)\(folder)\(location)")
    }

    /// The same address with one more parameter, whose text needs no escapes.
    func adding(_ name: String, _ value: String) -> HTTPAddress {
        HTTPAddress(origin, target + (target.contains("?") ? "&" : "?") + "\(name)=\(value)")
    }
}

/// An IPv4 or IPv6 address in network order.
struct IPAddress: Hashable, Sendable {
    /// Four bytes or sixteen.
    let bytes: [UInt8]

    /// Parses dotted or colon notation; nil for anything else.
    init?(_ text: some StringProtocol) {
        guard let bytes = text.contains(":") ? Self.long(String(text)) : Self.short(String(text)) else { return nil }
        self.bytes = bytes
    }

    /// Whether the first `length` bits are those of `network`.
    func isInside(_ network: IPAddress, length: Int) -> Bool {
        guard bytes.count == network.bytes.count, (0...bytes.count * 8).contains(length) else { return false }
        return (0..<length).allSatisfy { bit in
            let difference: UInt8 = bytes[bit / 8] ^ network.bytes[bit / 8]
            return difference & (UInt8(0x80) >> UInt8(bit % 8)) == 0
        }
    }

    private static func short(_ text: String) -> [UInt8]? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { $0.allSatisfy(\.isNumber) ? UInt8($0) : nil }
        return parts.count == 4 && bytes.count == 4 ? bytes : nil
    }

    private static func long(_ text: String) -> [UInt8]? {
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        let groups = halves.map { half in
            half.isEmpty
                ? [] : half.split(separator: ":", omittingEmptySubsequences: false).map { UInt16($0, radix: 16) }
        }
        let left = groups[0].compactMap(\.self)
        let right = groups.count > 1 ? groups[1].compactMap(\.self) : []
        let isComplete = groups.joined().allSatisfy { $0 != nil }
        let zeros = 8 - left.count - right.count
        guard isComplete, groups.count > 1 ? zeros >= 1 : zeros == 0 else { return nil }
        return (left + [UInt16](repeating: 0, count: zeros) + right).flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
    }
}
