/// The names under which files and helpers keep the credentials of a registry.
enum CredentialName {
    /// Docker Hub's names; it is one registry under all of them.
    private static let hub: Set<String> = [
        "docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com",
    ]

    /// A key of `auths` or `credHelpers` as `host` or `host/repository`.
    ///
    /// Without scheme, without the `/v1/` or `/v2/` of the API, Docker Hub under one name. Another path stays: Podman
    /// keeps credentials for a repository or its parents.
    static func canonical(_ key: String) -> String {
        var rest = Substring(key)
        for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
        }
        while rest.hasSuffix("/") { rest.removeLast() }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = rest[slash...].dropFirst()
        let host = canonicalHost(String(rest[..<slash]))
        return path.isEmpty || path == "v1" || path == "v2" ? host : "\(host)/\(path)"
    }

    /// A registry's host, lower-cased, Docker Hub under one name.
    static func canonicalHost(_ host: String) -> String {
        let lower = host.lowercased()
        return hub.contains(lower) ? "docker.io" : lower
    }

    /// What may hold the credentials for a repository, the nearest first: itself, its parents, its registry.
    static func candidates(registry: String, repository: String?) -> [String] {
        let host = canonicalHost(registry)
        var result: [String] = []
        var path = (repository ?? "").split(separator: "/")
        while !path.isEmpty {
            result.append(host + "/" + path.joined(separator: "/"))
            path.removeLast()
        }
        return result + [host]
    }

    /// The name that Docker gives a registry in files and to helpers.
    static func server(_ registry: String) -> String {
        let host = canonicalHost(registry)
        return host == "docker.io" ? "https://index.docker.io/v1/" : host
    }
}
