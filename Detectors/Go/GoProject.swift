import OCI
import Planning

/// A service's folder as the Go rules read it.
struct GoProject: Sendable {
    let tree: any SourceTree
    let options: PlanOptions
    let layout: GoLayout
    /// Local replacements: a module's path and the folder that takes its place.
    let replacements: [(module: String, folder: SourcePath)]
    private(set) var constraint: GoConstraint
    /// The folders of the tree that hold files which may take part, each with these, sorted.
    private let packages: [SourcePath: [SourcePath]]

    init(tree: any SourceTree, options: PlanOptions) throws {
        self.tree = tree
        self.options = options
        layout = try GoLayout(tree, workspaceMode: options.buildEnvironment["GOWORK"]?.value)
        replacements = try layout.localReplacements()
        constraint = GoConstraint(platform: options.platform, tags: Self.tags(options))
        var files: [SourcePath: [SourcePath]] = [:]
        for entry in tree.entries where entry.isFile && constraint.allows(fileName: entry.path.name) {
            guard let folder = entry.path.parent, folder.isInside(layout.top) else { continue }
            files[folder, default: []].append(entry.path)
        }
        packages = files
    }

    /// The same service in a build where C takes part.
    func withCgo() -> GoProject {
        var project = self
        project.constraint.cgo = true
        return project
    }

    /// The tags of `go.tags`, and those of `-tags` in the build's `GOFLAGS`, which a `-tags` of ours would replace.
    static func tags(_ options: PlanOptions) -> Set<String> {
        let flags = options.buildEnvironment["GOFLAGS"]?.value ?? ""
        let words = flags.split(separator: " ").filter { $0.hasPrefix("-tags=") || $0.hasPrefix("--tags=") }
        let given = words.flatMap { $0.drop { $0 != "=" }.dropFirst().split(separator: ",").map(String.init) }
        return Set(given + options.tags.map(\.value))
    }

    /// A file that takes part in the build; nil for one that a constraint leaves out, or that is no text.
    func source(_ path: SourcePath, headOnly: Bool = false, _ constraint: GoConstraint) throws -> GoSource? {
        do {
            guard let source = try tree.text(at: path).map({ GoSource($0, headOnly: headOnly) }) else { return nil }
            return source.constraint.map(constraint.holds) ?? true ? source : nil
        } catch SourceError.notUTF8 {
            return nil
        }
    }

    /// The Go files of a folder, by their names alone.
    func files(in folder: SourcePath) -> [SourcePath] { packages[folder] ?? [] }

    /// A program of the service.
    struct Program: Codable, Hashable, Sendable {
        /// The folder as seen from the service: `.`, `cmd/api`.
        let folder: SourcePath
        /// What the file is called.
        let name: String
        let evidence: Evidence
    }

    /// Where a program's files are in the source tree.
    func place(of program: Program) -> SourcePath {
        program.folder.components.reduce(tree.service) { $0.appending(name: $1) }
    }

    /// Every folder with a `main` package that has a `main` function, sorted.
    func programs() throws -> [Program] {
        if layout.isModuleless { return [try program(in: tree.service, name: options.name)].compactMap(\.self) }
        return try layout.own.flatMap { module -> [Program] in
            let nested = Set(
                tree.entries.filter { $0.path.name == "go.mod" }.compactMap(\.path.parent)
                    .filter { $0.isInside(module.folder) && $0 != module.folder })
            return try packages.keys.sorted().compactMap { folder in
                guard let inside = folder.relative(to: module.folder), !inside.components.contains(where: isPassedOver),
                    !nested.contains(where: { folder.isInside($0) })
                else { return nil }
                return try program(in: folder, name: inside == .root ? module.programName : inside.name)
            }
        }.sorted { $0.folder < $1.folder }
    }

    private func isPassedOver(_ name: String) -> Bool {
        ["vendor", "testdata"].contains(name) || name.hasPrefix("_") || name.hasPrefix(".")
    }

    private func program(in folder: SourcePath, name: String) throws -> Program? {
        // With cgo a file more may take part, and none less that could hold the function.
        for file in files(in: folder) {
            guard let source = try source(file, constraint) else { continue }
            // The first file that takes part speaks for its package.
            guard source.package == "main" else { return nil }
            guard let line = source.main else { continue }
            return Program(
                folder: folder.relative(to: tree.service) ?? .root, name: name,
                evidence: Evidence(path: file, line: line, excerpt: "func main()"))
        }
        return nil
    }

    /// What an import path leads to.
    enum Origin: Hashable {
        case standard
        /// A package of the source tree: of the service, of the workspace, or of a folder that replaces a module.
        case own(SourcePath)
        case vendored(SourcePath)
        /// A module that is downloaded.
        case outside
    }

    /// Finds an imported package; the module with the longest path that fits has it.
    func origin(of path: String) -> Origin {
        let known = layout.all.map { ($0.name, $0.folder) } + replacements
        let fitting = known.compactMap { module, folder in
            GoModule.inside(path, of: module).map { (module.utf8.count, folder, $0) }
        }
        if let best = fitting.max(by: { $0.0 < $1.0 }) {
            return .own(best.2.split(separator: "/").reduce(best.1) { $0.appending(name: String($1)) })
        }
        let first = path.prefix { $0 != "/" }
        if let vendor = layout.vendor {
            let folder = path.split(separator: "/").reduce(vendor) { $0.appending(name: String($1)) }
            if packages[folder] != nil || first.contains(".") { return .vendored(folder) }
        }
        if first.contains(".") { return .outside }
        return layout.requirements.contains { GoModule.inside(path, of: $0.module) != nil } ? .outside : .standard
    }

    /// The folder of the module that holds a folder of the tree.
    func module(of folder: SourcePath) -> SourcePath {
        let known = layout.all.map(\.folder) + replacements.map(\.folder)
        return known.filter { folder.isInside($0) }.max { $0.components.count < $1.components.count } ?? tree.service
    }
}

extension GoProject {
    /// The program to build: the one that `--app` names, else by rank.
    ///
    /// Ranks: the module's own folder; the only one in `cmd`; the one in `cmd` that bears the module's name; the only one
    /// anywhere else, examples and tools left out. Anything else is for the user to say.
    func program(among all: [Program]) throws -> Decided<Program> {
        if let asked = options.app { return try named(asked, among: all) }
        if let said = try programOfComment(all) { return said }
        let commands = all.filter { isCommand($0.folder) }
        let others = all.filter { !$0.folder.components.contains(where: Self.isAside) && !commands.contains($0) }
        func decided(_ program: Program, _ why: String) -> Decided<Program> {
            Decided(
                program, .found(evidence: [program.evidence]),
                alternatives: all.filter { $0 != program }.map { Alternative("\($0.folder)", why: why) })
        }
        if let root = all.first(where: { $0.folder == .root }) {
            return decided(root, "the module's own folder comes first")
        }
        if commands.count == 1 { return decided(commands[0], "a program in cmd comes first") }
        let names = layout.own.count == 1 ? layout.own.map(\.programName) : []
        if let same = commands.first(where: { names.contains($0.name) }) {
            return decided(same, "the program with the module's name comes first")
        }
        if commands.isEmpty, others.count == 1 { return decided(others[0], "for examples and tools only") }
        let shown =
            commands.isEmpty ? (others.isEmpty ? all : others) : layout.own.count > 1 ? commands + others : commands
        throw several(Array(Set(shown)).sorted { $0.folder < $1.folder })
    }

    private func several(_ programs: [Program]) -> PlanError {
        let what =
            layout.own.count == 1 ? layout.own[0].name : layout.workspace.map { "the workspace of \($0.path)" } ?? "it"
        return .severalPrograms(
            what: "\(what) has several programs",
            candidates: programs.map { .init("\($0.folder)", evidence: "\($0.evidence)") }, option: "--app")
    }

    /// Every program that there is; fails where there is none.
    func someProgram() throws -> [Program] {
        let all = try programs()
        guard all.isEmpty else { return all }
        let place =
            layout.isModuleless
            ? "any file of the folder" : "any folder of \(layout.own.map(\.name).joined(separator: ", "))"
        throw PlanError.noStart(
            lookedFor: ["'package main' with 'func main()' in \(place)"],
            fix: "write one, or point at the folder of the module that has it")
    }

    /// `cmd/NAME` in a module of the service.
    private func isCommand(_ folder: SourcePath) -> Bool {
        let place = folder.components.reduce(tree.service) { $0.appending(name: $1) }
        return layout.own.contains { module in
            guard let inside = place.relative(to: module.folder) else { return false }
            return inside.components.count == 2 && inside.components[0] == "cmd"
        }
    }

    private static func isAside(_ name: String) -> Bool {
        ["example", "examples", "tools", "tool", "scripts", "script", "hack", "test", "tests", "internal"].contains(
            name)
    }

    /// The program that `// +heroku install` names, where it names just one.
    private func programOfComment(_ all: [Program]) throws -> Decided<Program>? {
        guard layout.own.count == 1, let line = layout.own[0].herokuInstall else { return nil }
        let patterns = line.words.map { $0.hasPrefix("./") ? String($0.dropFirst(2)) : $0 }
        let matching = all.filter { program in
            patterns.contains { pattern in
                guard pattern.hasSuffix("...") else { return (pattern.isEmpty ? "." : pattern) == "\(program.folder)" }
                let above = pattern.dropLast(3).split(separator: "/").map(String.init)
                return program.folder.components.starts(with: above)
            }
        }
        guard let first = matching.first else {
            throw PlanError.unusable(
                place: "\(line.evidence)", what: "names no program of the module",
                fix: "the programs are \(all.map { "\($0.folder)" }.joined(separator: ", "))")
        }
        let web = matching.filter { $0.name.hasSuffix("web") }
        guard matching.count == 1 || web.count == 1 else { throw several(matching) }
        return Decided(
            web.first ?? first, .found(evidence: [line.evidence]),
            alternatives: all.filter { $0 != (web.first ?? first) }.map {
                Alternative("\($0.folder)", why: "the comment comes first")
            })
    }

    /// The programs that a word means: a folder (`cmd/api`, `./cmd/api`), else a name.
    func programs(named word: String, among all: [Program]) -> [Program] {
        var text = word
        while text.hasPrefix("./") { text.removeFirst(2) }
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        let exact = all.filter { "\($0.folder)" == text }
        return exact.isEmpty ? all.filter { $0.name == text } : exact
    }

    private func named(_ asked: Requested<String>, among all: [Program]) throws -> Decided<Program> {
        let matching = programs(named: asked.value, among: all)
        guard matching.count == 1 else {
            throw PlanError.severalPrograms(
                what: matching.isEmpty
                    ? "\(asked.option): there is no program '\(asked.value)'"
                    : "\(asked.option): several programs are named '\(asked.value)'",
                candidates: (matching.isEmpty ? all : matching).map {
                    .init("\($0.folder)", evidence: "\($0.evidence)")
                },
                option: "--app")
        }
        return Decided(matching[0], asked.reason)
    }
}
