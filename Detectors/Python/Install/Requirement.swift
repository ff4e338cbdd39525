import Planning

/// One requirement of a requirements file, and where it stands.
struct Requirement: Hashable, Sendable {
    /// Normalised (PEP 503): lower case, one dash for each run of `-`, `_` and `.`; nil for a bare path or URL.
    let name: String?
    let extras: [String]
    /// `>=4.2,<5`, empty where any version does.
    let specifier: String
    /// As written after `;`.
    let marker: String?
    let source: Source
    let isEditable: Bool
    /// `sha256:…`, one for each file that may be installed.
    let hashes: [String]
    let evidence: Evidence
    /// What a lock says its file is; nil where no lock does.
    var file: File?
    /// As a requirements file has it, with its marker and hashes, without `-e`; nil where no such file does.
    var text: String?

    /// What kind of file a lock names for a requirement.
    enum File: Hashable, Sendable {
        /// A wheel for any platform.
        case pureWheel
        /// A wheel for the target's platform.
        case nativeWheel
        /// An sdist or a repository, which is built.
        case source
    }

    enum Source: Hashable, Sendable {
        case index
        case url(String)
        /// A folder or archive of the source tree.
        case local(SourcePath)
    }

    /// The requirement as pip reads it in a step; nil for a folder of the source tree that no requirements file names.
    var line: String? {
        if let text { return text }
        let extras = extras.isEmpty ? "" : "[\(extras.joined(separator: ","))]"
        let hashes = hashes.map { " --hash=\($0)" }.joined()
        switch source {
        case .index: return name.map { $0 + extras + specifier + hashes }
        case .url(let address): return (name.map { "\($0)\(extras) @ \(address)" } ?? address) + hashes
        case .local(let path):
            // An archive lies where the step `manifests` puts it.
            let isArchive = path.name.hasSuffix(".whl") || LockedFile(name: path.name, hash: nil).isSource
            return isArchive ? "\(PythonSteps.manifests.appending(path))\(extras)\(hashes)" : nil
        }
    }

    /// An archive of the source tree at its place in the builder; nil for everything else.
    var archive: String? {
        guard case .local(let path) = source else { return nil }
        return "\(PythonSteps.manifests.appending(path))" + hashes.map { " --hash=\($0)" }.joined()
    }

    /// A project's name as indexes compare it (PEP 503).
    static func normalized(_ name: String) -> String {
        name.lowercased().split { "-_.".contains($0) }.joined(separator: "-")
    }
}

/// Everything that a requirements file and those it includes say.
struct RequirementSet: Hashable, Sendable {
    /// The file that installation starts from.
    var root: SourcePath
    /// All files read, `root` first.
    var files: [SourcePath] = []
    var requirements: [Requirement] = []
    /// Folders given with `--find-links`.
    var linkFolders: [SourcePath] = []
    /// Normalised names after `--no-binary`; `:all:` for all.
    var noBinary: [String: Evidence] = [:]
    /// Variables that pip replaces in the text, as `${NAME}`.
    var variables: [String: Evidence] = [:]
    /// Addresses of indexes that the files themselves hold.
    var hasCredentials: [Evidence] = []
    var requiresHashes = false
    /// Normalised names that a constraints file fixes to one version.
    var constrained: Set<String> = []
    /// Whether pip reads `root` itself, as a requirements file; else the requirements are given to it as lines.
    var isRequirementsFile = false
    /// Whether everything that is installed is named, each at one version: nothing is left to resolve.
    var isClosed = false
    /// Projects of the source tree that are installed as wheels of their own, in the order of their folders.
    var projects: [LocalProject] = []
    /// Whether the service's own folder is among the projects.
    func installs(_ service: SourcePath) -> Bool { projects.contains { $0.path == service } }
    /// What builds of the projects need: each list once, in the order of the projects.
    var buildRequires: [[String]] {
        var seen: Set<[String]> = []
        return projects.map(\.buildRequires).filter { seen.insert($0).inserted }
    }
    var indexes: [PackageIndex] = []
    /// Where a lock was made from another state of its manifest.
    var drift: LockDrift?
    /// What the user should know of the files.
    var warnings: [String] = []
    /// pip's options in requirements files, in their order: `--index-url URL`.
    var options: [WrittenLine] = []
    /// What constraints files say, in their order.
    var constraints: [WrittenLine] = []

    /// The requirement that names a project, where its marker holds.
    func requirement(_ name: String) -> Requirement? { requirements.first { $0.name == name } }

    /// The lines that pip installs, sorted: `name[extra]==1.2 --hash=sha256:…`; projects of the tree are not among them.
    var lines: [String] {
        let lines = requirements.compactMap { one in
            (one.line ?? one.archive).map {
                WrittenLine(text: $0, evidence: one.evidence, isInFile: one.text != nil).argument
            }
        }
        return Set(lines).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The local folders and archives that installation reads.
    var localPaths: [SourcePath] {
        requirements.compactMap { if case .local(let path) = $0.source { path } else { nil } } + linkFolders
    }

    /// Only the requirements whose markers hold for a Python; fails at a marker that is none.
    func applying(pythonVersion: String, machine: String) throws(PlanError) -> RequirementSet {
        var result = self
        result.requirements = []
        for requirement in requirements {
            guard let marker = requirement.marker else {
                result.requirements.append(requirement)
                continue
            }
            guard let holds = Marker.holds(marker, pythonVersion: pythonVersion, machine: machine) else {
                throw .unusable(
                    place: "\(requirement.evidence)", what: "'\(marker)' is no environment marker",
                    fix: "write one as in: python_version >= \"3.11\"")
            }
            if holds { result.requirements.append(requirement) }
        }
        return result
    }
}

/// A line of a requirements file.
struct WrittenLine: Hashable, Sendable {
    let text: String
    let evidence: Evidence
    /// Whether `evidence` is where the text stands.
    var isInFile = true

    /// The line as an argument of a step: a line that holds a password is named by its place, and the step reads it there.
    var argument: String { isInFile && Self.hasPassword(text) ? "--from \(evidence)" : text }

    /// Whether a text has an address with a password that is no variable, or with a token in the place of a name.
    static func hasPassword(_ text: String) -> Bool {
        text.matches(of: /:\/\/([^\/@\s]+)@/).contains { match in
            let parts = match.output.1.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count > 1 else { return parts[0].wholeMatch(of: /[A-Za-z0-9_\-]{20,}/) != nil }
            return !parts[1].isEmpty && parts[1].wholeMatch(of: /(?:\$\{[A-Z0-9_]+\})+/) == nil
        }
    }
}
