import Planning

/// A project of the source tree that is built as a wheel and installed: the service's own, a member of its workspace, or
/// a folder that a requirement names.
struct LocalProject: Hashable, Sendable {
    /// Its folder.
    let path: SourcePath
    /// Normalised (PEP 503); nil where only its build knows.
    let name: String?
    /// What its build needs (PEP 518 `build-system.requires`); setuptools where it does not say.
    let buildRequires: [String]
    /// What asks for it.
    let evidence: Evidence
    /// Where its requirements are said.
    var metadata = Metadata.written
    /// What it needs, where `metadata` is `written` and `read` was told the extras; markers are not applied.
    var dependencies: [Requirement] = []
    /// Its optional dependencies that are asked for.
    var extras: [String] = []
    /// The names of its console scripts, as far as its files say; sorted.
    var scripts: [String] = []
    /// The files that say what it needs and how it is built.
    var manifests: [SourcePath] = []

    /// Who knows what a project needs.
    enum Metadata: Hashable, Sendable {
        /// Its manifest says it all.
        case written
        /// `tool.poetry.dependencies`, in Poetry's own terms.
        case poetry
        /// Its build: `setup.py`, or what pyproject.toml calls dynamic.
        case build
    }
}

/// An index beside the default one, or in its place.
struct PackageIndex: Hashable, Sendable {
    let url: String
    /// Whether it takes the place of the default index.
    let isDefault: Bool
    let evidence: Evidence
}

/// How a lock departs from the manifest that it was made from.
struct LockDrift: Hashable, Sendable {
    /// The lock.
    let lock: SourcePath
    /// What differs, as in "pyproject.toml:9 asks for httpx>=0.28, which is not locked".
    let what: String
    /// The command that mends it: `uv lock`.
    let fix: String
}
