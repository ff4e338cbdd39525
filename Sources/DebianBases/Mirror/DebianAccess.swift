import Files
package import Planning
package import SystemPackage

/// What may be asked for Debian's packages beside the mirror, and how they are trusted.
package struct DebianAccess: Sendable {
    /// Gets the file of one locked package that the mirror does not give, and writes it to `file`.
    ///
    /// Returns whether it could. The bytes are verified by their digest afterwards.
    package typealias Fallback = @Sendable (_ package: PinnedPackage, _ file: FilePath) async throws -> Bool

    /// Whether indexes past their Valid-Until date are taken.
    package var acceptsExpired: Bool
    /// Whether nothing may be contacted.
    package var isOffline: Bool
    /// An archive of an earlier day, the last to be asked for locked packages.
    package var snapshot: DebianMirror?
    /// The keyring that the mirror's indexes are verified with, in place of Debian's own.
    package var keyring: FilePath?
    /// Asked in order for locked packages that the mirror does not give.
    package var fallbacks: [Fallback]

    package init(
        acceptsExpired: Bool = false, isOffline: Bool = false, snapshot: DebianMirror? = nil, keyring: FilePath? = nil,
        fallbacks: [Fallback] = []
    ) {
        self.acceptsExpired = acceptsExpired
        self.isOffline = isOffline
        self.snapshot = snapshot
        self.keyring = keyring
        self.fallbacks = fallbacks
    }

    /// The absolute path of a keyring as an option, variable or key called `name` gives it.
    ///
    /// Fails with `DebianBaseError.badKeyring` where there is no file or apt's sources.list cannot hold its path.
    package static func keyring(_ text: String, from name: String) throws -> FilePath {
        guard let path = HostFiles.realPath(FilePath(text)), !HostFiles.isFolder(path),
            path.string.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && !"[],#\"\\".utf8.contains($0) })
        else { throw DebianBaseError.badKeyring(name: name, path: text) }
        return path
    }
}

extension DebianMirror {
    /// The archive of `--debian-snapshot`: `URL`, or `URL,SECURITY-URL`.
    ///
    /// Of one address the security archive is beside it: the last part of the path that is called `debian` is
    /// `debian-security` there. Fails with `DebianBaseError` where the text is no address or has no such part.
    package static func snapshot(
        _ text: String, from name: String, environment: [String: String], hostRoot: FilePath = "/"
    ) throws -> DebianMirror {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard (1...2).contains(parts.count), parts.allSatisfy(isAddress) else {
            throw DebianBaseError.malformedMirror(name: name, value: text)
        }
        let main = HostSources.clean(parts[0])
        guard let security = parts.count == 2 ? HostSources.clean(parts[1]) : securityBeside(main) else {
            throw DebianBaseError.noSecurityMirror(name: name, value: text)
        }
        return DebianMirror(
            mirror: main, securityMirror: security, environment: kept(of: environment),
            usesHostSettings: hostRoot == "/")
    }

    private static func securityBeside(_ address: String) -> String? {
        var parts = address.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let index = parts.lastIndex(of: "debian"), index > 2 else { return nil }
        parts[index] = "debian-security"
        return parts.joined(separator: "/")
    }
}
