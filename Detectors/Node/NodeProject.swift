import Planning

/// A service's folder as the Node rules read it.
struct NodeProject: Sendable {
    let tree: any SourceTree
    let options: PlanOptions
    /// The service's own manifest; nil for a script without one.
    let manifest: PackageJSON?
    /// The workspace that the service is a member of, or that it is the root of; nil for a package of its own.
    let workspace: NodeWorkspace?

    init(tree: any SourceTree, options: PlanOptions) throws {
        self.tree = tree
        self.options = options
        manifest = try PackageJSON.read(tree.service, of: tree)
        workspace = try NodeWorkspace.read(tree)
    }

    /// The folder where the package manager runs: the workspace's root, else the service's own.
    var top: SourcePath { workspace?.root ?? tree.service }

    /// A path below the service's folder.
    func path(_ text: String) throws -> SourcePath { try tree.service.appending(text) }

    /// Names that say "Node" by themselves.
    static let manifests = ["package.json"]

    /// What an option of this language asks for: `node.manager` is `setting("manager")`.
    func setting(_ key: String) -> Requested<String>? { options.settings["node.\(key)"] }

    /// Every package of the workspace that takes part, or the service's own: what a dependency is looked up in.
    var packages: [PackageJSON] {
        workspace.map { workspace in workspace.closure(of: tree.service).map(\.manifest) }
            ?? [manifest].compactMap(\.self)
    }
}
