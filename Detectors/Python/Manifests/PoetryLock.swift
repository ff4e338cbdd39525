import Formats
import Planning

/// `poetry.lock` of Poetry 1 and 2 (lock-version 1.0 to 2.1).
struct PoetryLock: InstallSource {
    let manager: Decided<String>
    private let manifest: PyProject
    private let project: PythonProject
    private let document: TOMLDocument
    private let path: SourcePath

    private static let fix = "poetry lock"

    /// The lock of a service; nil where there is none.
    static func find(in project: PythonProject) throws -> PoetryLock? {
        let path = try project.path("poetry.lock")
        guard let text = try project.tree.text(at: path),
            let manifest = try PyProject.read(in: project.tree.service, of: project.tree)
        else { return nil }
        let manager = Decided<String>("Poetry", .found(evidence: [Evidence(path: path, excerpt: path.name)]))
        let document = try TOMLDocument(parsing: text, file: "\(path)")
        let lock = PoetryLock(
            manager: manager, manifest: manifest, project: project, document: document, path: path)
        try lock.checkVersion()
        return lock
    }

    private func checkVersion() throws {
        let version = try document.string("metadata", "lock-version")
        guard let version, let number = PythonVersionNumber(version.value), [1, 2].contains(number.release.first) else {
            throw PlanError.unusable(
                place: "\(path):\(version?.line ?? 1)",
                what: version.map { "lock-version '\($0.value)' is not known" } ?? "names no lock-version",
                fix: "write it with Poetry 1 or 2: '\(Self.fix)'")
        }
    }

    /// Fails where the lock was made for other Pythons.
    private func checkPython(_ target: PythonTarget) throws {
        guard let text = try document.string("metadata", "python-versions"),
            let range = try? PoetryConstraint(parsing: text.value), !range.allows(python: target.version)
        else { return }
        throw PlanError.unusable(
            place: "\(path):\(text.line)",
            what: "is made for Python \(text.value), and the plan is for \(target.version)",
            fix: "choose a Python that it is for with --set python.version=VERSION, or lock for this one")
    }

    func requirements(for target: PythonTarget) throws -> RequirementSet {
        try checkPython(target)
        let packages = try (document.tables("package")?.value ?? []).indices.map(package)
        let needed = try isGrouped ? grouped(packages, target) : walked(packages, target)
        var set = LockedSet(for: target, in: project.tree)
        for package in needed {
            if package.files.contains(where: { $0.name.hasPrefix("sha256:") }) {
                set.add(package, hashes: package.files.map(\.name))
            } else {
                try set.add(package)
            }
        }
        let own = try OwnProject.find(in: project)
        set.add(own)
        return set.set(
            path, files: [manifest.path], indexes: try indexes(packages), drift: try drift(), warnings: own.warnings)
    }

    /// Whether every package says which groups need it (lock-version 2.1).
    private var isGrouped: Bool { document.node(["package", "0", "groups"]) != nil }

    private func grouped(_ packages: [LockedPackage], _ target: PythonTarget) throws -> [LockedPackage] {
        let groups = try Set(["main"] + askedGroups())
        let extras = try Set(askedExtras())
        return try packages.enumerated().filter { index, package in
            guard package.pythons?.allows(python: target.version) ?? true else { return false }
            return try groups.intersection(package.groups).contains { group in
                try target.satisfies(marker(index, group), extras: extras, package.evidence)
            }
        }.map(\.element)
    }

    /// A package's marker: one for all groups, or a table of them.
    private func marker(_ index: Int, _ group: String) -> String? {
        switch document.node(["package", "\(index)", "markers"]) {
        case .string(let text): return text
        case .table(let table):
            let key = table.keys.first { Requirement.normalized($0) == group }
            if let key, case .string(let text)? = table[key] { return text }
            return nil
        default: return nil
        }
    }

    private func askedGroups() throws -> [String] {
        var known = manifest.keys("tool", "poetry", "group") + manifest.keys("dependency-groups")
        if manifest.has("tool", "poetry", "dev-dependencies") { known.append("dev") }
        return try UnknownChoice.check(project.options.groups, kind: "group", in: manifest.path, known: known)
    }

    private func askedExtras() throws -> [String] {
        var known = manifest.keys("tool", "poetry", "extras") + manifest.keys("project", "optional-dependencies")
        if case .table(let table)? = document.node(["extras"]) { known += table.keys }
        return try UnknownChoice.check(project.options.extras, kind: "extra", in: manifest.path, known: known)
    }

    /// A lock of Poetry 1 says what packages need, and the manifest where that begins.
    private func walked(_ packages: [LockedPackage], _ target: PythonTarget) throws -> [LockedPackage] {
        let roots = try PoetryManifest(manifest: manifest, project: project).roots()
        return try LockGraph(packages: packages, target: target, lock: path, fix: Self.fix).needed(by: roots)
    }

    private func package(_ index: Int) throws -> LockedPackage {
        let keys = ["package", "\(index)"]
        func text(_ key: String) -> String? {
            if case .string(let text)? = document.node(keys + [key]) { text } else { nil }
        }
        let written = text("name") ?? ""
        let version = text("version") ?? ""
        let evidence = Evidence(path: path, line: document.line(of: keys), excerpt: "\(written) \(version)")
        guard !written.isEmpty, !version.isEmpty else {
            throw PlanError.unusable(
                place: "\(evidence)", what: "a package has no name or version", fix: "write the lock with '\(Self.fix)'"
            )
        }
        var package = LockedPackage(name: Requirement.normalized(written), version: version, evidence: evidence)
        package.pythons = text("python-versions").flatMap { try? PoetryConstraint(parsing: $0) }
        if case .array(let groups)? = document.node(keys + ["groups"]) {
            package.groups = groups.compactMap {
                if case .string(let name) = $0 { Requirement.normalized(name) } else { nil }
            }
        }
        package.source = try source(keys + ["source"], evidence)
        package.files = files(keys, written, version)
        guard !isGrouped else { return package }
        let folder: SourcePath = if case .folder(let path) = package.source { path } else { project.tree.service }
        if case .table(let table)? = document.node(keys + ["dependencies"]) {
            package.dependencies = try table.keys.sorted().flatMap { name in
                try PoetryDependency.read(
                    name, table[name] ?? .string("*"), in: folder, of: project.tree,
                    Evidence(
                        path: path, line: document.line(of: keys + ["dependencies", name]), excerpt: name))
            }
        }
        if case .table(let table)? = document.node(keys + ["extras"]) {
            for (extra, node) in table.sorted(by: { $0.key < $1.key }) {
                guard case .array(let elements) = node else { continue }
                let names = elements.compactMap { element -> String? in
                    guard case .string(let text) = element else { return nil }
                    return Requirement.normalized(String(text.prefix { !" [(<>=!~;".contains($0) }))
                }
                package.optional[Requirement.normalized(extra)] = Set(names)
            }
        }
        return package
    }

    private func source(_ keys: [String], _ evidence: Evidence) throws -> LockedPackage.Source {
        func text(_ key: String) -> String? {
            if case .string(let text)? = document.node(keys + [key]) { text } else { nil }
        }
        guard let kind = text("type"), let url = text("url") else { return .index }
        switch kind {
        case "git":
            return .url(
                GitAddress.make(
                    url, revision: text("resolved_reference") ?? text("reference"), folder: text("subdirectory")))
        case "url": return .url(url)
        case "directory": return .folder(try LocalPath.resolve(url, from: manifest.folder, in: project.tree, evidence))
        case "file": return .archive(try LocalPath.resolve(url, from: manifest.folder, in: project.tree, evidence))
        default: return .index
        }
    }

    /// A package's files: its own, or in older locks those of its name in `[metadata.files]` or `[metadata.hashes]`.
    private func files(_ keys: [String], _ name: String, _ version: String) -> [LockedFile] {
        func read(_ node: TOMLNode?) -> [LockedFile] {
            guard case .array(let elements)? = node else { return [] }
            return elements.compactMap { element in
                if case .string(let hash) = element { return LockedFile(name: "sha256:\(hash)", hash: nil) }
                guard case .table(let table) = element, case .string(let file)? = table["file"] else { return nil }
                let hash: String? = if case .string(let hash)? = table["hash"] { hash } else { nil }
                return LockedFile(name: file, hash: hash)
            }
        }
        if let own = document.node(keys + ["files"]) { return read(own) }
        let files = read(document.node(["metadata", "files", name]) ?? document.node(["metadata", "hashes", name]))
        // Older locks keep the files of all versions of a name together.
        let fitting = files.filter { file in
            WheelName(parsing: file.name).map { $0.version == version } ?? file.name.contains("-\(version).")
        }
        return fitting.isEmpty ? files : fitting
    }

    /// The manifest's indexes; one takes the place of the default index where nothing in the lock is from that.
    private func indexes(_ packages: [LockedPackage]) throws -> [PackageIndex] {
        let indexed = (0..<packages.count).filter { packages[$0].source == .index }
        let usesDefault = indexed.contains { document.node(["package", "\($0)", "source"]) == nil }
        return try PoetrySources.read(manifest).map {
            PackageIndex(url: $0.url, isDefault: $0.isDefault && !usesDefault, evidence: $0.evidence)
        }
    }

    /// Whether the manifest changed after the lock was made, by the digest that Poetry 1, 2.0 or 2.3 makes of it.
    private func drift() throws -> LockDrift? {
        guard let written = try document.string("metadata", "content-hash")?.value else { return nil }
        guard !PoetryHash(manifest).all.contains(written) else { return nil }
        return LockDrift(lock: path, what: "\(manifest.path) was changed after it was written", fix: Self.fix)
    }
}

/// The digests that versions of Poetry make of the part of a manifest that a lock depends on.
struct PoetryHash {
    /// From the newest version's to the oldest's.
    let all: [String]

    init(_ manifest: PyProject) {
        func table(_ keys: String...) -> [String: TOMLNode] {
            if case .table(let table)? = manifest.document.node(keys) { table } else { [:] }
        }
        let (project, groups, poetry) = (table("project"), table("dependency-groups"), table("tool", "poetry"))
        let standard = project.filter {
            ["requires-python", "dependencies", "optional-dependencies"].contains($0.key)
        }.mapValues(PythonJSON.init)
        /// Keys that Poetry 1 always wrote, missing ones as null.
        func own(withMissing: Bool) -> [String: PythonJSON] {
            var result: [String: PythonJSON] = [:]
            for key in ["dependencies", "source", "extras", "dev-dependencies"] {
                if let node = poetry[key] { result[key] = PythonJSON(node) } else if withMissing { result[key] = .null }
            }
            if let node = poetry["group"] { result["group"] = PythonJSON(node) }
            return result
        }
        func content(_ groups: [String: TOMLNode]) -> PythonJSON {
            var result: [String: PythonJSON] = [:]
            if !standard.isEmpty { result["project"] = .object(standard) }
            if !groups.isEmpty { result["dependency-groups"] = PythonJSON(.table(groups)) }
            guard !result.isEmpty else { return .object(own(withMissing: true)) }
            result["tool"] = .object(["poetry": .object(own(withMissing: false))])
            return .object(result)
        }
        all = [content(groups), content([:]), .object(own(withMissing: true))].map { $0.sha256() }
    }
}
