import Detectors
import Files
import OCI
import Planning
import SystemPackage

/// A service's folder as it was read, before anything is planned: what the images of one run have in common.
struct ServiceSource: Sendable {
    let folder: FilePath
    let tree: DirectoryTree
    let settings: Settings
    let secrets: SecretStore
    let lock: LockFile
    let revision: String?

    init(_ arguments: PlanArguments, environment: [String: String]) throws {
        folder = try Self.serviceFolder(arguments.path)
        secrets = try SecretStore(arguments.secrets, environment: environment)
        var settings = try SettingsReader(folder: folder, environment: environment, arguments: arguments).settings()
        settings.plan.offeredSecrets = secrets.offered
        settings.plan.ssh = arguments.ssh
        settings.plan.isLocked = try arguments.lock.isLocked(environment)
        let workspace = try WorkspaceRoot(of: folder, rules: Detectors.workspaces)
        let git = try workspace.versionControl.flatMap { try GitRevision(of: $0) }
        revision = git?.commit
        settings.plan.revision = git.map { SourceRevision(commit: $0.commit, tag: $0.tag) }
        self.settings = settings
        tree = try DirectoryTree(
            root: workspace.root, service: workspace.service,
            extraIgnore: settings.ignore.map {
                try IgnoreRule(parsing: $0.value, origin: $0.option, folder: workspace.service)
            } + Self.ownState(in: workspace.root, environment))
        lock = try LockFile(folder: folder, locked: try arguments.lock.isLocked(environment))
    }

    /// Rules that keep our own state out of the tree, where it lies in it.
    private static func ownState(in root: FilePath, _ environment: [String: String]) throws -> [IgnoreRule] {
        var places: [FilePath] = []
        if let home = environment["AUTOIMAGE_HOME"], !home.isEmpty { places.append(FilePath(home)) }
        if let cache = environment["XDG_CACHE_HOME"] { places.append(FilePath(cache).appending("autoimage")) }
        if let user = environment["HOME"] { places.append(FilePath(user).appending(".cache/autoimage")) }
        return try places.compactMap { HostFiles.realPath($0) }.compactMap { place in
            guard place.starts(with: root), place != root else { return nil }
            let inside = place.components.dropFirst(root.components.count).map(\.string).joined(separator: "/")
            return try IgnoreRule(
                parsing: "/" + inside.map { "*?[\\".contains($0) ? "\\\($0)" : "\($0)" }.joined(),
                origin: "AUTOIMAGE_HOME")
        }
    }

    private static func serviceFolder(_ text: String) throws -> FilePath {
        guard let real = HostFiles.realPath(FilePath(text)) else {
            throw Failure(
                .inputMissing, "\(text): no such folder; give the service's folder, as in 'autoimage build ./service'")
        }
        guard HostFiles.isFolder(real) else {
            throw Failure(.inputMissing, "\(text): is not a folder; give the folder that holds the service")
        }
        return real
    }
}
