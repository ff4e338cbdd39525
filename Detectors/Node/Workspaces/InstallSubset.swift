import Planning

/// Which packages of a workspace are installed for one service, and which manifests have to be there for that.
///
/// npm, pnpm and Yarn 1 install what they find from a frozen lock that holds more, so the manifests of members that take
/// no part stay out and an edit of them repeats nothing. Yarn from 2 on refuses such a lock with `--immutable` and
/// accepts it with `workspaces focus`. Bun compares its lock with every member.
extension NodeProject {
    /// The manifests of everything that is installed: the root's, then those of the service and the members that it needs.
    ///
    /// At the root of a workspace all take part: its own scripts may run any of them.
    var installedManifests: [PackageJSON] {
        guard let workspace, tree.service != workspace.root else { return allManifests }
        let taking = workspace.closure(of: tree.service).sorted { $0.folder < $1.folder }.map(\.manifest)
        return withService([workspace.rootManifest].compactMap(\.self) + taking)
    }

    /// The root's manifest and every member's.
    var allManifests: [PackageJSON] {
        guard let workspace else { return [manifest].compactMap(\.self) }
        return withService([workspace.rootManifest].compactMap(\.self) + workspace.members.map(\.manifest))
    }

    private func withService(_ manifests: [PackageJSON]) -> [PackageJSON] {
        manifests.contains { $0.path == manifest?.path } ? manifests : manifests + [manifest].compactMap(\.self)
    }

    /// The manifests that the manager reads: those of `installedManifests`, or all where it compares its lock with all.
    func presentManifests(_ manager: NodeManager, focus: [String]) -> [PackageJSON] {
        switch manager {
        case .npm, .pnpm, .yarn: installedManifests
        case .berry: focus.isEmpty ? allManifests : installedManifests
        case .bun: allManifests
        }
    }

    /// What `yarn workspaces focus` names: the service and the root; empty where that is not to be had, or not needed.
    ///
    /// Built in from Yarn 4 on, before that a plugin: `yarn workspaces focus`.
    func focus(_ manager: NodeManager, major: Int?, plugins: [String]) -> [String] {
        guard manager == .berry, let workspace, tree.service != workspace.root,
            major ?? 0 >= 4 || plugins.contains(where: { $0.contains("workspace-tools") }),
            let own = manifest?.name, let root = workspace.rootManifest?.name
        else { return [] }
        return [own, root]
    }

    /// Members that only the build needs, as paths from the service's folder: they are not shipped.
    var membersOfDevelopment: [String] {
        guard let workspace, tree.service != workspace.root else { return [] }
        let shipped = workspace.runtimeClosure(of: tree.service).map(\.folder)
        let up = tree.service.relative(to: workspace.root)?.components.map { _ in "../" }.joined() ?? ""
        return workspace.closure(of: tree.service).map(\.folder).filter { folder in
            !shipped.contains { $0.isInside(folder) }
        }.sorted().compactMap { $0.relative(to: workspace.root) }.map { "\(up)\($0)" }
    }
}
