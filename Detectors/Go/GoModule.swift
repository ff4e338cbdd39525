import Formats
package import Planning

/// The directives of a `go.mod` or `go.work`: by keyword, in the order of the file (Go Modules Reference, "go.mod files").
struct GoDirectives: Sendable {
    /// Where the file is.
    let path: SourcePath
    private let lines: [String: [Line]]
    /// What stands behind `// +heroku KEY` comments.
    private let comments: [String: Line]

    /// A value and where it stands.
    struct Line: Hashable, Sendable {
        let value: String
        let evidence: Evidence

        /// The value's parts between spaces.
        var words: [String] { value.split(separator: " ").map(String.init) }
    }

    /// Parses the text; fails at a directive without a value.
    init(parsing text: String, path: SourcePath) throws(PlanError) {
        var lines: [String: [Line]] = [:]
        var comments: [String: Line] = [:]
        var block: String?
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let evidence = Evidence(path: path, line: index + 1, excerpt: raw.trimmingSpaces())
            if let note = raw.firstMatch(of: #/^\s*//\s*\+heroku\s+(\w+)\s+(.+)$/#)?.output {
                comments[String(note.1)] = Line(value: String(note.2).trimmingSpaces(), evidence: evidence)
            }
            let words = Self.words(raw)
            guard let first = words.first else { continue }
            if block != nil, words == [")"] {
                block = nil
                continue
            }
            if block == nil, words.count == 2, words[1] == "(" {
                block = first
                continue
            }
            let verb = block ?? first
            let value = (block == nil ? words.dropFirst() : words[...]).joined(separator: " ")
            guard !value.isEmpty else {
                let tool = path.name == "go.work" ? "go work edit" : "go mod edit"
                throw .unusable(
                    place: "\(path):\(index + 1)", what: "'\(first)' has no value", fix: "check it with '\(tool)'")
            }
            lines[verb, default: []].append(Line(value: value, evidence: evidence))
        }
        self.path = path
        self.lines = lines
        self.comments = comments
    }

    /// All lines of a keyword.
    func all(_ keyword: String) -> [Line] { lines[keyword] ?? [] }

    /// The first line of a keyword.
    func first(_ keyword: String) -> Line? { lines[keyword]?.first }

    /// What `// +heroku KEY VALUE` says.
    func comment(_ key: String) -> Line? { comments[key] }

    /// What `replace` puts in place of modules.
    var replacements: [GoReplacement] { all("replace").compactMap(GoReplacement.init) }

    /// The words of a line without its comment; quotes are taken off.
    private static func words(_ line: Substring) -> [String] {
        let text = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
        return words.map { word in
            guard word.count > 1, let quote = word.first, "\"`".contains(quote), word.last == quote else { return word }
            return String(word.dropFirst().dropLast())
        }
    }
}

/// A `replace` line: a folder or another module in place of a module.
struct GoReplacement: Hashable, Sendable {
    /// The module that is replaced, and the one version of it where the line names one.
    let module: String
    let version: String?
    /// The folder as written (`./lib`, `../lib`), or the other module's path with its version.
    let target: String
    let targetVersion: String?
    let evidence: Evidence

    /// nil for a line without `=>`.
    init?(_ line: GoDirectives.Line) {
        let sides = line.value.split(separator: "=>", maxSplits: 1).map {
            $0.split(separator: " ").map(String.init)
        }
        guard sides.count == 2, let module = sides[0].first, let target = sides[1].first else { return nil }
        self.module = module
        version = sides[0].dropFirst().first
        self.target = target
        targetVersion = sides[1].dropFirst().first
        evidence = line.evidence
    }

    /// Whether a folder takes the module's place.
    var isLocal: Bool { ["./", "../", "/"].contains { target.hasPrefix($0) } || target == "." || target == ".." }
}

/// A `go.mod`, as far as a build reads it.
struct GoModule: Sendable {
    /// Where the file is.
    let path: SourcePath
    /// The module's path: `example.com/shop`.
    let name: String
    /// The `go` and `toolchain` lines.
    let goLine: GoDirectives.Line?
    let toolchainLine: GoDirectives.Line?
    /// The modules that are required, in the order of the file: `example.com/y v1.0.0`.
    let requires: [GoDirectives.Line]
    let replacements: [GoReplacement]
    /// `// +heroku goVersion` and `// +heroku install`.
    let herokuVersion: GoDirectives.Line?
    let herokuInstall: GoDirectives.Line?

    /// Parses the text; fails at a line that no `go.mod` has.
    init(parsing text: String, path: SourcePath) throws(PlanError) {
        let directives = try GoDirectives(parsing: text, path: path)
        guard let module = directives.first("module") else {
            throw .unusable(place: "\(path)", what: "has no module line", fix: "write one with 'go mod init NAME'")
        }
        self.path = path
        name = module.value
        goLine = directives.first("go")
        toolchainLine = directives.first("toolchain")
        requires = directives.all("require")
        replacements = directives.replacements
        herokuVersion = directives.comment("goVersion")
        herokuInstall = directives.comment("install")
    }

    /// Reads the module in a folder; nil where it has no `go.mod`.
    static func read(in folder: SourcePath, of tree: any SourceTree) throws -> GoModule? {
        let path = folder.appending(name: "go.mod")
        return try tree.text(at: path).map { try GoModule(parsing: $0, path: path) }
    }

    /// The module's folder in the source tree.
    var folder: SourcePath { path.parent ?? .root }

    /// The name that `go build` gives the program of the module's own folder: the last part of the module's path that is
    /// no major version.
    var programName: String {
        let parts = name.split(separator: "/").map(String.init)
        let isVersion = parts.count > 1 && parts.last?.wholeMatch(of: /v[0-9]+/) != nil
        return parts.dropLast(isVersion ? 1 : 0).last ?? name
    }

    /// Whether an import path names a package of the module that is called `module`, and which folder below it.
    static func inside(_ import: String, of module: String) -> String? {
        if `import` == module { return "" }
        return `import`.hasPrefix(module + "/") ? String(`import`.dropFirst(module.count + 1)) : nil
    }
}

/// A `go.work`: several modules built together (Go Modules Reference, "Workspaces").
package struct GoWorkspace: Sendable {
    /// Where the file is.
    let path: SourcePath
    let goLine: GoDirectives.Line?
    let toolchainLine: GoDirectives.Line?
    /// The folders of the modules, as written: `./api`, `.`.
    let uses: [GoDirectives.Line]
    let replacements: [GoReplacement]

    /// Parses the text of a `go.work`.
    init(parsing text: String, path: SourcePath) throws(PlanError) {
        let directives = try GoDirectives(parsing: text, path: path)
        self.path = path
        goLine = directives.first("go")
        toolchainLine = directives.first("toolchain")
        uses = directives.all("use")
        replacements = directives.replacements
    }

    /// The workspace's folder in the source tree.
    var folder: SourcePath { path.parent ?? .root }

    /// Whether the text of a `go.work` uses the module in the folder `member`, as seen from the file's own folder.
    ///
    /// A text that cannot be read claims nothing here; it is refused when the plan is made.
    package static func claims(_ text: String, _ member: SourcePath) -> Bool {
        guard let file = try? GoWorkspace(parsing: text, path: SourcePath.root.appending(name: "go.work")) else {
            return false
        }
        return file.uses.contains { SourcePath.root.resolving($0.value) == member }
    }
}
