import Formats
import Planning

/// Reads a requirements file with the files it includes, by pip's grammar.
struct RequirementsParser {
    private let tree: any SourceTree
    private var set: RequirementSet
    /// The folder that paths are seen from; the service's for a requirements file, as pip runs there.
    private let folder: SourcePath
    private var seen: Set<SourcePath> = []
    /// Nobody writes as many, and the stack is not endless.
    private static let fileLimit = 200

    private init(tree: any SourceTree, set: RequirementSet, folder: SourcePath? = nil) {
        self.tree = tree
        self.set = set
        self.folder = folder ?? tree.service
    }

    /// Reads `root` and what it includes; every error names file and line.
    static func read(_ root: SourcePath, from tree: any SourceTree) throws -> RequirementSet {
        var parser = RequirementsParser(tree: tree, set: RequirementSet(root: root))
        try parser.read(root, isConstraint: false, from: nil)
        return parser.set
    }

    /// One requirement (PEP 508) that stands somewhere else than in a requirements file; paths are seen from `folder`.
    static func requirement(
        _ text: String, in folder: SourcePath, of tree: any SourceTree, _ evidence: Evidence
    ) throws -> Requirement {
        try RequirementsParser(tree: tree, set: RequirementSet(root: evidence.path), folder: folder)
            .parsed(text, isEditable: false, evidence)
    }

    private mutating func read(_ path: SourcePath, isConstraint: Bool, from includer: Evidence?) throws {
        guard seen.insert(path).inserted else { return }
        guard seen.count <= Self.fileLimit else {
            throw PlanError.unusable(
                place: includer?.description ?? "\(path)", what: "more than \(Self.fileLimit) files include each other",
                fix: "write the requirements into fewer files")
        }
        guard let text = try tree.text(at: path) else {
            throw PlanError.unusable(
                place: includer?.description ?? "\(path)", what: "there is no file '\(path)'",
                fix: "correct the path, or let the file into the build if it is ignored")
        }
        set.files.append(path)
        for line in Self.logicalLines(text) {
            let evidence = Evidence(path: path, line: line.number, excerpt: line.text)
            try noteVariables(line.text, evidence)
            if line.text.hasPrefix("-") {
                try readOption(line.text, isConstraint: isConstraint, evidence)
            } else if !isConstraint {
                set.requirements.append(try requirement(line.text, isEditable: false, evidence))
            } else {
                let constraint = try requirement(line.text, isEditable: false, evidence)
                set.constraints.append(WrittenLine(text: line.text, evidence: evidence))
                if let name = constraint.name, constraint.specifier.hasPrefix("==") { set.constrained.insert(name) }
            }
        }
    }

    struct Line: Hashable {
        let number: Int
        let text: String
    }

    /// Lines with continuations joined and comments taken out.
    static func logicalLines(_ text: String) -> [Line] {
        var lines: [Line] = []
        var pending: (number: Int, text: String)?
        func finish(_ number: Int, _ text: String) {
            let kept =
                (text.hasPrefix("#") ? "" : text.firstRange(of: /\s#/).map { String(text[..<$0.lowerBound]) } ?? text)
                .trimmingSpaces()
            if !kept.isEmpty { lines.append(Line(number: number, text: kept)) }
        }
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let isComment = raw.trimmingSpaces().hasPrefix("#")
            let start = pending ?? (index + 1, "")
            if raw.hasSuffix("\\"), !isComment {
                pending = (start.number, start.text + raw.dropLast() + " ")
            } else {
                finish(start.number, isComment ? start.text : start.text + raw)
                pending = nil
            }
        }
        if let pending { finish(pending.number, pending.text) }
        return lines
    }

    private mutating func noteVariables(_ text: String, _ evidence: Evidence) throws {
        for match in text.matches(of: /\$\{([A-Z0-9_]+)\}/) where set.variables[String(match.output.1)] == nil {
            set.variables[String(match.output.1)] = evidence
        }
        if WrittenLine.hasPassword(text) { set.hasCredentials.append(evidence) }
    }

    /// Options of a line of their own; true where a value follows.
    private static let options: [String: Bool] = [
        "-r": true, "--requirement": true, "-c": true, "--constraint": true, "-e": true, "--editable": true,
        "-i": true, "--index-url": true, "--pypi-url": true, "--extra-index-url": true, "--no-index": false,
        "-f": true, "--find-links": true, "--no-binary": true, "--only-binary": true, "--prefer-binary": false,
        "--require-hashes": false, "--pre": false, "--trusted-host": true, "--use-feature": true,
    ]

    private mutating func readOption(_ text: String, isConstraint: Bool, _ evidence: Evidence) throws {
        let (name, value) = try Self.splitOption(text, evidence)
        switch name {
        case "-f" where !value.contains("://"), "--find-links" where !value.contains("://"), "--require-hashes", "-r",
            "--requirement", "-c", "--constraint", "-e", "--editable":
            break
        default: set.options.append(WrittenLine(text: text, evidence: evidence))
        }
        switch name {
        case "-r", "--requirement", "-c", "--constraint":
            let folder = evidence.path.parent ?? .root
            guard !value.contains("://") else {
                throw PlanError.unusable(
                    place: "\(evidence)", what: "includes '\(value)' from the network",
                    fix: "put the file into the service, so that a build depends on nothing else")
            }
            let path = try inside(folder.resolving(value), value, evidence)
            try read(path, isConstraint: isConstraint || name == "-c" || name == "--constraint", from: evidence)
        case "-e", "--editable":
            set.requirements.append(try requirement(value, isEditable: true, evidence))
        case "-f", "--find-links":
            if !value.contains("://") { set.linkFolders.append(try links(value, evidence)) }
        case "--no-binary":
            for name in value.split(separator: ",") {
                if name == ":none:" {
                    set.noBinary = [:]
                } else {
                    set.noBinary[name.hasPrefix(":") ? String(name) : Requirement.normalized(String(name))] = evidence
                }
            }
        case "--require-hashes": set.requiresHashes = true
        default: break
        }
    }

    /// A folder of files: from the requirements file's own folder where it is there, else from where pip runs.
    private func links(_ value: String, _ evidence: Evidence) throws -> SourcePath {
        if let beside = (evidence.path.parent ?? .root).resolving(value), tree.entry(at: beside) != nil {
            return beside
        }
        return try local(value, evidence)
    }

    private static func splitOption(_ text: String, _ evidence: Evidence) throws(PlanError) -> (String, String) {
        var name = String(text.prefix { !$0.isWhitespace && $0 != "=" })
        var value = text.dropFirst(name.count).drop { $0.isWhitespace || $0 == "=" }.trimmingSpaces()
        if !name.hasPrefix("--"), name.count > 2 {
            value = String(text.dropFirst(2))
            name = String(name.prefix(2))
        }
        guard let takesValue = options[name] else {
            let meant = Suggestion.nearest(name, in: options.keys.sorted()).map { "did you mean \($0)?" }
            throw .unusable(
                place: "\(evidence)", what: "pip knows no option '\(name)' in a requirements file",
                fix: meant ?? "remove it, or set it in pip.conf and pass that with --secret id=pip.conf,src=FILE")
        }
        guard takesValue == !value.isEmpty else {
            throw .unusable(
                place: "\(evidence)", what: "'\(name)' \(takesValue ? "needs a value" : "takes no value")",
                fix: "correct the line")
        }
        if value.count > 1, let quote = value.first, quote == "\"" || quote == "'", value.last == quote {
            value = String(value.dropFirst().dropLast())
        }
        return (name, value)
    }

    /// One requirement: a name with extras, versions, URL and marker; or a path; or a URL.
    private func requirement(_ text: String, isEditable: Bool, _ evidence: Evidence) throws -> Requirement {
        var result = try parsed(text, isEditable: isEditable, evidence)
        result.text = text
        return result
    }

    private func parsed(_ text: String, isEditable: Bool, _ evidence: Evidence) throws -> Requirement {
        var hashes: [String] = []
        var body = text
        if let options = body.firstRange(of: /\s--(hash|config-settings?|global-option|install-option)\b/) {
            hashes = body[options.lowerBound...].matches(of: /--hash[=\s]+(\S+)/).map { String($0.output.1) }
            body = body[..<options.lowerBound].trimmingSpaces()
        }
        if body.contains("://") || isEditable, !body.contains(/^[A-Za-z0-9._-]+(\[[^\]]*\])?\s*@\s/) {
            if let scheme = body.firstRange(of: "://"), !body.hasPrefix("file:") {
                let name = body.firstMatch(of: /#.*egg=([A-Za-z0-9._-]+)/).map { String($0.output.1) }
                return Requirement(
                    name: name.map(Requirement.normalized), extras: [], specifier: "",
                    marker: Self.marker(body[scheme.upperBound...]),
                    source: .url(body), isEditable: isEditable, hashes: hashes, evidence: evidence)
            }
        }
        if isEditable || Self.isPath(body) { return try localRequirement(body, isEditable, hashes, evidence) }
        return try named(body, hashes, evidence)
    }

    private static func marker(_ text: Substring) -> String? {
        text.firstRange(of: /\s;/).map { text[$0.upperBound...].trimmingSpaces() }
    }

    private static func isPath(_ text: String) -> Bool {
        let first = text.prefix { !$0.isWhitespace && $0 != ";" && $0 != "[" }
        return first == "." || first.hasPrefix("./") || first.hasPrefix("../") || first.hasPrefix("/")
            || first.hasPrefix("file:") || first.hasSuffix(".whl") || first.hasSuffix(".tar.gz")
            || first.hasSuffix(".zip") || (first.contains("/") && !text.contains("@"))
    }

    private func localRequirement(
        _ text: String, _ isEditable: Bool, _ hashes: [String], _ evidence: Evidence
    ) throws -> Requirement {
        let parts = text.split(separator: ";", maxSplits: 1).map { $0.trimmingSpaces() }
        var written = parts[0]
        var extras: [String] = []
        if written.hasSuffix("]"), let open = written.lastIndex(of: "[") {
            extras = written[written.index(after: open)...].dropLast().split(separator: ",").map { $0.trimmingSpaces() }
            written = String(written[..<open])
        }
        return Requirement(
            name: nil, extras: extras, specifier: "", marker: parts.count > 1 ? parts[1] : nil,
            source: .local(try local(written, evidence)), isEditable: isEditable, hashes: hashes, evidence: evidence)
    }

    /// A path as pip reads it.
    private func local(_ text: String, _ evidence: Evidence) throws(PlanError) -> SourcePath {
        var written = text
        for scheme in ["file://", "file:"] where written.hasPrefix(scheme) {
            written = String(written.dropFirst(scheme.count))
        }
        let path = try inside(folder.resolving(written), text, evidence)
        guard path == .root || tree.entry(at: path) != nil else {
            throw .unusable(
                place: "\(evidence)", what: "there is nothing at '\(path)'",
                fix: "correct the path, or let it into the build if it is ignored")
        }
        return path
    }

    private func inside(_ path: SourcePath?, _ text: String, _ evidence: Evidence) throws(PlanError) -> SourcePath {
        guard let path else {
            throw .unusable(
                place: "\(evidence)", what: "'\(text)' lies outside the source tree",
                fix: "move it into the service's folder, or build from the folder that holds both")
        }
        return path
    }

    private func named(_ text: String, _ hashes: [String], _ evidence: Evidence) throws(PlanError) -> Requirement {
        func broken(_ what: String) -> PlanError {
            .unusable(
                place: "\(evidence)", what: what, fix: "write it as in: name[extra]>=1.2,<2; python_version > \"3.8\"")
        }
        let pattern = /([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(.*)/
        guard let match = text.wholeMatch(of: pattern)?.output else { throw broken("'\(text)' is no requirement") }
        let name = Requirement.normalized(String(match.1))
        let extras = match.2.map { $0.split(separator: ",").map { $0.trimmingSpaces().lowercased() } } ?? []
        let rest = String(match.3)
        if rest.hasPrefix("@") {
            let url = rest.dropFirst().trimmingSpaces()
            let parts = url.split(separator: /\s+;\s*/, maxSplits: 1).map(String.init)
            guard let address = parts.first, address.contains("://") || address.hasPrefix("file:") else {
                throw broken("'\(text)' has no address after '@'")
            }
            let source: Requirement.Source =
                address.hasPrefix("file:") ? .local(try local(address, evidence)) : .url(address)
            return Requirement(
                name: name, extras: extras, specifier: "", marker: parts.count > 1 ? parts[1] : nil, source: source,
                isEditable: false, hashes: hashes, evidence: evidence)
        }
        let parts = rest.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false).map {
            $0.trimmingSpaces()
        }
        var clauses = parts.first ?? ""
        if clauses.hasPrefix("("), clauses.hasSuffix(")") { clauses = String(clauses.dropFirst().dropLast()) }
        let specifier: VersionSpecifier
        do { specifier = try VersionSpecifier(parsing: clauses) } catch {
            throw broken("'\(text)' is no requirement: \(error)")
        }
        return Requirement(
            name: name, extras: extras, specifier: specifier.text, marker: parts.count > 1 ? parts[1] : nil,
            source: .index, isEditable: false, hashes: hashes, evidence: evidence)
    }
}
