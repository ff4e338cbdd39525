/// What is known about Node's release lines, on the day of the base catalog.
///
/// https://github.com/nodejs/Release: even majors get long-term support in the October of their year, and a code name.
enum NodeReleases {
    /// Code names of the lines with long-term support, oldest first.
    static let codeNames: [(name: String, major: Int)] = [
        ("argon", 4), ("boron", 6), ("carbon", 8), ("dubnium", 10), ("erbium", 12), ("fermium", 14), ("gallium", 16),
        ("hydrogen", 18), ("iron", 20), ("jod", 22), ("krypton", 24), ("lithium", 26),
    ]

    /// The newest line that is released.
    static let newest = 26

    /// What a name of nvm, asdf, mise, fnm, n or Volta means as a range; nil where it is no name.
    static func range(of name: String) -> String? {
        switch name {
        case "node", "latest", "current", "stable": return ">=\(newest).0.0"
        case "lts", "lts/*", "lts/latest", "lts-latest", "lts_latest", "lts/-0", "--lts":
            return codeNames.last.map { "\($0.major).x" }
        default: break
        }
        if let match = name.wholeMatch(of: /lts\/-(\d{1,2})/), let back = Int(match.output.1) {
            let place = codeNames.count - 1 - back
            return place < 0 ? nil : "\(codeNames[place].major).x"
        }
        for prefix in ["latest:", "prefix:"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        let bare = name.replacing(/^lts[\/-]/, with: "")
        return codeNames.first { $0.name == bare }.map { "\($0.major).x" }
    }

    /// Names that leave the choice to the machine where they are read.
    static let unbound: Set<String> = ["system", "default"]
}
