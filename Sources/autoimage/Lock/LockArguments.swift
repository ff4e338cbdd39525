import ArgumentParser
import DebianBases
import Planning
import SystemPackage

/// The options about `autoimage.lock` and the network.
struct LockArguments: ParsableArguments {
    @Flag(help: "Fail (exit 78) where autoimage.lock is missing or would change; also AUTOIMAGE_LOCKED=1.")
    var locked = false

    @Flag(help: "Contact nothing: fail (exit 69) where something is not here already; also AUTOIMAGE_OFFLINE=1.")
    var offline = false

    @Option(
        name: .customLong("debian-snapshot"),
        help: "Debian archive of an earlier day, for locked packages that the mirror has dropped: URL[,SECURITY-URL].")
    var debianSnapshot: String?

    @Option(
        name: .customLong("debian-keyring"),
        help: "Keyring of a mirror that signs with its own key; Debian's own by default.")
    var debianKeyring: String?

    /// Whether a change of the lock is an error.
    func isLocked(_ environment: [String: String] = ProcessEnvironment.current) throws -> Bool {
        try locked || Self.isOn("AUTOIMAGE_LOCKED", environment)
    }

    /// Whether nothing may be contacted.
    func isOffline(_ environment: [String: String] = ProcessEnvironment.current) throws -> Bool {
        try offline || Self.isOn("AUTOIMAGE_OFFLINE", environment)
    }

    private static func isOn(_ name: String, _ environment: [String: String]) throws -> Bool {
        switch environment[name]?.lowercased() {
        case nil, "", "0", "false", "no", "off": return false
        case "1", "true", "yes", "on": return true
        case let value?: throw Failure(.badConfiguration, "\(name)='\(value)': give 1 or 0")
        }
    }
}

extension Settings {
    /// What may be asked for Debian's packages, and how they are trusted.
    func debianAccess(environment: [String: String] = ProcessEnvironment.current) throws -> DebianAccess {
        DebianAccess(
            acceptsExpired: allowExpiredSuites, isOffline: isOffline,
            snapshot: try debianSnapshot.map {
                try DebianMirror.snapshot($0.value, from: $0.option, environment: environment)
            },
            keyring: try debianKeyring.map { try DebianAccess.keyring($0.value, from: $0.option) })
    }
}
