import Planning

/// Folders and archives of the source tree that a lock names by paths relative to itself.
struct LockedPlaces: Sendable {
    let tree: any SourceTree
    /// The folder of the lock.
    let folder: SourcePath
    /// What writes the lock anew: `uv lock`.
    let fix: String

    /// The place of a package; fails where it is outside the tree, or not there.
    func place(_ path: String, of package: String, in table: LockTable) throws -> SourcePath {
        guard let place = folder.resolving(path) else {
            throw table.unusable(
                "'\(path)' of the package '\(package)' lies outside the source tree",
                fix: "build from a folder that holds both, or move it into the service's folder")
        }
        guard place == .root || tree.entry(at: place) != nil else {
            throw table.unusable(
                "there is nothing at '\(place)', where the package '\(package)' is",
                fix: "let it into the build if it is ignored, or write the lock anew with \(fix)")
        }
        return place
    }

    /// The project in a package's folder; fails where none is there.
    func project(_ path: String, of package: String, in table: LockTable, evidence: Evidence) throws -> LocalProject {
        try LocalProject.read(try place(path, of: package, in: table), tree, evidence)
    }
}
