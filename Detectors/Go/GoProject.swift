import OCI
import Planning

/// A service's folder as the Go rules read it.
struct GoProject: Sendable {
    let tree: any SourceTree
    let options: PlanOptions
    let module: GoModule
    private let constraint: GoConstraint
    /// The folders that hold files which may take part, each with these, sorted.
    private let packages: [(folder: SourcePath, files: [SourcePath])]

    init(tree: any SourceTree, options: PlanOptions) throws {
        let path = try tree.service.appending("go.mod")
        guard let text = try tree.text(at: path) else {
            throw PlanError.unusable(
                place: "\(path)", what: "there is no such file", fix: "make one with 'go mod init NAME'")
        }
        self.tree = tree
        self.options = options
        module = try GoModule(parsing: text, path: path)
        constraint = GoConstraint(platform: options.platform)
        packages = Self.packages(of: tree, constraint)
    }

    /// Whether the module's dependencies are in its `vendor` folder.
    var isVendored: Bool {
        (try? tree.service.appending("vendor/modules.txt")).map(tree.hasFile) ?? false
    }

    /// Folders of Go files, but those of `vendor`, of tests' data, of other modules, and those that go passes over.
    private static func packages(
        of tree: any SourceTree, _ constraint: GoConstraint
    ) -> [(folder: SourcePath, files: [SourcePath])] {
        let modules = Set(tree.entries.filter { $0.path.name == "go.mod" }.compactMap(\.path.parent))
            .subtracting([tree.service])
        var files: [SourcePath: [SourcePath]] = [:]
        for entry in tree.entries where entry.isFile && constraint.allows(fileName: entry.path.name) {
            guard let folder = entry.path.parent, let inside = folder.relative(to: tree.service),
                !inside.components.contains(where: isPassedOver), !modules.contains(where: { folder.isInside($0) })
            else { continue }
            files[folder, default: []].append(entry.path)
        }
        return files.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func isPassedOver(_ name: String) -> Bool {
        ["vendor", "testdata"].contains(name) || name.hasPrefix("_") || name.hasPrefix(".")
    }

    /// A file that takes part in the build; nil for one that a constraint leaves out, or that is no text.
    private func source(_ path: SourcePath) throws -> GoSource? {
        do {
            guard let source = try tree.text(at: path).map(GoSource.init) else { return nil }
            return source.constraint.map(constraint.holds) ?? true ? source : nil
        } catch SourceError.notUTF8 {
            return nil
        }
    }

    /// A program of the module.
    struct Program: Codable, Hashable, Sendable {
        /// The folder as seen from the service: `.`, `cmd/api`.
        let folder: SourcePath
        /// What the file is called.
        let name: String
        let evidence: Evidence
    }

    /// Every folder with a `main` package that has a `main` function, sorted.
    func programs() throws -> [Program] {
        try packages.compactMap { folder, files in
            for file in files {
                guard let source = try source(file) else { continue }
                // The first file that takes part speaks for its package.
                guard source.package == "main" else { return nil }
                guard let line = source.main else { continue }
                let inside = folder.relative(to: tree.service) ?? .root
                return Program(
                    folder: inside, name: inside == .root ? module.programName : inside.name,
                    evidence: Evidence(path: file, line: line, excerpt: "func main()"))
            }
            return nil
        }
    }

    /// What a program's own packages import, by the file and line of each.
    struct Imports: Sendable {
        /// Where the module imports C.
        var cgo: Evidence?
        /// Where it imports something that serves a network.
        var server: Evidence?
    }

    /// Follows the imports of a program through the packages of its module.
    func imports(of program: Program) throws -> Imports {
        var result = Imports()
        var pending = [program.folder]
        var seen = Set(pending)
        while let folder = pending.popLast() {
            guard let files = packages.first(where: { $0.folder.relative(to: tree.service) == folder })?.files else {
                continue
            }
            for file in files {
                guard let source = try source(file) else { continue }
                for item in source.imports {
                    let evidence = Evidence(path: file, line: item.line, excerpt: "import \"\(item.path)\"")
                    if item.path == "C", result.cgo == nil { result.cgo = evidence }
                    if Self.servers.contains(where: { item.path == $0 || item.path.hasPrefix($0 + "/") }),
                        result.server == nil
                    {
                        result.server = evidence
                    }
                    if let inner = self.folder(ofImport: item.path), seen.insert(inner).inserted {
                        pending.append(inner)
                    }
                }
            }
        }
        return result
    }

    private static let servers = [
        "net/http", "github.com/gin-gonic/gin", "github.com/labstack/echo", "github.com/gofiber/fiber",
        "github.com/go-chi/chi", "google.golang.org/grpc", "github.com/valyala/fasthttp", "connectrpc.com/connect",
    ]

    /// The folder of a package of this module, by its import path.
    private func folder(ofImport path: String) -> SourcePath? {
        if path == module.name { return .root }
        guard path.hasPrefix(module.name + "/") else { return nil }
        return try? SourcePath(parsing: String(path.dropFirst(module.name.count + 1)))
    }
}

extension GoProject {
    /// The program to build: the one that `--app` names, else by rank.
    ///
    /// Ranks: the module's own folder; the only one in `cmd`; the one in `cmd` that bears the module's name; the only one
    /// anywhere else, examples and tools left out. Anything else is for the user to say.
    func program() throws -> Decided<Program> {
        let all = try programs()
        guard !all.isEmpty else {
            throw PlanError.noStart(
                lookedFor: ["'package main' with 'func main()' in any folder of \(module.name)"],
                fix: "write one, or point at the folder of the module that has it")
        }
        if let asked = options.app { return try named(asked, among: all) }
        let commands = all.filter { $0.folder.components.count == 2 && $0.folder.components[0] == "cmd" }
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
        if let same = commands.first(where: { $0.name == module.programName }) {
            return decided(same, "the program with the module's name comes first")
        }
        if commands.isEmpty, others.count == 1 { return decided(others[0], "for examples and tools only") }
        throw PlanError.severalPrograms(
            what: "\(module.name) has several programs",
            candidates: (commands.isEmpty ? (others.isEmpty ? all : others) : commands).map {
                .init("\($0.folder)", evidence: "\($0.evidence)")
            }, option: "--app")
    }

    private static func isAside(_ name: String) -> Bool {
        ["example", "examples", "tools", "tool", "scripts", "script", "hack", "test", "tests", "internal"].contains(
            name)
    }

    private func named(_ asked: Requested<String>, among all: [Program]) throws -> Decided<Program> {
        var text = asked.value
        while text.hasPrefix("./") { text.removeFirst(2) }
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        let exact = all.filter { "\($0.folder)" == text }
        let matching = exact.isEmpty ? all.filter { $0.name == text } : exact
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
