import Planning

/// Files that Node runs, with and without programs around them that only developers need.
extension StartReader {
    /// A start with what the command sets, and no words yet.
    func start(_ command: ScriptCommand) -> NodeStart {
        var start = NodeStart(words: [], folder: command.folder, reason: .found(evidence: command.evidence))
        start.environment = environment(command)
        return start
    }

    /// The start with the port that its words or variables name.
    func finished(_ start: NodeStart) -> NodeStart {
        var start = start
        if let written = start.environment["PORT"], let port = Int(written.value) {
            start.port = Decided(port, written.reason)
        } else if let port = Self.port(start.words) {
            start.port = Decided(port, start.reason)
        }
        return start
    }

    /// The port that arguments name: `-p 8080`, `--port=8080`.
    static func port(_ words: [String]) -> Int? {
        for (index, word) in words.enumerated().dropFirst() {
            let (option, inline) = ScriptReader.option(word)
            if ["-p", "--port", "-P", "-l", "--listen"].contains(option) {
                let value = inline ?? (index + 1 < words.count ? words[index + 1] : "")
                if let port = Int(value), port > 0 { return port }
            } else if let match = word.wholeMatch(of: /-p(\d{2,5})/)?.output {
                return Int(match.1)
            }
        }
        return nil
    }

    /// Reads `node [flags] file [arguments]`.
    func node(_ command: ScriptCommand) throws -> StartOutcome {
        var flags: [String] = []
        var warnings: [String] = []
        var loader: String?
        let place = command.evidence.last.map { "\($0): " } ?? ""
        var words = command.words.dropFirst()
        while let word = words.first, word.hasPrefix("-"), word != "-" {
            words.removeFirst()
            let (option, inline) = ScriptReader.option(word)
            switch option {
            case "--":
                break
            case "--watch", "--watch-path", "--watch-preserve-output", "--inspect", "--inspect-brk", "--debug", "--hot":
                if option == "--watch-path", inline == nil { _ = words.popFirst() }
                warnings.append("\(place)'\(option)' is for development and left out")
            case "--env-file", "--env-file-if-exists":
                let file = inline ?? words.popFirst() ?? ""
                warnings.append(
                    "\(place)'\(option)=\(file)' is left out: files of variables are not shipped; give the variables when "
                        + "the image starts")
            case "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "-e",
                "--eval",
                "-p", "--print", "--title", "--icu-data-dir", "--openssl-config":
                guard let value = inline ?? words.popFirst() else { break }
                if value.contains(
                    /ts-node|tsx|@swc-node\/register|@babel\/register|esbuild-register|esbuild-runner|jiti|@swc\/register|tsm/
                ) {
                    loader = value
                } else if value.contains(/^dotenv/) {
                    warnings.append(
                        "\(place)'\(option) \(value)' reads a file of variables that is not shipped; give the variables when "
                            + "the image starts")
                    flags += [option, value]
                } else {
                    flags += inline == nil ? [option, value] : [word]
                }
                if ["-e", "--eval", "-p", "--print"].contains(option) {
                    var start = start(command)
                    start.words = ["node"] + flags + words
                    return StartOutcome(kind: .server(finished(start)), warnings: warnings)
                }
            default: flags.append(word)
            }
            if option == "--" { break }
        }
        guard let name = words.popFirst() else {
            return .refused("'node' without a file waits for somebody to type")
        }
        if name == "ace" || name == "ace.js" || name == "./ace" { return try ace(command, words) }
        var outcome = try script(name, flags: flags, Array(words), loader: loader, command)
        outcome.warnings = warnings + outcome.warnings
        return outcome
    }

    /// AdonisJS' own tool: `node ace serve` compiles and watches.
    private func ace(_ command: ScriptCommand, _ words: ArraySlice<String>) throws -> StartOutcome {
        guard words.first == "serve" else { return StartOutcome(kind: .development("node ace")) }
        return StartOutcome(kind: .development("node ace serve"))
    }

    /// A file that Node starts: compiled first where it is TypeScript.
    func script(
        _ name: String, flags: [String], _ arguments: [String], loader: String?, _ command: ScriptCommand
    ) throws -> StartOutcome {
        var start = start(command)
        if name.contains("${") {
            start.words = ["node"] + flags + [name] + arguments
            return StartOutcome(kind: .server(finished(start)))
        }
        let file = try files.file(name, in: command.folder)
        if let source = typeScript(beside: file), let types = try typeScriptProject(), types.outDir != nil {
            let name = file.name.replacing(/\.([cm]?)js$/) { ".\($0.output.1)ts" }
            let found = NodeFile(name: name, path: source, exists: true)
            return try typeScript(found, flags: flags, arguments, loader: loader, command)
        }
        if file.name.contains(/\.[cm]?tsx?$/) || (loader != nil && !file.exists) {
            return try typeScript(file, flags: flags, arguments, loader: loader, command)
        }
        start.words = ["node"] + hook(loader) + flags + [file.name] + arguments
        start.files = [relative(file.path)]
        var outcome = StartOutcome(kind: .server(finished(start)))
        if !file.exists { outcome.builds = try compiled(file, command) }
        return outcome
    }

    /// The TypeScript source beside a file that is not there: bin/server.ts of bin/server.js.
    private func typeScript(beside file: NodeFile) -> SourcePath? {
        guard !file.exists, let match = file.path.name.wholeMatch(of: /(.+)\.([cm]?)js/)?.output,
            let source = file.path.parent?.appending(name: "\(match.1).\(match.2)ts"), tree.hasFile(source)
        else { return nil }
        return source
    }

    private func typeScriptProject() throws -> TypeScriptProject? {
        try TypeScriptProject.read(
            project.manifest?.folder ?? tree.service, of: tree, preferred: ["tsconfig.build.json"])
    }

    /// Where a path lies, relative to the service; as it is written for one outside of it.
    func relative(_ path: SourcePath) -> String { path.relative(to: tree.service).map { "\($0)" } ?? "/\(path)" }

    /// The words that start Node with a loader that the service ships: a module after `-r`, or a program such as tsx.
    private func hook(_ name: String?) -> [String] {
        guard let name else { return [] }
        if name.contains("/") { return [name.contains("loader") || name.contains("esm") ? "--loader" : "-r", name] }
        let isShipped = project.manifest?.dependency(name, [.dependencies, .optionalDependencies]) != nil
        return isShipped ? Self.loaders.first { $0.0 == name }?.1 ?? [] : []
    }

    /// What has to be built for a file that is not there; fails where nothing would make it.
    private func compiled(_ file: NodeFile, _ command: ScriptCommand) throws -> [NodeApplication.Build] {
        if !built.isEmpty || project.options.buildCommand != nil { return [] }
        let place = command.evidence.last.map { "\($0)" } ?? "\(tree.service)"
        let folder = project.manifest?.folder ?? tree.service
        if let types = try TypeScriptProject.read(folder, of: tree, preferred: ["tsconfig.build.json"]),
            types.source(of: file.path, in: tree) != nil, !types.isSilent, let build = try tsc(types)
        {
            return [build]
        }
        if installation?.needsSources != nil { return [] }
        throw PlanError.unusable(
            place: place, what: "starts \(relative(file.path)), which is not there and which no build script makes",
            fix: "add a script 'build' to package.json, or name the file that starts the service")
    }

    /// TypeScript's compiler as a step of the build; nil where no dependency brings it.
    func tsc(_ types: TypeScriptProject) throws -> NodeApplication.Build? {
        guard let manifest = project.manifest, let entry = manifest.dependency("typescript") else { return nil }
        let name = types.path.relative(to: manifest.folder).map { "\($0)" } ?? types.path.name
        return NodeApplication.Build(
            name: "tsc", command: .program(["tsc"] + (name == "tsconfig.json" ? [] : ["-p", name])),
            folder: manifest.folder, environment: [:], caches: [],
            reason: .found(evidence: [entry.evidence, Evidence(path: types.path, excerpt: types.path.name)]))
    }

    // MARK: - TypeScript

    /// Reads `ts-node src/main.ts`, `tsx src/main.ts` and `bun src/main.ts`.
    func interpreter(_ command: ScriptCommand) throws -> StartOutcome {
        var words = command.words.dropFirst()
        let valued = [
            "-P", "--project", "-r", "--require", "--tsconfig", "-O", "--compiler-options", "--import", "--env-file",
            "-x",
            "--extensions", "--dir", "--presets", "--config",
        ]
        var flags: [String] = []
        while let word = words.first, word.hasPrefix("-") || word == "watch" || word == "run" {
            words.removeFirst()
            let (option, inline) = ScriptReader.option(word)
            guard valued.contains(option) else { continue }
            let value = inline ?? words.popFirst()
            if ["-r", "--require", "--import"].contains(option), let value, !value.contains("tsconfig-paths") {
                flags += [option, value]
            }
        }
        guard let name = words.popFirst() else {
            return .refused("'\(command.program)' without a file waits for somebody to type")
        }
        return try script(name, flags: flags, Array(words), loader: command.program, command)
    }

    /// What a TypeScript file becomes: its compiled form, or the loader that the service ships.
    private func typeScript(
        _ file: NodeFile, flags: [String], _ arguments: [String], loader: String?, _ command: ScriptCommand
    ) throws -> StartOutcome {
        let folder = project.manifest?.folder ?? tree.service
        let types = try TypeScriptProject.read(folder, of: tree, preferred: ["tsconfig.build.json"])
        let place = command.evidence.last.map { "\($0): " } ?? ""
        var start = start(command)
        if let types, !types.isSilent, let output = types.output(of: file.path),
            let name = output.relative(to: command.folder), types.outDir != nil || !built.isEmpty
        {
            var builds: [NodeApplication.Build] = []
            if built.isEmpty, project.options.buildCommand == nil {
                guard let build = try tsc(types) else { return try loaded(file, flags, arguments, loader, command) }
                builds = [build]
            }
            start.words = ["node"] + flags + ["\(name)"] + arguments
            start.files = [relative(output)]
            if let out = types.outDir?.reason, case .found(let more) = out, case .found(let first) = start.reason {
                start.reason = .found(evidence: first + more)
            }
            return StartOutcome(
                kind: .server(finished(start)), builds: builds,
                warnings: loader.map {
                    ["\(place)'\($0)' is not needed: the build compiles \(file.name) to \(name), which starts"]
                } ?? [])
        }
        return try loaded(file, flags, arguments, loader, command)
    }

    /// A file that Node reads through a loader of the production dependencies.
    private func loaded(
        _ file: NodeFile, _ flags: [String], _ arguments: [String], _ loader: String?, _ command: ScriptCommand
    ) throws -> StartOutcome {
        let place = command.evidence.last.map { "\($0)" } ?? "\(file.path)"
        var start = start(command)
        start.files = [relative(file.path)]
        for (package, words) in Self.loaders {
            guard let entry = project.manifest?.dependency(package, [.dependencies, .optionalDependencies]) else {
                continue
            }
            let isModule = project.manifest?.isModule ?? false
            let hook = package == "ts-node" && isModule ? ["--loader", "ts-node/esm"] : words
            start.words = ["node"] + hook + flags + [file.name] + arguments
            if case .found(let evidence) = start.reason { start.reason = .found(evidence: evidence + [entry.evidence]) }
            return StartOutcome(kind: .server(finished(start)))
        }
        throw PlanError.unusable(
            place: place,
            what: "starts \(relative(file.path)), which is TypeScript, and nothing in the image could read it"
                + (loader.map { ": '\($0)' is no production dependency" } ?? ""),
            fix:
                "compile it: set outDir in tsconfig.json and add a script 'build' with tsc; or move tsx to dependencies"
        )
    }

    /// Packages that let Node read TypeScript, and the words that load them.
    private static let loaders = [
        ("tsx", ["--import", "tsx"]), ("ts-node", ["-r", "ts-node/register"]),
        ("@swc-node/register", ["-r", "@swc-node/register"]), ("esbuild-register", ["-r", "esbuild-register"]),
    ]

    // MARK: - Runners

    /// `nodemon server.js`, `pm2-runtime ecosystem.config.js`: the file that they would watch over.
    func runner(_ command: ScriptCommand) throws -> StartOutcome {
        let tool = command.program
        let place = command.evidence.last.map { "\($0): " } ?? ""
        let note =
            "\(place)'\(tool)' is left out: the image starts the program itself, and whoever runs the image starts it again"
        if ["doppler", "infisical", "op", "newrelic"].contains(tool) {
            guard let mark = command.words.firstIndex(of: "--"), mark + 1 < command.words.count else {
                return .refused("'\(tool)' is not in the image")
            }
            var inner = command
            inner.words = Array(command.words[(mark + 1)...])
            return try program(inner).noting("\(place)'\(tool)' is left out; give its variables when the image starts")
        }
        let valued = [
            "-w", "--watch", "-e", "--ext", "-i", "--ignore", "--delay", "-d", "--exec", "-x", "--signal", "-s", "-n",
            "--name", "--instances", "--only", "--env", "-o", "-l", "--node-args", "--interpreter",
            "--max-memory-restart",
            "--config", "-c", "--onSuccess", "--project", "-P", "-r", "--require", "--minUptime", "--spinSleepTime",
        ]
        var words = command.words.dropFirst()
        while let word = words.first, word.hasPrefix("-") || ["start", "reload"].contains(word) {
            words.removeFirst()
            let (option, inline) = ScriptReader.option(word)
            guard valued.contains(option) else { continue }
            let value = inline ?? words.popFirst()
            if ["--exec", "-x", "--onSuccess"].contains(option), let value {
                // nodemon --exec "ts-node src/index.ts", or --exec ts-node src/index.ts
                let rest = words.map { CommandList.quoted($0, defaults: [:]) }.joined(separator: " ")
                let text = value.replacing("$$", with: "$") + (value.contains(" ") || rest.isEmpty ? "" : " " + rest)
                let inner = try ScriptReader(project: project).commands(
                    text, command.evidence.last ?? Evidence(path: tree.service, excerpt: text), in: command.folder)
                guard inner.count == 1, var only = inner.first else {
                    return .refused("'\(tool)' runs several commands")
                }
                only.environment = command.environment + only.environment
                only.evidence = command.evidence
                return try program(only).noting(note)
            }
        }
        // What follows the file is the file's, but for pm2's own options.
        guard let name = words.popFirst() else { return try withoutFile(command, note) }
        if name.contains(/(?:ecosystem|pm2|process)[\w.-]*\.(?:config\.)?(?:[cm]?js|json|ya?ml)$/) {
            return try ecosystem(name, command, note)
        }
        var arguments = Array(words)
        if tool.hasPrefix("pm2") {
            arguments = arguments.firstIndex(of: "--").map { Array(arguments[($0 + 1)...]) } ?? []
        }
        let loader = ["ts-node-dev", "tsnd"].contains(tool) ? "ts-node" : nil
        return try script(name, flags: [], arguments, loader: loader, command).noting(note)
    }

    /// nodemon without a file starts `main`.
    private func withoutFile(_ command: ScriptCommand, _ note: String) throws -> StartOutcome {
        guard command.program == "nodemon", project.manifest?.string("main") != nil else {
            return .refused("'\(command.words.joined(separator: " "))' names no file")
        }
        return try script(".", flags: [], [], loader: nil, command).noting(note)
    }

    /// The one application of a configuration of pm2.
    private func ecosystem(_ name: String, _ command: ScriptCommand, _ note: String) throws -> StartOutcome {
        guard let path = command.folder.resolving(name), let source = JavaScriptSource.read(path, of: tree) else {
            return .refused("'\(name)' is not there")
        }
        let scripts = source.text.matches(of: /["']?\bscript["']?\s*:\s*["'`]([^"'`\n]+)["'`]/)
        guard let first = scripts.first else { return .refused("\(path) names no script") }
        guard scripts.count == 1 else {
            throw PlanError.severalPrograms(
                what: "\(path) starts several programs",
                candidates: scripts.map {
                    PlanError.Candidate(String($0.output.1), evidence: "\(source.evidence(at: $0.range.lowerBound))")
                }, option: "--set start=\"node FILE\"")
        }
        var inner = command
        inner.evidence.append(source.evidence(at: first.range.lowerBound))
        let text = String(first.output.1)
        let words = text.split(separator: " ").map(String.init)
        if words.count > 1 || ["npm", "yarn", "pnpm"].contains(words[0]) {
            let arguments = source.value("args").map { " " + $0.value } ?? ""
            let commands = try ScriptReader(project: project).commands(
                text + arguments, source.evidence(at: first.range.lowerBound), in: command.folder)
            guard let outcome = try outcome(commands) else { return .refused("\(path) names no script") }
            return outcome.noting(note)
        }
        let arguments = source.value("args").map { $0.value.split(separator: " ").map(String.init) } ?? []
        return try script(text, flags: [], arguments, loader: nil, inner).noting(note)
    }

    /// A program by its path: `./bin/www`, `scripts/start.sh`.
    func file(_ command: ScriptCommand) throws -> StartOutcome {
        guard let path = command.folder.resolving(command.program), tree.hasFile(path) else {
            return try script(command.program, flags: [], Array(command.words.dropFirst()), loader: nil, command)
        }
        let head = path.name.hasSuffix(".js") ? "" : (try? tree.text(at: path))??.prefix { $0 != "\n" } ?? ""
        if head.hasPrefix("#!"), !head.contains("node") {
            var start = start(command)
            let words = command.words.map { CommandList.quoted($0, defaults: command.defaults) }.joined(separator: " ")
            start.shell = (
                "exec " + (words.hasPrefix("/") || words.hasPrefix(".") ? words : "./\(words)"),
                "#!", command.evidence.last.map { "\($0)" } ?? "\(path)"
            )
            start.files = [relative(path)]
            return StartOutcome(kind: .server(start))
        }
        return try script(command.program, flags: [], Array(command.words.dropFirst()), loader: nil, command)
    }
}

extension StartOutcome {
    /// The same with one more remark.
    func noting(_ warning: String) -> StartOutcome {
        var outcome = self
        outcome.warnings.append(warning)
        return outcome
    }
}
