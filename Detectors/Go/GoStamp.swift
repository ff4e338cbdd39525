import Planning

/// Values of the source's revision that the linker writes into variables of the program: `-X main.version=v1.2.0`.
///
/// Nothing is stamped unless somebody asks, and never the time: a program is the same for the same sources.
struct GoStamp: Sendable {
    /// As `-X` takes them: `main.version=v1.2.0`.
    let values: [String]
    /// For whom it may concern: the decision with its reason; nil where nothing is stamped.
    let decided: Decided<String>?

    /// What a variable may be given.
    static let words = ["commit", "short", "tag", "version"]

    init(_ options: PlanOptions) throws {
        let values = try options.stamps.map { asked in
            let parts = asked.value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(
                String.init)
            guard parts.count == 2, let match = parts[0].wholeMatch(of: /[\w.\/~-]+\.\w+/),
                Self.words.contains(parts[1])
            else {
                throw PlanError.unusable(
                    place: asked.option, what: "'\(asked.value)' stamps nothing",
                    fix:
                        "write PACKAGE.VARIABLE=WORD with one of \(Self.words.joined(separator: ", ")), as in main.version=version"
                )
            }
            guard let revision = options.revision else {
                throw PlanError.unusable(
                    place: asked.option, what: "the service is not under git, so it has no \(parts[1])",
                    fix: "build from a clone, or leave the stamp out")
            }
            return "\(match.output)=\(try Self.value(parts[1], revision, asked.option))"
        }
        self.values = values
        decided = options.stamps.first.map { Decided(values.joined(separator: " "), $0.reason) }
    }

    private static func value(_ word: String, _ revision: SourceRevision, _ option: String) throws(PlanError) -> String
    {
        let short = String(revision.commit.prefix(12))
        let value: String? =
            switch word {
            case "commit": revision.commit
            case "short": short
            case "tag": revision.tag
            default: revision.tag ?? short
            }
        guard let value else {
            throw .unusable(
                place: option, what: "no tag points at the commit \(short)",
                fix: "tag it, or use 'version', which is the commit where there is no tag")
        }
        guard !value.contains(where: { $0.isWhitespace || "'\"".contains($0) }) else {
            throw .unusable(
                place: option, what: "the tag '\(value)' holds a space or a quote", fix: "use 'commit'")
        }
        return value
    }
}
