import Formats
import Planning

/// Finds the start command by the ranks of `Detectors/README.md`, from what is said outright to what is only usual.
struct StartFinder {
    let project: PythonProject
    let requirements: RequirementSet?
    let procfile: Procfile?
    let modules: ServiceModules
    let search: WebAppSearch

    init(project: PythonProject, requirements: RequirementSet?, procfile: Procfile?) {
        self.project = project
        self.requirements = requirements
        self.procfile = procfile
        modules = ServiceModules(project: project, requirements: requirements)
        search = WebAppSearch(
            modules: modules, reader: ModuleReader(modules: modules), requirements: requirements)
    }

    /// The command; fails where nothing says one, or where several are equally likely.
    func find() throws -> StartCommand {
        if let asked = project.options.startCommand { return Self.asked(asked, in: project) }
        let selected = project.options.app
        // An option is above the Procfile, which is above what is found.
        if selected == nil || project.options.process != nil, let start = try fromProcfile() { return start }
        if selected == nil {
            if let start = try fromAppYAML() { return start }
            if let start = try fromNamedApp() { return start }
        }
        let scripts = try ProjectScript.all(in: project)
        if let start = try fromScripts(scripts, selected, named: true) { return start }
        if let start = try fromDjango(selected) { return start }
        if let start = try fromWebApp(selected, scripts) { return start }
        if let start = try fromScripts(scripts, selected, named: false) { return start }
        if let start = try fromFunction(selected) { return start }
        if selected == nil, let start = try fromFastAPITool() { return start }
        if let start = try fromFile(selected) { return start }
        if selected == nil, let worker = try Workers(finder: self).all().first {
            var start = worker.command
            start.isWeb = false
            return start
        }
        try refuse(scripts, selected)
        throw noStart(selected)
    }

    /// A command that an option gives, as arguments or for a shell.
    static func asked(_ command: Requested<[String]>, in project: PythonProject) -> StartCommand {
        let words = command.value
        var start = StartCommand(words: [], folder: project.tree.service, reason: command.reason, isWeb: false)
        if words.count == 3, words[1] == "-c", ["sh", "bash", "/bin/sh", "/bin/bash"].contains(words[0]) {
            start.shell = .init(text: words[2], syntax: "sh -c", place: command.option)
        } else {
            start.words = words.map(template)
        }
        let servers = Set(WebServer.all.compactMap(\.words.first))
        start.isWeb =
            words.contains { $0.contains("PORT") } || words.contains { word in servers.contains { word.hasSuffix($0) } }
            || words.last.map { text in servers.contains { text.contains($0) } } == true
        return start
    }

    /// An argument with `$NAME` and `${NAME}` left to the launcher.
    static func template(_ argument: String) -> String {
        guard argument.contains("$"),
            let split = try? CommandLine.split("\"" + argument.replacing("\"", with: "\\\"") + "\""),
            split.shellSyntax == nil, let word = split.words.first
        else { return argument.replacing("$", with: "$$") }
        return word.template
    }

    private func noStart(_ selected: Requested<String>?) -> PlanError {
        if let selected {
            return .unusable(
                place: selected.option, what: "no program '\(selected.value)' in the service",
                fix: "name a file such as main.py or an application such as main:app")
        }
        let lookedFor = [
            "a Procfile with a process 'web'", "an entrypoint in app.yaml",
            "scripts in pyproject.toml, setup.cfg and setup.py",
            "Django's manage.py", "an application such as 'app = Flask(…)' or 'app = FastAPI(…)'",
            ScriptFiles.usual.joined(separator: ", "), "a package with __main__.py",
            "a worker of Celery, RQ or Dramatiq",
        ]
        return .noStart(
            lookedFor: lookedFor,
            fix: "add a Procfile with 'web: COMMAND', or give the command with --set start=\"python FILE.py\"")
    }
}
