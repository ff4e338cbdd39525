import Files
package import SystemPackage

/// Where Debian's packages come from, and how this host reaches the network.
///
/// Of the host's apt configuration only addresses of Debian's own archive, proxies and TLS settings are taken: never a
/// third party's source, a hook, a preference or a key.
package struct DebianMirror: Hashable, Sendable {
    /// The folder that holds `dists` and `pool`, without a trailing slash.
    package let mirror: String
    /// The same for the security archive.
    package let securityMirror: String
    /// Proxy variables that apt reads itself.
    package let environment: [String: String]
    /// Whether the proxy and certificate settings of the host's apt hold: they are read when apt is first needed.
    package let usesHostSettings: Bool

    package init(
        mirror: String, securityMirror: String, environment: [String: String] = [:], usesHostSettings: Bool = true
    ) {
        self.mirror = mirror
        self.securityMirror = securityMirror
        self.environment = environment
        self.usesHostSettings = usesHostSettings
    }

    /// Finds the mirror: the option, else `AUTOIMAGE_DEBIAN_MIRROR`, else the Debian sources of the host, else the
    /// default that an installed mmdebstrap has.
    ///
    /// The option is `MIRROR` or `MIRROR,SECURITY`. Fails with `DebianBaseError` where nothing of this gives an address.
    package static func discover(
        option: String?, environment: [String: String], hostRoot: FilePath = "/"
    ) throws -> DebianMirror {
        let (mirror, security) = try addresses(option: option, environment: environment, hostRoot: hostRoot)
        return DebianMirror(
            mirror: mirror, securityMirror: security, environment: kept(of: environment),
            usesHostSettings: hostRoot == "/")
    }

    /// The same, but nil where nothing gives an address.
    package static func known(
        option: String?, environment: [String: String], hostRoot: FilePath = "/"
    ) throws -> DebianMirror? {
        do {
            return try discover(option: option, environment: environment, hostRoot: hostRoot)
        } catch DebianBaseError.noMirror {
            return nil
        }
    }

    /// Of the environment, what apt reads about proxies.
    static func kept(of environment: [String: String]) -> [String: String] {
        environment.filter { keptVariables.contains($0.key) && !$0.value.isEmpty }
    }

    private static let keptVariables: Set<String> = [
        "http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
    ]

    private static func addresses(
        option: String?, environment: [String: String], hostRoot: FilePath
    ) throws -> (String, String) {
        let host = try HostSources.read(below: hostRoot)
        if let option, !option.isEmpty { return try stated(option, as: "--debian-mirror", host: host) }
        if let value = environment["AUTOIMAGE_DEBIAN_MIRROR"], !value.isEmpty {
            return try stated(value, as: "AUTOIMAGE_DEBIAN_MIRROR", host: host)
        }
        if let main = host.main, let security = host.security ?? sibling(of: main) { return (main, security) }
        if let (main, security) = try HostSources.mmdebstrapDefault(below: hostRoot) { return (main, security) }
        throw DebianBaseError.noMirror
    }

    private static func stated(_ text: String, as name: String, host: HostSources) throws -> (String, String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), parts.allSatisfy(isAddress) else {
            throw DebianBaseError.malformedMirror(name: name, value: text)
        }
        let main = HostSources.clean(parts[0])
        if parts.count == 2 { return (main, HostSources.clean(parts[1])) }
        guard let security = main == host.main ? host.security ?? sibling(of: main) : sibling(of: main) else {
            throw DebianBaseError.noSecurityMirror(name: name, value: text)
        }
        return (main, security)
    }

    static func isAddress(_ text: String) -> Bool {
        ["http://", "https://", "file:/"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count }
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "[") }
    }

    /// Mirrors keep the security archive beside the main one, if they have it.
    private static func sibling(of mirror: String) -> String? {
        mirror.hasSuffix("/debian") ? mirror + "-security" : nil
    }
}

/// Debian addresses found on a host.
struct HostSources: Hashable, Sendable {
    var main: String?
    var security: String?

    /// Reads `/etc/apt/sources.list` and `sources.list.d`, in apt's order; the first of each kind wins.
    static func read(below root: FilePath) throws -> HostSources {
        let folder = root.appending("etc/apt")
        var sources: [AptSource] = []
        if let text = try text(folder.appending("sources.list")) { sources += AptSource.parse(list: text) }
        let parts = folder.appending("sources.list.d")
        let names = HostFiles.exists(parts) ? try HostFiles.names(in: parts) : []
        for name in names {
            guard name.hasSuffix(".list") || name.hasSuffix(".sources"), let text = try text(parts.appending(name))
            else { continue }
            sources += name.hasSuffix(".list") ? AptSource.parse(list: text) : AptSource.parse(deb822: text)
        }
        var result = HostSources()
        for source in sources {
            guard let kind = source.kind, let address = try address(source.uri, below: root) else { continue }
            switch kind {
            case .main: result.main = result.main ?? address
            case .security: result.security = result.security ?? address
            }
        }
        return result
    }

    /// The default mirror of an installed mmdebstrap, read from its script.
    static func mmdebstrapDefault(below root: FilePath) throws -> (String, String)? {
        guard let script = try text(root.appending("usr/bin/mmdebstrap")) else { return nil }
        let words = script.split { " \t\n'\"()[];,".contains($0) }
        func first(_ ending: String) -> String? {
            words.first { ($0.hasPrefix("http://") || $0.hasPrefix("https://")) && $0.hasSuffix(ending) }.map(
                String.init)
        }
        guard let main = first("/debian"), let security = first("/debian-security") else { return nil }
        return (main, security)
    }

    static func clean(_ uri: String) -> String {
        var result = Substring(uri)
        while result.hasSuffix("/") { result = result.dropLast() }
        return String(result)
    }

    /// The address of a source; a `mirror+file:` names a file that lists some.
    private static func address(_ uri: String, below root: FilePath) throws -> String? {
        if uri.hasPrefix("http://") || uri.hasPrefix("https://") || uri.hasPrefix("file:/") { return clean(uri) }
        guard uri.hasPrefix("mirror+file:") else { return nil }
        let path = uri.dropFirst("mirror+file:".count).drop { $0 == "/" }
        let lines = try text(root.appending(String(path)))?.split(separator: "\n") ?? []
        return lines.lazy.compactMap { $0.split { $0 == " " || $0 == "\t" }.first }
            .first { $0.hasPrefix("http://") || $0.hasPrefix("https://") }.map { clean(String($0)) }
    }

    private static func text(_ path: FilePath) throws -> String? {
        try HostFiles.read(path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// The network settings of the host's apt.
enum AptSettings {
    /// The proxy and certificate settings that `apt-config dump` prints; none where there is no apt.
    static func ofHost() async -> [String: String] {
        guard let output = try? await HostTool.run("apt-config", ["dump"]), output.isSuccess else { return [:] }
        return parse(dump: output.text)
    }

    /// Takes the wanted lines, as in `Acquire::http::Proxy "http://…";`, out of a dump.
    static func parse(dump: String) -> [String: String] {
        var result: [String: String] = [:]
        for line in dump.split(separator: "\n") where line.hasSuffix("\";") {
            guard let space = line.firstIndex(of: " "), line[space...].hasPrefix(" \"") else { continue }
            let name = String(line[..<space])
            let value = String(line[space...].dropFirst(2).dropLast(2))
            if isWanted(name), !value.isEmpty, !value.contains("\"") { result[name] = value }
        }
        return result
    }

    private static func isWanted(_ name: String) -> Bool {
        let parts = name.lowercased().split(separator: "::", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[0] == "acquire", parts[1] == "http" || parts[1] == "https" else { return false }
        if parts[2] == "proxy" { return parts.count <= 4 }
        return parts.count <= 4
            && ["cainfo", "capath", "sslcert", "sslkey"].contains(parts[parts.count - 1])
    }
}
