import Formats
import Planning

/// Which Go a service asks for.
struct GoVersionChoice: Sendable {
    let request: VersionRequest?
    let warnings: [String]

    /// A version as a file writes it.
    private struct Wish {
        let version: GoVersion
        let text: String
        let reason: Reason
        let place: String
    }

    /// The option first, then the files that name one version, then the `toolchain` and `go` lines, which say the least
    /// that is enough; fails where a file names one that the `go` lines exclude.
    static func read(_ project: GoProject, offered: [String]) throws -> GoVersionChoice {
        let least = try leastVersion(project)
        if let wanted = project.options.versions["go"] { return .init(request: try asked(wanted), warnings: []) }
        if let named = try named(project) {
            if let least,
                GoVersion("\(named.version.major).\(named.version.minor).999").map({ $0 < least.version }) == true
            {
                throw PlanError.unusable(
                    place: named.place,
                    what: "asks for Go \(named.text) and \(least.place) for at least \(least.version)",
                    fix: "change one of them")
            }
            let version = named.version
            return .init(
                request: VersionRequest(text: named.text, reason: named.reason) { version.isNamed(by: $0) },
                warnings: [])
        }
        return try fromToolchain(project, least, offered)
    }

    /// The newest of the `go` lines of the modules and of go.work.
    private static func leastVersion(_ project: GoProject) throws -> Wish? {
        let layout = project.layout
        let modules = try layout.all.compactMap(\.goLine).map(wish)
        let newest = modules.max { $0.version < $1.version }
        guard let line = layout.workspace?.goLine else { return newest }
        let work = try wish(line)
        if let newest, work.version < newest.version, let checked = GoVersion("1.21"), newest.version >= checked {
            throw PlanError.unusable(
                place: work.place, what: "says go \(work.text) and \(newest.place) needs at least \(newest.text)",
                fix: "bring it up to date with 'go work use'")
        }
        return newest.map { $0.version > work.version ? $0 : work } ?? work
    }

    /// The `toolchain` line where a base has it, else the `go` line.
    private static func fromToolchain(_ project: GoProject, _ least: Wish?, _ offered: [String]) throws
        -> GoVersionChoice
    {
        let usual = GoVersionChoice(request: least.map(atLeast), warnings: [])
        let lines = [project.layout.workspace?.toolchainLine] + project.layout.own.map(\.toolchainLine)
        guard let line = lines.compactMap(\.self).first(where: { $0.value != "default" }) else { return usual }
        let wanted = try wish(line)
        // A toolchain is a wish for at least this one; which patch of it a base has is the base's affair.
        guard let minor = GoVersion("\(wanted.version.major).\(wanted.version.minor)"),
            least.map({ $0.version < minor }) ?? true
        else { return usual }
        if offered.contains(where: { minor.isMatched(by: $0) == .all }) {
            return .init(
                request: atLeast(Wish(version: minor, text: "\(minor)", reason: wanted.reason, place: wanted.place)),
                warnings: [])
        }
        return .init(
            request: usual.request,
            warnings: ["\(line.evidence): no base has \(line.value); built with what satisfies the go line"])
    }

    private static func wish(_ line: GoDirectives.Line) throws(PlanError) -> Wish {
        try wish(line.value, line.evidence)
    }

    private static func wish(_ text: String, _ evidence: Evidence) throws(PlanError) -> Wish {
        guard let version = GoVersion(text) else {
            throw .unusable(
                place: "\(evidence)", what: "'\(text)' is no version of Go", fix: "write one as in 1.24")
        }
        return Wish(version: version, text: text, reason: .found(evidence: [evidence]), place: "\(evidence)")
    }

    private static func atLeast(_ wish: Wish) -> VersionRequest {
        let version = wish.version
        return VersionRequest(text: ">=\(version)", reason: wish.reason) { version.isMatched(by: $0) }
    }

    /// `1.24` names a version, `>=1.22` the least that is enough.
    private static func asked(_ wanted: Requested<String>) throws(PlanError) -> VersionRequest {
        let isRange = wanted.value.hasPrefix(">=")
        guard let version = GoVersion(isRange ? String(wanted.value.dropFirst(2)) : wanted.value) else {
            throw .unusable(
                place: wanted.option, what: "'\(wanted.value)' is no version of Go",
                fix: "write one as in 1.24 or >=1.22")
        }
        return VersionRequest(text: wanted.value, reason: wanted.reason) {
            isRange ? version.isMatched(by: $0) : version.isNamed(by: $0)
        }
    }

    // MARK: Files that name one version

    /// `// +heroku goVersion`, `.go-version`, `.tool-versions`, `mise.toml`: the first that is there, beside the service or
    /// at the top of its workspace.
    private static func named(_ project: GoProject) throws -> Wish? {
        if let line = project.layout.own.compactMap(\.herokuVersion).first { return try wish(line) }
        let folders =
            project.layout.top == project.tree.service
            ? [project.layout.top] : [project.tree.service, project.layout.top]
        for folder in folders {
            for reader in [versionFile, toolVersions, mise] {
                if let found = try reader(project.tree, folder) { return found }
            }
        }
        return nil
    }

    private static func versionFile(_ tree: any SourceTree, _ folder: SourcePath) throws -> Wish? {
        let path = folder.appending(name: ".go-version")
        guard let text = try tree.text(at: path) else { return nil }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let word = line.trimmingSpaces()
            if word.isEmpty || word.hasPrefix("#") { continue }
            return word == "system" ? nil : try wish(word, Evidence(path: path, line: index + 1, excerpt: word))
        }
        return nil
    }

    private static func toolVersions(_ tree: any SourceTree, _ folder: SourcePath) throws -> Wish? {
        try ToolVersions.asdf(["golang", "go"], in: folder, of: tree).map { try wish($0.version, $0.evidence) }
    }

    private static func mise(_ tree: any SourceTree, _ folder: SourcePath) throws -> Wish? {
        try ToolVersions.mise(["go", "golang"], in: folder, of: tree).map { try wish($0.version, $0.evidence) }
    }
}
