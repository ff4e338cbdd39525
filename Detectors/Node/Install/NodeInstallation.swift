import Planning

/// Who installs the dependencies.
enum NodeManager: String, Codable, Sendable, Hashable, CaseIterable {
    case npm, pnpm
    /// Yarn 1.
    case yarn
    /// Yarn 2 and later.
    case berry
    case bun

    /// How plans and messages call it.
    var title: String {
        switch self {
        case .npm: "npm"
        case .pnpm: "pnpm"
        case .yarn: "Yarn 1"
        case .berry: "Yarn"
        case .bun: "Bun"
        }
    }
}

/// What a service installs, by whom, and from which files: everything that the steps `manager`, `install` and `prune` need.
///
/// Pure values made by `NodeInstallation.read`; the steps turn them into commands.
struct NodeInstallation: Sendable {
    let manager: Decided<NodeManager>
    /// The exact release to fetch for the build, as `9.15.4`; nil where the base's npm does it, or the sources bring one.
    let version: Decided<String>?
    /// The hash that `packageManager` gives after `+`: `sha512.…`.
    let hash: String?
    /// A release that the sources bring: `.yarn/releases/yarn-4.1.0.cjs`.
    let vendored: SourcePath?
    /// The lock; nil where there is none.
    let lock: NodeLock?
    /// How the lock left its manifests, which is a warning and with `--locked` an error; nil where they agree.
    let drift: String?
    /// Files that the installation reads beside the sources: manifests of every member, locks, `.npmrc`, `.yarnrc.yml`, patches.
    let files: [SourcePath]
    /// What makes the installation read the sources too: lifecycle scripts of the service, `file:` dependencies; nil for none.
    let needsSources: Evidence?
    /// Whether `node_modules` is made, or Yarn's Plug'n'Play.
    let isPlugAndPlay: Bool
    /// Whether all packages are in the sources: Yarn's zero-install, an offline mirror; nothing is downloaded then.
    let isOffline: Evidence?
    /// Secrets for private registries by id, as `.npmrc` names their variables: `${NPM_TOKEN}`.
    let variables: [Evidence: String]
    let warnings: [String]

    /// What the service installs; nil where it declares no dependencies and has no lock.
    static func read(_ project: NodeProject) throws -> NodeInstallation? { nil }
}

/// A lock file of any manager, as a list of packages.
struct NodeLock: Sendable {
    let path: SourcePath
    /// The format's own version: `3`, `9.0`, `8`.
    let version: String
    /// By place in the tree, then name and version.
    let packages: [Package]

    /// One installed package.
    struct Package: Sendable, Hashable {
        let name: String
        let version: String
        /// The line in the lock.
        let line: Int
        /// Whether only development needs it.
        let isDevelopment: Bool
        let isOptional: Bool
        /// Whether it runs scripts when it is installed, where the lock says so.
        let hasInstallScript: Bool?
        /// Machines that it is for, where the lock says so.
        let os: [String]
        let cpu: [String]
        let libc: [String]
        /// Names that it needs at run time.
        let dependencies: [String]
    }
}
