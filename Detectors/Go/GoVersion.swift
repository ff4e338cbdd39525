import Planning

/// A version of Go: `1.22`, `1.22.3`, `1.23rc1`.
struct GoVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int
    let patch: Int

    /// nil where the text is none; what follows the numbers (`rc1`) is left out.
    init?(_ text: String) {
        guard let match = text.wholeMatch(of: /(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?:(?:rc|beta)\d+|[-+].*)?/)?.output,
            let major = Int(match.1), let minor = Int(match.2)
        else { return nil }
        self.major = major
        self.minor = minor
        patch = match.3.flatMap { Int($0) } ?? 0
    }

    var description: String { "\(major).\(minor)" + (patch == 0 ? "" : ".\(patch)") }

    static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
    }

    /// How far a version of the catalog (`1.24`, any patch) is at least this one.
    func isMatched(by catalog: String) -> VersionRequest.Match {
        guard let offered = GoVersion(catalog) else { return .none }
        let (own, other) = ((major, minor), (offered.major, offered.minor))
        if other != own { return other > own ? .all : .none }
        return patch == 0 ? .all : .some
    }

    /// How far a version of the catalog is just this one.
    func isNamed(by catalog: String) -> VersionRequest.Match {
        guard let offered = GoVersion(catalog), (offered.major, offered.minor) == (major, minor) else { return .none }
        return patch == 0 ? .all : .some
    }
}

/// Which Go a module asks for.
struct GoVersionChoice: Sendable {
    let request: VersionRequest?
    let warnings: [String]

    /// The option first, then the `toolchain` line where a base has it, then the `go` line: both say the least that is
    /// enough.
    static func read(_ module: GoModule, _ options: PlanOptions, offered: [String]) throws(PlanError) -> GoVersionChoice
    {
        if let wanted = options.versions["go"] { return .init(request: try asked(wanted), warnings: []) }
        let least = try module.goLine.map { line throws(PlanError) in (line, try version(line)) }
        guard let line = module.toolchainLine, line.value != "default" else {
            return .init(request: least.map { atLeast($0.1, $0.0) }, warnings: [])
        }
        let wanted = try version(line)
        // A toolchain is a wish for at least this one; which patch of it a base has is the base's affair.
        guard let minor = GoVersion("\(wanted.major).\(wanted.minor)"), least.map({ $0.1 < minor }) ?? true else {
            return .init(request: least.map { atLeast($0.1, $0.0) }, warnings: [])
        }
        if offered.contains(where: { minor.isMatched(by: $0) == .all }) {
            return .init(request: atLeast(minor, line), warnings: [])
        }
        return .init(
            request: least.map { atLeast($0.1, $0.0) },
            warnings: ["\(line.evidence): no base has \(line.value); built with what satisfies the go line"])
    }

    private static func version(_ line: GoModule.Line) throws(PlanError) -> GoVersion {
        guard let version = GoVersion(line.value) else {
            throw .unusable(
                place: "\(line.evidence)", what: "'\(line.value)' is no version of Go", fix: "write one as in 1.24")
        }
        return version
    }

    private static func atLeast(_ version: GoVersion, _ line: GoModule.Line) -> VersionRequest {
        VersionRequest(text: ">=\(version)", reason: .found(evidence: [line.evidence])) { version.isMatched(by: $0) }
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
}
