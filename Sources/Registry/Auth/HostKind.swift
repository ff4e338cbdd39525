import Glibc

/// Where a host name in an address leads, as far as it can be told without asking a name server.
enum HostKind: Hashable, Sendable {
    /// This machine: `localhost`, 127.0.0.0/8, ::1, and the unspecified address, which leads there too.
    case loopback
    /// The cable itself, where clouds keep what a machine may know: 169.254.0.0/16 and fe80::/10.
    case linkLocal
    /// Networks that only exist nearby: RFC 1918, unique local, carrier-grade NAT.
    case nearby
    /// Everything else.
    case far

    /// `host` without port; IPv6 with or without brackets.
    init(_ host: String) {
        var name = host.lowercased()
        if name.hasPrefix("["), name.hasSuffix("]") { name = String(name.dropFirst().dropLast()) }
        if name.hasSuffix(".") { name.removeLast() }
        if name == "localhost" || name.hasSuffix(".localhost") {
            self = .loopback
            return
        }
        // Also 2130706433, 0x7f.1 and the like, which resolvers understand.
        var four = in_addr()
        if inet_aton(name, &four) == 1 {
            self.init(v4: UInt32(bigEndian: four.s_addr))
            return
        }
        var six = in6_addr()
        guard inet_pton(AF_INET6, name, &six) == 1 else {
            self = .far
            return
        }
        self.init(v6: withUnsafeBytes(of: &six) { Array($0) })
    }

    private init(v4 address: UInt32) {
        self =
            switch (address >> 24, address >> 16 & 0xFF) {
            case (127, _): .loopback
            case (0, _): address == 0 ? .loopback : .nearby
            case (169, 254): .linkLocal
            case (10, _), (192, 168), (172, 16...31), (100, 64...127): .nearby
            default: .far
            }
    }

    private init(v6 bytes: [UInt8]) {
        let isZero = bytes[..<10].allSatisfy { $0 == 0 }
        let last = bytes[12...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let isNAT64 = bytes[..<12] == [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]
        if isZero && bytes[10...11].allSatisfy({ $0 == 0 }) {
            if last <= 1 { self = .loopback } else { self.init(v4: last) }
        } else if isZero && bytes[10...11].allSatisfy({ $0 == 0xFF }) || isNAT64 {
            self.init(v4: last)
        } else if bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80 {
            self = .linkLocal
        } else if bytes[0] & 0xFE == 0xFC || bytes[0] == 0xFE && bytes[1] & 0x80 == 0x80 {
            self = .nearby
        } else {
            self = .far
        }
    }
}
