import Formats
import Planning

/// What uv reads in a `pyproject.toml`.
struct UvManifest: Sendable {
    let path: SourcePath
    let table: LockTable
    /// Normalised (PEP 503); nil for the root of a workspace that is no project itself.
    let name: String?
    let dependencies: [String]
    /// `project.optional-dependencies`, by normalised extra.
    let extras: [String: [String]]
    /// `dependency-groups` with what they include, and `tool.uv.dev-dependencies` in `dev`, by normalised group.
    let groups: [String: [String]]
    /// Names that `tool.uv.sources` gives another place than an index.
    let placed: Set<String>
    let requiresPython: String?

    var folder: SourcePath { path.parent ?? .root }

    /// Reads a folder's `pyproject.toml`; nil where there is none.
    static func read(_ folder: SourcePath, from tree: any SourceTree) throws -> UvManifest? {
        try LockTable.read(folder.appending(name: "pyproject.toml"), from: tree).map(UvManifest.init)
    }

    private init(_ table: LockTable) throws {
        self.table = table
        path = table.file
        let project = try table.table("project")
        name = try project?.string("name").map(Requirement.normalized)
        dependencies = try project?.strings("dependencies") ?? []
        var extras: [String: [String]] = [:]
        if let optional = try project?.table("optional-dependencies") {
            for key in optional.keys { extras[Requirement.normalized(key)] = try optional.strings(key) }
        }
        self.extras = extras
        requiresPython = try project?.string("requires-python")
        placed = try Self.placed(table)
        groups = try DependencyGroups.read(table)
    }

    private static func placed(_ table: LockTable) throws -> Set<String> {
        guard let sources = try table.table(at: ["tool", "uv", "sources"]) else { return [] }
        var placed: Set<String> = []
        for name in sources.keys {
            let isList = if case .array? = sources.node(name) { true } else { false }
            let entries = isList ? try sources.tables(name) : [try sources.table(name)].compactMap(\.self)
            if entries.contains(where: { $0.node("index") == nil }) { placed.insert(Requirement.normalized(name)) }
        }
        return placed
    }

    /// Whether uv installs the project itself: `tool.uv.package`, else whether it has a build system.
    func isPackage() throws -> Bool {
        try table.table(at: ["tool", "uv"])?.boolean("package") ?? (table.node("build-system") != nil)
    }

    /// Indexes that the manifest names, whatever uses them.
    func indexes() throws -> [PackageIndex] {
        guard let tool = try table.table(at: ["tool", "uv"]) else { return [] }
        var indexes = try tool.tables("index").compactMap { entry -> PackageIndex? in
            guard let url = try entry.string("url") else { return nil }
            return PackageIndex(
                url: url, isDefault: try entry.boolean("default") ?? false,
                evidence: entry.evidence(url, key: "url"))
        }
        if let url = try tool.string("index-url") {
            indexes.append(PackageIndex(url: url, isDefault: true, evidence: tool.evidence(url, key: "index-url")))
        }
        for url in try tool.strings("extra-index-url") {
            indexes.append(
                PackageIndex(url: url, isDefault: false, evidence: tool.evidence(url, key: "extra-index-url")))
        }
        return indexes
    }
}

/// Which files of packages `[tool.uv]` forbids.
struct UvBuildRules: Sendable {
    /// Normalised names whose wheels are not taken, `:all:` for all.
    private(set) var noBinary: [String: Evidence] = [:]
    /// Normalised names that are not built, `:all:` for all.
    private(set) var noBuild: [String: Evidence] = [:]

    init(_ manifest: UvManifest?) throws {
        guard let tool = try manifest?.table.table(at: ["tool", "uv"]) else { return }
        noBinary = try Self.names(tool, "no-binary")
        noBuild = try Self.names(tool, "no-build")
    }

    private static func names(_ tool: LockTable, _ key: String) throws -> [String: Evidence] {
        var names: [String: Evidence] = [:]
        if try tool.boolean(key) == true { names[":all:"] = tool.evidence(key, key: key) }
        for name in try tool.strings("\(key)-package") {
            names[Requirement.normalized(name)] = tool.evidence(name, key: "\(key)-package")
        }
        return names
    }

    func forbidsWheels(of name: String) -> Bool { noBinary[name] != nil || noBinary[":all:"] != nil }
    func forbidsBuilding(_ name: String) -> Bool { noBuild[name] != nil || noBuild[":all:"] != nil }
}
