import Formats
import Planning

/// Where a manager's own tables say that a requirement comes from: `[tool.uv.sources]`, `[tool.pdm.source]`,
/// `[[tool.uv.index]]`, and what Poetry adds to `[project]` in `[tool.poetry.dependencies]`.
struct ManifestSources {
    private(set) var indexes: [PackageIndex] = []
    /// By normalised name.
    private var sources: [String: Requirement.Source] = [:]

    init(_ manifest: PyProject, _ project: PythonProject) throws {
        indexes = try Self.uvIndexes(manifest) + Self.pdmSources(manifest) + PoetrySources.read(manifest)
        for name in manifest.keys("tool", "uv", "sources") {
            let keys = ["tool", "uv", "sources", name]
            let place = manifest.evidence(keys, name)
            guard case .table(let table)? = manifest.document.node(keys) else {
                throw PlanError.unusable(
                    place: "\(place)", what: "'\(name)' has several sources, and no lock chooses",
                    fix: "write the lock with 'uv lock'")
            }
            sources[Requirement.normalized(name)] = try Self.source(table, manifest, project, place, fix: "uv lock")
        }
        for name in manifest.keys("tool", "poetry", "dependencies") where manifest.has("project") {
            let keys = ["tool", "poetry", "dependencies", name]
            guard case .table(let table)? = manifest.document.node(keys) else { continue }
            sources[Requirement.normalized(name)] = try Self.source(
                table, manifest, project, manifest.evidence(keys, name), fix: "poetry lock")
        }
    }

    /// A requirement with its source, where a table has one.
    func apply(_ requirement: Requirement) -> Requirement {
        guard let name = requirement.name, let source = sources[name], requirement.source == .index else {
            return requirement
        }
        return Requirement(
            name: name, extras: requirement.extras, specifier: "", marker: requirement.marker, source: source,
            isEditable: false, hashes: [], evidence: requirement.evidence)
    }

    /// A table's git repository, address or path; nil where it names an index alone.
    static func source(
        _ table: [String: TOMLNode], _ manifest: PyProject, _ project: PythonProject, _ place: Evidence, fix: String
    ) throws -> Requirement.Source? {
        func text(_ key: String) -> String? { if case .string(let text)? = table[key] { text } else { nil } }
        if let git = text("git") {
            let revision = text("rev") ?? text("tag") ?? text("branch")
            return .url(GitAddress.make(git, revision: revision, folder: text("subdirectory")))
        }
        if let url = text("url") { return .url(url) }
        if table["workspace"] == .boolean(true) {
            throw PlanError.unusable(
                place: "\(place)", what: "it is a member of the workspace, and no lock says where",
                fix:
                    "write the lock with '\(fix)'; where it is there, build the workspace's own folder with --app, or put it "
                    + "under version control, within which it is looked for")
        }
        guard let path = text("path") ?? text("file") else { return nil }
        return .local(try LocalPath.resolve(path, from: manifest.folder, in: project.tree, place))
    }

    private static func uvIndexes(_ manifest: PyProject) throws -> [PackageIndex] {
        try (manifest.document.tables("tool", "uv", "index")?.value ?? []).enumerated().compactMap { index, table in
            guard case .string(let url)? = table["url"] else { return nil }
            return PackageIndex(
                url: url, isDefault: table["default"] == .boolean(true),
                evidence: manifest.evidence(["tool", "uv", "index", "\(index)", "url"], url))
        }
    }

    /// PDM: a source named `pypi` takes the place of the default index.
    static func pdmSources(_ manifest: PyProject) throws -> [PackageIndex] {
        try (manifest.document.tables("tool", "pdm", "source")?.value ?? []).enumerated().compactMap { index, table in
            guard case .string(let url)? = table["url"] else { return nil }
            return PackageIndex(
                url: url, isDefault: table["name"] == .string("pypi"),
                evidence: manifest.evidence(["tool", "pdm", "source", "\(index)", "url"], url))
        }
    }
}

/// The address of a git repository as pip reads it.
enum GitAddress {
    /// `git+https://host/owner/name@REVISION#subdirectory=FOLDER`; `git@host:path` becomes an address of ssh.
    static func make(_ repository: String, revision: String?, folder: String?) -> String {
        var address = repository
        if !address.contains("://"), let match = address.wholeMatch(of: /([^\/:]+@[^\/:]+):(.+)/)?.output {
            address = "ssh://\(match.1)/\(match.2)"
        }
        if !address.hasPrefix("git+") { address = "git+\(address)" }
        return address + (revision.map { "@\($0)" } ?? "") + (folder.map { "#subdirectory=\($0)" } ?? "")
    }
}

/// A path that a manifest or a lock names.
enum LocalPath {
    /// The folder or archive of the tree; fails where it lies outside or is not there.
    static func resolve(
        _ text: String, from folder: SourcePath, in tree: any SourceTree, _ place: Evidence
    ) throws(PlanError) -> SourcePath {
        guard let path = folder.resolving(text) else {
            throw .unusable(
                place: "\(place)", what: "'\(text)' lies outside the source tree",
                fix: "move it into the service's folder, or build from the folder that holds both")
        }
        guard path == .root || tree.entry(at: path) != nil else {
            throw .unusable(
                place: "\(place)", what: "there is nothing at '\(path)'",
                fix: "correct the path, or let it into the build if it is ignored")
        }
        return path
    }
}
