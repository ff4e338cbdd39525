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
