package import SystemPackage

/// How registries are reached.
package struct RegistryOptions: Sendable {
    /// Files with certificate authorities in PEM that are trusted beside the host's own (`--registry-ca`).
    package var authorities: [FilePath] = []
    /// Hosts, with port where they have one, that plain HTTP may be used for (`--insecure-registry`).
    ///
    /// Loopback addresses need no mention.
    package var insecureHosts: Set<String> = []
    /// Registries to ask in place of another, in order, by the host that they stand in for.
    ///
    /// As in `docker.io` to `mirror.example:5000`, or `mirror.example/hub` for a mirror that keeps repositories below a
    /// path. The registry itself is asked last.
    package var mirrors: [String: [String]] = [:]
    /// Refuses every call, naming what was wanted.
    package var isOffline = false
    /// The environment: proxies, certificate files, places of credentials.
    package var environment: [String: String] = [:]

    /// When requests are sent again, and for how long.
    package var retry = RetryPolicy()
    /// How slow a transfer may be.
    package var slowest = SlowestTransfer()

    package init() {}
}
