/// One Debian archive as a host's apt configuration names it.
struct AptSource: Hashable, Sendable {
    let uri: String
    let suite: String
    let components: [String]
    /// The `Signed-By` of the entry, as written.
    let signedBy: String?

    /// Parses the one-line format of `sources.list` (sources.list(5)); lines that are not `deb` are left out.
    static func parse(list text: String) -> [AptSource] {
        text.split(separator: "\n").compactMap { line in
            var rest = line.prefix { $0 != "#" }.drop { $0 == " " || $0 == "\t" }
            guard rest.hasPrefix("deb"), rest.dropFirst(3).first.map({ " \t[".contains($0) }) == true else {
                return nil
            }
            rest = rest.dropFirst(3).drop { $0 == " " || $0 == "\t" }
            var options: [String: String] = [:]
            if rest.first == "[" {
                guard let end = rest.firstIndex(of: "]") else { return nil }
                options = Self.options(rest[rest.index(after: rest.startIndex)..<end])
                rest = rest[rest.index(after: end)...]
            }
            let words = rest.split { $0 == " " || $0 == "\t" }.map(String.init)
            guard words.count >= 2 else { return nil }
            return AptSource(
                uri: words[0], suite: words[1], components: Array(words.dropFirst(2)), signedBy: options["signed-by"])
        }
    }

    private static func options(_ text: Substring) -> [String: String] {
        var result: [String: String] = [:]
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2 { result[parts[0].lowercased()] = parts[1] }
        }
        return result
    }

    /// Parses the deb822 format of `.sources` files (sources.list(5)); disabled stanzas and `deb-src` are left out.
    static func parse(deb822 text: String) -> [AptSource] {
        ControlText.paragraphs(text).flatMap { fields -> [AptSource] in
            func words(_ name: String) -> [String] {
                (fields[name] ?? "").split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
            }
            let isOff = ["no", "false", "0", "off", "disable"].contains(fields["enabled"]?.lowercased() ?? "yes")
            guard !isOff, words("types").contains("deb") else { return [] }
            return words("uris").flatMap { uri in
                words("suites").map {
                    AptSource(uri: uri, suite: $0, components: words("components"), signedBy: fields["signed-by"])
                }
            }
        }
    }

    /// What an entry offers of Debian's own archive; nil for a third party's.
    ///
    /// A third party may name itself after a Debian release, so three things must fit: the suite, the component `main`,
    /// and the key: Debian's, or, where none is named, a path as Debian's mirrors have it.
    var kind: Kind? {
        guard components.contains("main"), let kind = Kind(suite: suite) else { return nil }
        let folder = uri.split(separator: "/").last.map(String.init) ?? ""
        if let signedBy {
            return signedBy.contains("debian-archive-") && !signedBy.contains("BEGIN PGP") ? kind : nil
        }
        switch kind {
        case .main: return folder == "debian" || uri.hasPrefix("mirror+file:") ? kind : nil
        case .security: return folder == "debian-security" || uri.hasPrefix("mirror+file:") ? kind : nil
        }
    }

    enum Kind: Hashable, Sendable {
        case main, security

        /// nil for a suite that Debian does not have.
        init?(suite: String) {
            let isSecurity = suite.hasSuffix("-security") || suite.hasSuffix("/updates")
            var name = Substring(suite)
            for ending in ["-security", "/updates", "-updates", "-proposed-updates", "-backports"]
            where name.hasSuffix(ending) {
                name = name.dropLast(ending.count)
            }
            guard Self.releases.contains(String(name)) else { return nil }
            self = isSecurity ? .security : .main
        }

        private static let releases: Set<String> = [
            "oldoldstable", "oldstable", "stable", "testing", "unstable", "sid", "buster", "bullseye", "bookworm",
            "trixie", "forky", "duke",
        ]
    }
}

/// Debian's control file format (deb-control(5)): paragraphs of fields, continued by indented lines.
enum ControlText {
    /// Field values by lower-case name; continuation lines are joined by line feeds, comments are left out.
    static func paragraphs(_ text: String) -> [[String: String]] {
        var result: [[String: String]] = []
        var fields: [String: String] = [:]
        var current: String?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") { continue }
            if line.allSatisfy({ $0 == " " || $0 == "\t" }) {
                if !fields.isEmpty { result.append(fields) }
                fields = [:]
                current = nil
            } else if line.first == " " || line.first == "\t" {
                if let current { fields[current, default: ""] += "\n" + line.drop { $0 == " " || $0 == "\t" } }
            } else if let colon = line.firstIndex(of: ":") {
                let name = line[..<colon].lowercased()
                fields[name] = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
                current = name
            }
        }
        if !fields.isEmpty { result.append(fields) }
        return result
    }
}
