import Formats
import Planning

/// A manifest without a lock: its requirements are resolved once, in the builder.
struct OpenManifest: InstallSource {
    let manager: Decided<String>
    /// Every requirement, whatever its marker says, and everything else of the set.
    let written: RequirementSet
    /// The Pythons that a requirement is for, by its place in `written`.
    var pythons: [Int: PoetryConstraint] = [:]

    func requirements(for target: PythonTarget) throws -> RequirementSet {
        var set = written
        set.requirements = written.requirements.indices.filter { pythons[$0]?.allows(python: target.version) ?? true }
            .map { written.requirements[$0] }
        return try set.applying(pythonVersion: target.version, machine: target.machine)
    }

    /// Whether there is anything to install.
    var isEmpty: Bool { written.requirements.isEmpty && written.projects.isEmpty }

    /// A set of open requirements with the service's own project.
    static func set(
        _ root: SourcePath, files: [SourcePath] = [], _ requirements: [Requirement], own: OwnProject,
        indexes: [PackageIndex] = []
    ) -> RequirementSet {
        var set = RequirementSet(root: root)
        set.files = [root] + files.filter { $0 != root }
        set.requirements = requirements
        set.indexes = indexes
        set.warnings = own.warnings
        set.projects = own.project.map { [$0] } ?? []
        return set
    }
}

/// A manifest by the standard (PEP 621, 735): `[project]` and `[dependency-groups]`, whichever manager's it is.
enum ProjectManifest {
    /// The requirements of a `pyproject.toml` without a lock; nil where it is none of a project, or is Poetry's own.
    static func find(in project: PythonProject, tool: String?, manager: String) throws -> OpenManifest? {
        guard let manifest = try PyProject.read(in: project.tree.service, of: project.tree),
            manifest.has("project") || manifest.has("tool", "flit", "metadata")
        else { return nil }
        let known = ["poetry", "pdm", "uv"].first { manifest.has("tool", $0) }
        guard known == tool else { return nil }
        let reason = Reason.found(evidence: [manifest.evidence(["project"], "pyproject.toml")])
        return try read(manifest, project, Decided(manager, reason))
    }

    /// What a manifest asks for with the options' extras and groups; nil where there is nothing to install.
    static func read(
        _ manifest: PyProject, _ project: PythonProject, _ manager: Decided<String>
    ) throws -> OpenManifest? {
        var own = try OwnProject.find(in: project)
        var reader = ManifestReader(manifest: manifest, project: project)
        var requirements = try reader.dependencies(&own)
        requirements += try reader.extras()
        requirements += try reader.groups()
        let sources = try ManifestSources(manifest, project)
        requirements = requirements.map(sources.apply)
        let set = OpenManifest.set(
            manifest.path, files: reader.files, requirements, own: own, indexes: sources.indexes)
        let found = OpenManifest(manager: manager, written: set)
        return found.isEmpty ? nil : found
    }
}

/// Reads the requirements of one `pyproject.toml`.
private struct ManifestReader {
    let manifest: PyProject
    let project: PythonProject
    /// Requirements files that the manifest takes its dependencies from.
    var files: [SourcePath] = []
    /// Whether only a build of the project knows what it depends on.
    private var isOpaque = false

    init(manifest: PyProject, project: PythonProject) {
        self.manifest = manifest
        self.project = project
    }

    /// What the project depends on.
    mutating func dependencies(_ own: inout OwnProject) throws -> [Requirement] {
        let dynamic = try manifest.document.strings("project", "dynamic")?.value ?? []
        guard dynamic.contains("dependencies") else {
            if manifest.has("project") { return try manifest.requirements(at: ["project", "dependencies"]) }
            return try manifest.requirements(at: ["tool", "flit", "metadata", "requires"])
        }
        if let found = try fromFiles(["tool", "setuptools", "dynamic", "dependencies"]) { return found }
        let folder = manifest.folder
        if try manifest.buildSystem()?.backend.hasPrefix("setuptools") != false,
            let setup = try SetupFiles.read(in: folder, of: project.tree), let found = setup.dependencies
        {
            files += setup.files
            return found
        }
        let place = manifest.evidence(["project", "dynamic"], "dynamic = [\"dependencies\"]")
        guard own.asksBuild(for: project.options.extras) else {
            throw PlanError.unusable(
                place: "\(place)", what: "only a build of the project knows its dependencies, and it is not built",
                fix: "write them into [project] dependencies, or add a [build-system]")
        }
        isOpaque = true
        return []
    }

    /// The requirements files that `file = […]` names.
    private mutating func fromFiles(_ keys: [String]) throws -> [Requirement]? {
        var names: [String] = []
        switch manifest.document.node(keys + ["file"]) {
        case .string(let name): names = [name]
        case .array(let elements): names = elements.compactMap { if case .string(let name) = $0 { name } else { nil } }
        default: return nil
        }
        var found: [Requirement] = []
        for name in names {
            guard let path = manifest.folder.resolving(name), project.tree.hasFile(path) else {
                throw PlanError.unusable(
                    place: "\(manifest.evidence(keys, name))", what: "there is no file '\(name)'",
                    fix: "correct the name, or let the file into the build if it is ignored")
            }
            let set = try RequirementsParser.read(path, from: project.tree)
            files += set.files
            found += set.requirements
        }
        return found
    }

    /// What the extras that `python.extras` names add.
    mutating func extras() throws -> [Requirement] {
        guard !project.options.extras.isEmpty, !isOpaque else { return [] }
        let table = ["project", "optional-dependencies"]
        var found: [String: [Requirement]] = [:]
        for name in manifest.keys("project", "optional-dependencies") {
            found[Requirement.normalized(name)] = try manifest.requirements(at: table + [name])
        }
        let dynamic = ["tool", "setuptools", "dynamic", "optional-dependencies"]
        for name in manifest.keys("tool", "setuptools", "dynamic", "optional-dependencies") {
            found[Requirement.normalized(name)] = try fromFiles(dynamic + [name]) ?? []
        }
        for name in manifest.keys("tool", "flit", "metadata", "requires-extra") {
            found[Requirement.normalized(name)] = try manifest.requirements(
                at: ["tool", "flit", "metadata", "requires-extra", name])
        }
        let names = try UnknownChoice.check(
            project.options.extras, kind: "extra", in: manifest.path, known: found.keys.sorted())
        return Self.expand(names, found, own: manifest.name.map(Requirement.normalized))
    }

    /// The requirements of extras; an extra may name others as `own-project[other]`.
    private static func expand(_ names: [String], _ known: [String: [Requirement]], own: String?) -> [Requirement] {
        var result: [Requirement] = []
        var seen: Set<String> = []
        var queue = names
        while !queue.isEmpty {
            let name = queue.removeFirst()
            guard seen.insert(name).inserted else { continue }
            for requirement in known[name] ?? [] {
                if let own, requirement.name == own {
                    queue += requirement.extras.map(Requirement.normalized)
                } else {
                    result.append(requirement)
                }
            }
        }
        return result
    }

    /// What the groups that `python.groups` names add.
    func groups() throws -> [Requirement] {
        guard !project.options.groups.isEmpty else { return [] }
        let groups = ManifestGroups(manifest)
        let names = try UnknownChoice.check(
            project.options.groups, kind: "dependency group", in: manifest.path, known: groups.names)
        return try names.flatMap(groups.requirements)
    }
}
