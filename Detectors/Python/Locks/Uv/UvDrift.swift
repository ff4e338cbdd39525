import Formats
import Planning

/// How a uv.lock departs from the manifests that it was made from, as far as one target can tell.
///
/// Markers are compared by what they say for the target: uv writes them into its lock in words of its own.
struct UvDrift {
    let lock: UvLockFile
    let target: PythonTarget

    /// One requirement as both sides say it.
    private struct Entry: Hashable {
        let name: String
        let extras: Set<String>
        /// Nil where the package is from elsewhere than an index.
        let specifier: Set<String>?
    }

    /// The first difference for a project of the tree; nil where lock and manifest agree.
    func of(_ package: UvLockFile.Package, _ manifest: UvManifest) throws -> LockDrift? {
        let metadata = try package.table.table("metadata")
        let locked = try metadata?.tables("requires-dist") ?? []
        if let what = try difference(manifest, manifest.dependencies, locked, extra: nil, "asks for") {
            return drift(what)
        }
        for extra in Set(manifest.extras.keys).union(try provided(metadata)).sorted() {
            if let what = try difference(
                manifest, manifest.extras[extra], locked, extra: extra, "asks in extra '\(extra)' for")
            {
                return drift(what)
            }
        }
        let groups = try metadata?.table("requires-dev")
        for group in Set(manifest.groups.keys).union((groups?.keys ?? []).map(Requirement.normalized)).sorted() {
            let key = groups?.keys.first { Requirement.normalized($0) == group }
            let locked = try key.flatMap { try groups?.tables($0) } ?? []
            if let what = try difference(
                manifest, manifest.groups[group], locked, extra: nil, "asks in group '\(group)' for")
            {
                return drift(what)
            }
        }
        return nil
    }

    /// The difference in the Pythons that lock and manifests are for; nil where no manifest says any.
    func ofPython(_ manifests: [UvManifest]) -> LockDrift? {
        let wanted = manifests.compactMap(\.requiresPython)
        guard let locked = lock.requiresPython, !wanted.isEmpty,
            let lockedRange = try? VersionSpecifier(parsing: locked),
            let range = try? VersionSpecifier(parsing: wanted.joined(separator: ","))
        else { return nil }
        let differs = (0...40).map { "3.\($0)" }.contains {
            PythonVersion.match($0, lockedRange) != PythonVersion.match($0, range)
        }
        guard differs else { return nil }
        let all = Set(wanted).sorted().joined(separator: ",")
        return drift("it is for Python \(locked), and \(manifests[0].path) asks for \(all)")
    }

    private func drift(_ what: String) -> LockDrift { LockDrift(lock: lock.path, what: what, fix: "uv lock") }

    private func provided(_ metadata: LockTable?) throws -> [String] {
        try (metadata?.strings("provides-extras") ?? []).map(Requirement.normalized)
    }

    private func difference(
        _ manifest: UvManifest, _ asked: [String]?, _ locked: [LockTable], extra: String?, _ verb: String
    ) throws -> String? {
        let environment = target.markers(extras: extra.map { [$0] } ?? [])
        let base = target.markers()
        var kept: Set<Entry> = []
        for table in locked {
            let text = try table.string("marker")
            let marker = try text.map { text throws -> Marker in
                if let marker = Marker(parsing: text) { return marker }
                throw table.unusable("'\(text)' is no environment marker", fix: "write the lock anew with 'uv lock'")
            }
            // What an extra adds is what holds with it and not without.
            guard marker?.holds(in: environment) ?? true, extra == nil || !(marker?.holds(in: base) ?? true) else {
                continue
            }
            kept.insert(try entry(table, manifest))
        }
        var wanted: [Entry: String] = [:]
        for text in asked ?? [] {
            guard let requirement = DeclaredRequirement(parsing: text) else {
                throw PlanError.unusable(
                    place: place(text, manifest), what: "'\(text)' is no requirement",
                    fix: "write it as in: name[extra]>=1.2,<2; python_version > \"3.8\"")
            }
            guard requirement.marker?.holds(in: base) ?? true else { continue }
            let isPlaced = requirement.address != nil || manifest.placed.contains(requirement.name)
            let specifier = isPlaced ? nil : requirement.specifier.meaning
            wanted[Entry(name: requirement.name, extras: requirement.extras, specifier: specifier)] = text
        }
        if let missing = wanted.filter({ !kept.contains($0.key) }).map(\.value).min() {
            return "\(place(missing, manifest)) \(verb) \(missing), which is not what is locked"
        }
        if let extra = kept.filter({ wanted[$0] == nil }).map(\.name).min() {
            return "it locks '\(extra)', and \(manifest.path) no longer \(verb) it"
        }
        return nil
    }

    private func entry(_ table: LockTable, _ manifest: UvManifest) throws -> Entry {
        let name = Requirement.normalized(try table.string("name") ?? "")
        let extras = Set(try table.strings("extras").map(Requirement.normalized))
        let isPlaced =
            manifest.placed.contains(name)
            || ["git", "url", "path", "directory", "editable", "virtual"].contains { table.node($0) != nil }
        let text = try table.string("specifier") ?? ""
        let meaning = (try? VersionSpecifier(parsing: text))?.meaning ?? [text]
        return Entry(name: name, extras: extras, specifier: isPlaced ? nil : meaning)
    }

    /// The line of the manifest that holds a requirement.
    private func place(_ text: String, _ manifest: UvManifest) -> String { manifest.table.place(ofText: text) }
}
