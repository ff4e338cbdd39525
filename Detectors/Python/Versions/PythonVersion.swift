import Formats
import Planning

/// Which Python a service asks for.
struct PythonVersion: Sendable {
    let request: VersionRequest?
    /// Files that ask for something else and lost.
    let warnings: [String]

    /// One file's wish.
    private struct Wish {
        let text: String
        let specifier: VersionSpecifier
        let reason: Reason
        /// A pin names one version; a range only limits the choice.
        let isRange: Bool
    }

    /// Reads every file that may name a version: the first wins, others that exclude it are warned about.
    ///
    /// Option, `.python-version`, `.tool-versions`, `mise.toml`, `runtime.txt`, `Pipfile`, `app.yaml`, `requires-python`,
    /// Poetry's `python`, `python_requires`.
    static func read(from project: PythonProject) throws -> PythonVersion {
        var wishes: [Wish] = []
        if let asked = project.options.versions["python"] {
            wishes.append(try wish(asked.value, reason: asked.reason, place: asked.option))
        }
        for reader in [versionFile, toolVersions, mise, runtimeText, pipfile, appYAML, pyproject, poetry, setupConfig] {
            if let found = try reader(project) { wishes.append(found) }
        }
        guard let first = wishes.first else { return PythonVersion(request: nil, warnings: []) }
        let specifier = first.specifier
        let request = VersionRequest(text: first.text, reason: first.reason) { match($0, specifier) }
        let isRequested = if case .requested = first.reason { true } else { false }
        let warnings = wishes.dropFirst().filter { conflicts(first, $0) }.map {
            "\($0.reason) asks for Python \($0.text), \(isRequested ? "" : "but ")\(first.reason) for \(first.text), which wins"
        }
        return PythonVersion(request: request, warnings: warnings)
    }

    /// How many of a version's patches a specifier allows: `3.11` stands for 3.11.0 and all that follow.
    static func match(_ version: String, _ specifier: VersionSpecifier) -> VersionRequest.Match {
        let numbers = version.split(separator: ".").compactMap { Int($0) }
        let patches = (0...60).map { PythonVersionNumber(release: numbers + [$0]) }
        let allowed = patches.filter(specifier.allows)
        return allowed.isEmpty ? .none : allowed.count == patches.count ? .all : .some
    }

    /// Whether no version suits both.
    private static func conflicts(_ first: Wish, _ other: Wish) -> Bool {
        let versions = (0...40).map { "3.\($0)" }
        return !versions.contains { match($0, first.specifier) != .none && match($0, other.specifier) != .none }
    }

    private static func wish(_ text: String, reason: Reason, place: String) throws(PlanError) -> Wish {
        do {
            if let comparison = text.trimmingSpaces().first, "<>=!~".contains(comparison) {
                let specifier = try VersionSpecifier(parsing: text)
                return Wish(text: specifier.text, specifier: specifier, reason: reason, isRange: true)
            }
            var name = text.trimmingSpaces().lowercased()
            if let other = otherPythons.first(where: { name.hasPrefix($0) }) {
                throw PlanError.unusable(
                    place: place, what: "'\(text)' asks for \(other), and only CPython is offered",
                    fix: "write a version of CPython, as in 3.13")
            }
            for prefix in ["python-", "cpython-", "python"] where name.hasPrefix(prefix) {
                name = String(name.dropFirst(prefix.count))
                break
            }
            guard let number = PythonVersionNumber(name.replacing("-dev", with: "")) else {
                throw PlanError.unusable(
                    place: place, what: "'\(text)' is no version of CPython", fix: "write one as in 3.13")
            }
            let joined = number.release.prefix(3).map(String.init).joined(separator: ".")
            let isExact = number.release.count > 2
            return Wish(
                text: joined, specifier: try VersionSpecifier(parsing: isExact ? "==\(joined)" : "==\(joined).*"),
                reason: reason, isRange: false)
        } catch let error as VersionSpecifierError {
            throw .unusable(place: place, what: "\(error)", fix: "write a range as in >=3.11,<3.14")
        } catch let error as PlanError {
            throw error
        } catch {
            throw .unusable(place: place, what: "\(error)", fix: "write one as in 3.13")
        }
    }

    /// Pythons that are no CPython, as version managers call them.
    private static let otherPythons = [
        "pypy", "graalpy", "graalpython", "jython", "ironpython", "micropython", "stackless", "miniconda", "miniforge",
        "mambaforge", "anaconda", "conda", "pyston", "cinder",
    ]

    private static func wish(_ text: String, _ path: SourcePath, line: Int, excerpt: String) throws(PlanError) -> Wish {
        let evidence = Evidence(path: path, line: line, excerpt: excerpt)
        return try wish(text, reason: .found(evidence: [evidence]), place: "\(evidence)")
    }

    private static func lines(_ project: PythonProject, _ name: String) throws -> (SourcePath, [(Int, String)])? {
        let path = try project.path(name)
        guard let text = try project.tree.text(at: path) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
            ($0.offset + 1, $0.element.prefix { $0 != "#" }.trimmingSpaces())
        }
        return (path, lines.filter { !$0.1.isEmpty })
    }

    private static func versionFile(_ project: PythonProject) throws -> Wish? {
        guard let (path, lines) = try lines(project, ".python-version") else { return nil }
        // pyenv: the first of several lines is what `python` is; a virtual environment's name is no version.
        guard let (number, text) = lines.first else {
            throw PlanError.unusable(
                place: "\(path)", what: "is empty", fix: "write a version into it, as in 3.13, or remove it")
        }
        return text == "system" ? nil : try wish(text, path, line: number, excerpt: text)
    }

    private static func toolVersions(_ project: PythonProject) throws -> Wish? {
        try ToolVersions.asdf(["python"], in: project.tree.service, of: project.tree).map(wish)
    }

    private static func mise(_ project: PythonProject) throws -> Wish? {
        try ToolVersions.mise(["python"], in: project.tree.service, of: project.tree).map(wish)
    }

    private static func wish(_ named: ToolVersions) throws(PlanError) -> Wish {
        try wish(named.version, reason: .found(evidence: [named.evidence]), place: "\(named.evidence)")
    }

    private static func runtimeText(_ project: PythonProject) throws -> Wish? {
        guard let (path, lines) = try lines(project, "runtime.txt"), let (number, text) = lines.first,
            text.hasPrefix("python") || text.first?.isNumber == true
        else { return nil }
        return try wish(text, path, line: number, excerpt: text)
    }

    private static func pipfile(_ project: PythonProject) throws -> Wish? {
        let path = try project.path("Pipfile")
        guard let text = try project.tree.text(at: path) else { return nil }
        let document = try TOMLDocument(parsing: text, file: "\(path)")
        for key in ["python_full_version", "python_version"] {
            guard let found = try document.string("requires", key), found.value != "*" else { continue }
            return try wish(found.value, path, line: found.line, excerpt: "\(key) = \"\(found.value)\"")
        }
        return nil
    }

    private static func appYAML(_ project: PythonProject) throws -> Wish? {
        guard let version = try AppYAML.read(from: project)?.version else { return nil }
        return try wish(
            version.value, version.evidence.path, line: version.evidence.line ?? 1, excerpt: version.evidence.excerpt)
    }

    private static func poetry(_ project: PythonProject) throws -> Wish? {
        let path = try project.path("pyproject.toml")
        guard let text = try project.tree.text(at: path) else { return nil }
        let document = try TOMLDocument(parsing: text, file: "\(path)")
        guard let found = try document.string("tool", "poetry", "dependencies", "python"), found.value != "*" else {
            return nil
        }
        let evidence = Evidence(path: path, line: found.line, excerpt: "python = \"\(found.value)\"")
        do {
            return Wish(
                text: found.value, specifier: try PoetryConstraint.specifier(python: found.value),
                reason: .found(evidence: [evidence]), isRange: true)
        } catch {
            throw PlanError.unusable(place: "\(evidence)", what: "\(error)", fix: "write a range as in ^3.11")
        }
    }

    private static func pyproject(_ project: PythonProject) throws -> Wish? {
        let path = try project.path("pyproject.toml")
        guard let text = try project.tree.text(at: path) else { return nil }
        let document = try TOMLDocument(parsing: text, file: "\(path)")
        guard let found = try document.string("project", "requires-python"), found.value != "*" else { return nil }
        return try wish(found.value, path, line: found.line, excerpt: "requires-python = \"\(found.value)\"")
    }

    private static func setupConfig(_ project: PythonProject) throws -> Wish? {
        let path = try project.path("setup.cfg")
        guard let text = try project.tree.text(at: path) else { return nil }
        let file = try ConfigFile(parsing: text, file: "\(path)")
        guard let found = file.value("options", "python_requires"), !found.value.isEmpty else { return nil }
        return try wish(found.value, path, line: found.line, excerpt: "python_requires = \(found.value)")
    }
}
