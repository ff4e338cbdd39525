import Formats
import Planning

/// Which programs are built, and how the image and its processes start them.
struct GoStart: Sendable {
    /// The program that starts first.
    let program: Decided<GoProject.Program>
    /// All programs to build, the first one first.
    let programs: [GoProject.Program]
    private let first: Command?
    private let others: [String: Command]
    let warnings: [String]

    /// A command before it is known where programs lie.
    struct Command: Sendable {
        typealias Word = CommandWord

        let words: [Word]
        let environment: [String: Decided<String>]
        let defaults: [String: String]
        let reason: Reason
        let place: String
    }

    /// Reads options, Procfile and app.yaml; fails where one names a program that is not there.
    init(_ project: GoProject) throws {
        let all = try project.someProgram()
        let options = project.options
        let procfile = try Procfile.read(from: project.tree)
        var warnings: [String] = []
        var others: [String: Command] = [:]
        var first: Command?
        if let procfile {
            let processes = procfile.startable
            if let release = procfile.processes.first(where: { $0.name == "release" }) {
                warnings.append(
                    "\(procfile.evidence(for: release)): 'release' is not run by an image; run it before a new version "
                        + "starts, as in 'autoimage run NAME \(release.command)'")
            }
            for process in processes {
                others[process.name] = try Self.command(
                    process.command, .found(evidence: [procfile.evidence(for: process)]),
                    place: "\(procfile.path):\(process.line)")
            }
            if options.app == nil || options.process != nil {
                first = try Self.chosen(procfile, processes, options).flatMap { others.removeValue(forKey: $0) }
            } else {
                others = [:]
            }
        } else if let asked = options.process, options.processes[asked.value] == nil {
            throw PlanError.unknownProcess(
                name: asked.value, option: asked.option, known: options.processes.keys.sorted())
        }
        for (name, command) in options.processes { others[name] = Command(command) }
        if let asked = options.process, first == nil { first = others.removeValue(forKey: asked.value) }
        if let asked = options.startCommand { first = Command(asked) }
        if first == nil, options.app == nil { first = try Self.appEngine(project, all) }
        let named = try first.flatMap { try Self.program(of: $0, in: project, all) }
        program =
            try named.flatMap { named in
                options.app == nil ? Decided(named, first?.reason ?? .usual(why: "")) : nil
            } ?? project.program(among: all)
        var programs = [program.value]
        for (_, command) in others.sorted(by: { $0.key < $1.key }) + (first.map { [("", $0)] } ?? []) {
            guard let more = try Self.program(of: command, in: project, all), !programs.contains(more) else { continue }
            if let same = programs.first(where: { $0.name == more.name }) {
                throw PlanError.unusable(
                    place: command.place, what: "\(same.folder) and \(more.folder) would be files of one name",
                    fix: "rename the folder of one of them")
            }
            programs.append(more)
        }
        self.programs = programs
        self.first = first
        self.others = others
        self.warnings = warnings
    }

    /// The process that the image starts: `--process`, else `web`, else the only one.
    private static func chosen(
        _ procfile: Procfile, _ processes: [Procfile.Process], _ options: PlanOptions
    ) throws -> String? {
        if let asked = options.process {
            if options.processes[asked.value] != nil { return nil }
            guard processes.contains(where: { $0.name == asked.value }) else {
                throw PlanError.unknownProcess(
                    name: asked.value, option: asked.option,
                    known: (processes.map(\.name) + options.processes.keys).sorted())
            }
            return asked.value
        }
        // A command that is given starts; the process is only kept from being listed twice.
        guard options.startCommand == nil else {
            return (processes.first { $0.name == "web" } ?? processes.first)?.name
        }
        return try procfile.usual()?.name
    }

    /// `entrypoint` of app.yaml as a command, else `main` as the folder of the program.
    private static func appEngine(_ project: GoProject, _ all: [GoProject.Program]) throws -> Command? {
        let path = project.tree.service.appending(name: "app.yaml")
        guard let text = try project.tree.text(at: path) else { return nil }
        var main: Command?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let match = line.wholeMatch(of: /(entrypoint|main):\s+(\S.*)/)?.output else { continue }
            let value = String(match.2).trimmingSpaces().trimmingQuotes()
            let evidence = Evidence(path: path, line: index + 1, excerpt: String(line))
            let command = try command(value, .found(evidence: [evidence]), place: "\(evidence)")
            if match.1 == "entrypoint" { return command }
            main = command
        }
        return main
    }

    private static func command(_ text: String, _ reason: Reason, place: String) throws -> Command {
        let split: SplitCommand
        do { split = try CommandLine.split(text) } catch {
            throw PlanError.unusable(place: place, what: "\(error)", fix: "write a program with its arguments")
        }
        if let syntax = split.shellSyntax {
            throw PlanError.needsShell(command: text, place: place, syntax: syntax, base: "a runtime for Go")
        }
        return Command(
            words: split.words.map { Command.Word(parts: $0.parts) },
            environment: Dictionary(
                split.assignments.compactMap { item in item.value.plain.map { (item.name, Decided($0, reason)) } },
                uniquingKeysWith: { $1 }), defaults: split.defaults, reason: reason, place: place)
    }

    /// The program that a command starts: `./api`, `bin/api`, `/app/api`, `go run ./cmd/api`; nil for another command.
    private static func program(
        of command: Command, in project: GoProject, _ all: [GoProject.Program]
    ) throws -> GoProject.Program? {
        let words = command.words.map { $0.plain ?? "" }
        guard let word = words.first else { return nil }
        let isRun = word == "go" && words.count > 2 && words[1] == "run"
        let target = isRun ? words[2] : word
        var found = project.programs(named: target, among: all)
        if found.isEmpty, let name = target.split(separator: "/").last {
            found = all.filter { $0.name == name }
        }
        // `go build -o server .`: with one program, any name of the folder's own is that program.
        if found.isEmpty, isRun || word.hasPrefix("./") || word.hasPrefix("bin/"), all.count == 1 { found = all }
        if found.count == 1 { return found[0] }
        guard found.isEmpty, !command.isRequested, !word.hasPrefix("/") else { return nil }
        throw PlanError.unusable(
            place: command.place, what: "starts '\(word)', which is no program of the service",
            fix: "the programs are " + all.map { "\($0.name) (\($0.folder))" }.joined(separator: ", "))
    }

    /// The command that the image starts, with the programs at their places.
    func entrypoint(_ project: GoProject, variables: [String: String]) throws -> Decided<[String]> {
        guard let first else {
            return Decided(
                ["\(GoSteps.place(of: program.value))"], .found(evidence: [program.value.evidence]),
                alternatives: program.alternatives)
        }
        return Decided(try words(first, project, variables), first.reason)
    }

    /// The other processes, by name.
    func processes(_ project: GoProject, variables: [String: String]) throws -> [String: Decided<[String]>] {
        try others.mapValues { Decided(try words($0, project, variables), $0.reason) }
    }

    /// Variables that the first command sets or gives a default to.
    var environment: [String: Decided<String>] {
        guard let first else { return [:] }
        return first.defaults.mapValues { Decided($0, first.reason) }.merging(first.environment) { $1 }
    }

    /// What is fixed at build time for want of a shell.
    func fixedVariables() -> [String] {
        let all = [first].compactMap(\.self) + others.sorted { $0.key < $1.key }.map(\.value)
        return all.compactMap { command in
            let names = command.words.flatMap(\.variables)
            guard let name = names.first else { return nil }
            return "\(command.place): the image has no shell, so $\(name) is replaced by its value now; a program that "
                + "reads \(name) itself can be told at run time"
        }
    }

    private func words(_ command: Command, _ project: GoProject, _ variables: [String: String]) throws -> [String] {
        let known = variables.merging(command.defaults) { $1 }.merging(command.environment.mapValues(\.value)) { $1 }
        var words = try command.words.map { word in
            try word.parts.map { part -> String in
                switch part {
                case .text(let text): return text
                case .variable(let name):
                    guard let value = known[name] else {
                        throw PlanError.needsShell(
                            command: command.words.map(\.written).joined(separator: " "), place: command.place,
                            syntax: "${\(name)}", base: "a runtime for Go")
                    }
                    return value
                }
            }.joined()
        }
        if let program = try Self.program(of: command, in: project, programs) {
            let isRun = words.count > 2 && words[0] == "go" && words[1] == "run"
            words = ["\(GoSteps.place(of: program))"] + words.dropFirst(isRun ? 3 : 1)
        }
        return words
    }
}

extension GoStart.Command {
    /// A command of an option: `${NAME}` is the value of a variable.
    fileprivate init(_ asked: Requested<[String]>) {
        words = asked.value.map { word in
            let split = try? CommandLine.split("\"" + word.replacing("\"", with: "\\\"") + "\"")
            guard word.contains("${"), let split, split.shellSyntax == nil, split.words.count == 1 else {
                return Word(parts: [.text(word)])
            }
            return Word(parts: split.words[0].parts)
        }
        environment = [:]
        defaults = [:]
        reason = asked.reason
        place = asked.option
    }

    fileprivate var isRequested: Bool { if case .requested = reason { true } else { false } }
}

extension String {
    /// Without quotes at both ends.
    fileprivate func trimmingQuotes() -> String {
        guard count > 1, let quote = first, "\"'".contains(quote), last == quote else { return self }
        return String(dropFirst().dropLast())
    }
}
