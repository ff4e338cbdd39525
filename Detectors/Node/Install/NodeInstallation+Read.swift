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
        let lock = try choice.lock.flatMap {
            try NodeLock.read($0, manager, of: project.tree, manifests: manifests)
        }
        let settings = try ManagerSettings.read(manager, project)
        let release = try ManagerRelease.read(choice, lock, settings, project)
        let fit = try LockFit.check(lock, manager, manifest, project)
        let focus = project.focus(manager, major: release.major, plugins: settings.plugins.map(\.value))
        let files = InstallFiles(
            project: project, manager: manager, lock: lock, settings: settings, vendored: release.vendored,
            present: project.presentManifests(manager, focus: focus))
        let isPlugAndPlay = try plugAndPlay(manager, release, settings, project)
        var access = try RegistryAccess.read(manager, lock, project)
        let native = NativePackages(lock, manifests)
        access.environment.merge(native.environment) { one, _ in one }
        access.environment.merge(LifecycleScripts.quieting(project)) { one, _ in one }
        return NodeInstallation(
            manager: choice.manager, version: release.fetched, major: release.major, hash: release.hash,
            vendored: release.vendored, lock: lock, drift: fit.drift, files: try files.paths(),
            needsSources: LifecycleScripts.needsSources(project, settings, manager), isPlugAndPlay: isPlugAndPlay,
            focus: focus,
            isOffline: files.isOffline(), ignoresScripts: settings.ignoresScripts?.evidence, access: access,
            native: native,
            warnings: choice.warnings + release.warnings + fit.warnings
                + vendoredModules(project))
    }

    /// Whether Yarn makes `.pnp.cjs`: its default from 2 on, where `nodeLinker` does not say otherwise.
    private static func plugAndPlay(
        _ manager: NodeManager, _ release: ManagerRelease, _ settings: ManagerSettings, _ project: NodeProject
    ) throws -> Bool {
        guard manager == .berry else { return false }
        switch settings.linker?.value {
        case nil, "pnp": return true
        case "node-modules", "pnpm": return false
        case let other?:
            throw PlanError.unusable(
                place: "\(settings.linker.map { "\($0.evidence)" } ?? "")",
                what: "no linker '\(other)' is known to Yarn",
                fix: "write node-modules, pnpm or pnp")
        }
    }

    /// Packages that lie in the sources themselves: they are installed anew, for whatever machine they were made on.
    private static func vendoredModules(_ project: NodeProject) -> [String] {
        let folder = project.top.appending(name: "node_modules")
        guard project.tree.entries.contains(where: { $0.path.isInside(folder) && $0.isFile }) else { return [] }
        return ["\(folder): is in the sources, and what is installed takes its place; leave it out"]
    }
}
