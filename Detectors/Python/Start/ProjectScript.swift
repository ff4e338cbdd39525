import Formats
import Planning

/// A console script that the project's manifest promises: `[project.scripts]`, `[tool.poetry.scripts]`, `console_scripts`.
struct ProjectScript: Sendable, Hashable {
    let name: String
    /// `shop.cli`.
    let module: String
    /// Whether the project itself bears this name.
    let isProjectName: Bool
    let evidence: Evidence

    /// Names that can only mean: this starts the service.
    static let startNames = ["start", "serve", "server", "web"]

    /// The scripts of the service's manifest, by name.
    static func all(in project: PythonProject) throws -> [ProjectScript] {
        let scripts = try pyproject(project)
        if !scripts.isEmpty { return scripts.sorted { $0.name < $1.name } }
        let configured = try setupConfig(project)
        return (configured.isEmpty ? try setupScript(project) : configured).sorted { $0.name < $1.name }
    }

    /// The name that the manifest gives the project.
    static func projectName(in project: PythonProject) throws -> String? {
        let path = try project.path("pyproject.toml")
        if let text = try project.tree.text(at: path) {
            let document = try TOMLDocument(parsing: text, file: "\(path)")
            let name = try document.string("project", "name") ?? document.string("tool", "poetry", "name")
            if let name { return name.value }
        }
        let setup = try project.path("setup.cfg")
        if let text = try project.tree.text(at: setup),
            let name = try ConfigFile(parsing: text, file: "\(setup)").value("metadata", "name")
        {
            return name.value
        }
        return scriptName(project)
    }

    /// The name in `setup.py`; nil as well where its requirements are not to be read, which matters only to who installs
    /// them.
    private static func scriptName(_ project: PythonProject) -> String? {
        (try? SetupScript.read(in: project.tree.service, of: project.tree))?.name
    }

    /// The scripts after which a service may be started without being asked for: the only one, else the project's namesake.
    static func usual(_ scripts: [ProjectScript]) -> ProjectScript? {
        scripts.count == 1 ? scripts.first : scripts.first(where: \.isProjectName)
    }

    private static func pyproject(_ project: PythonProject) throws -> [ProjectScript] {
        let path = try project.path("pyproject.toml")
        guard let text = try project.tree.text(at: path) else { return [] }
        let document = try TOMLDocument(parsing: text, file: "\(path)")
        let own = try projectName(in: project)
        let places = [
            ["project", "scripts"], ["tool", "poetry", "scripts"], ["project", "entry-points", "console_scripts"],
        ]
        for keys in places {
            guard case .table(let table)? = document.node(keys), !table.isEmpty else { continue }
            return table.compactMap { name, node in
                let target: String? =
                    switch node {
                    case .string(let text): text
                    case .table(let table): if case .string(let text)? = table["reference"] { text } else { nil }
                    default: nil
                    }
                return target.flatMap {
                    script(name, $0, own, path, line: document.line(of: keys + [name]))
                }
            }
        }
        return []
    }

    private static func setupConfig(_ project: PythonProject) throws -> [ProjectScript] {
        let path = try project.path("setup.cfg")
        guard let text = try project.tree.text(at: path) else { return [] }
        let file = try ConfigFile(parsing: text, file: "\(path)")
        guard let found = file.value("options.entry_points", "console_scripts") else { return [] }
        let own = file.value("metadata", "name")?.value
        return found.value.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingSpaces() }
            return parts.count == 2 ? script(parts[0], parts[1], own, path, line: found.line) : nil
        }
    }

    private static func setupScript(_ project: PythonProject) throws -> [ProjectScript] {
        let path = try project.path("setup.py")
        guard let text = try project.tree.text(at: path) else { return [] }
        let own = scriptName(project)
        return ConsoleScripts.all(in: text).compactMap { script($0.name, $0.target, own, path, line: $0.line) }
    }

    private static func script(
        _ name: String, _ target: String, _ project: String?, _ path: SourcePath, line: Int
    ) -> ProjectScript? {
        guard let module = target.split(separator: ":").first.map({ $0.trimmingSpaces() }), !module.isEmpty else {
            return nil
        }
        return ProjectScript(
            name: name, module: module,
            isProjectName: project.map { Requirement.normalized($0) == Requirement.normalized(name) } ?? false,
            evidence: Evidence(path: path, line: line, excerpt: "\(name) = \"\(target)\""))
    }
}

/// Console scripts: the one that says it starts the service, the project's namesake, the only one.
extension StartFinder {
    /// A script by its rank: `named` for those called as `ProjectScript.startNames`, else the namesake or the only one.
    func fromScripts(_ scripts: [ProjectScript], _ selected: Requested<String>?, named: Bool) throws -> StartCommand? {
        let script: ProjectScript?
        if let selected {
            script = named ? scripts.first { $0.name == selected.value } : nil
        } else if named {
            script = ProjectScript.startNames.lazy.compactMap { name in scripts.first { $0.name == name } }.first
        } else {
            script = ProjectScript.usual(scripts)
        }
        guard let script else { return nil }
        guard let start = try command(script) else {
            if named || selected != nil { throw notRunnable(script) }
            return nil
        }
        return start
    }

    /// Says why the only script cannot be started, where nothing else can be either.
    func refuse(_ scripts: [ProjectScript], _ selected: Requested<String>?) throws(PlanError) {
        guard selected == nil, !scripts.isEmpty else { return }
        guard let script = ProjectScript.usual(scripts) else {
            guard modules.isInstalled else { return }
            throw .severalPrograms(
                what: "several console scripts and none has the project's name",
                candidates: scripts.map { PlanError.Candidate($0.name, evidence: "\($0.evidence)") }, option: "--app")
        }
        throw notRunnable(script)
    }

    private func notRunnable(_ script: ProjectScript) -> PlanError {
        let file = requirements.flatMap { $0.isRequirementsFile ? "\($0.root)" : nil }
        let install =
            file.map { "add a line '.' to \($0), which installs the project too" }
            ?? "add a [build-system] table with the project's dependencies"
        return .unusable(
            place: "\(script.evidence)",
            what: "the script '\(script.name)' exists only where the project is installed, and nothing installs it",
            fix: "\(install), or a block if __name__ == \"__main__\": to \(script.module)")
    }

    /// Whether a file that seems to listen by itself is only a part of what a console script starts: one of a package, whose
    /// own imports fail where it is run as a file.
    func isPart(_ app: WebApp, of scripts: [ProjectScript]) throws -> Bool {
        guard case .script(_, let variables) = app.framework.serving, variables.isEmpty,
            let folder = app.path.parent, project.tree.hasFile(folder.appending(name: "__init__.py")),
            let script = ProjectScript.usual(scripts),
            script.module.prefix(while: { $0 != "." }) == app.module.prefix(while: { $0 != "." })
        else { return false }
        return try command(script) != nil
    }

    /// The script itself where the service is installed as a wheel, else its module where that can be run.
    private func command(_ script: ProjectScript) throws -> StartCommand? {
        let found = try modules.find(script.module, from: project.tree.service)
        let module = found.flatMap { $0.rest.isEmpty ? $0.module : nil }
        var start = StartCommand(
            words: [script.name], folder: project.tree.service, reason: .found(evidence: [script.evidence]),
            isWeb: false)
        if !modules.isInstalled {
            guard let module else { return nil }
            var main = module
            if module.path.name == "__init__.py" {
                guard let own = try modules.module(at: (module.path.parent ?? .root).appending(name: "__main__.py"))
                else { return nil }
                main = own
            } else if module.mainBlock == nil {
                return nil
            }
            start.words = ["python", "-m", script.module]
            start.folder = module.folder
            addPort(of: main, isWeb: false, toldByVariable: false, &start)
        } else if let module {
            addPort(of: module, isWeb: false, toldByVariable: false, &start)
        }
        return start
    }
}
