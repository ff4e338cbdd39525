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
        do { return try tree.text(at: path).map(PythonSource.init) } catch SourceError.notUTF8 {
            return nil
        } catch SourceError.tooLarge {
            // Data in the form of a module: nobody writes a start of that size.
            return nil
        }
    }

    /// A path as the program sees it from the service's folder.
    func relative(_ path: SourcePath) -> SourcePath { path.relative(to: tree.service) ?? path }

    /// Names that say "Python" by themselves, in the order in which they are evidence.
    static let manifests = [
        "requirements.txt", "pyproject.toml", "Pipfile", "setup.py", "setup.cfg", "uv.lock", "poetry.lock", "pdm.lock",
        "Pipfile.lock", "pylock.toml", "manage.py", ".python-version", "requirements/production.txt",
        "requirements/prod.txt", "requirements/base.txt", "requirements/main.txt", "requirements/requirements.txt",
        "requirements.in",
    ]

    /// What in the service's folder speaks for Python; empty where nothing does.
    func evidence() throws -> [Evidence] {
        let manifests = try Self.manifests.map(path).filter(tree.hasFile)
        guard manifests.isEmpty else { return manifests.map { Evidence(path: $0, excerpt: $0.name) } }
        guard try !LanguageManifests.areThere(in: tree) else { return [] }
        let scripts = topScripts + (try Self.nested.map(path).filter(tree.hasFile))
        // Files that nothing installs are evidence, so that the error can say what to do.
        let lone = try LoneFiles.names.map(path).filter(tree.hasFile)
        return (scripts + lone).map { Evidence(path: $0, excerpt: $0.name) }
    }

    private static let nested = ["src/main.py", "src/app.py", "app/main.py"]

    /// Requirements files by rank: the first that is there is installed.
    static let requirementsFiles = [
        "requirements.txt", "requirements/production.txt", "requirements/prod.txt", "requirements/base.txt",
        "requirements/main.txt", "requirements/requirements.txt", "requirements.in",
    ]
}
