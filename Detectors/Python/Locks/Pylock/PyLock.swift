import Formats
import Planning

/// A service with a `pylock.toml` (PEP 751), whatever tool wrote it.
struct PyLock: InstallSource {
    let manager: Decided<String>
    private let project: PythonProject
    private let lock: PyLockFile

    /// The lock in the service's folder: `pylock.toml`, else the only `pylock.NAME.toml`; several of those are an error.
    static func find(in project: PythonProject) throws -> PyLock? {
        let named = project.topFiles.filter { $0.name.wholeMatch(of: /pylock\.[^.]+\.toml/) != nil }
        let plain = try project.path("pylock.toml")
        let path = project.tree.hasFile(plain) ? plain : named.first
        guard let path else { return nil }
        guard path == plain || named.count == 1 else {
            throw PlanError.unusable(
                place: "\(path)", what: "is one of several locks: \(named.map(\.name).joined(separator: ", "))",
                fix: "name the one to install pylock.toml")
        }
        guard let lock = try PyLockFile.read(path, from: project.tree) else { return nil }
        let evidence = Evidence(path: path, excerpt: path.name)
        return PyLock(manager: Decided("pylock", .found(evidence: [evidence])), project: project, lock: lock)
    }

    func requirements(for target: PythonTarget) throws -> RequirementSet {
        let selection = try LockSelection(
            project.options, extras: lock.extras, groups: Set(lock.groups).union(lock.defaultGroups), in: lock.path)
        let environment = target.markers(
            extras: selection.extras, groups: selection.groups.union(lock.defaultGroups))
        try check(target, environment)
        let manifest = try UvManifest.read(project.tree.service, from: project.tree)
        var installation = PyLockInstallation(
            places: LockedPlaces(
                tree: project.tree, folder: lock.path.parent ?? .root, fix: "the tool that made it"),
            target: target, rules: try UvBuildRules(manifest), set: RequirementSet(root: lock.path))
        installation.set.files = [lock.path]
        installation.set.isClosed = true
        for package in try packages(environment, target) { try installation.add(package) }
        if let manifest, manifest.name != nil, try manifest.isPackage(),
            !installation.set.installs(project.tree.service)
        {
            let own = try OwnProject.find(in: project)
            if let local = own.project { installation.set.projects.append(local) }
            installation.set.warnings += own.warnings
        }
        installation.set.projects.sort { $0.path < $1.path }
        try installation.useIndexes(manifest?.indexes() ?? [])
        return installation.set
    }

    /// Fails where the lock is not for the target.
    private func check(_ target: PythonTarget, _ environment: MarkerEnvironment) throws {
        if let text = lock.requiresPython, Self.excludes(text, target) {
            throw lock.table.unusable(
                "is made for Python \(text), and the plan is for \(target.version)",
                fix: "choose a Python that it is for with --set python.version=VERSION, or lock for this one",
                key: "requires-python")
        }
        let markers = try lock.environments.map { try PyLockFile.marker($0, lock.table, "environments") }
        guard markers.isEmpty || markers.contains(where: { $0.holds(in: environment) }) else {
            throw lock.table.unusable(
                "is made for other environments than \(target): \(lock.environments.joined(separator: "; "))",
                fix: "lock for this one as well, or choose --platform and python.version", key: "environments")
        }
    }

    private static func excludes(_ text: String, _ target: PythonTarget) -> Bool {
        guard let range = try? VersionSpecifier(parsing: text) else { return false }
        return PythonVersion.match(target.version, range) == .none
    }

    /// The packages whose markers hold, each name once.
    private func packages(_ environment: MarkerEnvironment, _ target: PythonTarget) throws -> [PyLockFile.Package] {
        func chosen(_ environment: MarkerEnvironment) -> [PyLockFile.Package] {
            lock.packages.filter { $0.marker?.holds(in: environment) ?? true }
        }
        var packages = chosen(environment)
        if Set(packages.map(\.name)).count < packages.count {
            // Where patches of the Python differ, the newest decides.
            var newest = environment
            newest.patch = MarkerEnvironment.newestPatch
            packages = chosen(newest)
        }
        var names: Set<String> = []
        for package in packages {
            guard names.insert(package.name).inserted else {
                throw package.table.unusable(
                    "'\(package.name)' is to be installed in two versions for \(target)",
                    fix: "write the lock anew with the tool that made it")
            }
            if let text = package.requiresPython, Self.excludes(text, target) {
                throw package.table.unusable(
                    "'\(package.name)' needs Python \(text), and the plan is for \(target.version)",
                    fix: "choose another Python with --set python.version=VERSION", key: "requires-python")
            }
        }
        return packages
    }
}

/// What pip is given for the packages that a `pylock.toml` chooses.
struct PyLockInstallation {
    let places: LockedPlaces
    let target: PythonTarget
    let rules: UvBuildRules
    var set: RequirementSet
    private let tags: WheelTags
    private var registries: Set<String> = []

    init(places: LockedPlaces, target: PythonTarget, rules: UvBuildRules, set: RequirementSet) {
        self.places = places
        self.target = target
        self.rules = rules
        self.set = set
        tags = WheelTags(for: target)
        self.set.noBinary = rules.noBinary
    }

    /// Adds one package: a line for pip, or a project of the tree.
    mutating func add(_ package: PyLockFile.Package) throws {
        let table = package.table
        if let folder = try table.table("directory") {
            let path = try required("path", in: folder)
            let below = try folder.string("subdirectory").map { "\(path)/\($0)" } ?? path
            set.projects.append(
                try places.project(below, of: package.name, in: folder, evidence: package.evidence))
        } else if let vcs = try table.table("vcs") {
            try add(package, .url(repository(vcs, package)), hashes: [], .source)
        } else if let archive = try table.table("archive") {
            try addArchive(archive, package)
        } else {
            try addFiles(package)
        }
    }

    private mutating func addFiles(_ package: PyLockFile.Package) throws {
        let tables = try package.table.tables("wheels") + [package.table.table("sdist")].compactMap(\.self)
        let files = try tables.map(file)
        let choice = try choose(package, files)
        if let index = try package.table.string("index") { registries.insert(index) }
        let position = files.firstIndex(of: choice.file)
        if let position, let path = try tables[position].string("path") {
            let place = try places.place(path, of: package.name, in: tables[position])
            return add(package, .local(place), hashes: choice.hashes, choice.kind)
        }
        if package.version == nil {
            guard let position, let url = try tables[position].string("url") else {
                throw package.table.unusable(
                    "the package '\(package.name)' has neither version nor address",
                    fix: "write the lock anew with the tool that made it")
            }
            return add(package, .url(url), hashes: choice.hashes, choice.kind)
        }
        add(package, .index, hashes: choice.hashes, choice.kind)
    }

    private mutating func addArchive(_ archive: LockTable, _ package: PyLockFile.Package) throws {
        let choice = try choose(package, [try file(archive)])
        if let path = try archive.string("path") {
            let place = try places.place(path, of: package.name, in: archive)
            return add(package, .local(place), hashes: choice.hashes, choice.kind)
        }
        let fragment = try archive.string("subdirectory").map { "#subdirectory=\($0)" } ?? ""
        add(package, .url(try required("url", in: archive) + fragment), hashes: choice.hashes, choice.kind)
    }

    private mutating func add(
        _ package: PyLockFile.Package, _ source: Requirement.Source, hashes: [String], _ kind: Requirement.File
    ) {
        let specifier = source == .index ? package.version.map { "==\($0)" } ?? "" : ""
        set.requirements.append(
            Requirement(
                name: package.name, extras: [], specifier: specifier, marker: nil, source: source, isEditable: false,
                hashes: hashes, evidence: package.evidence, file: kind))
    }

    private func choose(_ package: PyLockFile.Package, _ files: [LockedFile]) throws(PlanError) -> LockedFiles.Choice {
        try LockedFiles(
            package: package.name, version: package.version ?? "", files: files, evidence: package.evidence
        ).choose(
            tags, target, noBinary: rules.forbidsWheels(of: package.name),
            noBuild: rules.forbidsBuilding(package.name))
    }

    private func file(_ table: LockTable) throws -> LockedFile {
        let hashes = try table.table("hashes")
        let kind = hashes.flatMap { hashes in ["sha256", "sha384", "sha512"].first { hashes.node($0) != nil } }
        let hash = try kind.flatMap { kind in try hashes?.string(kind).map { "\(kind):\($0)" } }
        if let name = try table.string("name") { return LockedFile(name: name, hash: hash) }
        return LockedFile(address: try table.string("url") ?? table.string("path") ?? "", hash: hash)
    }

    /// What pip calls a commit of a repository.
    private func repository(_ vcs: LockTable, _ package: PyLockFile.Package) throws -> String {
        let kind = try required("type", in: vcs)
        guard kind == "git" else {
            throw vcs.unusable(
                "'\(package.name)' is in a repository of \(kind), and git is what a build can read",
                fix: "put an archive of it in its place", key: "type")
        }
        guard let url = try vcs.string("url") else {
            throw vcs.unusable(
                "the repository of '\(package.name)' has no address", fix: "name it by its url, not by a path")
        }
        let folder = try vcs.string("subdirectory").map { "#subdirectory=\($0)" } ?? ""
        return "git+\(url)@\(try required("commit-id", in: vcs))\(folder)"
    }

    private func required(_ key: String, in table: LockTable) throws -> String {
        if let text = try table.string(key) { return text }
        throw table.unusable("has no '\(key)'", fix: "write the lock anew with the tool that made it")
    }

    /// Passes on the indexes that the manifest names and a package is from.
    mutating func useIndexes(_ named: [PackageIndex]) { set.use(named, registries: registries) }
}

extension RequirementSet {
    /// Passes on the indexes that a manifest names and of which something is locked.
    mutating func use(_ named: [PackageIndex], registries: Set<String>) {
        func plain(_ url: String) -> String { url.hasSuffix("/") ? String(url.dropLast()) : url }
        let used = Set(registries.map(plain))
        for index in named where index.url.contains("://") {
            let address = index.url.replacing(#/://[^/@]+@/#, with: "://")
            guard used.contains(plain(address)), !indexes.contains(where: { plain($0.url) == plain(index.url) })
            else { continue }
            indexes.append(index)
            if address != index.url { hasCredentials.append(index.evidence) }
        }
    }
}
