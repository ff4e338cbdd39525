import Planning

/// Which folders of the source tree are Go modules, and which of them belong together.
struct GoLayout: Sendable {
    /// The folder that becomes `/src`: the workspace's, else the module's.
    let top: SourcePath
    let workspace: GoWorkspace?
    /// The modules whose programs may be built: the service's own, or all of the workspace where that is the service.
    let own: [GoModule]
    /// All modules of the workspace, sorted by folder; else the same as `own`.
    let all: [GoModule]
    /// The folder of vendored packages, where there is one with a list of them.
    let vendor: SourcePath?

    /// Reads what is there; `workspaceMode` is what `GOWORK` of the build's variables says: `off` leaves go.work out.
    init(_ tree: any SourceTree, workspaceMode: String?) throws {
        let module = try GoModule.read(in: tree.service, of: tree)
        let workspace = workspaceMode == "off" ? nil : try Self.workspace(of: tree)
        self.workspace = workspace
        if let workspace {
            let all = try Self.members(of: workspace, in: tree)
            self.all = all
            own =
                all.contains { $0.folder == tree.service } && workspace.folder != tree.service
                ? all.filter { $0.folder == tree.service } : all
            top = workspace.folder
        } else {
            own = [module].compactMap(\.self)
            all = own
            top = tree.service
        }
        let folder = top.appending(name: "vendor")
        vendor = tree.hasFile(folder.appending(name: "modules.txt")) ? folder : nil
    }

    /// Whether the service is Go files without any `go.mod`.
    var isModuleless: Bool { all.isEmpty }

    /// The workspace of the service: its own go.work, else the nearest one above that uses the service's module.
    private static func workspace(of tree: any SourceTree) throws -> GoWorkspace? {
        var folder = tree.service
        while true {
            let path = folder.appending(name: "go.work")
            if let text = try tree.text(at: path) {
                let found = try GoWorkspace(parsing: text, path: path)
                if folder == tree.service || found.uses.contains(where: { folder.resolving($0.value) == tree.service })
                {
                    return found
                }
            }
            guard let above = folder.parent else { return nil }
            folder = above
        }
    }

    private static func members(of workspace: GoWorkspace, in tree: any SourceTree) throws -> [GoModule] {
        let modules = try workspace.uses.map { line -> GoModule in
            guard let folder = workspace.folder.resolving(line.value), folder.isInside(workspace.folder) else {
                throw PlanError.unusable(
                    place: "\(line.evidence)", what: "'\(line.value)' is outside the workspace's folder",
                    fix: "keep go.work in a folder above all modules that it uses")
            }
            guard let module = try GoModule.read(in: folder, of: tree) else {
                throw PlanError.unusable(
                    place: "\(line.evidence)", what: "there is no \(folder.appending(name: "go.mod"))",
                    fix: "remove the line with 'go work edit -dropuse=\(line.value)', or let the folder in where an "
                        + "ignore rule leaves it out")
            }
            return module
        }
        guard !modules.isEmpty else {
            throw PlanError.unusable(
                place: "\(workspace.path)", what: "uses no module", fix: "add one with 'go work use FOLDER'")
        }
        return modules.sorted { $0.folder < $1.folder }
    }

    /// Folders that take the place of a module, by the module's path; each inside `top`.
    func localReplacements() throws -> [(module: String, folder: SourcePath)] {
        let lines =
            (workspace?.replacements ?? []).map { ($0, top) }
            + all.flatMap { module in module.replacements.map { ($0, module.folder) } }
        return try lines.filter(\.0.isLocal).map { line, base in
            guard let folder = base.resolving(line.target), folder.isInside(top), folder != top else {
                throw PlanError.unusable(
                    place: "\(line.evidence)", what: "'\(line.target)' is outside the service's folder",
                    fix:
                        "make a go.work in the folder above both with 'go work init' and 'go work use', vendor it with "
                        + "'go mod vendor', or move it into the folder")
            }
            return (line.module, folder)
        }
    }

    /// What is required of the outside: neither a module of the workspace nor replaced by a folder.
    var requirements: [GoRequirement] {
        let members = Set(all.map(\.name))
        let shared = workspace?.replacements ?? []
        return all.flatMap { module in
            module.requires.compactMap { line -> GoRequirement? in
                let words = line.words
                guard words.count >= 2, !members.contains(words[0]) else { return nil }
                let replacement = (shared + module.replacements).first {
                    $0.module == words[0] && ($0.version == nil || $0.version == words[1])
                }
                if replacement?.isLocal == true { return nil }
                return GoRequirement(
                    module: words[0], version: words[1], sumModule: replacement?.target ?? words[0],
                    sumVersion: replacement?.targetVersion ?? words[1], evidence: line.evidence)
            }
        }
    }
}

/// A module that a `go.mod` requires, and what go.sum calls it.
struct GoRequirement: Hashable, Sendable {
    let module: String
    let version: String
    /// The module that a `replace` puts in its place, else itself.
    let sumModule: String
    let sumVersion: String
    let evidence: Evidence
}

/// Whether go.sum and vendor/modules.txt agree with what is required: what the go command would refuse later.
struct GoModuleCheck {
    let tree: any SourceTree
    let layout: GoLayout
    let options: PlanOptions

    func check() throws {
        let requirements = layout.requirements
        guard let first = requirements.first else { return }
        // With -mod=mod the build itself may write both files.
        if options.buildEnvironment["GOFLAGS"]?.value.contains("-mod=mod") == true { return }
        if let vendor = layout.vendor { return try checkVendored(requirements, in: vendor) }
        let paths = sums.filter(tree.hasFile)
        guard !paths.isEmpty else {
            throw PlanError.unusable(
                place: "\(first.evidence)", what: "modules are required and there is no go.sum",
                fix: "make it with 'go mod tidy', and keep it under version control")
        }
        var known: Set<Substring> = []
        for path in paths {
            for line in try (tree.text(at: path) ?? "").split(separator: "\n") {
                let words = line.split(separator: " ")
                guard words.count == 3 else { continue }
                let version = words[1].hasSuffix("/go.mod") ? words[1].dropLast("/go.mod".count) : words[1]
                known.insert(words[0] + " " + version)
            }
        }
        for required in requirements where !known.contains("\(required.sumModule) \(required.sumVersion)") {
            throw PlanError.unusable(
                place: "\(required.evidence)",
                what: "\(paths[0]) has no checksum of \(required.sumModule) \(required.sumVersion)",
                fix: "bring it up to date with 'go mod tidy'")
        }
    }

    /// Where checksums are: beside every go.mod, and beside go.work.
    var sums: [SourcePath] {
        layout.all.map { $0.folder.appending(name: "go.sum") }
            + (layout.workspace.map { [$0.folder.appending(name: "go.work.sum")] } ?? [])
    }

    /// The list of vendored modules names each one that is required, in the same version.
    private func checkVendored(_ requirements: [GoRequirement], in vendor: SourcePath) throws {
        // Go checks this for modules of go 1.14 and newer.
        let oldest = layout.all.compactMap(\.goLine).compactMap { GoVersion($0.value) }.min()
        guard let oldest, let checked = GoVersion("1.14"), oldest >= checked else { return }
        let list = vendor.appending(name: "modules.txt")
        let known = Set(
            try (tree.text(at: list) ?? "").split(separator: "\n").filter { $0.hasPrefix("# ") }.map { line in
                line.split(separator: " ").dropFirst().prefix(2).joined(separator: " ")
            })
        for required in requirements where !known.contains("\(required.module) \(required.version)") {
            throw PlanError.unusable(
                place: "\(required.evidence)", what: "\(list) does not list \(required.module) \(required.version)",
                fix: layout.workspace == nil ? "renew it with 'go mod vendor'" : "renew it with 'go work vendor'")
        }
    }
}
