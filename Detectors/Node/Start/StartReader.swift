import Planning

/// Turns the commands of a script into what an image starts.
struct StartReader {
    let project: NodeProject
    let installation: NodeInstallation?
    /// Scripts that the build runs anyway.
    let built: Set<String>

    var tree: any SourceTree { project.tree }
    var files: NodeFiles { NodeFiles(tree: tree) }

    /// What a text comes to; nil where it holds no command.
    func outcome(_ commands: [ScriptCommand]) throws -> StartOutcome? {
        guard let last = commands.last else { return nil }
        var outcome: StartOutcome
        var before: [ScriptCommand] = []
        var builds: [NodeApplication.Build] = []
        for command in commands.dropLast() {
            if let build = build(of: command) {
                if !builds.contains(where: { $0.name == build.name && $0.command == build.command }) {
                    builds.append(build)
                }
            } else if !isIdle(command) {
                before.append(command)
            }
        }
        if before.isEmpty, last.shell == nil {
            outcome = try program(last)
        } else {
            outcome = try shell(before, last)
        }
        outcome.builds = builds.filter { !isCovered($0) } + outcome.builds
        outcome.warnings = commands.flatMap(\.warnings) + outcome.warnings
        return outcome
    }

    // MARK: - Commands before the server

    /// What a command builds: the script that holds it, or the program itself; nil where it is no build.
    private func build(of command: ScriptCommand) -> NodeApplication.Build? {
        let inner = command.scripts.dropFirst()
        let reason = Reason.found(evidence: command.evidence.suffix(1))
        if let name = inner.first(where: Self.isBuildName) ?? inner.first(where: built.contains) {
            return NodeApplication.Build(
                name: name, command: .script(name), folder: command.folder, environment: [:], caches: [],
                reason: .found(evidence: Array(command.evidence.prefix(2))))
        }
        guard command.shell == nil, isBuild(command) else { return nil }
        return NodeApplication.Build(
            name: command.program, command: .program(command.words.map { $0.replacing("$$", with: "$") }),
            folder: command.folder, environment: Dictionary(command.environment, uniquingKeysWith: { $1 }), caches: [],
            reason: reason)
    }

    private static func isBuildName(_ name: String) -> Bool {
        name.contains(/^(?:pre|post)?(?:build|compile|bundle|generate|codegen|transpile|clean)(?:$|[:.\-_])/)
            || ["tsc", "dist", "package", "css", "assets"].contains(name)
    }

    /// Whether a command makes files that the image holds.
    private func isBuild(_ command: ScriptCommand) -> Bool {
        let words = command.words
        if words.prefix(2) == ["prisma", "generate"] { return true }
        if words.count > 1, ["build", "generate", "export", "compile"].contains(words[1]), !words[0].hasPrefix("node") {
            return true
        }
        guard let program = ScriptProgram.named(command.program) else { return false }
        if command.program == "webpack" || command.program == "parcel" { return !isServing(command) }
        return program.role == .build
    }

    /// Whether the build does already what a start script would do again.
    private func isCovered(_ build: NodeApplication.Build) -> Bool {
        if case .script(let name) = build.command { built.contains(name) } else { false }
    }

    /// Whether a command prints, waits for nothing, or installs what the image has.
    private func isIdle(_ command: ScriptCommand) -> Bool {
        if ["echo", "true", ":", "cls", "clear"].contains(command.program) { return command.shell == nil }
        let isInstall =
            ["npm", "pnpm", "yarn", "bun"].contains(command.program)
            && (command.words.count == 1 || ["install", "i", "ci", "rebuild"].contains(command.words[1]))
        return isInstall
    }

    // MARK: - Shells

    /// Commands one after another, of which the last becomes the server by `exec`.
    private func shell(_ before: [ScriptCommand], _ last: ScriptCommand) throws -> StartOutcome {
        let place = last.evidence.last.map { "\($0)" } ?? "package.json"
        if (before + [last]).contains(where: { Self.isParallel($0) }) {
            return StartOutcome(
                kind: .refused(
                    "starts several programs at once",
                    fix: "an image has one; give each a line in a Procfile, or name one with "
                        + "--set start=COMMAND"))
        }
        var texts: [String] = []
        var start: NodeStart
        var result = StartOutcome(kind: .development(""))
        if last.shell == nil {
            result = try program(last)
            guard case .server(let server) = result.kind else { return result }
            start = server
        } else {
            start = NodeStart(
                words: [], folder: last.folder, reason: .found(evidence: last.evidence))
            start.environment = environment(last)
            start.isWeb = true
        }
        for command in before {
            guard command.shell == nil else {
                texts.append(command.shell?.text ?? "")
                continue
            }
            let isProgram = !command.program.contains("/") && command.program != "node"
            if isProgram, !Self.isShells(command.program) {
                try requireShipped(command)
                texts.append(
                    text(["node", "node_modules/.bin/\(command.program)"] + command.words.dropFirst(), command))
            } else {
                texts.append(text(command.words, command))
            }
        }
        if let shell = last.shell {
            texts.append(shell.text)
            start.shell = (texts.joined(separator: " && "), shell.syntax, place)
        } else {
            var words = start.words
            if let first = words.first, first != "node" {
                words = ["node", first.contains("/") ? first : "node_modules/.bin/\(first)"] + words.dropFirst()
            }
            texts.append(start.shell.map(\.text) ?? "exec " + text(words, last, environment: false))
            start.shell = (texts.joined(separator: " && "), "&&", place)
            if start.words.isEmpty == false { start.words = [] }
        }
        result.kind = .server(start)
        return result
    }

    /// Whether a word is a shell's own, or a program that every base with a shell has.
    private static func isShells(_ word: String) -> Bool {
        ["test", "[", "mkdir", "cp", "mv", "rm", "ln", "cat", "sleep", "set", "umask", "ulimit", "sh", "bash", "chmod"]
            .contains(word)
    }

    private static func isParallel(_ command: ScriptCommand) -> Bool {
        if ScriptProgram.named(command.program)?.role == .parallel { return true }
        if command.program.hasPrefix("npm-run-all") || command.program == "run-p" { return true }
        return command.shell.map { $0.syntax == "&" } ?? false
    }

    private func text(_ words: [String], _ command: ScriptCommand, environment: Bool = true) -> String {
        let set =
            environment ? command.environment.map { "\($0.name)=\(CommandList.quoted($0.value, defaults: [:])) " } : []
        return set.joined() + words.map { CommandList.quoted($0, defaults: command.defaults) }.joined(separator: " ")
    }

    func environment(_ command: ScriptCommand) -> [String: Decided<String>] {
        var result: [String: Decided<String>] = [:]
        for (name, value) in command.environment {
            result[name] = Decided(value, .found(evidence: command.evidence.suffix(1)))
        }
        for (name, value) in command.defaults where result[name] == nil {
            result[name] = Decided(value, .found(evidence: command.evidence.suffix(1)))
        }
        return result
    }
}
