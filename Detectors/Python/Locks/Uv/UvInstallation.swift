import Formats
import Planning

/// What pip is given for the packages that a uv.lock chooses.
struct UvInstallation {
    let tree: any SourceTree
    let lock: UvLockFile
    let target: PythonTarget
    let rules: UvBuildRules
    var set: RequirementSet
    /// Projects of the tree that were met.
    private(set) var members: [UvLockFile.Package] = []
    private let tags: WheelTags
    private let places: LockedPlaces

    init(tree: any SourceTree, lock: UvLockFile, target: PythonTarget, rules: UvBuildRules, set: RequirementSet) {
        self.tree = tree
        self.lock = lock
        self.target = target
        self.rules = rules
        self.set = set
        tags = WheelTags(for: target)
        places = LockedPlaces(tree: tree, folder: lock.folder, fix: "'uv lock'")
        self.set.noBinary = rules.noBinary
    }

    /// Adds one package: a line for pip, or a project of the tree.
    mutating func add(_ node: UvGraph.Node) throws {
        let package = node.package
        switch package.source {
        case .registry(let address): try addFromIndex(node, address)
        case .git(let address): add(node, .url(try Self.gitAddress(address, package)), hashes: [], .source)
        case .url(let address, let subdirectory):
            let choice = try choose(package, files: try files(package, only: address))
            let fragment = subdirectory.map { "#subdirectory=\($0)" } ?? ""
            add(node, .url(address + fragment), hashes: choice.hashes, choice.kind)
        case .path(let path):
            let choice = try choose(package, files: try files(package, only: path))
            add(
                node, .local(try places.place(path, of: package.name, in: package.table)), hashes: choice.hashes,
                choice.kind)
        case .directory(let path):
            members.append(package)
            set.projects.append(
                try places.project(path, of: package.name, in: package.table, evidence: package.evidence))
        case .virtual: members.append(package)
        }
    }

    private mutating func addFromIndex(_ node: UvGraph.Node, _ address: String) throws {
        let package = node.package
        let choice = try choose(package, files: try files(package, only: nil))
        // The files of an index that is a folder stand in the tree.
        if let path = try filePath(of: choice.file.name, package) {
            let folder = address.contains("://") ? "" : address + "/"
            return add(
                node, .local(try places.place(folder + path, of: package.name, in: package.table)),
                hashes: choice.hashes, choice.kind)
        }
        add(node, .index, hashes: choice.hashes, choice.kind)
    }

    private mutating func add(
        _ node: UvGraph.Node, _ source: Requirement.Source, hashes: [String], _ kind: Requirement.File
    ) {
        let package = node.package
        let specifier = source == .index ? package.version.map { "==\($0)" } ?? "" : ""
        set.requirements.append(
            Requirement(
                name: package.name, extras: node.extras.sorted(), specifier: specifier, marker: nil, source: source,
                isEditable: false, hashes: hashes, evidence: package.evidence, file: kind))
    }

    private func choose(_ package: UvLockFile.Package, files: [LockedFile]) throws(PlanError) -> LockedFiles.Choice {
        try LockedFiles(
            package: package.name, version: package.version ?? "", files: files, evidence: package.evidence
        ).choose(
            tags, target, noBinary: rules.forbidsWheels(of: package.name),
            noBuild: rules.forbidsBuilding(package.name))
    }

    /// The files of a package; `only` is the address of the one file that its source is.
    private func files(_ package: UvLockFile.Package, only: String?) throws -> [LockedFile] {
        try fileTables(package).map { table in
            let hash = try table.string("hash")
            if let only { return LockedFile(address: only, hash: hash) }
            if let name = try table.string("filename") { return LockedFile(name: name, hash: hash) }
            return LockedFile(address: try table.string("url") ?? table.string("path") ?? "", hash: hash)
        }
    }

    private func fileTables(_ package: UvLockFile.Package) throws -> [LockTable] {
        try [package.table.table("sdist")].compactMap(\.self) + package.table.tables("wheels")
    }

    /// The path of a file that the lock names by its path.
    private func filePath(of name: String, _ package: UvLockFile.Package) throws -> String? {
        try fileTables(package).lazy.compactMap { try $0.string("path") }
            .first { LockedFile(address: $0, hash: nil).name == name }
    }

    /// What pip calls a commit of a repository: uv writes `https://…/x?subdirectory=y&rev=main#COMMIT`.
    static func gitAddress(_ text: String, _ package: UvLockFile.Package) throws -> String {
        let parts = text.split(separator: "#", maxSplits: 1).map(String.init)
        guard parts.count == 2, let place = parts.first?.split(separator: "?", maxSplits: 1).map(String.init) else {
            throw package.table.unusable(
                "the repository of '\(package.name)' is locked without a commit",
                fix: "write the lock anew with 'uv lock'")
        }
        let query = place.count > 1 ? place[1].split(separator: "&").map(String.init) : []
        let folder = query.first { $0.hasPrefix("subdirectory=") }.map { "#\($0)" } ?? ""
        return "git+\(place[0])@\(parts[1])\(folder)"
    }

    /// Passes on the indexes that the manifest names and a package is from.
    mutating func useIndexes(_ named: [PackageIndex], _ nodes: [UvGraph.Node]) {
        set.use(
            named,
            registries: Set(nodes.compactMap { if case .registry(let url) = $0.package.source { url } else { nil } }))
    }
}
