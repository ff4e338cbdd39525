import Planning

/// Decides what is built of a service and how that starts.
struct ApplicationReader {
    let project: NodeProject
    let installation: NodeInstallation?

    func read() throws -> NodeApplication {
        let named = NodeFramework.find(in: project)
        let framework = named.flatMap { NodeFramework.named($0.value) }
        let builds = try NodeBuilds(project: project).all(framework)
        let finder = NodeStartFinder(
            project: project, installation: installation, framework: framework, builds: builds)
        let procfile = try Procfile.read(from: project.tree)
        let found = try find(finder, procfile)
        var kind: NodeApplication.Kind
        switch found.outcome.kind {
        case .server(var start):
            start.alternatives += found.alternatives
            kind = .server(start)
        default: throw noStart()
        }
        if case .server(let start) = kind { kind = .server(completed(start, framework)) }
        return NodeApplication(
            framework: named, builds: merged(builds, found.outcome.builds), kind: kind,
            processes: try processes(finder, procfile), warnings: found.outcome.warnings)
    }

    private func find(_ finder: NodeStartFinder, _ procfile: Procfile?) throws -> NodeStartFinder.Found {
        if let asked = project.options.startCommand {
            return NodeStartFinder.Found(outcome: StartOutcome(kind: .server(self.asked(asked))))
        }
        if let outcome = try finder.fromProcfile(procfile) { return NodeStartFinder.Found(outcome: outcome) }
        if let outcome = try finder.fromAppYAML() { return NodeStartFinder.Found(outcome: outcome) }
        var skipped: [Alternative] = []
        var refusal: PlanError?
        if let found = try finder.fromScripts(&skipped, &refusal) { return found }
        if let found = try finder.fromFiles(&skipped) { return found }
        throw refusal ?? noStart()
    }

    /// A command that an option gives, as arguments or for a shell.
    private func asked(_ command: Requested<[String]>) -> NodeStart {
        let words = command.value
        var start = NodeStart(words: [], folder: project.tree.service, reason: command.reason)
        if words.count == 3, words[1] == "-c", ["sh", "bash", "/bin/sh", "/bin/bash"].contains(words[0]) {
            start.shell = (words[2], "sh -c", command.option)
        } else {
            start.words = words.map { $0.replacing("$", with: "$$") }
        }
        return start
    }

    /// Builds without those that are there already.
    private func merged(_ builds: [NodeApplication.Build], _ more: [NodeApplication.Build]) -> [NodeApplication.Build] {
        builds + more.filter { new in !builds.contains { $0.command == new.command && $0.folder == new.folder } }
    }

    /// The start with the framework's variables and a port.
    private func completed(_ start: NodeStart, _ framework: NodeFramework?) -> NodeStart {
        var start = start
        for (name, value, why) in framework?.environment ?? [] where start.environment[name] == nil {
            start.environment[name] = Decided(value, .usual(why: why))
        }
        if start.isWeb, start.port == nil {
            start.port = Decided(
                framework?.port ?? 3000,
                .usual(why: "the usual port of \(framework?.name ?? "Node's servers"); PORT changes it at start"))
        }
        return start
    }

    private func processes(_ finder: NodeStartFinder, _ procfile: Procfile?) throws -> [(
        name: String, start: NodeStart
    )] {
        guard let procfile else { return [] }
        var result: [(name: String, start: NodeStart)] = []
        for process in procfile.processes
        where process.name != "release" && process.name != "web" && project.options.processes[process.name] == nil {
            guard case .server(var start) = try finder.outcome(process, in: procfile).kind
            else { continue }
            start.isWeb = false
            result.append((process.name, start))
        }
        return result
    }

    private func noStart() -> PlanError {
        .noStart(
            lookedFor: [
                "a Procfile with a process 'web'", "an entrypoint in app.yaml", "a script 'start' in package.json",
                "main in package.json", "server.js, index.js, app.js or main.js, also in src",
            ], fix: "add a script 'start' to package.json, or give the command with --set start=\"node FILE.js\"")
    }
}
