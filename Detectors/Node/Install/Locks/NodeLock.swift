import Formats
import Planning

/// A lock file of any manager, as a list of packages.
struct NodeLock: Sendable {
    let path: SourcePath
    let manager: NodeManager
    /// The format's own version: `3`, `9.0`, `8`.
    let version: String
    /// Where the version stands; 1 where the format's first line says it.
    let versionLine: Int
    /// By place in the tree, then name and version.
    let packages: [Package]
    /// What the lock was made from: the declared dependencies of every manifest, as the lock records them.
    let importers: [Importer]
    /// What each `name@range` became, for the formats of Yarn, which record no manifests or only their ranges.
    var patterns: [String: Pattern] = [:]
    var details = Details()
    /// Whether the packages are known: a binary lock keeps them for its own program.
    var isReadable = true

    /// What a `name@range` became.
    struct Pattern: Sendable, Hashable {
        let version: String
        let line: Int
    }

    /// What a lock fixes beside packages.
    struct Details: Sendable, Hashable {
        var patches: [Patch] = []
        var overrides: [Override] = []
        var catalogs: [CatalogEntry] = []
        /// The checksum of `.pnpmfile.cjs`.
        var hookChecksum: String?
        /// Packages whose scripts Bun runs.
        var trusted: [String] = []

        /// A package that is changed by a patch file of the sources.
        struct Patch: Sendable, Hashable {
            let package: String
            let file: String
            let hash: String
            let line: Int
        }

        /// A version that is forced upon every package.
        struct Override: Sendable, Hashable {
            let name: String
            let range: String
            let line: Int
        }

        /// A range that manifests name as `catalog:`.
        struct CatalogEntry: Sendable, Hashable {
            let catalog: String
            let name: String
            let range: String
            let line: Int
        }
    }

    /// One installed package.
    struct Package: Sendable, Hashable {
        /// Its own name, whatever it is installed as.
        let name: String
        let version: String
        /// The line in the lock.
        let line: Int
        /// Whether only development needs it.
        var isDevelopment = false
        var isOptional = false
        /// Whether it runs scripts when it is installed, where the lock says so.
        var hasInstallScript: Bool?
        /// Machines that it is for, where the lock says so.
        var os: [String] = []
        var cpu: [String] = []
        var libc: [String] = []
        /// Names that it needs at run time.
        var dependencies: [String] = []
        /// The name in `node_modules`, where that is another one: `"lodash4": "npm:lodash@4"`.
        var alias: String?
        /// Where it lies below the lock's folder, where the lock says so: `node_modules/a/node_modules/b`.
        var place: String?
        var origin = Origin.registry(nil)
        /// Whether another package's archive brings it.
        var isBundled = false

        /// The name that programs import.
        var importedAs: String { alias ?? name }
    }

    /// Where a package comes from.
    enum Origin: Sendable, Hashable {
        /// An address of the registry, where the lock has one.
        case registry(String?)
        /// A git repository, with the commit after `#`.
        case git(String)
        /// An archive that is no registry's.
        case archive(String)
        /// A folder or an archive of the sources, below the lock's folder.
        case file(String)
        /// A folder of the sources that is linked to: members of a workspace, `link:`.
        case link(String)
    }

    /// The dependencies of one manifest, as the lock records them.
    struct Importer: Sendable, Hashable {
        /// Below the lock's folder; `.` for the root.
        let folder: String
        let line: Int
        let entries: [Entry]

        /// One declared dependency.
        struct Entry: Sendable, Hashable {
            let kind: PackageJSON.Kind
            let name: String
            /// The range as it was declared.
            let specifier: String
            /// What was chosen, where the record has it.
            var version: String?
            let line: Int
        }

        /// The record of a dependency of any kind but peers.
        func entry(_ name: String) -> Entry? { entries.first { $0.name == name && $0.kind != .peerDependencies } }
    }

    /// A line of the lock as evidence.
    func evidence(_ line: Int, _ excerpt: String) -> Evidence { Evidence(path: path, line: line, excerpt: excerpt) }

    /// The format's version as evidence.
    var versionEvidence: Evidence {
        let key =
            switch manager {
            case .berry: "__metadata.version: "
            case .yarn: "yarn lockfile v"
            default: "lockfileVersion: "
            }
        return evidence(versionLine, key + version)
    }

    /// The packages by a name, production first.
    func packages(named name: String) -> [Package] {
        packages.filter { $0.name == name || $0.alias == name }.sorted { !$0.isDevelopment && $1.isDevelopment }
    }

    /// Locks of large workspaces are larger than what people write.
    static let sizeLimit: Int64 = 32 << 20

    /// Reads a lock; fails with file and line where it is no lock of its manager, or holds a merge's conflict.
    ///
    /// `manifests` are those of everything that is installed together: Yarn's locks do not say what only development needs.
    static func read(
        _ path: SourcePath, _ manager: NodeManager, of tree: any SourceTree, manifests: [PackageJSON]
    ) throws -> NodeLock? {
        guard tree.hasFile(path) else { return nil }
        if path.name == "bun.lockb" {
            return NodeLock(
                path: path, manager: .bun, version: "binary", versionLine: 1, packages: [], importers: [],
                isReadable: false)
        }
        guard let text = try tree.text(at: path, limit: sizeLimit) else { return nil }
        try checkConflict(text, path)
        return switch manager {
        case .npm: try NpmLock.read(text, path)
        case .pnpm: try PnpmLock.read(text, path)
        case .yarn: try YarnLock.read(text, path, manifests: manifests)
        case .berry: try BerryLock.read(text, path, manifests: manifests)
        case .bun: try BunLock.read(text, path)
        }
    }

    /// Fails at the line where a merge left its marks.
    private static func checkConflict(_ text: String, _ path: SourcePath) throws {
        let marks = ["<<<<<<< ", ">>>>>>> ", "||||||| "]
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
        where marks.contains(where: line.hasPrefix) {
            throw PlanError.unusable(
                place: "\(path):\(index + 1)", what: "is in the middle of a merge: '\(line.prefix(40))'",
                fix: "solve the conflict by running the package manager's install, and commit the lock")
        }
    }
}
