import Formats
import Planning

/// Reads commands as people write them for a JVM: `java $JAVA_OPTS -jar target/*.jar`.
struct JavaCommandParser {
    let project: JavaProject
    let build: JavaBuild
    let container: ServletContainer?

    /// The command of an option, which is split into words already.
    func parse(_ asked: Requested<[String]>) throws -> JavaCommand {
        let text = asked.value.map { word in
            word.contains { $0.isWhitespace || "\"'*?[$;&|<>()".contains($0) } && !word.contains("${")
                ? "\"" + word.replacing("\"", with: "\\\"") + "\"" : word
        }.joined(separator: " ")
        return try parse(text, asked.reason, place: asked.option)
    }

    /// Reads a text; fails where it starts what the image cannot hold.
    func parse(_ text: String, _ reason: Reason, place: String) throws -> JavaCommand {
        var command = JavaCommand(reason: reason, place: place)
        if container != nil {
            // webapp-runner, jetty-runner and their like: the image has a container of its own.
            command.target = .container
            command.warnings = [
                "\(place): '\(text)' is not run; the image's servlet container runs the web application"
            ]
            return command
        }
        let archive = text.firstMatch(of: #/\s-jar\s+(\S+)/#).map { String($0.output.1) }
        var plain = text
        if let archive, let range = text.firstRange(of: archive) {
            command.archive = archive.trimmingMarks()
            plain.replaceSubrange(range, with: "\(JavaSteps.archive)")
        }
        // A shell leaves patterns that match nothing as they are, and class paths are not for it to expand.
        plain.replace(#/(\s)(-D[^\s"']*[\[*?][^\s"']*)/#) { "\($0.output.1)\"\($0.output.2)\"" }
        plain.replace(#/\s(?:-cp|-classpath|--class-path)[\s=]+(\S+)/#) { " -cp \"\($0.output.1.trimmingMarks())\"" }
        let split: SplitCommand
        do { split = try CommandLine.split(plain) } catch {
            throw PlanError.unusable(place: place, what: "\(error)", fix: "write 'java -jar' with the archive")
        }
        if let syntax = split.shellSyntax {
            command.shell = (plain, syntax)
            guard archive != nil else {
                throw PlanError.unusable(
                    place: place, what: "'\(text)' needs a shell ('\(syntax)') and names no archive",
                    fix: "write one 'java -jar' with its arguments")
            }
            return command
        }
        for item in split.assignments {
            if let value = item.value.plain { command.environment[item.name] = Decided(value, reason) }
        }
        command.defaults = split.defaults
        command.environment.merge(split.defaults.mapValues { Decided($0, reason) }) { one, _ in one }
        try read(split.words.map { JavaCommand.Word(parts: $0.parts) }, into: &command, text)
        return command
    }

    private func read(_ words: [JavaCommand.Word], into command: inout JavaCommand, _ text: String) throws {
        let program = words.first.map(\.written) ?? ""
        let name = program.split(separator: "/").last.map(String.init) ?? program
        if name == "java" { return try readJava(words.dropFirst(), into: &command) }
        if ["mvn", "mvnw", "gradle", "gradlew"].contains(name) {
            command.warnings.append(
                "\(command.place): '\(text)' starts the build tool, which no image holds; the archive that it makes "
                    + "is started")
            return
        }
        // `sh target/bin/web` and `build/install/web/bin/web`: start scripts that a plugin makes.
        let words = ["sh", "bash"].contains(name) ? words.dropFirst() : words[...]
        guard let script = words.first?.plain, case let path = script.trimmingDotSlash() else {
            throw unknown(text, command.place)
        }
        if let source = project.tree.service.resolving(path), project.tree.hasFile(source) {
            return try readScript(source, words.dropFirst(), into: &command)
        }
        guard path.contains("/bin/") || path.hasPrefix("bin/") else { throw unknown(text, command.place) }
        command.archive = path
        command.arguments = Array(words.dropFirst())
    }

    private func unknown(_ text: String, _ place: String) -> PlanError {
        .unusable(
            place: place, what: "'\(text)' starts no Java program",
            fix: "write 'java -jar' with the archive, or remove it: the archive is found by itself")
    }

    /// The options of a JVM, and the archive or class after them.
    private func readJava(_ words: ArraySlice<JavaCommand.Word>, into command: inout JavaCommand) throws {
        var rest = words
        while let word = rest.popFirst() {
            let text = word.written
            if let variable = word.onlyVariable {
                try add(variable, word, &command)
            } else if text == "-jar" {
                rest = rest.dropFirst()
                command.arguments = Array(rest)
                break
            } else if ["-cp", "-classpath", "--class-path", "-p", "--module-path"].contains(text) {
                rest = rest.dropFirst()
            } else if text == "-m" || text == "--module" {
                let module = rest.popFirst()?.plain ?? ""
                command.target = .mainClass(module.split(separator: "/").last.map(String.init) ?? module)
                command.arguments = Array(rest)
                break
            } else if Self.withValue.contains(text) {
                command.options += [word] + rest.prefix(1)
                rest = rest.dropFirst()
            } else if text.hasPrefix("-") {
                command.options.append(port(word))
            } else {
                let name = text.hasSuffix(".java") ? String(text.dropLast(5)) : text
                command.target = .mainClass(name.replacing("/", with: "."))
                command.arguments = Array(rest)
                break
            }
        }
        command.arguments = command.arguments.map(port)
        ship(named: command.options + command.arguments, &command)
    }

    private static let withValue: Set<String> = [
        "--add-opens", "--add-exports", "--add-modules", "--add-reads", "--limit-modules", "--patch-module",
        "--enable-native-access",
    ]

    /// Variables that people fill with options of the JVM.
    private static let optionVariables: Set<String> = [
        "JAVA_OPTS", "JAVA_OPTIONS", "JVM_OPTS", "JVM_ARGS", "JAVA_ARGS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS",
    ]

    /// `$JAVA_OPTS` among the options: its value where one is known, else nothing.
    private func add(_ variable: String, _ word: JavaCommand.Word, _ command: inout JavaCommand) throws {
        let known = project.options.environment[variable]?.value ?? command.environment[variable]?.value
        if let known, let split = try? CommandLine.split("java " + known) {
            command.options += split.words.dropFirst().map { JavaCommand.Word(parts: $0.parts) }
        } else if Self.optionVariables.contains(variable) {
            guard !["JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"].contains(variable) else { return }
            command.warnings.append(
                "\(command.place): the image has no shell that would put $\(variable) in; the JVM itself reads "
                    + "JAVA_TOOL_OPTIONS")
        } else {
            command.options.append(word)
        }
    }

    /// `-Dserver.port=$PORT` in the words of a framework that puts variables in by itself.
    private func port(_ word: JavaCommand.Word) -> JavaCommand.Word {
        guard word.variables == ["PORT"], JavaListening.putsVariablesIn(build),
            case .text(let head)? = word.parts.first,
            head.contains("port=")
        else { return word }
        return JavaCommand.Word(parts: [.text("\(head)${PORT:\(JavaListening.usual(build))}")])
    }

    /// Files of the service that words name: `-javaagent:agents/trace.jar`, `server config.yml`.
    private func ship(named words: [JavaCommand.Word], _ command: inout JavaCommand) {
        for word in words {
            guard let text = word.plain else { continue }
            let candidates = text.split(whereSeparator: { ":=,".contains($0) }).map(String.init) + [text]
            for candidate in candidates where !candidate.hasPrefix("/") {
                guard let path = project.tree.service.resolving(candidate.trimmingDotSlash()),
                    path != project.tree.service, path.isInside(project.tree.service), project.tree.hasFile(path)
                else { continue }
                // An agent reads what lies beside it.
                let isAgent = text.hasPrefix("-javaagent:") && path.parent != project.tree.service
                command.ships.append(isAgent ? path.parent ?? path : path)
            }
        }
    }

    // MARK: Scripts

    /// A start script of the service that is one command of a JVM.
    private func readScript(
        _ path: SourcePath, _ arguments: ArraySlice<JavaCommand.Word>, into command: inout JavaCommand
    ) throws {
        let lines = (try project.tree.text(at: path) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
        let code = lines.enumerated().map { ($0.offset + 1, $0.element.trimmingSpaces()) }.filter {
            !$0.1.isEmpty && !$0.1.hasPrefix("#") && $0.1.wholeMatch(of: #/set\s+-\w+(\s+pipefail)?/#) == nil
        }
        guard code.count == 1, let (line, text) = code.first,
            text.wholeMatch(of: #/(exec\s+)?\S*java\s.*/#) != nil, arguments.isEmpty
        else {
            throw PlanError.unusable(
                place: "\(path)", what: "does more than to start one JVM, and an image of a JVM has no shell",
                fix: "name the command of the JVM itself, as in --set start='java -jar target/app.jar'")
        }
        let evidence = Evidence(path: path, line: line, excerpt: text)
        let body = text.replacing(#/\s+"?\$[@*]"?$/#, with: "")
        command = try parse(body, .found(evidence: [evidence]), place: "\(evidence)")
    }

    // MARK: No command

    /// What starts where nobody says: the archive, with the arguments that its framework needs.
    func usual() throws -> JavaCommand {
        var command = JavaCommand(
            reason: .usual(why: "the archive that the step 'archive' finds"), place: "the default")
        if let container {
            command.target = .container
            command.reason = container.servlet.reason
        }
        guard build.uses("dropwizard") else { return command }
        let evidence = build.framework.map(\.reason) ?? command.reason
        command.arguments = [JavaCommand.Word(parts: [.text("server")])]
        command.reason = evidence
        if let config = try JavaListening.dropwizardFile(project) {
            let relative = config.relative(to: project.tree.service) ?? config
            command.arguments.append(JavaCommand.Word(parts: [.text("\(relative)")]))
            command.ships = [config]
            command.reason = .found(evidence: [Evidence(path: config, excerpt: config.name)])
        }
        return command
    }
}

extension JavaBuild {
    /// Whether the build files name one of these frameworks.
    func uses(_ names: String...) -> Bool {
        guard let framework else { return false }
        return names.contains(framework.value.lowercased().replacing(" ", with: "-"))
    }
}

extension StringProtocol {
    /// Without `./` in front.
    fileprivate func trimmingDotSlash() -> String { hasPrefix("./") ? String(dropFirst(2)) : String(self) }

    /// Without quotes at both ends.
    fileprivate func trimmingMarks() -> String {
        guard count > 1, let quote = first, "\"'".contains(quote), last == quote else { return String(self) }
        return String(dropFirst().dropLast())
    }
}
