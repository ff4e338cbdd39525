import Planning

/// Packages that are installed together: those of `workspaces` in package.json, of pnpm-workspace.yaml or of lerna.json.
struct NodeWorkspace: Sendable {
    let root: SourcePath
    /// Which manifest declares it.
    let kind: WorkspaceDeclaration.Kind
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
        /// Those of `needs` that it needs when it runs: all but `devDependencies`.
        let runtimeNeeds: [String]

        /// How other members and package managers call it: its name, else its folder's.
        var name: String { manifest.name ?? folder.name }
    }

    /// The workspace that a service is a member or the root of; nil where nothing says that it is.
    static func read(_ tree: any SourceTree) throws -> NodeWorkspace? {
        let own = tree.service
        var folder: SourcePath? = own
        while let current = folder {
            if let found = try WorkspaceDeclaration.read(current, of: tree), let member = own.relative(to: current),
                current == own || found.claims(member)
            {
                return try NodeWorkspace(found, at: current, of: tree)
            }
            folder = current.parent
        }
        return nil
    }

    private init(_ declaration: WorkspaceDeclaration, at root: SourcePath, of tree: any SourceTree) throws {
        self.root = root
        kind = declaration.kind
        evidence = declaration.evidence
        rootManifest = try PackageJSON.read(root, of: tree)
        let manifests = try tree.entries.lazy.filter { $0.path.name == "package.json" && $0.isFile }
            .compactMap { $0.path.parent }
            .filter { $0.relative(to: root).map(declaration.claims) ?? false }
            .compactMap { try PackageJSON.read($0, of: tree) }
        let links = try MemberLinks(Array(manifests), root: rootManifest)
        members = links.members
    }

    /// The member in a folder and those that it needs, in build order, itself last.
    ///
    /// For the root's own package, the members that it needs and then itself. Empty for a folder that has none.
    func closure(of folder: SourcePath) -> [Member] { closure(of: folder) { $0.needs } }

    /// The member in a folder and those that it needs when it runs, in the order of `closure`.
    func runtimeClosure(of folder: SourcePath) -> [Member] { closure(of: folder) { $0.runtimeNeeds } }

    private func closure(of folder: SourcePath, _ needs: (Member) -> [String]) -> [Member] {
        guard let first = member(in: folder) else { return [] }
        let byName = Dictionary(members.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        var order: [Member] = []
        var seen: Set<SourcePath> = [first.folder]
        // Depth first without recursion: a member is put in after all that it needs, the first name first.
        var stack: [(member: Member, rest: ArraySlice<String>)] = [(first, needs(first)[...])]
        while let (member, rest) = stack.popLast() {
            guard let name = rest.first else {
                order.append(member)
                continue
            }
            stack.append((member, rest.dropFirst()))
            if let next = byName[name], seen.insert(next.folder).inserted { stack.append((next, needs(next)[...])) }
        }
        return order
    }

    /// The package in a folder: a member, or the root's own.
    func member(in folder: SourcePath) -> Member? {
        if let member = members.first(where: { $0.folder == folder }) { return member }
        guard folder == root, let rootManifest else { return nil }
        let byName = Dictionary(
            members.compactMap { member in member.manifest.name.map { ($0, member.manifest) } },
            uniquingKeysWith: { one, _ in one })
        return MemberLinks.member(rootManifest, among: byName)
    }
}
