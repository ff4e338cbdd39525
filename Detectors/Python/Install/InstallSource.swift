import OCI
import Planning

/// The Python that requirements are chosen for: markers and the tags of wheels are held against it.
struct PythonTarget: Hashable, Sendable {
    /// `3.13`.
    let version: String
    /// As Linux names it: `x86_64`.
    let machine: String
    /// The runtime's C library.
    let libc: LibC
}

/// Where a service says what it installs: a manager's lock, a manifest without one, or requirements files.
///
/// To add a manager, conform a type and name its `find` in `InstallSources`.
protocol InstallSource: Sendable {
    /// Whose files these are: `pip`, `uv`, `Poetry`, `PDM`, `Pipenv`.
    var manager: Decided<String> { get }
    /// What is installed for one Python; fails with a `PlanError` that names file and line.
    func requirements(for target: PythonTarget) throws -> RequirementSet
}

/// The sources that are known, and which of several is taken.
enum InstallSources {
    /// One kind of source: how `python.manager` names it, and what it looks for.
    struct Kind: Sendable {
        /// `uv`, `poetry`, `pdm`, `pipenv`, `pylock`, `pip`, `pyproject`, `setup`.
        let name: String
        /// Whether it is a lock: a lock comes before every manifest, and two locks are an error.
        let isLock: Bool
        let find: @Sendable (PythonProject) throws -> (any InstallSource)?
    }

    /// By rank: locks first, then requirements files, then manifests without a lock.
    static let all: [Kind] = [
        Kind(name: "uv", isLock: true) { try UvLock.find(in: $0) },
        Kind(name: "poetry", isLock: true) { try PoetryLock.find(in: $0) },
        Kind(name: "pdm", isLock: true) { try PDMLock.find(in: $0) },
        Kind(name: "pipenv", isLock: true) { try PipfileLock.find(in: $0) },
        Kind(name: "pylock", isLock: true) { try PyLock.find(in: $0) },
        Kind(name: "pip", isLock: false) { try RequirementsFiles.find(in: $0) },
        Kind(name: "pipenv", isLock: false) { try Pipfile.open(in: $0) },
        Kind(name: "poetry", isLock: false) { try PoetryManifest.find(in: $0) },
        Kind(name: "pdm", isLock: false) { try ProjectManifest.find(in: $0, tool: "pdm", manager: "PDM") },
        Kind(name: "uv", isLock: false) { try ProjectManifest.find(in: $0, tool: "uv", manager: "uv") },
        Kind(name: "pyproject", isLock: false) { try ProjectManifest.find(in: $0, tool: nil, manager: "pip") },
        Kind(name: "setup", isLock: false) { try SetupManifest.find(in: $0) },
    ]

    /// The source that `python.manager` names, else the only lock, else the first manifest; nil where the service installs
    /// nothing.
    static func find(in project: PythonProject) throws -> (any InstallSource)? {
        try LoneFiles.checkLocks(project)
        if let asked = project.options.manager { return try requested(asked, in: project) }
        let locks = try present(all.filter(\.isLock), in: project)
        guard locks.count < 2 else { throw several(locks) }
        if let lock = locks.first {
            let others = (try? present(all.filter { !$0.isLock && $0.name == "pip" }, in: project)) ?? []
            return RankedSource(lock.source, others: others)
        }
        for (index, kind) in all.enumerated() where !kind.isLock {
            guard let source = try kind.find(project) else { continue }
            let others = (try? present(Array(all[(index + 1)...]), in: project)) ?? []
            return RankedSource(Found(kind: kind, source: source).source, others: others)
        }
        try LoneFiles.check(project)
        return nil
    }

    private static func requested(_ asked: Requested<String>, in project: PythonProject) throws -> any InstallSource {
        let kinds = all.filter { $0.name == asked.value.lowercased() }
        for kind in kinds {
            if let source = try kind.find(project) { return RankedSource(source, by: asked) }
        }
        // What is broken for another manager does not matter here.
        let there = all.flatMap { kind in (try? present([kind], in: project)) ?? [] }
        let names = Set(all.map(\.name)).sorted()
        throw PlanError.unusable(
            place: asked.option,
            what: kinds.isEmpty
                ? "no manager '\(asked.value)'; known are \(names.joined(separator: ", "))"
                : "there is nothing of '\(asked.value)' in the service",
            fix: there.isEmpty
                ? "there is nothing else either: add a requirements.txt or a pyproject.toml"
                : "there is \(there.map { "\($0.kind.name) (\($0.source.manager.reason))" }.joined(separator: ", "))")
    }

    /// A source that is there.
    struct Found {
        let kind: Kind
        let source: any InstallSource
    }

    private static func present(_ kinds: [Kind], in project: PythonProject) throws -> [Found] {
        try kinds.compactMap { kind in try kind.find(project).map { Found(kind: kind, source: $0) } }
    }

    private static func several(_ found: [Found]) -> PlanError {
        .severalPrograms(
            what: "the service has locks of several managers, and each would install something else",
            candidates: found.map { .init($0.kind.name, evidence: "\($0.source.manager.reason)") },
            option: "--set python.manager=NAME, or delete the locks that are no longer used")
    }
}

/// A source with the reason why it was taken, and what else was there.
struct RankedSource: InstallSource {
    let manager: Decided<String>
    private let source: any InstallSource

    init(_ source: any InstallSource, others: [InstallSources.Found]) {
        self.source = source
        let evidence = "\(source.manager.reason)"
        manager = Decided(
            source.manager.value, source.manager.reason,
            alternatives: others.filter { "\($0.source.manager.reason)" != evidence }.map { other in
                Alternative(
                    other.source.manager.value,
                    why: "\(other.source.manager.reason); --set python.manager=\(other.kind.name) chooses it")
            })
    }

    init(_ source: any InstallSource, by asked: Requested<String>) {
        self.source = source
        manager = Decided(source.manager.value, asked.reason)
    }

    func requirements(for target: PythonTarget) throws -> RequirementSet { try source.requirements(for: target) }
}
