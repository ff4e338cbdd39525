import Planning

/// Package managers inside scripts: `npm run other`, `yarn other`, `pnpm exec next`, `npx serve`.
extension ScriptReader {
    /// What a manager's words run; nil where they are something else, as `npm install`.
    func manager(_ name: String, _ arguments: [String], _ outer: ScriptCommand) throws -> [ScriptCommand]? {
        var command = outer
        var words = arguments[...]
        if name == "bun", let first = words.first, first == "--bun" || first == "--hot" || first == "--watch" {
            words.removeFirst()
        }
        if ["npx", "pnpx", "bunx"].contains(name) { return try execute(words, command) }
        command.folder = takeFolder(&words, command.folder)
        guard let verb = words.popFirst() else { return nil }
        switch verb {
        case "exec", "dlx", "x": return try execute(words, command)
        case "run", "run-script", "rum", "urn":
            command.folder = takeFolder(&words, command.folder)
            words = words.drop { $0.hasPrefix("-") }
            guard let script = words.popFirst() else { return nil }
            // npm takes its own options after the name too: `npm run start -w api`.
            if name == "npm" { command.folder = takeFolder(&words, command.folder) }
            if name == "bun", script.contains(/\.[cm]?[jt]sx?$/) {
                command.words = ["bun", script] + words
                return [command]
            }
            return try run(script, arguments: words, command)
        case "start", "test", "stop", "restart":
            if name == "npm" { command.folder = takeFolder(&words, command.folder) }
            return try run(verb, arguments: words, command)
        case "node" where name == "yarn":
            command.words = ["node"] + words
            return [command]
        case "workspace" where name == "yarn":
            guard let member = words.popFirst(), let folder = memberFolder(member) else { return nil }
            command.folder = folder
            if words.first == "run" { words.removeFirst() }
            guard let script = words.popFirst() else { return nil }
            return try run(script, arguments: words, command)
        default:
            if name == "bun", verb.contains(/\.[cm]?[jt]sx?$/) || verb.hasPrefix("./") {
                command.words = ["bun", verb] + words
                return [command]
            }
            guard name != "npm", !verb.hasPrefix("-") else { return nil }
            let builtIn = ["install", "i", "add", "ci", "link", "rebuild", "prune", "cache", "config", "build"]
            if try script(verb, in: command.folder) != nil { return try run(verb, arguments: words, command) }
            if builtIn.contains(verb) { return nil }
            // Yarn, pnpm and Bun run a program of node_modules/.bin where no script has the name.
            return try execute([verb] + words, command)
        }
    }

    private func execute(_ arguments: ArraySlice<String>, _ outer: ScriptCommand) throws -> [ScriptCommand]? {
        var command = outer
        var words = arguments
        while let word = words.first, word.hasPrefix("-") {
            words.removeFirst()
            if ["-p", "--package", "-c"].contains(word), !words.isEmpty { words.removeFirst() }
        }
        guard let program = words.first else { return nil }
        command.words = Array(words)
        // npx next@14 is the program next.
        if let at = program.dropFirst().firstIndex(of: "@") { command.words[0] = String(program[..<at]) }
        return try unwrap(command)
    }

    /// Takes `--prefix folder`, `-C folder`, `--cwd folder`, `-w name` and `--filter name` off the front.
    private func takeFolder(_ words: inout ArraySlice<String>, _ folder: SourcePath) -> SourcePath {
        var folder = folder
        while let word = words.first, word.hasPrefix("-") {
            let (option, inline) = Self.option(word)
            let places = ["--prefix", "-C", "--dir", "--cwd", "-w", "--workspace", "--filter", "-F"]
            guard places.contains(option) else {
                guard ["-s", "--silent", "--if-present", "-q", "--quiet", "--no-progress"].contains(word) else { break }
                words.removeFirst()
                continue
            }
            words.removeFirst()
            guard let value = inline ?? words.popFirst() else { break }
            let isName = ["-w", "--workspace", "--filter", "-F"].contains(option)
            let named = isName ? memberFolder(value) : nil
            folder = named ?? folder.resolving(value) ?? folder
        }
        return folder
    }

    static func option(_ word: String) -> (name: String, value: String?) {
        guard let sign = word.firstIndex(of: "="), word.hasPrefix("--") else { return (word, nil) }
        return (String(word[..<sign]), String(word[word.index(after: sign)...]))
    }

    /// The folder of a member of the workspace, by its package's name.
    private func memberFolder(_ name: String) -> SourcePath? {
        project.workspace?.members.first { $0.manifest.name == name }?.folder
    }

    private func script(_ name: String, in folder: SourcePath) throws -> (PackageJSON.Entry, PackageJSON)? {
        let manifest =
            folder == project.manifest?.folder ? project.manifest : try PackageJSON.read(folder, of: project.tree)
        guard let manifest, let entry = manifest.script(name) else { return nil }
        return (entry, manifest)
    }

    private func run(_ name: String, arguments: ArraySlice<String>, _ outer: ScriptCommand) throws
        -> [ScriptCommand]?
    {
        guard let (_, manifest) = try script(name, in: outer.folder) else {
            // npm's own default of a package without a script 'start'.
            guard name == "start", project.tree.hasFile(outer.folder.appending(name: "server.js")) else {
                let place = outer.evidence.last.map { "\($0)" } ?? "package.json"
                throw PlanError.unusable(
                    place: place,
                    what: "runs the script '\(name)', which \(outer.folder.appending(name: "package.json")) lacks",
                    fix: "add the script, or name the program itself")
            }
            var command = outer
            command.words = ["node", "server.js"] + arguments.drop { $0 == "--" }
            return [command]
        }
        var added = Array(arguments)
        if let mark = added.firstIndex(of: "--") { added.remove(at: mark) }
        return try run(
            name, added,
            Surroundings(
                folder: manifest.folder, evidence: outer.evidence, scripts: outer.scripts,
                environment: outer.environment, warnings: outer.warnings), manifest)
    }

    /// `run-s clean build serve`: scripts one after another; nil where they run at once.
    func sequence(_ tool: String, _ arguments: [String], _ outer: ScriptCommand) throws -> [ScriptCommand]? {
        guard !arguments.contains(where: { ["-p", "--parallel", "--race", "-r"].contains($0) }) else { return nil }
        let names = arguments.filter { !$0.hasPrefix("-") }
        guard !names.contains(where: { $0.contains("*") || $0.contains("{") || $0.contains(" ") }) else { return nil }
        return try names.flatMap { try run($0, arguments: [], outer) ?? [] }
    }
}
