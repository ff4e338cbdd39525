import Formats

/// A requirement of a manifest (PEP 508): `httpx[http2]>=0.28; python_version < "3.14"`, or `name @ ADDRESS`.
struct DeclaredRequirement: Hashable, Sendable {
    /// Normalised (PEP 503).
    let name: String
    /// Normalised.
    let extras: Set<String>
    let specifier: VersionSpecifier
    let address: String?
    let marker: Marker?

    /// Parses a requirement; nil where the text is none.
    init?(parsing text: String) {
        let pattern = /\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[([^\]]*)\])?\s*(.*)/.dotMatchesNewlines()
        guard let match = text.wholeMatch(of: pattern)?.output else { return nil }
        name = Requirement.normalized(String(match.1))
        extras = Set((match.2 ?? "").split(separator: ",").map { Requirement.normalized($0.trimmingSpaces()) })
        let rest = match.3
        let isDirect = rest.hasPrefix("@")
        // An address ends at a space before the semicolon (PEP 508, URLs).
        let parts =
            isDirect
            ? rest.split(separator: /\s+;/, maxSplits: 1)
            : rest.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        let wanted = parts.first.map { $0.trimmingSpaces() } ?? ""
        address = isDirect ? wanted.dropFirst().trimmingSpaces() : nil
        var clauses = isDirect ? "" : wanted
        if clauses.hasPrefix("("), clauses.hasSuffix(")") { clauses = String(clauses.dropFirst().dropLast()) }
        guard let specifier = try? VersionSpecifier(parsing: clauses) else { return nil }
        self.specifier = specifier
        guard parts.count > 1 else {
            marker = nil
            return
        }
        guard let marker = Marker(parsing: String(parts[1])) else { return nil }
        self.marker = marker
    }
}

extension VersionSpecifier {
    /// The clauses as one compares them: `>=3.0,<4` and `<4.0, >=3` are the same.
    var meaning: Set<String> {
        Set(
            clauses.map { clause in
                let release =
                    clause.isPrefix
                    ? clause.version.release : Array(clause.version.release.reversed().drop { $0 == 0 }.reversed())
                let isExact =
                    clause.comparison == .identical || clause.comparison == .compatible || clause.version.isPreRelease
                    || clause.version.post != nil
                return clause.comparison.rawValue
                    + (isExact
                        ? clause.version.text
                        : "\(clause.version.epoch)!" + release.map(String.init).joined(separator: "."))
                    + (clause.isPrefix ? ".*" : "")
            })
    }
}
