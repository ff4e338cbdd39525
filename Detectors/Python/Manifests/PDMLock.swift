import Formats
import Planning

/// `pdm.lock` (lock_version 4).
struct PDMLock: InstallSource {
    let manager: Decided<String>
    private let manifest: PyProject
    private let project: PythonProject
    private let document: TOMLDocument
    private let path: SourcePath

    private static let fix = "pdm lock"

    /// The lock of a service; nil where there is none.
    static func find(in project: PythonProject) throws -> PDMLock? {
        let path = try project.path("pdm.lock")
        guard let text = try project.tree.text(at: path),
            let manifest = try PyProject.read(in: project.tree.service, of: project.tree)
        else { return nil }
        let manager = Decided<String>("PDM", .found(evidence: [Evidence(path: path, excerpt: path.name)]))
        let document = try TOMLDocument(parsing: text, file: "\(path)")
        let version = try document.string("metadata", "lock_version")
        guard let version, PythonVersionNumber(version.value)?.release.first == 4 else {
            throw PlanError.unusable(
                place: "\(path):\(version?.line ?? 1)",
                what: version.map { "lock_version '\($0.value)' is not known" } ?? "names no lock_version",
                fix: "write it with PDM 2: '\(fix)'")
        }
        return PDMLock(manager: manager, manifest: manifest, project: project, document: document, path: path)
    }

    func requirements(for target: PythonTarget) throws -> RequirementSet {
        let packages = try (document.tables("package")?.value ?? []).indices.map(package)
        var set = LockedSet(for: target, in: project.tree)
        let needed = try isGrouped ? grouped(packages, target) : walked(packages, target)
        // The entry of `name[extra]` has the files of `name`, which is there as well.
        for package in needed.filter(\.extras.isEmpty) + needed.filter({ !$0.extras.isEmpty }) { try set.add(package) }
        let own = try OwnProject.find(in: project)
        set.add(own)
        return set.set(
            path, files: [manifest.path], indexes: try ManifestSources.pdmSources(manifest), drift: try drift(),
            warnings: own.warnings)
    }

    private var strategy: [String] {
        guard case .array(let elements)? = document.node(["metadata", "strategy"]) else { return [] }
        return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }

    /// Whether every package says by itself which groups need it, and for which Pythons.
    private var isGrouped: Bool { strategy.contains("inherit_metadata") }

    /// `default`, and the extras and groups that are asked for; fails at one that the manifest or the lock lacks.
    private func wanted() throws -> Set<String> {
        let extras = try UnknownChoice.check(
            project.options.extras, kind: "extra", in: manifest.path,
            known: manifest.keys("project", "optional-dependencies"))
        let groups = try UnknownChoice.check(
            project.options.groups, kind: "dependency group", in: manifest.path, known: ManifestGroups(manifest).names)
        guard case .array(let elements)? = document.node(["metadata", "groups"]) else { return ["default"] }
        let locked = elements.compactMap {
            if case .string(let name) = $0 { Requirement.normalized(name) } else { nil }
        }
        for name in extras + groups where !locked.contains(name) {
            throw PlanError.unusable(
                place: "\(path):\(document.line(of: ["metadata", "groups"]))", what: "'\(name)' is not locked",
                fix: "write the lock with '\(Self.fix) -G \(name)'")
        }
        return Set(["default"] + extras + groups)
    }

    private func grouped(_ packages: [LockedPackage], _ target: PythonTarget) throws -> [LockedPackage] {
        let wanted = try wanted()
        return try packages.enumerated().filter { index, package in
            guard !wanted.isDisjoint(with: package.groups), package.pythons?.allows(python: target.version) ?? true
            else { return false }
            guard case .string(let marker)? = document.node(["package", "\(index)", "marker"]) else { return true }
            return try target.satisfies(marker, package.evidence)
        }.map(\.element)
    }

    /// Older strategies leave it to the reader to follow the manifest's requirements.
    private func walked(_ packages: [LockedPackage], _ target: PythonTarget) throws -> [LockedPackage] {
        _ = try wanted()
        let manager = Decided<String>("PDM", .usual(why: "its lock"))
        let open = try ProjectManifest.read(manifest, project, manager)
        let roots = try (open?.written.requirements ?? []).compactMap(dependency)
        return try LockGraph(packages: packages, target: target, lock: path, fix: Self.fix).needed(by: roots)
    }

    private func dependency(_ requirement: Requirement) throws -> PoetryDependency? {
        let name: String
        if let written = requirement.name {
            name = written
        } else {
            guard case .local(let folder) = requirement.source,
                let found = try LocalProject.locked(folder, of: project.tree, by: requirement.evidence).name
            else { return nil }
            name = found
        }
        return PoetryDependency(
            name: name, versions: try PoetryConstraint(parsing: requirement.specifier),
            constraint: requirement.specifier.isEmpty ? "*" : requirement.specifier, extras: requirement.extras,
            python: nil, marker: requirement.marker, isOptional: false, source: requirement.source,
            evidence: requirement.evidence)
    }

    private func package(_ index: Int) throws -> LockedPackage {
        let keys = ["package", "\(index)"]
        func text(_ key: String) -> String? {
            if case .string(let text)? = document.node(keys + [key]) { text } else { nil }
        }
        func texts(_ key: String) -> [String] {
            guard case .array(let elements)? = document.node(keys + [key]) else { return [] }
            return elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
        }
        let written = text("name") ?? ""
        let evidence = Evidence(
            path: path, line: document.line(of: keys), excerpt: "\(written) \(text("version") ?? "")")
        guard !written.isEmpty else {
            throw PlanError.unusable(
                place: "\(evidence)", what: "a package has no name", fix: "write the lock with '\(Self.fix)'")
        }
        var package = LockedPackage(
            name: Requirement.normalized(written), version: text("version") ?? "", evidence: evidence)
        package.extras = texts("extras").map { $0.lowercased() }
        package.groups = texts("groups").map(Requirement.normalized)
        package.pythons = text("requires_python").flatMap { try? PoetryConstraint(parsing: $0) }
        package.source = try source(text, evidence)
        if case .array(let elements)? = document.node(keys + ["files"]) {
            package.files = elements.compactMap { element in
                guard case .table(let table) = element else { return nil }
                let hash: String? = if case .string(let hash)? = table["hash"] { hash } else { nil }
                if case .string(let file)? = table["file"] { return LockedFile(name: file, hash: hash) }
                if case .string(let url)? = table["url"] { return LockedFile(address: url, hash: hash) }
                return nil
            }
        }
        guard !isGrouped else { return package }
        package.dependencies = try texts("dependencies").compactMap { line in
            try dependency(
                RequirementsParser.requirement(line, in: manifest.folder, of: project.tree, evidence))
        }
        return package
    }

    private func source(_ text: (String) -> String?, _ evidence: Evidence) throws -> LockedPackage.Source {
        if let repository = text("git") {
            return .url(
                GitAddress.make(
                    repository, revision: text("revision") ?? text("ref"), folder: text("subdirectory")))
        }
        if let url = text("url") { return .url(url) }
        guard let written = text("path") else { return .index }
        let path = try LocalPath.resolve(written, from: manifest.folder, in: project.tree, evidence)
        let isFolder = path == .root || project.tree.entry(at: path)?.kind == .folder
        return isFolder ? .folder(path) : .archive(path)
    }

    /// Whether the manifest changed after the lock was made; nil where PDM's digest spans a workspace.
    private func drift() throws -> LockDrift? {
        guard let written = try document.string("metadata", "content_hash")?.value, manifest.has("project"),
            !manifest.has("tool", "pdm", "workspace")
        else { return nil }
        let digits = written.hasPrefix("sha256:") ? String(written.dropFirst(7)) : written
        guard !PDMHash(manifest).all.contains(digits) else { return nil }
        return LockDrift(lock: path, what: "\(manifest.path) was changed after it was written", fix: Self.fix)
    }
}

/// The digests that versions of PDM make of the part of a manifest that a lock depends on.
struct PDMHash {
    let all: [String]

    init(_ manifest: PyProject) {
        func node(_ keys: String..., otherwise: PythonJSON) -> PythonJSON {
            manifest.document.node(keys).map { PythonJSON($0) } ?? otherwise
        }
        func table(_ keys: String...) -> [String: TOMLNode] {
            if case .table(let table)? = manifest.document.node(keys) { table } else { [:] }
        }
        let old = table("tool", "pdm", "dev-dependencies")
        var groups: [String: [PythonJSON]] = [:]
        for (name, node) in table("dependency-groups").sorted(by: { $0.key < $1.key }) {
            if case .array(let elements) = node {
                groups[Requirement.normalized(name)] = elements.map { PythonJSON($0) }
            }
        }
        for (name, node) in old.sorted(by: { $0.key < $1.key }) {
            guard case .array(let elements) = node else { continue }
            groups[Requirement.normalized(name), default: []] += elements.map { PythonJSON($0) }
        }
        let overrides = node(
            "tool", "pdm", "resolution", "overrides",
            otherwise: node("tool", "pdm", "overrides", otherwise: .object([:])))
        let resolution = node("tool", "pdm", "resolution", otherwise: .object([:]))
        func digest(_ dev: PythonJSON, _ last: (String, PythonJSON)) -> String {
            PythonJSON.object([
                "sources": node("tool", "pdm", "source", otherwise: .array([])),
                "dependencies": node("project", "dependencies", otherwise: .array([])), "dev-dependencies": dev,
                "optional-dependencies": node("project", "optional-dependencies", otherwise: .object([:])),
                "requires-python": node("project", "requires-python", otherwise: .string("")), last.0: last.1,
            ]).sha256()
        }
        let merged = PythonJSON.object(groups.mapValues { .array($0) })
        let plain = PythonJSON(TOMLNode.table(old))
        all = [merged, plain].flatMap { dev in
            [digest(dev, ("resolution", resolution)), digest(dev, ("overrides", overrides))]
        }
    }
}
