import Planning

/// Everything that programs are made of, as far as the source tree shows it: the closure of their imports.
struct GoReach: Sendable {
    /// The files of the service's own packages.
    var own: [File] = []
    /// Folders of modules that the programs take packages from.
    var modules: Set<SourcePath> = []
    /// Packages of downloaded modules, by the first import of each.
    var outside: [String: Evidence] = [:]
    /// The first import of each package, whatever its origin.
    var imports: [String: Evidence] = [:]
    /// Where C is imported and nothing takes its place without cgo.
    var imported: Evidence?
    /// Files that import C, by any constraint, with those beside them that a C compiler reads.
    var c: [SourcePath] = []
    /// Where zones of the clock are looked up by name, in a package that can be read.
    var zones: Evidence?

    struct File: Sendable {
        let path: SourcePath
        let source: GoSource
    }

    /// Follows the imports of programs through every package that the tree holds.
    init(_ programs: [GoProject.Program], in project: GoProject) throws {
        var pending = programs.map { (folder: project.place(of: $0), isOwn: true) }
        var seen = Set(pending.map(\.folder))
        while let (folder, isOwn) = pending.popLast() {
            if isOwn { modules.insert(project.module(of: folder)) }
            let found = try read(folder, isOwn: isOwn, project)
            for item in found {
                let path = item.import.path
                imports[path] = imports[path] ?? item.evidence
                switch project.origin(of: path) {
                case .own(let next):
                    if seen.insert(next).inserted { pending.append((next, true)) }
                case .vendored(let next):
                    try check(next, item.evidence, project)
                    if seen.insert(next).inserted { pending.append((next, false)) }
                case .outside:
                    outside[path] = outside[path] ?? item.evidence
                case .standard: break
                }
            }
        }
        own.sort { $0.path < $1.path }
        c.sort()
        try checkOutside(project)
    }

    private typealias Imported = (import: GoSource.Import, evidence: Evidence)

    /// Reads the files of a package that take part; returns what they import.
    private mutating func read(_ folder: SourcePath, isOwn: Bool, _ project: GoProject) throws -> [Imported] {
        var result: [Imported] = []
        var withC = project.constraint
        withC.cgo = true
        for path in project.files(in: folder) {
            guard let source = try project.source(path, headOnly: !isOwn, withC) else { continue }
            let usesC = source.imports.first { $0.path == "C" }
            let takesPart = source.constraint.map(project.constraint.holds) ?? true
            if let usesC {
                c.append(path)
                // A file that says 'cgo' itself has a stand-in for a build without.
                if takesPart, imported == nil {
                    imported = Evidence(path: path, line: usesC.line, excerpt: "import \"C\"")
                }
            }
            guard takesPart else { continue }
            if isOwn { own.append(File(path: path, source: source)) }
            if zones == nil { zones = try zone(path, source, isOwn: isOwn, project) }
            result += source.imports.map {
                ($0, Evidence(path: path, line: $0.line, excerpt: "import \"\($0.path)\""))
            }
        }
        return result
    }

    /// Where a file asks for a zone: by name, or for the one of the process.
    private func zone(_ path: SourcePath, _ source: GoSource, isOwn: Bool, _ project: GoProject) throws -> Evidence? {
        guard source.imports.contains(where: { $0.path == "time" }) else { return nil }
        if isOwn {
            let token = source.tokens.first { $0.isWord("LoadLocation") || $0.isWord("Local") }
            return token.map { Evidence(path: path, line: $0.line, excerpt: $0.text) }
        }
        guard let text = try project.tree.text(at: path), let found = text.firstRange(of: "LoadLocation") else {
            return nil
        }
        let line = text[..<found.lowerBound].utf8.count { $0 == UInt8(ascii: "\n") } + 1
        return Evidence(path: path, line: line, excerpt: "LoadLocation")
    }

    private func check(_ folder: SourcePath, _ evidence: Evidence, _ project: GoProject) throws {
        guard project.files(in: folder).isEmpty, project.tree.entry(at: folder) == nil else { return }
        throw PlanError.unusable(
            place: "\(evidence)", what: "\(evidence.excerpt) and there is no \(folder)",
            fix: "renew the folder with 'go mod vendor'")
    }

    /// Every package of the outside has a module that is required.
    private func checkOutside(_ project: GoProject) throws {
        let known = project.layout.requirements.map(\.module)
        // Before go 1.17 go.mod may leave out what other modules require.
        let isComplete = project.layout.all.allSatisfy { module in
            guard let version = module.goLine.flatMap({ GoVersion($0.value) }), let complete = GoVersion("1.17") else {
                return false
            }
            return version >= complete
        }
        for (path, evidence) in outside.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            if project.layout.isModuleless {
                throw PlanError.unusable(
                    place: "\(evidence)", what: "imports \(path), and there is no go.mod",
                    fix:
                        "make one with 'go mod init NAME' and 'go mod tidy'; without it only the standard library is there"
                )
            }
            guard isComplete, !known.contains(where: { GoModule.inside(path, of: $0) != nil }) else { continue }
            throw PlanError.unusable(
                place: "\(evidence)", what: "no module that go.mod requires has the package \(path)",
                fix: "add it with 'go get \(path)', or bring go.mod up to date with 'go mod tidy'")
        }
    }

    /// The first import of a package of one of these, or below it, by the order of the names.
    func first(of packages: [String]) -> Evidence? {
        for name in packages {
            let fitting = imports.filter { $0.key == name || $0.key.hasPrefix(name + "/") }
            if let found = fitting.min(by: { ($0.value.path, $0.value.line ?? 0) < ($1.value.path, $1.value.line ?? 0) }
            ) {
                return found.value
            }
        }
        return nil
    }

    /// Where the programs serve a network.
    var server: Evidence? {
        first(of: [
            "net/http", "github.com/gin-gonic/gin", "github.com/labstack/echo", "github.com/gofiber/fiber",
            "github.com/go-chi/chi", "google.golang.org/grpc", "github.com/valyala/fasthttp", "connectrpc.com/connect",
            "github.com/gorilla/mux",
        ])
    }
}
