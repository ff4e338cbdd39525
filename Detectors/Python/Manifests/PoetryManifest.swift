import Formats
import Planning

/// `[tool.poetry]`: dependencies in Poetry's own words.
struct PoetryManifest {
    let manifest: PyProject
    let project: PythonProject

    /// Poetry's manifest without a lock; nil where it has none, or where nothing is to be installed.
    static func find(in project: PythonProject) throws -> OpenManifest? {
        guard let manifest = try PyProject.read(in: project.tree.service, of: project.tree),
            manifest.has("tool", "poetry"), manifest.isManifest
        else { return nil }
        let manager = Decided<String>(
            "Poetry", .found(evidence: [manifest.evidence(["tool", "poetry"], "tool.poetry")]))
        if manifest.has("project", "dependencies") {
            return try ProjectManifest.read(manifest, project, manager)
        }
        return try PoetryManifest(manifest: manifest, project: project).open(manager)
    }

    private func open(_ manager: Decided<String>) throws -> OpenManifest? {
        let own = try OwnProject.find(in: project)
        let wanted = try roots()
        var pythons: [Int: PoetryConstraint] = [:]
        for (index, dependency) in wanted.enumerated() { pythons[index] = dependency.python }
        let set = OpenManifest.set(
            manifest.path, try wanted.map { try $0.requirement() }, own: own,
            indexes: try PoetrySources.read(manifest))
        let found = OpenManifest(manager: manager, written: set, pythons: pythons)
        return found.isEmpty ? nil : found
    }

    /// The dependencies that are asked for: the main ones, and those of the options' extras and groups.
    func roots() throws -> [PoetryDependency] {
        let main = try dependencies(at: ["tool", "poetry", "dependencies"])
        let wanted = try optional(main)
        return main.filter { !$0.isOptional || wanted.contains($0.name) } + (try groups())
    }

    /// The names of the optional dependencies that the options' extras bring.
    private func optional(_ main: [PoetryDependency]) throws -> Set<String> {
        let known = manifest.keys("tool", "poetry", "extras")
        let asked = try UnknownChoice.check(project.options.extras, kind: "extra", in: manifest.path, known: known)
        var names: Set<String> = []
        for extra in known where asked.contains(Requirement.normalized(extra)) {
            let keys = ["tool", "poetry", "extras", extra]
            guard case .array(let elements)? = manifest.document.node(keys) else { continue }
            for case .string(let name) in elements {
                names.insert(Requirement.normalized(String(name.prefix { !"[ (<>=!~;".contains($0) })))
            }
        }
        return names
    }

    /// The dependencies of the groups that are asked for.
    private func groups() throws -> [PoetryDependency] {
        var tables: [String: [String]] = [:]
        if manifest.has("tool", "poetry", "dev-dependencies") {
            tables["dev"] = ["tool", "poetry", "dev-dependencies"]
        }
        for name in manifest.keys("tool", "poetry", "group") {
            tables[Requirement.normalized(name)] = ["tool", "poetry", "group", name, "dependencies"]
        }
        let asked = try UnknownChoice.check(
            project.options.groups, kind: "group", in: manifest.path, known: tables.keys.sorted())
        return try asked.flatMap { try tables[$0].map(dependencies) ?? [] }
    }

    /// The dependencies in a table, without Python itself.
    private func dependencies(at keys: [String]) throws -> [PoetryDependency] {
        guard case .table(let table)? = manifest.document.node(keys) else { return [] }
        return try table.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .filter { $0.lowercased() != "python" }
            .flatMap { name in
                try PoetryDependency.read(
                    name, table[name] ?? .string("*"), in: manifest.folder, of: project.tree,
                    manifest.evidence(keys + [name], name))
            }
    }
}

/// One dependency as Poetry writes it, in a manifest or in a lock.
struct PoetryDependency: Hashable, Sendable {
    /// Normalised (PEP 503).
    let name: String
    let versions: PoetryConstraint
    /// As written.
    let constraint: String
    let extras: [String]
    /// The Pythons that it is for; nil for all.
    let python: PoetryConstraint?
    let marker: String?
    let isOptional: Bool
    let source: Requirement.Source
    let evidence: Evidence

    /// One dependency or, where its value is an array, several.
    static func read(
        _ name: String, _ node: TOMLNode, in folder: SourcePath, of tree: any SourceTree, _ evidence: Evidence
    ) throws -> [PoetryDependency] {
        switch node {
        case .string(let text): return [try make(name, ["version": .string(text)], folder, tree, evidence)]
        case .table(let table): return [try make(name, table, folder, tree, evidence)]
        case .array(let elements):
            return try elements.flatMap { try read(name, $0, in: folder, of: tree, evidence) }
        default:
            throw PlanError.unusable(
                place: "\(evidence)", what: "\(node.kind) is no dependency", fix: "write it as in: \(name) = \"^1.2\"")
        }
    }

    private static func make(
        _ name: String, _ table: [String: TOMLNode], _ folder: SourcePath, _ tree: any SourceTree,
        _ evidence: Evidence
    ) throws -> PoetryDependency {
        func text(_ key: String) -> String? { if case .string(let text)? = table[key] { text } else { nil } }
        func constraint(_ text: String) throws(PlanError) -> PoetryConstraint {
            do { return try PoetryConstraint(parsing: text) } catch {
                throw .unusable(
                    place: "\(evidence)", what: "\(name): \(error)", fix: "write it as in: ^1.2 or >=1.2,<2")
            }
        }
        var extras: [String] = []
        if case .array(let elements)? = table["extras"] {
            extras = elements.compactMap { if case .string(let name) = $0 { name.lowercased() } else { nil } }.sorted()
        }
        var source = Requirement.Source.index
        if let git = text("git") {
            let revision = text("rev") ?? text("tag") ?? text("branch")
            source = .url(GitAddress.make(git, revision: revision, folder: text("subdirectory")))
        } else if let url = text("url") {
            source = .url(url)
        } else if let path = text("path") ?? text("file") {
            source = .local(try LocalPath.resolve(path, from: folder, in: tree, evidence))
        }
        let platform = text("platform").map { "sys_platform == \"\($0)\"" }
        let marker = [text("markers").map { "(\($0))" }, platform].compactMap { $0 }.joined(separator: " and ")
        return PoetryDependency(
            name: Requirement.normalized(name), versions: try constraint(text("version") ?? "*"),
            constraint: text("version") ?? "*", extras: extras, python: try text("python").map(constraint),
            marker: marker.isEmpty ? nil : marker, isOptional: table["optional"] == .boolean(true), source: source,
            evidence: evidence)
    }

    /// The dependency as pip reads it; fails where only alternatives could say its versions.
    func requirement() throws -> Requirement {
        var specifier = ""
        if source == .index {
            guard versions.alternatives.count == 1 else {
                throw PlanError.unusable(
                    place: "\(evidence)", what: "'\(constraint)' has alternatives, and no lock chooses among them",
                    fix: "write the lock with 'poetry lock', or name one range")
            }
            specifier = versions.alternatives[0].text
        }
        return Requirement(
            name: name, extras: extras, specifier: specifier, marker: marker, source: source, isEditable: false,
            hashes: [], evidence: evidence)
    }
}

/// `[[tool.poetry.source]]`: indexes beside the default one, or in its place.
enum PoetrySources {
    static func read(_ manifest: PyProject) throws -> [PackageIndex] {
        let tables = try manifest.document.tables("tool", "poetry", "source")?.value ?? []
        // The default index is named without an address where others are to stand beside it.
        let usesDefault = tables.contains { table in
            guard case .string(let name)? = table["name"] else { return false }
            return name.lowercased() == "pypi" && table["url"] == nil && table["priority"] != .string("explicit")
        }
        return tables.enumerated().compactMap { index, table in
            guard case .string(let url)? = table["url"] else { return nil }
            let isPrimary =
                switch table["priority"] {
                case .string("default"): true
                case .string("primary"), nil: table["secondary"] != .boolean(true)
                default: false
                }
            return PackageIndex(
                url: url, isDefault: isPrimary && !usesDefault,
                evidence: manifest.evidence(["tool", "poetry", "source", "\(index)", "url"], url))
        }
    }
}
