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

    /// The name of its program and of its package in the registry; Yarn from 2 on is packed as `@yarnpkg/cli-dist`.
    var program: String { self == .berry ? "yarn" : rawValue }

    /// The package of the registry that has its releases.
    var package: String { self == .berry ? "@yarnpkg/cli-dist" : rawValue }

    /// The locks that it reads, the one it prefers first.
    var locks: [String] {
        switch self {
        case .npm: ["npm-shrinkwrap.json", "package-lock.json"]
        case .pnpm: ["pnpm-lock.yaml"]
        case .yarn, .berry: ["yarn.lock"]
        case .bun: ["bun.lock", "bun.lockb"]
        }
    }

    /// The command that writes its lock from the manifests.
    var lockCommand: String {
        switch self {
        case .npm: "npm install --package-lock-only"
        case .pnpm: "pnpm install --lockfile-only"
        case .yarn: "yarn install"
        case .berry: "yarn install --mode=update-lockfile"
        case .bun: "bun install --lockfile-only"
        }
    }

    /// What a name of `packageManager`, `devEngines`, `engines` or `node.manager` means; nil for no manager that is known.
    ///
    /// `yarn` is Yarn 1 or Berry by its version: a range counts by its first number, no version by `usual`.
    static func named(_ name: String, version: String?, usual: NodeManager = .yarn) -> NodeManager? {
        guard name == "yarn" else { return NodeManager(rawValue: name) }
        guard let version, let major = version.firstMatch(of: /\d+/).flatMap({ Int($0.output) }) else { return usual }
        // `<2` and `<2.0` mean Yarn 1; `>=1` alone lets the lock decide.
        if version.contains(/^\s*<\s*2/) { return .yarn }
        return major < 2 ? .yarn : .berry
    }
}
