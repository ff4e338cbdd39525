import Formats
import Planning

/// A service's folder as the Python rules read it.
struct PythonProject: Sendable {
    let tree: any SourceTree
    let options: PlanOptions

    /// A path below the service's folder.
    func path(_ text: String) throws -> SourcePath { try tree.service.appending(text) }

    /// The files in the service's own folder, sorted.
    var topFiles: [SourcePath] {
        tree.entries.filter { $0.isFile && $0.path.parent == tree.service }.map(\.path)
    }

    /// The Python files in the service's own folder, sorted.
    var topScripts: [SourcePath] { topFiles.filter { $0.name.hasSuffix(".py") } }

    /// The statements of a Python file; nil where there is none, or where it is no text we can read.
    func source(_ path: SourcePath) throws -> PythonSource? {
        do { return try tree.text(at: path).map(PythonSource.init) } catch SourceError.notUTF8 { return nil }
    }

    /// A path as the program sees it from the service's folder.
    func relative(_ path: SourcePath) -> SourcePath { path.relative(to: tree.service) ?? path }

    /// Names that say "Python" by themselves, in the order in which they are evidence.
    static let manifests = [
        "requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock",
        "manage.py", ".python-version", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt",
    ]

    /// What in the service's folder speaks for Python; empty where nothing does.
    func evidence() throws -> [Evidence] {
        let manifests = try Self.manifests.map(path).filter(tree.hasFile)
        let scripts = manifests.isEmpty ? topScripts + (try Self.nested.map(path).filter(tree.hasFile)) : []
        return (manifests + scripts).map { Evidence(path: $0, excerpt: $0.name) }
    }

    private static let nested = ["src/main.py", "src/app.py", "app/main.py"]

    /// Requirements files by rank: the first that is there is installed.
    static let requirementsFiles = [
        "requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt",
    ]

    /// Lock files and manifests of managers that need their own installation, with the way to a requirements file.
    private static let otherManagers = [
        ("uv.lock", "uv export --no-dev --no-emit-project -o requirements.txt"),
        ("poetry.lock", "poetry export -o requirements.txt"), ("pdm.lock", "pdm export --prod -o requirements.txt"),
        ("Pipfile.lock", "pipenv requirements > requirements.txt"),
        ("Pipfile", "pipenv requirements > requirements.txt"),
    ]

    /// Until each of them has a source of its own.
    func refuseOtherManagers() throws {
        for (name, export) in Self.otherManagers where tree.hasFile(try path(name)) {
            throw PlanError.unusable(
                place: "\(try path(name))", what: "only requirements files are installed so far",
                fix: "write one with '\(export)'")
        }
        let pyproject = try path("pyproject.toml")
        guard let text = try tree.text(at: pyproject) else { return }
        let document = try TOMLDocument(parsing: text, file: "\(pyproject)")
        guard let names = try document.strings("project", "dependencies"), !names.value.isEmpty else { return }
        throw PlanError.unusable(
            place: "\(pyproject):\(names.line)", what: "only requirements files are installed so far",
            fix: "add a requirements.txt with these lines, or with '.' to install the project itself")
    }
}
