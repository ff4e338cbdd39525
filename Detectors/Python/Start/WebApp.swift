import Formats
import Planning

/// A web application object, or a function that makes one, in a module of the service.
struct WebApp: Sendable, Hashable {
    let path: SourcePath
    /// The folder that must be on the module path, which is where the program starts.
    let folder: SourcePath
    /// `shop.main`.
    let module: String
    /// `app` or `create_app`.
    let name: String
    let isFactory: Bool
    let framework: Framework
    let evidence: Evidence

    var target: String { "\(module):\(name)" }

    struct Framework: Sendable, Hashable {
        /// `Flask`, as the class is called.
        let name: String
        /// The project that has it on the index, normalised.
        let requirement: String
        let interface: Interface
    }

    enum Interface: Sendable, Hashable { case wsgi, asgi }

    /// Classes whose instances servers can run.
    static let frameworks = [
        Framework(name: "Flask", requirement: "flask", interface: .wsgi),
        Framework(name: "APIFlask", requirement: "apiflask", interface: .wsgi),
        Framework(name: "Bottle", requirement: "bottle", interface: .wsgi),
        Framework(name: "FastAPI", requirement: "fastapi", interface: .asgi),
        Framework(name: "Starlette", requirement: "starlette", interface: .asgi),
        Framework(name: "Quart", requirement: "quart", interface: .asgi),
        Framework(name: "Litestar", requirement: "litestar", interface: .asgi),
        Framework(name: "FastHTML", requirement: "python-fasthtml", interface: .asgi),
    ]

    static let factoryNames = ["create_app", "make_app", "get_app", "build_app"]
    private static let variableNames = ["app", "application", "api", "server"]

    /// Every application of the service, best first: entry modules, then fewer folders, then variables before factories.
    static func all(in project: PythonProject, requirements: RequirementSet?) throws -> [WebApp] {
        var apps: [WebApp] = []
        if let named = try named(in: project) { return [named] }
        for path in candidates(in: project) {
            guard let source = try project.source(path) else { continue }
            apps += find(in: source, path, project, requirements)
        }
        return apps.sorted {
            ($0.rank, "\($0.path)", $0.nameRank, $0.name) < ($1.rank, "\($1.path)", $1.nameRank, $1.name)
        }
    }

    /// The application that `.flaskenv` (`FLASK_APP`) or `pyproject.toml` (`tool.fastapi.entrypoint`) names.
    private static func named(in project: PythonProject) throws -> WebApp? {
        var found: (text: String, framework: String, evidence: Evidence)?
        let flaskenv = try project.path(".flaskenv")
        for (index, line) in (try project.tree.text(at: flaskenv) ?? "").split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() {
            guard let match = line.wholeMatch(of: /\s*(?:export\s+)?FLASK_APP\s*=\s*["']?([^"'#\s]+)["']?.*/)?.output
            else { continue }
            found = (
                String(match.1), "Flask", Evidence(path: flaskenv, line: index + 1, excerpt: line.trimmingSpaces())
            )
        }
        let pyproject = try project.path("pyproject.toml")
        if let text = try project.tree.text(at: pyproject) {
            let document = try TOMLDocument(parsing: text, file: "\(pyproject)")
            if let entry = try document.string("tool", "fastapi", "entrypoint") {
                let evidence = Evidence(path: pyproject, line: entry.line, excerpt: "entrypoint = \"\(entry.value)\"")
                found = (entry.value, "FastAPI", evidence)
            }
        }
        guard let found, let framework = frameworks.first(where: { $0.name == found.framework }) else { return nil }
        let parts = found.text.split(separator: ":", maxSplits: 1).map(String.init)
        let module = parts[0].hasSuffix(".py") ? String(parts[0].dropLast(3)).replacing("/", with: ".") : parts[0]
        let base = module.split(separator: ".").joined(separator: "/")
        let files = try ["\(base).py", "\(base)/__init__.py"].map(project.path)
        guard let path = files.first(where: project.tree.hasFile) else {
            throw PlanError.unusable(
                place: "\(found.evidence)", what: "there is no module '\(module)'",
                fix: "correct the name or add the module")
        }
        guard parts.count > 1 else {
            // Only the module is named: its own statements say which object.
            let inside = try project.source(path).map { find(in: $0, path, project, nil) } ?? []
            return inside.min { ($0.rank, $0.nameRank) < ($1.rank, $1.nameRank) }
        }
        let isCall = parts[1].hasSuffix(")") || factoryNames.contains(parts[1])
        let name = String(parts[1].prefix { $0 != "(" })
        return WebApp(
            path: path, folder: project.tree.service, module: module, name: name, isFactory: isCall,
            framework: framework, evidence: found.evidence)
    }

    private static let moduleNames: Set<String> = [
        "__init__.py", "api.py", "app.py", "application.py", "asgi.py", "factory.py", "main.py", "run.py", "server.py",
        "web.py", "wsgi.py",
    ]
    private static let otherFolders: Set<String> = ["tests", "test", "docs", "examples", "migrations", "scripts"]

    /// Files where applications usually are: every script in the service's folder, known names up to two folders below.
    private static func candidates(in project: PythonProject) -> [SourcePath] {
        project.tree.entries.compactMap { entry in
            guard entry.isFile, entry.path.name.hasSuffix(".py"),
                let relative = entry.path.relative(to: project.tree.service)
            else { return nil }
            let folders = relative.components.dropLast()
            guard folders.isEmpty || (folders.count <= 2 && moduleNames.contains(relative.name)),
                otherFolders.isDisjoint(with: folders)
            else { return nil }
            return entry.path
        }
    }

    private static func find(
        in source: PythonSource, _ path: SourcePath, _ project: PythonProject, _ requirements: RequirementSet?
    ) -> [WebApp] {
        let (folder, module) = place(path, project)
        func app(_ statement: PythonSource.Statement, _ name: String, _ framework: Framework, isFactory: Bool) -> WebApp
        {
            WebApp(
                path: path, folder: folder, module: module, name: name, isFactory: isFactory, framework: framework,
                evidence: Evidence(path: path, line: statement.line, excerpt: statement.excerpt))
        }
        var apps: [WebApp] = []
        for statement in source.topLevel {
            if let match = statement.text.prefixMatch(of: /(\w+)(?:\s*:\s*[\w.\[\]"']+)?\s*=\s*(?:\w+\.)*(\w+)\(/)?
                .output
            {
                let (name, maker) = (String(match.1), String(match.2))
                if let framework = frameworks.first(where: { $0.name == maker }) {
                    apps.append(app(statement, name, framework, isFactory: false))
                } else if factoryNames.contains(maker), let framework = installed(requirements) {
                    apps.append(app(statement, name, framework, isFactory: false))
                }
            } else if let match = statement.text.prefixMatch(of: /(?:async\s+)?def\s+(\w+)\s*\((.*?)\)\s*(?:->.*)?:/)?
                .output,
                factoryNames.contains(String(match.1)), !needsArguments(match.2),
                let framework = made(in: source.body(of: statement))
            {
                apps.append(app(statement, String(match.1), framework, isFactory: true))
            }
        }
        return apps
    }

    /// The module's name, and the folder from which it can be imported: the first above it that is no package.
    private static func place(_ path: SourcePath, _ project: PythonProject) -> (SourcePath, String) {
        var folder = path.parent ?? .root
        var names = path.name == "__init__.py" ? [] : [String(path.name.dropLast(3))]
        func isPackage(_ folder: SourcePath) -> Bool {
            folder != project.tree.service
                && ((try? folder.appending("__init__.py")).map(project.tree.hasFile) ?? false)
        }
        while isPackage(folder), let parent = folder.parent {
            names.insert(folder.name, at: 0)
            folder = parent
        }
        // A folder without __init__.py is a package too, unless it is only there to hold the sources.
        while folder != project.tree.service, folder.name != "src", let parent = folder.parent {
            names.insert(folder.name, at: 0)
            folder = parent
        }
        return (folder, names.joined(separator: "."))
    }

    private static func installed(_ requirements: RequirementSet?) -> Framework? {
        frameworks.first { requirements?.requirement($0.requirement) != nil }
    }

    private static func made(in body: [PythonSource.Statement]) -> Framework? {
        for statement in body {
            for match in statement.text.matches(of: /\b(\w+)\(/) {
                if let framework = frameworks.first(where: { $0.name == match.output.1 }) { return framework }
            }
        }
        return nil
    }

    private static func needsArguments(_ parameters: Substring) -> Bool {
        parameters.split(separator: ",").contains { part in
            !part.contains("=") && !part.contains("*") && part.contains { !$0.isWhitespace }
        }
    }

    /// Lower is better; equal ranks in different files are a coin toss.
    var rank: Int {
        let entryName = framework.interface == .wsgi ? "wsgi.py" : "asgi.py"
        return (path.name == entryName ? 0 : 100) + path.components.count * 10 + (isFactory ? 1 : 0)
    }

    /// Lower is better among the applications of one file; equal for names that say nothing.
    var nameRank: Int {
        Self.variableNames.firstIndex(of: name) ?? Self.factoryNames.firstIndex(of: name).map { $0 + 10 } ?? 100
    }
}
