import Formats
import Planning

/// A service that uv locks: its own `uv.lock`, or that of the workspace that it is a member of.
struct UvLock: InstallSource {
    let manager: Decided<String>
    private let project: PythonProject
    private let lock: UvLockFile
    private let manifest: UvManifest
    private let workspace: UvWorkspace?

    /// The lock of a service; nil where there is none.
    static func find(in project: PythonProject) throws -> UvLock? {
        let service = project.tree.service
        let workspace = try UvWorkspace.around(service, in: project.tree)
        let folders = [workspace?.folder, service].compactMap(\.self)
        for folder in folders {
            let path = folder.appending(name: "uv.lock")
            guard let lock = try UvLockFile.read(path, from: project.tree) else { continue }
            guard let manifest = try UvManifest.read(service, from: project.tree) else {
                throw PlanError.unusable(
                    place: "\(path)", what: "there is no pyproject.toml in '\(service)' that the lock belongs to",
                    fix: "add the file, or let it into the build if it is ignored")
            }
            let evidence = Evidence(path: path, excerpt: path.name)
            return UvLock(
                manager: Decided("uv", .found(evidence: [evidence])), project: project, lock: lock,
                manifest: manifest, workspace: workspace)
        }
        return nil
    }

    func requirements(for target: PythonTarget) throws -> RequirementSet {
        try checkPython(target)
        let root = try ownPackage()
        let selection = try LockSelection(
            project.options, extras: Set(root.optional.keys).union(manifest.extras.keys),
            groups: Set(root.groups.keys).union(manifest.groups.keys), in: manifest.path)
        try checkConflicts(selection, root)
        let nodes = try UvGraph(lock, root: root, selection: selection, target: target).packages()
        let top = try workspace.flatMap { try UvManifest.read($0.folder, from: project.tree) }
        var reader = UvInstallation(
            tree: project.tree, lock: lock, target: target, rules: try UvBuildRules(top ?? manifest),
            set: RequirementSet(root: lock.path))
        reader.set.files = [lock.path, manifest.path]
        reader.set.isClosed = true
        for node in nodes { try reader.add(node) }
        let own = try OwnProject.find(in: project)
        if let local = own.project, try manifest.isPackage() { reader.set.projects.append(local) }
        if try manifest.isPackage() { reader.set.warnings += own.warnings }
        reader.set.projects.sort { $0.path < $1.path }
        reader.useIndexes(try (top.map { try $0.indexes() } ?? []) + manifest.indexes(), nodes)
        reader.set.drift = try drift(root, reader.members, target)
        return reader.set
    }

    private func checkPython(_ target: PythonTarget) throws {
        guard let text = lock.requiresPython, let range = try? VersionSpecifier(parsing: text) else { return }
        guard PythonVersion.match(target.version, range) == .none else { return }
        throw lock.table.unusable(
            "is made for Python \(text), and the plan is for \(target.version)",
            fix: "choose a Python that it is for with --set python.version=VERSION, or lock for this one",
            key: "requires-python")
    }

    /// The service's own package: the one from its folder, with its name.
    private func ownPackage() throws -> UvLockFile.Package {
        let service = project.tree.service
        let own = lock.packages.first { package in
            switch package.source {
            case .directory(let path), .virtual(let path):
                lock.folder.resolving(path) == service && (manifest.name == nil || manifest.name == package.name)
            default: false
            }
        }
        if let own { return own }
        guard let name = manifest.name else {
            throw PlanError.unusable(
                place: "\(manifest.path)", what: "has no [project], so nothing of \(lock.path) is the service's",
                fix: "add [project] with a name and dependencies, and run 'uv lock'")
        }
        let members = lock.packages.filter { package in
            switch package.source {
            case .directory, .virtual: true
            default: false
            }
        }
        throw PlanError.unusable(
            place: "\(lock.path)",
            what: "knows no project '\(name)' in '\(service)'"
                + (members.isEmpty ? "" : "; its projects are \(members.map(\.name).sorted().joined(separator: ", "))"),
            fix: "run 'uv lock'")
    }

    /// Fails where two chosen extras or groups are declared to exclude each other (`tool.uv.conflicts`).
    private func checkConflicts(_ selection: LockSelection, _ root: UvLockFile.Package) throws {
        guard case .array(let sets)? = lock.table.node("conflicts") else { return }
        for set in sets {
            guard case .array(let items) = set else { continue }
            let chosen = items.compactMap { item -> String? in
                guard case .table(let table) = item, case .string(let package)? = table["package"],
                    Requirement.normalized(package) == root.name
                else { return nil }
                if case .string(let extra)? = table["extra"], selection.extras.contains(Requirement.normalized(extra)) {
                    return "extra '\(extra)'"
                }
                if case .string(let group)? = table["group"], selection.groups.contains(Requirement.normalized(group)) {
                    return "group '\(group)'"
                }
                return nil
            }
            guard chosen.count > 1 else { continue }
            throw lock.table.unusable(
                "\(chosen.joined(separator: " and ")) exclude each other", fix: "ask for one of them", key: "conflicts")
        }
    }

    private func drift(
        _ root: UvLockFile.Package, _ members: [UvLockFile.Package], _ target: PythonTarget
    ) throws -> LockDrift? {
        let drift = UvDrift(lock: lock, target: target)
        if let own = try drift.of(root, manifest) { return own }
        for member in members {
            guard case .directory(let path) = member.source, let folder = lock.folder.resolving(path),
                let manifest = try UvManifest.read(folder, from: project.tree), manifest.name != nil
            else { continue }
            if let found = try drift.of(member, manifest) { return found }
        }
        let folders = workspace.map { [$0.folder] + $0.members(in: project.tree) } ?? [project.tree.service]
        return drift.ofPython(try folders.compactMap { try UvManifest.read($0, from: project.tree) })
    }
}
