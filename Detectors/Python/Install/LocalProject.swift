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
