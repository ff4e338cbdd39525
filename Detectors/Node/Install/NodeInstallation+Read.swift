import Formats
import Planning

extension NodeInstallation {
    /// What the service installs; nil where it declares no dependencies and has no lock.
    ///
    /// Fails with the place where files contradict each other, and with `--locked` where a lock is missing or has drifted.
    static func read(_ project: NodeProject) throws -> NodeInstallation? {
        guard let manifest = project.workspace?.rootManifest ?? project.manifest else { return nil }
        let choice = try ManagerChoice.read(project)
        let manifests = project.installedManifests
        let declares = manifests.contains { one in PackageJSON.Kind.allCases.contains { !one.dependencies($0).isEmpty }
        }
        guard declares || choice.lock != nil else { return nil }
        let manager = choice.manager.value
        let lock = try choice.lock.flatMap { try NodeLock.read($0, manager, of: project.tree, manifests: manifests) }
        var warnings = choice.warnings
        if lock == nil {
            let what =
                "no lock of \(manager.title): versions are chosen while the image is built, so that two builds may differ"
            let fix = "make one with '\(manager.lockCommand)' and commit it"
            guard !project.options.isLocked else {
                throw PlanError.unusable(place: "\(manifest.path)", what: what, fix: fix)
            }
            warnings.append("\(manifest.path): \(what); \(fix)")
        }
        return NodeInstallation(
            manager: choice.manager, version: nil, hash: choice.wanted?.hash, vendored: nil, lock: lock, drift: nil,
            files: [manifest.path] + [choice.lock].compactMap(\.self), needsSources: nil, isPlugAndPlay: false,
            isOffline: nil, access: RegistryAccess(), warnings: warnings)
    }
}

extension NodeProject {
    /// The manifests of everything that is installed together: the root's, then each member's.
    var installedManifests: [PackageJSON] {
        guard let workspace else { return [manifest].compactMap(\.self) }
        let all = [workspace.rootManifest].compactMap(\.self) + workspace.members.map(\.manifest)
        return all.contains { $0.path == manifest?.path } ? all : all + [manifest].compactMap(\.self)
    }
}
