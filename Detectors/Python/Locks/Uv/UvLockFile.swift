import Formats
import Planning

/// A uv.lock as it stands in the file: version 1, any revision.
struct UvLockFile: Sendable {
    let path: SourcePath
    let table: LockTable
    let packages: [Package]
    /// Where in `packages` those of a name stand.
    let positions: [String: [Int]]
    /// The Pythons that the lock is for: `>=3.11`.
    let requiresPython: String?

    /// The folder that paths in the lock are relative to.
    var folder: SourcePath { path.parent ?? .root }

    /// One version of a package from one place.
    struct Package: Sendable {
        let name: String
        /// Nil where only the project's build knows.
        let version: String?
        let source: Source
        let dependencies: [Edge]
        /// By extra.
        let optional: [String: [Edge]]
        /// By dependency group.
        let groups: [String: [Edge]]
        /// Markers of which one holds wherever this version is meant; empty where it is meant everywhere.
        let forks: [Marker]
        let table: LockTable

        var evidence: Evidence { table.evidence(version.map { "\(name) \($0)" } ?? name) }
    }

    /// What depends on what, and when.
    struct Edge: Sendable {
        let name: String
        let version: String?
        let source: Source?
        let extras: [String]
        let marker: Marker?
        let table: LockTable
    }

    /// Where a package is from.
    enum Source: Hashable, Sendable {
        /// An index, by its address or its folder.
        case registry(String)
        /// A repository with its query and, after `#`, the commit.
        case git(String)
        case url(String, subdirectory: String?)
        /// An archive of the tree.
        case path(String)
        /// A project of the tree that is installed.
        case directory(String)
        /// A project of the tree of which only the dependencies are installed.
        case virtual(String)
    }

    /// Reads a lock; nil where there is none, an error with its line where it is broken or of another version.
    static func read(_ path: SourcePath, from tree: any SourceTree) throws -> UvLockFile? {
        guard let table = try LockTable.read(path, from: tree) else { return nil }
        let version = try table.integer("version")
        guard version == 1 else {
            throw table.unusable(
                version.map { "is a lock of version \($0), and version 1 is what can be read" }
                    ?? "names no version, so it is no lock of uv",
                fix: "write it with 'uv lock'", key: "version")
        }
        let packages = try table.tables("package").map(package)
        return UvLockFile(
            path: path, table: table, packages: packages,
            positions: Dictionary(grouping: packages.indices) { packages[$0].name },
            requiresPython: try table.string("requires-python"))
    }

    private static func package(_ table: LockTable) throws -> Package {
        let name = try required("name", in: table)
        guard let source = try source(table) else {
            throw table.unusable("the package '\(name)' has no source", fix: "write the lock anew with 'uv lock'")
        }
        return Package(
            name: Requirement.normalized(name), version: try table.string("version"), source: source,
            dependencies: try table.tables("dependencies").map(edge),
            optional: try edges(table.table("optional-dependencies")),
            groups: try edges(table.table("dev-dependencies")),
            forks: try table.strings("resolution-markers").map { try marker($0, table, "resolution-markers") },
            table: table)
    }

    private static func edges(_ table: LockTable?) throws -> [String: [Edge]] {
        guard let table else { return [:] }
        var result: [String: [Edge]] = [:]
        for key in table.keys { result[Requirement.normalized(key)] = try table.tables(key).map(edge) }
        return result
    }

    private static func edge(_ table: LockTable) throws -> Edge {
        Edge(
            name: Requirement.normalized(try required("name", in: table)), version: try table.string("version"),
            source: try source(table), extras: try table.strings("extra").map(Requirement.normalized),
            marker: try table.string("marker").map { try marker($0, table, "marker") }, table: table)
    }

    private static func source(_ table: LockTable) throws -> Source? {
        guard let source = try table.table("source") else { return nil }
        if let registry = try source.string("registry") { return .registry(registry) }
        if let git = try source.string("git") { return .git(git) }
        if let url = try source.string("url") { return .url(url, subdirectory: try source.string("subdirectory")) }
        if let path = try source.string("path") { return .path(path) }
        if let folder = try source.string("directory") ?? source.string("editable") { return .directory(folder) }
        if let folder = try source.string("virtual") { return .virtual(folder) }
        throw source.unusable(
            "a source of a kind that is not known: \(source.keys.joined(separator: ", "))",
            fix: "write the lock anew with 'uv lock'")
    }

    private static func required(_ key: String, in table: LockTable) throws -> String {
        if let text = try table.string(key) { return text }
        throw table.unusable("has no '\(key)'", fix: "write the lock anew with 'uv lock'")
    }

    private static func marker(_ text: String, _ table: LockTable, _ key: String) throws -> Marker {
        if let marker = Marker(parsing: text) { return marker }
        throw table.unusable(
            "'\(text)' is no environment marker", fix: "write the lock anew with 'uv lock'", key: key)
    }
}
