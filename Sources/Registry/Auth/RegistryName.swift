/// The name of a registry as people type it: `host` or `host:port`.
package struct RegistryName: Hashable, Sendable, CustomStringConvertible {
    /// As in `Repository.registry`: Docker Hub is `docker.io` under all its names.
    package let host: String

    /// Takes a host with optional port, also as an address of the registry's API (`https://host/v2/`).
    package init(parsing text: String) throws(RegistryNameError) {
        let name = CredentialName.canonical(text)
        guard !name.contains("/") else {
            let first = String(name.prefix { $0 != "/" })
            throw Self.isHost(first) ? .path(text, host: first) : .noHost(text)
        }
        guard Self.isHost(name) else { throw .noHost(text) }
        host = name
    }

    package var description: String { host }

    /// Whether a text is a name or address with an optional port from 1 to 65535.
    static func isHost(_ text: String) -> Bool {
        var name = Substring(text)
        if name.hasPrefix("[") {
            guard let end = name.firstIndex(of: "]") else { return false }
            let address = name[name.index(after: name.startIndex)..<end]
            guard address.contains(":"), address.allSatisfy({ $0.isHexDigit || $0 == ":" || $0 == "." }) else {
                return false
            }
            name = name[name.index(after: end)...]
            return name.isEmpty || name.first == ":" && isPort(name.dropFirst())
        }
        if let colon = name.firstIndex(of: ":") {
            guard isPort(name[name.index(after: colon)...]) else { return false }
            name = name[..<colon]
        }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                        || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt16(text).map { $0 > 0 } == true
    }
}

/// A registry that stands in for another, at its root or below a path: `mirror.example:5000/hub`.
package struct MirrorName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    package init(parsing text: String) throws(RegistryNameError) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard !text.contains("://") else { throw .scheme(text) }
        guard let first = parts.first, RegistryName.isHost(String(first)) else { throw .noHost(text) }
        let path = parts.count == 2 ? parts[1].split(separator: "/", omittingEmptySubsequences: false) : []
        let isPath = path.allSatisfy { component in
            (try? #/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*/#.wholeMatch(in: component)) ?? nil != nil
        }
        guard isPath else { throw .noHost(text) }
        description = text
    }
}

/// Why a text names no registry.
package enum RegistryNameError: Error, Equatable, CustomStringConvertible {
    case noHost(String)
    case path(String, host: String)
    case scheme(String)

    package var description: String {
        switch self {
        case .noHost(let text): "'\(text)' is no registry: expected a host with an optional port, as in localhost:5000"
        case .path(let text, let host): "'\(text)' names more than a registry: give its host only, '\(host)'"
        case .scheme(let text):
            "'\(text)' has a scheme: give the host only; --insecure-registry allows plain HTTP"
        }
    }
}
