import Formats
import Planning

/// A `Pipfile`: Pipenv's manifest.
struct Pipfile {
    let path: SourcePath
    let document: TOMLDocument
    let project: PythonProject

    static func read(in project: PythonProject) throws -> Pipfile? {
        let path = try project.path("Pipfile")
        guard let text = try project.tree.text(at: path) else { return nil }
        return Pipfile(path: path, document: try TOMLDocument(parsing: text, file: "\(path)"), project: project)
    }

    /// Tables that hold no packages.
    private static let settings: Set<String> = ["source", "packages", "requires", "scripts", "pipfile", "pipenv"]

    /// Categories beside the default one.
    var categories: [String] {
        document.root.filter { !Self.settings.contains($0.key) && $0.value.isTable }.keys.sorted()
    }

    /// The categories that `python.groups` asks for; fails at one that is not there, and at an extra.
    func askedCategories() throws -> [String] {
        _ = try UnknownChoice.check(project.options.extras, kind: "extra", in: path, known: [])
        let names = try UnknownChoice.check(project.options.groups, kind: "category", in: path, known: categories)
        return categories.filter { names.contains(Requirement.normalized($0)) }
    }

    /// The indexes beside the default one, which every Pipfile names `pypi`; the first other takes its place where that one is
    /// not named.
    func indexes() throws -> [PackageIndex] {
        let sources = try document.tables("source")?.value ?? []
        let usesDefault = sources.isEmpty || sources.contains { $0["name"] == .string("pypi") }
        var found: [PackageIndex] = []
        for (index, table) in sources.enumerated() where table["name"] != .string("pypi") {
            guard case .string(let url)? = table["url"] else { continue }
            let evidence = Evidence(
                path: path, line: document.line(of: ["source", "\(index)", "url"]), excerpt: url)
            found.append(PackageIndex(url: url, isDefault: !usesDefault && found.isEmpty, evidence: evidence))
        }
        return found
    }

    /// The manifest without a lock; nil where there is none, or where it names no package.
    static func open(in project: PythonProject) throws -> OpenManifest? {
        guard let file = try read(in: project) else { return nil }
        let tables = try ["packages"] + file.askedCategories()
        let requirements = try tables.flatMap(file.requirements)
        let manager = Decided<String>("Pipenv", .found(evidence: [Evidence(path: file.path, excerpt: file.path.name)]))
        let set = OpenManifest.set(
            file.path, requirements, own: OwnProject(project: nil), indexes: try file.indexes())
        let found = OpenManifest(manager: manager, written: set)
        return found.isEmpty ? nil : found
    }

    private func requirements(in table: String) throws -> [Requirement] {
        guard case .table(let packages)? = document.node([table]) else { return [] }
        return try packages.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { name in
            let evidence = Evidence(path: path, line: document.line(of: [table, name]), excerpt: name)
            switch packages[name] {
            case .string(let version): return try requirement(name, ["version": .string(version)], evidence)
            case .table(let table): return try requirement(name, table, evidence)
            default:
                throw PlanError.unusable(
                    place: "\(evidence)", what: "'\(name)' is no package", fix: "write it as in: \(name) = \"*\"")
            }
        }
    }

    private func requirement(_ name: String, _ table: [String: TOMLNode], _ evidence: Evidence) throws -> Requirement {
        func text(_ key: String) -> String? { if case .string(let text)? = table[key] { text } else { nil } }
        var extras: [String] = []
        if case .array(let elements)? = table["extras"] {
            extras = elements.compactMap { if case .string(let name) = $0 { name.lowercased() } else { nil } }.sorted()
        }
        var source = Requirement.Source.index
        if let git = text("git") {
            source = .url(GitAddress.make(git, revision: text("ref"), folder: text("subdirectory")))
        } else if let file = text("file"), file.contains("://") {
            source = .url(file)
        } else if let path = text("path") ?? text("file") {
            source = .local(try LocalPath.resolve(path, from: project.tree.service, in: project.tree, evidence))
        }
        let written = text("version") ?? "*"
        let specifier: VersionSpecifier
        do {
            let clauses = written == "*" ? "" : written.first?.isNumber == true ? "==\(written)" : written
            specifier = try VersionSpecifier(parsing: clauses)
        } catch {
            throw PlanError.unusable(
                place: "\(evidence)", what: "\(name): \(error)", fix: "write it as in: \(name) = \">=1.2,<2\"")
        }
        return Requirement(
            name: Requirement.normalized(name), extras: extras, specifier: source == .index ? specifier.text : "",
            marker: Self.marker(table), source: source, isEditable: false, hashes: [], evidence: evidence)
    }

    /// The condition of a package: `markers`, and the variables that Pipenv takes as keys, as in `sys_platform = "== 'linux'"`.
    private static func marker(_ table: [String: TOMLNode]) -> String? {
        let variables = [
            "os_name", "sys_platform", "platform_machine", "platform_python_implementation", "platform_system",
            "python_version", "python_full_version", "implementation_name",
        ]
        var parts: [String] = []
        if case .string(let text)? = table["markers"] { parts.append("(\(text))") }
        for name in variables { if case .string(let text)? = table[name] { parts.append("\(name) \(text)") } }
        return parts.isEmpty ? nil : parts.joined(separator: " and ")
    }
}
