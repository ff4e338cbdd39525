import Planning

/// Reads scripts of package.json down to the programs that they start.
struct ScriptReader {
    let project: NodeProject

    /// The commands of a text in the order that they run; each but the last has to end before the next begins.
    ///
    /// Fails where the text is no command at all.
    func commands(_ text: String, _ evidence: Evidence, in folder: SourcePath? = nil) throws -> [ScriptCommand] {
        try expand(
            text,
            Surroundings(folder: folder ?? project.tree.service, evidence: [evidence], scripts: [], environment: []))
    }

    /// The commands of a script with those that npm runs before it.
    func commands(script name: String, of manifest: PackageJSON) throws -> [ScriptCommand] {
        try run(name, [], Surroundings(folder: manifest.folder, evidence: [], scripts: [], environment: []), manifest)
    }

    /// What a script runs, after the script that npm runs before it: `prestart`.
    func run(_ name: String, _ arguments: [String], _ outer: Surroundings, _ manifest: PackageJSON) throws
        -> [ScriptCommand]
    {
        guard let entry = manifest.script(name) else { return [] }
        // A script of another package may have the same name.
        guard outer.scripts.count < Self.depth, !outer.evidence.contains(entry.evidence) else {
            throw PlanError.unusable(
                place: "\(entry.evidence)", what: "the script '\(name)' runs itself",
                fix: "name the program that it should start")
        }
        var inner = outer
        inner.folder = manifest.folder
        inner.evidence.append(entry.evidence)
        inner.scripts.append(name)
        let added = arguments.map { " " + CommandList.quoted($0, defaults: [:]) }.joined()
        let before = name.hasPrefix("pre") ? [] : try run("pre\(name)", [], outer, manifest)
        return try before + expand(entry.value + added, inner)
    }

    /// Where a text stands and what is set around it.
    struct Surroundings {
        var folder: SourcePath
        var evidence: [Evidence]
        var scripts: [String]
        var environment: [(name: String, value: String)]
        var warnings: [String] = []
    }

    /// The longest chain of scripts that call each other.
    private static let depth = 20
    /// The most commands that one script comes to.
    private static let limit = 100

    func expand(_ text: String, _ outer: Surroundings) throws -> [ScriptCommand] {
        var context = outer
        var result: [ScriptCommand] = []
        for written in CommandList.split(text) {
            let part = plain(written, &context)
            let split: SplitCommand
            do { split = try CommandLine.split(part) } catch {
                if part.wholeMatch(of: /(?:export\s+)?(?:\w+=\S*\s*)+/) != nil { continue }
                let place = context.evidence.last.map { "\($0)" } ?? "package.json"
                throw PlanError.unusable(place: place, what: "\(error)", fix: "write a program with its arguments")
            }
            var command = ScriptCommand(
                words: split.words.map(\.template), environment: context.environment, defaults: split.defaults,
                folder: context.folder, evidence: context.evidence, scripts: context.scripts,
                warnings: context.warnings)
            command.environment += split.assignments.map { ($0.name, $0.value.plain ?? $0.value.template) }
            if let syntax = split.shellSyntax { command.shell = (part, syntax) }
            if let folder = changedFolder(command) {
                context.folder = folder
            } else if let set = exported(command) {
                context.environment += set
            } else {
                result += try unwrap(command)
            }
            guard result.count <= Self.limit else {
                throw PlanError.unusable(
                    place: context.evidence.first.map { "\($0)" } ?? "package.json",
                    what: "runs more than \(Self.limit) commands", fix: "name the program that it should start")
            }
        }
        return result
    }

    /// A command without what only makes its log pretty: `| pino-pretty`.
    private func plain(_ text: String, _ context: inout Surroundings) -> String {
        guard let match = text.firstMatch(of: /\s*\|\s*(?:npx\s+)?((?:pino-(?:pretty|colada)|bunyan)\b[^|&;]*)$/) else {
            return text
        }
        let place = context.evidence.last.map { "\($0): " } ?? ""
        context.warnings.append("\(place)'\(match.output.1)' only makes the log pretty and is left out")
        return String(text[..<match.range.lowerBound])
    }

    /// The folder that `cd folder` goes to.
    private func changedFolder(_ command: ScriptCommand) -> SourcePath? {
        guard command.program == "cd", command.words.count == 2, command.shell == nil else { return nil }
        return command.folder.resolving(command.words[1])
    }

    /// `export NAME=value`, and Windows' `set NAME=value`.
    private func exported(_ command: ScriptCommand) -> [(name: String, value: String)]? {
        guard ["export", "set", "SET"].contains(command.program), command.words.count > 1 else { return nil }
        return command.words.dropFirst().compactMap(Self.assignment)
    }

    static func assignment(_ word: String) -> (name: String, value: String)? {
        guard let match = word.wholeMatch(of: /([A-Za-z_]\w*)=([\s\S]*)/)?.output else { return nil }
        return (String(match.1), String(match.2).replacing("$$", with: "$"))
    }

    /// Takes wrappers off, one after another, until a program is left.
    func unwrap(_ command: ScriptCommand) throws -> [ScriptCommand] {
        var command = command
        while let first = command.words.first {
            // A shell's own construct stays with the whole text, wrapper and all.
            if command.shell != nil { return [command] }
            let rest = Array(command.words.dropFirst())
            switch first {
            case "cross-env", "cross-env-shell", "env", "better-npm-run":
                var words = rest[...]
                while let word = words.first, let set = Self.assignment(word) {
                    command.environment.append(set)
                    words.removeFirst()
                }
                command.words = Array(words)
                // cross-env-shell takes the command as one text.
                if first == "cross-env-shell", words.count == 1, let text = words.first {
                    return try nested(text, command)
                }
            case "env-cmd", "dotenv", "dotenvx", "dotenv-flow":
                command = withoutDotenv(command)
            case "exec", "nohup", "time", "dumb-init", "tini", "tini-static", "gosu", "catchup", "is-ci":
                command.words = Array(rest.drop { $0.hasPrefix("-") })
            case "npm", "pnpm", "yarn", "yarnpkg", "bun", "npx", "pnpx", "bunx", "node-run":
                guard let inner = try manager(first, rest, command) else { return [command] }
                return inner
            case "npm-run-all", "run-s", "npm-run-all2":
                guard let inner = try sequence(first, rest, command) else { return [command] }
                return inner
            case "sh", "bash", "/bin/sh", "/bin/bash":
                guard rest.count == 2, rest[0] == "-c" else { return [command] }
                return try nested(rest[1].replacing("$$", with: "$"), command)
            case "node" where rest.first == "--run" && rest.count > 1:
                command.words = ["npm", "run"] + rest.dropFirst()
            default:
                if let path = first.prefixMatch(of: /(?:\.\/)?(?:\.\.\/)*node_modules\/\.bin\//) {
                    command.words[0] = String(first[path.range.upperBound...])
                    continue
                }
                return [command]
            }
        }
        return []
    }

    /// A text inside a command, with that command's surroundings.
    private func nested(_ text: String, _ command: ScriptCommand) throws -> [ScriptCommand] {
        guard command.evidence.count < Self.depth else { return [command] }
        return try expand(
            text,
            Surroundings(
                folder: command.folder, evidence: command.evidence, scripts: command.scripts,
                environment: command.environment, warnings: command.warnings))
    }

    /// `dotenv -e .env -- node x`: files with secrets are not in an image, so their variables are given when it starts.
    private func withoutDotenv(_ command: ScriptCommand) -> ScriptCommand {
        var command = command
        let tool = command.program
        var words = command.words.dropFirst()
        if tool == "dotenvx", words.first == "run" { words.removeFirst() }
        while let word = words.first, word.hasPrefix("-") {
            words.removeFirst()
            if word == "--" { break }
            let hasValue = ["-e", "-f", "--file", "--environments", "-v", "-r", "--rc-file", "--env-file", "-p"]
            guard hasValue.contains(word), let value = words.popFirst() else { continue }
            if word == "-v", let set = Self.assignment(value) { command.environment.append(set) }
        }
        command.words = Array(words)
        let place = command.evidence.last.map { "\($0): " } ?? ""
        command.warnings.append(
            "\(place)'\(tool)' reads a file of variables, and such files are not shipped; give the variables when the image "
                + "starts")
        return command
    }
}
