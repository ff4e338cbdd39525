import Formats
import Planning

/// Finds how a service starts by the ranks of `Detectors/README.md`, from what is said outright to what is only usual.
struct NodeStartFinder {
    let project: NodeProject
    let installation: NodeInstallation?
    let framework: NodeFramework?
    let builds: [NodeApplication.Build]

    var tree: any SourceTree { project.tree }

    /// A start with what else could have been, and what its commands build.
    struct Found: Sendable {
        var outcome: StartOutcome
        var alternatives: [Alternative] = []
    }

    var built: Set<String> {
        Set(
            builds.compactMap { build in
                if case .script(let name) = build.command { name } else { build.name }
            })
    }

    var reader: StartReader { StartReader(project: project, installation: installation, built: built) }
    private var scripts: ScriptReader { ScriptReader(project: project) }

    /// Scripts that start a service, the plain name first; the others count where `start` serves a developer.
    static let names = [
        "start", "start:prod", "start:production", "start-prod", "prod", "production", "serve:prod", "start:server",
        "start:app", "serve:ssr", "serve", "server",
    ]

    /// What the scripts come to: the first that serves in production; nil where none does.
    ///
    /// What was refused on the way is thrown where nothing else is found: see `refusals`.
    func fromScripts(_ skipped: inout [Alternative], _ refusal: inout PlanError?) throws -> Found? {
        guard let manifest = project.manifest else { return nil }
        // Angular's older servers are `serve:ssr:NAME`.
        let servers = manifest.entries("scripts").map(\.key).filter { $0.hasPrefix("serve:ssr:") }
        for name in Self.names + servers {
            guard let entry = manifest.script(name) else { continue }
            let outcome: StartOutcome?
            do {
                outcome = try reader.outcome(scripts.commands(script: name, of: manifest))
            } catch let error as PlanError {
                guard name != "start" else { throw error }
                skipped.append(Alternative("script '\(name)'", why: "\(error)"))
                continue
            }
            guard let outcome else { continue }
            switch outcome.kind {
            case .development(let what):
                skipped.append(Alternative("script '\(name)'", why: "'\(what)' is for development"))
            case .refused(let why, let fix):
                skipped.append(Alternative("script '\(name)'", why: why))
                if refusal == nil {
                    refusal = .unusable(place: "\(entry.evidence)", what: "script '\(name)': \(why)", fix: fix)
                }
            default: return Found(outcome: outcome, alternatives: skipped)
            }
        }
        return nil
    }

    /// The Procfile's process: the one asked for, else `web`, else the only one.
    func fromProcfile(_ procfile: Procfile?) throws -> StartOutcome? {
        let startable = procfile?.startable ?? []
        if let asked = project.options.process {
            guard let procfile, let process = procfile.processes.first(where: { $0.name == asked.value }) else {
                throw PlanError.unknownProcess(
                    name: asked.value, option: asked.option, known: startable.map(\.name))
            }
            return try outcome(process, in: procfile)
        }
        guard let procfile else { return nil }
        return try procfile.usual().map { try outcome($0, in: procfile) }
    }

    /// A process of the Procfile as a server or a site.
    func outcome(_ process: Procfile.Process, in procfile: Procfile) throws -> StartOutcome {
        let evidence = procfile.evidence(for: process)
        guard var outcome = try reader.outcome(scripts.commands(process.command, evidence)) else {
            throw PlanError.unusable(place: "\(evidence)", what: "starts nothing", fix: "name a program")
        }
        switch outcome.kind {
        case .development(let what):
            throw PlanError.unusable(
                place: "\(evidence)", what: "'\(what)' is for development", fix: "name what serves in production")
        case .refused(let why, let fix): throw PlanError.unusable(place: "\(evidence)", what: why, fix: fix)
        case .server(var start):
            start.isWeb = process.name == "web"
            outcome.kind = .server(start)
        default: break
        }
        return outcome
    }

    /// App Engine's `entrypoint`.
    func fromAppYAML() throws -> StartOutcome? {
        let path = try project.path("app.yaml")
        guard let text = try tree.text(at: path) else { return nil }
        let root = try YAMLDocument(parsing: text, file: "\(path)").root
        guard root["runtime"]?.text?.hasPrefix("nodejs") == true, let entry = root["entrypoint"], let text = entry.text
        else { return nil }
        let evidence = Evidence(path: path, line: entry.line, excerpt: "entrypoint: \(text)")
        guard let outcome = try reader.outcome(scripts.commands(text, evidence)) else { return nil }
        switch outcome.kind {
        case .server, .site, .framework: return outcome
        default: return nil
        }
    }

    // MARK: - Files

    /// Files that a service starts with by their names, where nothing else says it.
    static let usualFiles = ["server", "index", "app", "main"]

    private func found(_ name: String, _ evidence: Evidence, _ skipped: [Alternative]) throws -> Found? {
        let command = ScriptCommand(words: ["node", name], folder: tree.service, evidence: [evidence], scripts: [])
        guard let outcome = try reader.outcome([command]) else { return nil }
        return Found(outcome: outcome, alternatives: skipped)
    }

    /// server.js, which is what `npm start` runs where no script says more.
    func fromServerFile(_ skipped: [Alternative]) throws -> Found? {
        for suffix in ["js", "mjs", "cjs"] {
            let path = tree.service.appending(name: "server.\(suffix)")
            guard tree.hasFile(path), isProgram(path) else { continue }
            return try found(path.name, Evidence(path: path, excerpt: path.name), skipped)
        }
        return nil
    }

    /// `main` of package.json, then files of usual names, then TypeScript's, then `bin`.
    func fromFiles(_ skipped: inout [Alternative]) throws -> Found? {
        let folder = tree.service
        if let main = project.manifest?.string("main"), let path = folder.resolving(main.value) {
            let file = try NodeFiles(tree: tree).file(main.value, in: folder)
            if file.exists || !builds.isEmpty {
                // A library's main says nothing of a site.
                if file.exists || framework?.kind == .library || framework == nil {
                    return try found(main.value, main.evidence, skipped)
                }
            } else if let types = try TypeScriptProject.read(folder, of: tree, preferred: ["tsconfig.build.json"]),
                types.source(of: file.path, in: tree) != nil
            {
                return try found(main.value, main.evidence, skipped)
            } else {
                skipped.append(Alternative("main \(path)", why: "\(main.evidence) names a file that is not there"))
            }
        }
        let folders = ["", "src/", "server/", "app/", "lib/"]
        for place in folders {
            for name in Self.usualFiles {
                for suffix in ["js", "mjs", "cjs"] {
                    let file = "\(place)\(name).\(suffix)"
                    guard let path = folder.resolving(file), tree.hasFile(path), isProgram(path) else { continue }
                    return try found(file, Evidence(path: path, excerpt: path.name), skipped)
                }
            }
        }
        for place in folders {
            for name in Self.usualFiles {
                for suffix in ["ts", "mts", "cts"] {
                    let file = "\(place)\(name).\(suffix)"
                    guard let path = folder.resolving(file), tree.hasFile(path), isProgram(path) else { continue }
                    return try found(file, Evidence(path: path, excerpt: path.name), skipped)
                }
            }
        }
        return nil
    }

    /// Whether a file of a usual name is a program of Node and not of a browser or a test.
    private func isProgram(_ path: SourcePath) -> Bool {
        guard let source = JavaScriptSource.read(path, of: tree) else { return false }
        let hasPages = project.manifest.map { manifest in
            NodeFramework.all.contains { $0.kind != .library && $0.declared(by: manifest) != nil }
        }
        if hasPages != true {
            return !source.text.contains(/\bdocument\.(?:getElementById|querySelector|body)|\bwindow\.\w/)
        }
        return source.text.contains(/\.listen\(|\bcreateServer\(|\bserve\(|http\.Server/)
    }
}
