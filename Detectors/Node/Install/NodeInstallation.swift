import Planning

/// What a service installs, by whom, and from which files: everything that the steps `manager`, `install` and `prune` need.
///
/// Pure values made by `NodeInstallation.read`; the steps turn them into commands.
struct NodeInstallation: Sendable {
    let manager: Decided<NodeManager>
    /// The exact release to fetch for the build, as `9.15.4`; nil where the base's npm does it, or the sources bring one.
    let version: Decided<String>?
    /// The first number of the release, where it is known; nil for the base's own npm.
    let major: Int?
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
    /// Packages of the workspace that Yarn from 2 on installs alone (`workspaces focus`); empty where it installs all.
    var focus: [String] = []
    /// Whether all packages are in the sources: Yarn's zero-install, an offline mirror; nothing is downloaded then.
    let isOffline: Evidence?
    /// What keeps the scripts of packages from being run: `ignore-scripts`; nil where they run.
    let ignoresScripts: Evidence?
    /// How private registries are reached: variables, secrets and files of the installation's steps.
    let access: RegistryAccess
    /// Packages that are machine code or need something of the system.
    let native: NativePackages
    let warnings: [String]
}
