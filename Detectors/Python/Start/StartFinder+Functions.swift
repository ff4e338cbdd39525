import Planning

/// Functions that Google's functions-framework serves.
extension StartFinder {
    private struct Function {
        let name: String
        let module: PythonModule
        let evidence: Evidence
    }

    /// The function with the framework's decorator; fails where several have it, or where none has and `main.py` does nothing else.
    func fromFunction(_ selected: Requested<String>?) throws -> StartCommand? {
        guard let tool = requirements?.requirement("functions-framework") else { return nil }
        var found = try functions()
        if let selected {
            found = found.filter { [$0.name, "\($0.module.name):\($0.name)"].contains(selected.value) }
        }
        guard found.count <= 1 else {
            throw PlanError.severalPrograms(
                what: "several functions",
                candidates: found.map { PlanError.Candidate($0.name, evidence: "\($0.evidence)") }, option: "--app")
        }
        guard let only = found.first else {
            if selected == nil { try refuseUndecorated() }
            return nil
        }
        let words = [
            "functions-framework", "--source", Self.template(project.relative(only.module.path).description),
            "--target", only.name, "--host", "0.0.0.0", "--port", "${PORT}",
        ]
        var start = StartCommand(
            words: words, folder: project.tree.service, reason: .found(evidence: [only.evidence, tool.evidence]),
            isWeb: true)
        start.framework = Decided("functions-framework", .found(evidence: [only.evidence]))
        return start
    }

    private func functions() throws -> [Function] {
        try project.topScripts.filter { !ScriptFiles.isHelper(project.relative($0)) }.flatMap { path -> [Function] in
            guard let module = try modules.module(at: path) else { return [] }
            let statements = module.source.topLevel
            return statements.indices.compactMap { index in
                guard isDecorator(statements[index].text, module),
                    let definition = statements[index...].first(where: { !$0.text.hasPrefix("@") }),
                    let match = definition.text.prefixMatch(of: /def\s+(\w+)/)?.output
                else { return nil }
                return Function(name: String(match.1), module: module, evidence: module.evidence(definition))
            }
        }
    }

    private func isDecorator(_ text: String, _ module: PythonModule) -> Bool {
        guard let match = text.prefixMatch(of: /@([\w.]+)/)?.output else { return false }
        let kinds: Set = [
            "functions_framework.http", "functions_framework.cloud_event", "functions_framework.typed",
        ]
        return !kinds.isDisjoint(with: module.origins(of: String(match.1)))
    }

    /// Run as a script such a file would define its function and end.
    private func refuseUndecorated() throws {
        let path = try project.path("main.py")
        guard let main = try modules.module(at: path), main.mainBlock == nil,
            let function = main.source.topLevel.first(where: { $0.text.hasPrefix("def ") })
        else { return }
        throw PlanError.unusable(
            place: "\(main.evidence(function))",
            what: "functions-framework serves a function with its decorator, and none has it",
            fix: "write @functions_framework.http above the function, or give the command with --set "
                + "start='functions-framework --target NAME --host 0.0.0.0 --port $PORT'")
    }
}
