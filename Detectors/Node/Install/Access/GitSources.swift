import Planning

/// Dependencies that are git repositories: who is asked, and how.
struct GitSources: Sendable {
    /// Every place that names one, the lock's first.
    private(set) var evidence: [Evidence] = []
    /// Servers, each once, sorted.
    private(set) var hosts: [String] = []
    /// Servers that are asked over SSH, with the first place that says so.
    private(set) var overSSH: [(host: String, evidence: Evidence)] = []

    init(_ manager: NodeManager, _ lock: NodeLock?, _ project: NodeProject) {
        for package in lock?.packages ?? [] {
            guard case .git(let address) = package.origin, let lock else { continue }
            // pnpm takes the archive that the server makes of a commit.
            if manager == .pnpm, address.contains("codeload.") || address.contains("/archive/") { continue }
            add(address, lock.evidence(package.line, package.name))
        }
        if lock == nil || lock?.isReadable == false {
            for manifest in project.installedManifests {
                for kind in [PackageJSON.Kind.dependencies, .optionalDependencies, .devDependencies] {
                    for (_, entry) in manifest.dependencies(kind) where Self.isRepository(entry.value) {
                        add(entry.value, entry.evidence)
                    }
                }
            }
        }
        hosts = Array(Set(hosts)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private mutating func add(_ address: String, _ place: Evidence) {
        evidence.append(place)
        guard let host = Self.host(address) else { return }
        hosts.append(host)
        let isSSH = address.contains("ssh://") || address.hasPrefix("git@")
        if isSSH, !overSSH.contains(where: { $0.host == host }) { overSSH.append((host, place)) }
    }

    /// Whether a range of a manifest is a repository: `git+…`, `github:user/repo`, `user/repo`.
    static func isRepository(_ range: String) -> Bool {
        let prefixes = ["git+", "git:", "git@", "github:", "gitlab:", "bitbucket:", "gist:", "ssh:"]
        return prefixes.contains(where: range.hasPrefix) || range.contains(#/^https?://.*\.git(#|$)/#)
            || range.contains(#/^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+(#.*)?$/#)
    }

    /// The server of an address.
    static func host(_ address: String) -> String? {
        let known = ["github:": "github.com", "gitlab:": "gitlab.com", "bitbucket:": "bitbucket.org"]
        if let one = known.first(where: { address.hasPrefix($0.key) }) { return one.value }
        if let match = address.firstMatch(of: #/://(?:[^/@]+@)?([^/:]+)/#) { return String(match.output.1) }
        if let match = address.firstMatch(of: #/^git@([^:/]+)[:/]/#) { return String(match.output.1) }
        return address.contains(#/^[A-Za-z0-9_-]+/[A-Za-z0-9_.-]+(#.*)?$/#) ? "github.com" : nil
    }
}
