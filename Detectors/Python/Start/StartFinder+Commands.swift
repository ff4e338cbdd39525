import Planning

/// Commands that files hold as they are: the Procfile's and App Engine's.
extension StartFinder {
    /// The Procfile's process: the one asked for, else `web`, else the only one.
    func fromProcfile() throws -> StartCommand? {
        guard let procfile else { return try unknownProcess([]) }
        let startable = procfile.startable
        if let asked = project.options.process {
            guard let process = procfile.processes.first(where: { $0.name == asked.value }) else {
                return try unknownProcess(startable.map(\.name))
            }
            return try start(process, in: procfile)
        }
        return try procfile.usual().map { try start($0, in: procfile) }
    }

    private func unknownProcess(_ known: [String]) throws(PlanError) -> StartCommand? {
        guard let asked = project.options.process else { return nil }
        throw .unknownProcess(name: asked.value, option: asked.option, known: known)
    }

    /// A process of the Procfile as a command.
    func start(_ process: Procfile.Process, in procfile: Procfile) throws -> StartCommand {
        try start(process.command, procfile.evidence(for: process), isWeb: process.name == "web")
    }

    /// A command that a file holds as one text.
    private func start(_ text: String, _ evidence: Evidence, isWeb: Bool) throws -> StartCommand {
        let reason = Reason.found(evidence: [evidence])
        let split: SplitCommand
        do { split = try CommandLine.split(text) } catch {
            throw PlanError.unusable(place: "\(evidence)", what: "\(error)", fix: "write a program with its arguments")
        }
        var start = StartCommand(
            words: [], folder: project.tree.service, reason: reason, isWeb: isWeb)
        if let syntax = split.shellSyntax {
            start.shell = .init(text: text, syntax: syntax, place: "\(evidence)")
        }
        for (name, value) in split.defaults { start.environment[name] = Decided(value, reason) }
        for assignment in split.assignments {
            if let value = assignment.value.plain, isWeb {
                start.environment[assignment.name] = Decided(value, reason)
            } else {
                start.words.append("\(assignment.name)=\(assignment.value.template)")
            }
        }
        start.words += split.words.map(\.template)
        if text.contains(/(127\.0\.0\.1|localhost):/), start.isWeb {
            start.warnings.append("\(evidence): listens on the loopback address only; nothing outside can reach it")
        }
        return start
    }

    /// App Engine's `entrypoint`.
    func fromAppYAML() throws -> StartCommand? {
        guard let entry = try AppYAML.read(from: project)?.entrypoint else { return nil }
        return try start(entry.value, entry.evidence, isWeb: true)
    }
}
