import Planning

/// What a Django project's own files say: its settings, entry objects and static files.
struct DjangoProject: Sendable, Hashable {
    let manage: Evidence
    /// The folder of `manage.py`.
    let folder: SourcePath
    let settingsModule: String
    /// The files that make up the settings: the module and what it takes over with `from … import *`.
    let settings: [SourcePath]
    let wsgi: Entry?
    let asgi: Entry?
    /// The statement that sets `STATIC_ROOT`, where `django.contrib.staticfiles` is installed.
    let staticRoot: Evidence?
    /// The folder as text where `STATIC_ROOT` is an absolute literal.
    let absoluteStaticRoot: String?
    /// Variables the settings read without a default, with a harmless value for the build.
    let buildVariables: [String: String]

    struct Entry: Sendable, Hashable {
        /// `shop.wsgi:application`.
        let target: String
        let evidence: Evidence
    }

    /// The project whose `manage.py` lies at a path; nil where that file is none of Django's.
    init?(manage path: SourcePath, in project: PythonProject) throws {
        guard let source = try project.source(path) else { return nil }
        let pattern = /DJANGO_SETTINGS_MODULE['"]\s*,\s*['"]([\w.]+)['"]/
        let found = source.statements.lazy.compactMap { statement in
            statement.text.firstMatch(of: pattern).map { (statement, String($0.output.1)) }
        }.first
        guard let (statement, module) = found else { return nil }
        manage = Evidence(path: path, line: statement.line, excerpt: statement.excerpt)
        let folder = path.parent ?? .root
        self.folder = folder
        settingsModule = module
        let files = try Self.settingsFiles(module, folder, project, seen: [])
        settings = files.map(\.0)
        guard !files.isEmpty else {
            throw PlanError.unusable(
                place: "\(manage)", what: "there is no settings module '\(module)'",
                fix: "correct DJANGO_SETTINGS_MODULE, or let the file into the build if it is ignored")
        }
        wsgi = try Self.entry("WSGI_APPLICATION", "wsgi", files, module, folder, project)
        asgi = try Self.entry("ASGI_APPLICATION", "asgi", files, module, folder, project)
        let staticFiles = files.contains { $0.1.statements.contains { $0.text.contains("django.contrib.staticfiles") } }
        let root = staticFiles ? Self.assignment("STATIC_ROOT", files) : nil
        staticRoot = root?.0
        absoluteStaticRoot = root.flatMap { $0.1.wholeMatch(of: /['"](\/[^'"]+)['"]/).map { String($0.output.1) } }
        buildVariables = Self.variables(files)
    }

    /// The file of a dotted module below a folder.
    static func file(_ module: String, _ folder: SourcePath, _ project: PythonProject) throws -> SourcePath? {
        let base = module.split(separator: ".").joined(separator: "/")
        return try ["\(base).py", "\(base)/__init__.py"].map { try folder.appending($0) }
            .first(where: project.tree.hasFile)
    }

    private static func settingsFiles(
        _ module: String, _ folder: SourcePath, _ project: PythonProject, seen: Set<String>
    ) throws -> [(SourcePath, PythonSource)] {
        guard !seen.contains(module), seen.count < 12, let path = try file(module, folder, project),
            let source = try project.source(path)
        else { return [] }
        var files = [(path, source)]
        for statement in source.statements {
            guard let match = statement.text.wholeMatch(of: /from\s+(\.*)([\w.]*)\s+import\s+\*/)?.output else {
                continue
            }
            var parent = module.split(separator: ".").map(String.init)
            if match.1.isEmpty {
                parent = []
            } else {
                let isPackage = path.name == "__init__.py"
                parent.removeLast(min(parent.count, match.1.count - (isPackage ? 1 : 0)))
            }
            let next = (parent + match.2.split(separator: ".").map(String.init)).joined(separator: ".")
            files += try settingsFiles(next, folder, project, seen: seen.union([module]))
        }
        return files
    }

    /// The last assignment in the first file that has one: what takes over comes later in the list.
    private static func assignment(_ name: String, _ files: [(SourcePath, PythonSource)]) -> (Evidence, String)? {
        for (path, source) in files {
            for statement in source.statements.reversed() where statement.text.hasPrefix(name) {
                let rest = statement.text.dropFirst(name.count).drop { $0 == " " }
                guard rest.hasPrefix("="), !rest.hasPrefix("==") else { continue }
                let value = rest.dropFirst().drop { $0 == " " }
                guard value != "None" else { continue }
                return (Evidence(path: path, line: statement.line, excerpt: statement.excerpt), String(value))
            }
        }
        return nil
    }

    /// The entry object a setting names, else the one of the module beside the settings that Django's template makes.
    private static func entry(
        _ setting: String, _ name: String, _ files: [(SourcePath, PythonSource)], _ module: String,
        _ folder: SourcePath, _ project: PythonProject
    ) throws -> Entry? {
        if let (evidence, value) = assignment(setting, files),
            let match = value.wholeMatch(of: /['"]([\w.]+)\.(\w+)['"]/)?.output
        {
            guard try file(String(match.1), folder, project) != nil else {
                throw PlanError.unusable(
                    place: "\(evidence)", what: "there is no module '\(match.1)'",
                    fix: "correct \(setting) or add the module")
            }
            return Entry(target: "\(match.1):\(match.2)", evidence: evidence)
        }
        var package = module.split(separator: ".").map(String.init)
        while !package.isEmpty {
            package.removeLast()
            let candidate = (package + [name]).joined(separator: ".")
            guard let path = try file(candidate, folder, project), let source = try project.source(path),
                let statement = source.topLevel.first(where: { $0.text.hasPrefix("application") })
            else { continue }
            return Entry(
                target: "\(candidate):application",
                evidence: Evidence(path: path, line: statement.line, excerpt: statement.excerpt))
        }
        return nil
    }

    /// Settings such as `os.environ["SECRET_KEY"]` stop `manage.py` where the variable is not set: a build gives these a
    /// value that opens nothing, and that no image keeps.
    private static func variables(_ files: [(SourcePath, PythonSource)]) -> [String: String] {
        var variables: [String: String] = [:]
        let pattern = /(int\(\s*)?(?:os\.)?environ\[\s*['"](\w+)['"]\s*\]|\b(?:env|config)\(\s*['"](\w+)['"]\s*\)/
        for (_, source) in files {
            for statement in source.statements {
                for match in statement.text.matches(of: pattern) {
                    guard let name = (match.output.2 ?? match.output.3).map(String.init) else { continue }
                    variables[name] = placeholder(name, isNumber: match.output.1 != nil)
                }
            }
        }
        return variables
    }

    private static func placeholder(_ name: String, isNumber: Bool) -> String {
        if isNumber || name.hasSuffix("PORT") { return "1" }
        if name.contains("DATABASE_URL") { return "sqlite://:memory:" }
        if name.hasSuffix("URL") || name.hasSuffix("URI") { return "http://localhost" }
        return "only-for-the-build"
    }
}
