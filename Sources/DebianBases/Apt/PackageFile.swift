import OCI
import Planning

/// A package file as `apt-get --print-uris` names it.
struct PackageFile: Hashable, Sendable {
    let name: String
    let version: String
    let sha256: Digest
    /// Bytes to download.
    let size: Int64

    /// Parses lines `'URI' name_version_architecture.deb SIZE SHA256:HEX`; an epoch's colon is written `%3a`.
    static func parse(_ text: String) throws -> [PackageFile] {
        try text.split(separator: "\n").filter { $0.hasPrefix("'") }.map { line in
            guard let file = parse(line: line) else {
                throw DebianBaseError.aptFailed(said: "unexpected output: \(line)")
            }
            return file
        }
    }

    private static func parse(line: Substring) -> PackageFile? {
        guard let quote = line.dropFirst().firstIndex(of: "'") else { return nil }
        let words = line[line.index(after: quote)...].split(separator: " ")
        guard words.count == 3, let (name, version) = parse(fileName: String(words[0])), let size = Int64(words[1]),
            words[2].hasPrefix("SHA256:"),
            let digest = try? Digest(parsing: "sha256:" + words[2].dropFirst("SHA256:".count))
        else { return nil }
        return PackageFile(name: name, version: version, sha256: digest, size: size)
    }

    /// The name and version in `name_version_architecture.deb`.
    static func parse(fileName: String) -> (name: String, version: String)? {
        let parts = fileName.split(separator: "_").map(String.init)
        guard parts.count == 3, parts[2].hasSuffix(".deb") else { return nil }
        let version = parts[1].replacing("%3a", with: ":")
        return DebianName.isPackage(parts[0]) && DebianName.isVersion(version) ? (parts[0], version) : nil
    }

    var pinned: PinnedPackage { PinnedPackage(name: name, version: version, sha256: sha256) }
}

/// Finding the package that was meant.
enum PackageName {
    /// The known name that differs in the fewest letters, where it is near enough to be meant.
    static func nearest(to name: String, in known: Set<String>) -> String? {
        let limit = max(2, name.utf8.count / 3)
        var best: (distance: Int, name: String)?
        for candidate in known where abs(candidate.utf8.count - name.utf8.count) <= limit {
            let found = distance(Array(name.utf8), Array(candidate.utf8))
            if found <= limit, best.map({ (found, candidate) < ($0.distance, $0.name) }) ?? true {
                best = (found, candidate)
            }
        }
        return best?.name
    }

    /// Levenshtein's distance.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let above = row[j + 1]
                row[j + 1] = min(above + 1, row[j] + 1, diagonal + (a == b ? 0 : 1))
                diagonal = above
            }
        }
        return row[right.count]
    }
}
