import Formats
import Planning

/// What `setup.cfg` and a plain `setup.py` say of a project; neither is run.
struct SetupFiles: Sendable {
    let name: String?
    /// The file that builds the project: `setup.py`, else `setup.cfg`.
    let evidence: Evidence
    /// Both, where they are there.
    let files: [SourcePath]
    /// Whether one of them says which packages there are.
    let namesPackages: Bool
    /// What is installed with it; nil where only running the file would tell.
    let dependencies: [Requirement]?
    let extras: [String: [Requirement]]

    /// The files in a folder; nil where there is neither `setup.py` nor a `setup.cfg` with a project.
    static func read(in folder: SourcePath, of tree: any SourceTree) throws -> SetupFiles? {
        let config = try SetupConfig.read(in: folder, of: tree)
        let script = try SetupScript.read(in: folder, of: tree)
        guard config != nil || script != nil else { return nil }
        let evidence = script?.evidence ?? config?.evidence
        guard let evidence else { return nil }
        let dependencies: [Requirement]?
        // What the script says counts before the configuration.
        if let script, script.says("install_requires") {
            dependencies = script.dependencies
        } else if script?.isOpaque == true {
            dependencies = nil
        } else {
            dependencies = config?.dependencies ?? []
        }
        return SetupFiles(
            name: script?.name ?? config?.name, evidence: evidence,
            files: [script?.evidence.path, config?.evidence.path].compactMap { $0 },
            namesPackages: script?.namesPackages == true || config?.namesPackages == true,
            dependencies: dependencies,
            extras: (config?.extras ?? [:]).merging(script?.extras ?? [:]) { _, own in own })
    }
}

/// `setup.cfg`, the declarative form of setuptools.
struct SetupConfig: Sendable {
    let name: String?
    let evidence: Evidence
    let namesPackages: Bool
    /// Nil where it names nothing.
    let dependencies: [Requirement]?
    let extras: [String: [Requirement]]

    static func read(in folder: SourcePath, of tree: any SourceTree) throws -> SetupConfig? {
        let path = try folder.appending("setup.cfg")
        guard let text = try tree.text(at: path) else { return nil }
        let file = try ConfigFile(parsing: text, file: "\(path)")
        guard file.sections["options"] != nil || file.value("metadata", "name") != nil else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func requirements(_ value: Located<String>) throws -> [Requirement] {
            var found: [Requirement] = []
            for line in value.value.split(separator: "\n").map({ $0.trimmingSpaces() }) where !line.isEmpty {
                if line.hasPrefix("file:") {
                    for name in line.dropFirst(5).split(separator: ",").map({ $0.trimmingSpaces() }) {
                        found += try RequirementsParser.read(folder.appending(name), from: tree).requirements
                    }
                    continue
                }
                let row = lines.dropFirst(value.line - 1).firstIndex { $0.contains(line) }.map { $0 + 1 } ?? value.line
                let evidence = Evidence(path: path, line: row, excerpt: line)
                found.append(try RequirementsParser.requirement(line, in: folder, of: tree, evidence))
            }
            return found
        }
        var extras: [String: [Requirement]] = [:]
        for (key, value) in file.sections["options.extras_require"] ?? [:] { extras[key] = try requirements(value) }
        let first = file.value("options", "install_requires") ?? file.value("metadata", "name")
        return SetupConfig(
            name: file.value("metadata", "name")?.value,
            evidence: Evidence(path: path, line: first?.line, excerpt: "setup.cfg"),
            namesPackages: file.value("options", "packages") != nil || file.value("options", "py_modules") != nil,
            dependencies: try file.value("options", "install_requires").map(requirements), extras: extras)
    }
}

/// `setup.py`, of which only plain literals are read.
struct SetupScript: Sendable {
    let name: String?
    let evidence: Evidence
    private let call: String
    /// Nil where they are no literals.
    let dependencies: [Requirement]?
    let extras: [String: [Requirement]]

    var namesPackages: Bool { says("packages") || says("py_modules") || says("ext_modules") }

    /// Whether there is no call of `setup`, or one with arguments from somewhere else.
    var isOpaque: Bool { call.isEmpty || call.contains("**") }

    /// Whether the call of `setup` has an argument.
    func says(_ argument: String) -> Bool { Self.value(of: argument, in: call) != nil }

    static func read(in folder: SourcePath, of tree: any SourceTree) throws -> SetupScript? {
        let path = try folder.appending("setup.py")
        guard let text = try tree.text(at: path) else { return nil }
        let source = PythonSource(text)
        guard let statement = source.statements.first(where: { $0.text.contains(/\bsetup\s*\(/) }) else {
            return SetupScript(
                name: nil, evidence: Evidence(path: path, excerpt: "setup.py"), call: "", dependencies: nil, extras: [:]
            )
        }
        let evidence = Evidence(path: path, line: statement.line, excerpt: "setup")
        var names: [String: String] = [:]
        for other in source.topLevel {
            if let match = other.text.wholeMatch(of: /([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*([^=].*)/)?.output {
                names[String(match.1)] = String(match.2)
            }
        }
        func expression(_ argument: String) -> String? {
            let written = value(of: argument, in: statement.text)
            return written.map { names[$0] ?? $0 }
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func requirements(_ expression: String?) throws -> [Requirement]? {
            guard let expression, let texts = PythonLiteral.strings(expression) else { return nil }
            return try texts.map { text in
                let row = lines.firstIndex { $0.contains(text) }.map { $0 + 1 } ?? statement.line
                return try RequirementsParser.requirement(
                    text, in: folder, of: tree, Evidence(path: path, line: row, excerpt: text))
            }
        }
        var extras: [String: [Requirement]] = [:]
        for (name, list) in expression("extras_require").flatMap(PythonLiteral.lists) ?? [:] {
            extras[name] = try requirements(list)
        }
        return SetupScript(
            name: expression("name").flatMap(PythonLiteral.string), evidence: evidence, call: statement.text,
            dependencies: try requirements(expression("install_requires")), extras: extras)
    }

    /// The expression that a call gives to a keyword argument.
    private static func value(of argument: String, in call: String) -> String? {
        guard let open = call.firstRange(of: /\bsetup\s*\(/)?.upperBound else { return nil }
        for part in PythonLiteral.elements(String(call[open...]).droppingLast(")")) {
            guard let mark = part.firstIndex(of: "="), part[..<mark].trimmingSpaces() == argument else { continue }
            return part[part.index(after: mark)...].trimmingSpaces()
        }
        return nil
    }
}

extension String {
    /// Without a text at the end, where it is there.
    fileprivate func droppingLast(_ text: String) -> String {
        let kept = trimmingSpaces()
        return kept.hasSuffix(text) ? String(kept.dropLast(text.count)) : kept
    }
}
