import Formats
import Planning

/// A package of a lock, before it is known whether a target needs it.
struct LockedPackage: Sendable {
    /// Normalised (PEP 503).
    let name: String
    let version: String
    /// The extras that this entry stands for (PDM lists them apart).
    var extras: [String] = []
    /// The Pythons that it is for; nil for all.
    var pythons: PoetryConstraint?
    /// Normalised; empty where the lock does not say.
    var groups: [String] = []
    var files: [LockedFile] = []
    var source = Source.index
    /// What it needs, with the extras that each is for.
    var dependencies: [PoetryDependency] = []
    /// The names that each of its extras brings.
    var optional: [String: Set<String>] = [:]
    let evidence: Evidence

    enum Source: Hashable, Sendable {
        case index
        /// An address, with `git+` for a repository at one commit.
        case url(String)
        /// A folder of the tree.
        case folder(SourcePath)
        /// An archive of the tree.
        case archive(SourcePath)
    }
}

/// What a lock installs for one target, made into a closed set.
struct LockedSet {
    let target: PythonTarget
    let tree: any SourceTree
    private let tags: WheelTags
    private(set) var requirements: [Requirement] = []
    private(set) var projects: [LocalProject] = []

    init(for target: PythonTarget, in tree: any SourceTree) {
        self.target = target
        self.tree = tree
        tags = WheelTags(for: target)
    }

    /// Adds a package with its one file; a package that is there already is passed over.
    mutating func add(_ package: LockedPackage) throws {
        switch package.source {
        case .index:
            let files = LockedFiles(
                package: package.name, version: package.version, files: package.files, evidence: package.evidence)
            let choice = try files.choose(tags, target)
            add(package, specifier: "==\(package.version)", .index, choice.hashes, choice.kind)
        case .url(let address):
            let file = LockedFile(address: address, hash: nil)
            let hash = package.files.first { $0.name == file.name } ?? package.files.first
            let isGit = address.hasPrefix("git+")
            add(package, specifier: "", .url(address), isGit ? [] : hash?.hash.map { [$0] } ?? [], kind(of: file.name))
        case .archive(let path):
            let hash = package.files.first { $0.name == path.name } ?? package.files.first
            add(package, specifier: "", .local(path), hash?.hash.map { [$0] } ?? [], kind(of: path.name))
        case .folder(let path):
            guard !projects.contains(where: { $0.path == path }) else { return }
            projects.append(try .locked(path, of: tree, by: package.evidence))
        }
    }

    /// Adds a package whose lock names hashes alone, of all its files.
    mutating func add(_ package: LockedPackage, hashes: [String]) {
        add(package, specifier: "==\(package.version)", .index, hashes, nil)
    }

    /// Adds the service's own project.
    mutating func add(_ own: OwnProject) {
        guard let project = own.project, !projects.contains(where: { $0.path == project.path }) else { return }
        projects.append(project)
    }

    private mutating func add(
        _ package: LockedPackage, specifier: String, _ source: Requirement.Source, _ hashes: [String],
        _ file: Requirement.File?
    ) {
        guard !requirements.contains(where: { $0.name == package.name && $0.specifier == specifier }) else { return }
        requirements.append(
            Requirement(
                name: package.name, extras: [], specifier: specifier, marker: nil, source: source, isEditable: false,
                hashes: hashes, evidence: package.evidence, file: file))
    }

    private func kind(of file: String) -> Requirement.File {
        guard let wheel = WheelName(parsing: file) else { return .source }
        return wheel.tags.allSatisfy(\.isPure) ? .pureWheel : .nativeWheel
    }

    /// The closed set; `root` is the lock, `files` what it was made from.
    func set(
        _ root: SourcePath, files: [SourcePath], indexes: [PackageIndex], drift: LockDrift?, warnings: [String]
    ) -> RequirementSet {
        var set = RequirementSet(root: root)
        set.files = [root] + files
        set.requirements = requirements.sorted { ($0.name ?? "", $0.specifier) < ($1.name ?? "", $1.specifier) }
        set.projects = projects.sorted { $0.path < $1.path }
        set.indexes = indexes
        set.isClosed = true
        set.drift = drift
        set.warnings = warnings
        return set
    }
}

extension PythonTarget {
    /// Whether a lock's marker holds; fails at one that is none.
    func satisfies(_ marker: String?, extras: Set<String> = [], _ evidence: Evidence) throws(PlanError) -> Bool {
        guard let marker else { return true }
        guard let holds = Marker.holds(marker, pythonVersion: version, machine: machine, extras: extras) else {
            throw .unusable(
                place: "\(evidence)", what: "'\(marker)' is no environment marker", fix: "write the lock again")
        }
        return holds
    }
}

/// Walks a lock that does not say itself what each group needs: from the manifest's requirements along the packages'.
struct LockGraph {
    let packages: [LockedPackage]
    let target: PythonTarget
    /// How an error names the lock, and the command that writes it.
    let lock: SourcePath
    let fix: String

    /// The packages that some requirements need, in no order of interest; fails where the lock lacks one.
    func needed(by roots: [PoetryDependency]) throws -> [LockedPackage] {
        var extras: [Int: Set<String>] = [:]
        var queue: [(PoetryDependency, Set<String>)] = roots.map { ($0, []) }
        while let (dependency, context) = queue.popLast() {
            guard dependency.python?.allows(python: target.version) ?? true,
                try target.satisfies(dependency.marker, extras: context, dependency.evidence)
            else { continue }
            let wanted = Set(dependency.extras)
            for index in try candidates(dependency) {
                let known = extras[index]
                guard known == nil || !wanted.isSubset(of: known ?? []) else { continue }
                let now = (known ?? []).union(wanted)
                extras[index] = now
                let package = packages[index]
                for next in package.dependencies where !next.isOptional || isBrought(next.name, by: now, of: package) {
                    queue.append((next, now))
                }
            }
        }
        return extras.keys.sorted().map { packages[$0] }
    }

    private func isBrought(_ name: String, by extras: Set<String>, of package: LockedPackage) -> Bool {
        extras.contains { package.optional[Requirement.normalized($0)]?.contains(name) == true }
    }

    /// The entries for a dependency: its own, and those that stand for its extras.
    private func candidates(_ dependency: PoetryDependency) throws -> [Int] {
        let named = packages.indices.filter { packages[$0].name == dependency.name }
        var fitting = named.filter { packages[$0].pythons?.allows(python: target.version) ?? true }
        let allowed = fitting.filter {
            PythonVersionNumber(packages[$0].version).map(dependency.versions.allows) ?? true
        }
        if !allowed.isEmpty { fitting = allowed }
        let extras = Set(dependency.extras)
        let chosen = fitting.filter { packages[$0].extras.isEmpty || Set(packages[$0].extras).isSubset(of: extras) }
        guard !chosen.isEmpty else {
            throw PlanError.unusable(
                place: "\(dependency.evidence)",
                what: "needs \(dependency.name)\(dependency.constraint == "*" ? "" : " \(dependency.constraint)"), "
                    + (named.isEmpty
                        ? "which \(lock) does not have" : "which \(lock) does not have for Python \(target.version)"),
                fix: "write the lock again with '\(fix)'")
        }
        return chosen
    }
}
