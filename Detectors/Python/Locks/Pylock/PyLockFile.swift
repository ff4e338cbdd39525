import Formats
import Planning

/// A `pylock.toml` as it stands in the file (PEP 751): lock version 1.
struct PyLockFile: Sendable {
    let table: LockTable
    let packages: [Package]
    /// Markers of which one must hold; empty where the lock is for every environment.
    let environments: [String]
    let requiresPython: String?
    let extras: [String]
    let groups: [String]
    /// Groups that are installed where nobody chooses.
    let defaultGroups: [String]

    var path: SourcePath { table.file }

    /// One package, perhaps one of several by one name that different environments take.
    struct Package: Sendable {
        let name: String
        let version: String?
        let marker: Marker?
        let requiresPython: String?
        let table: LockTable

        var evidence: Evidence { table.evidence(version.map { "\(name) \($0)" } ?? name) }
    }

    /// Reads a lock; fails with its line where it is broken or of another version.
    static func read(_ path: SourcePath, from tree: any SourceTree) throws -> PyLockFile? {
        guard let table = try LockTable.read(path, from: tree) else { return nil }
        let version = try table.string("lock-version")
        guard let version, version.split(separator: ".").first == "1" else {
            throw table.unusable(
                version.map { "is a lock of version \($0), and version 1 is what can be read" }
                    ?? "names no lock-version, so it is no lock (PEP 751)",
                fix: "write it anew with the tool that made it", key: "lock-version")
        }
        return PyLockFile(
            table: table, packages: try table.tables("packages").map(package),
            environments: try table.strings("environments"), requiresPython: try table.string("requires-python"),
            extras: try table.strings("extras").map(Requirement.normalized),
            groups: try table.strings("dependency-groups").map(Requirement.normalized),
            defaultGroups: try table.strings("default-groups").map(Requirement.normalized))
    }

    private static func package(_ table: LockTable) throws -> Package {
        guard let name = try table.string("name") else {
            throw table.unusable("a package has no name", fix: "write the lock anew with the tool that made it")
        }
        let kinds = ["vcs", "directory", "archive"].filter { table.node($0) != nil }
        let hasFiles = table.node("sdist") != nil || table.node("wheels") != nil
        guard kinds.count + (hasFiles ? 1 : 0) == 1 else {
            let what = kinds.isEmpty ? "names nothing to install" : "names several things to install"
            throw table.unusable(
                "the package '\(name)' \(what)",
                fix: "it has one of wheels with sdist, vcs, directory and archive; write the lock anew")
        }
        return Package(
            name: Requirement.normalized(name), version: try table.string("version"),
            marker: try table.string("marker").map { try marker($0, table, "marker") },
            requiresPython: try table.string("requires-python"), table: table)
    }

    /// A marker at a key; fails where the text is none.
    static func marker(_ text: String, _ table: LockTable, _ key: String) throws -> Marker {
        if let marker = Marker(parsing: text) { return marker }
        throw table.unusable(
            "'\(text)' is no environment marker", fix: "write the lock anew with the tool that made it", key: key)
    }
}
