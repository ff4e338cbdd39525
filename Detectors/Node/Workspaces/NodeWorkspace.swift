import Planning

/// Packages that are installed together: those of `workspaces` in package.json or of pnpm-workspace.yaml.
struct NodeWorkspace: Sendable {
    let root: SourcePath
    /// What says so: `package.json:5`, `pnpm-workspace.yaml:1`.
    let evidence: Evidence
    /// Every member that has a manifest, sorted by folder; the root's own package is not among them.
    let members: [Member]
    /// The root's own package.
    let rootManifest: PackageJSON?

    /// One package of the workspace.
    struct Member: Sendable {
        let folder: SourcePath
        let manifest: PackageJSON
        /// Names of other members that it needs: dependencies of any kind that a member's version satisfies.
        let needs: [String]
    }

    /// The workspace at the root of the tree; nil where nothing there says that it is one.
    static func read(_ tree: any SourceTree) throws -> NodeWorkspace? { nil }

    /// The member in a folder and those that it needs, in build order, itself last; its own package at the root.
    func closure(of folder: SourcePath) -> [Member] { [] }
}
