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
        Kind(name: "pylock", isLock: true) { try PyLock.find(in: $0) },
        Kind(name: "pip", isLock: false) { try RequirementsFiles.find(in: $0) },
    ]

    /// The source that `python.manager` names, else the first that is there; nil where the service installs nothing.
    static func find(in project: PythonProject) throws -> (any InstallSource)? {
        try all.lazy.compactMap { try $0.find(project) }.first
    }
}
