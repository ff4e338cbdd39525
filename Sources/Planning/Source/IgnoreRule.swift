/// One line of a `.dockerignore`, or of `ignore` in `autoimage.toml`.
///
/// https://docs.docker.com/build/concepts/context/#dockerignore-files
package struct IgnoreRule: Hashable, Sendable {
    /// The pattern cleaned, without `!`.
    package var pattern: String { compiled.text }
    /// Whether it begins with `!`: lets in again what an earlier rule ignored.
    package let isException: Bool
    /// Where it was written, as `.dockerignore:3`.
    package let origin: String
    /// The folder that the pattern is relative to; paths outside it never match.
    package let folder: SourcePath
    let compiled: PathPattern

    /// Parses one pattern.
    ///
    /// Spaces around it and a leading or trailing slash mean nothing, as in Docker.
    package init(parsing text: String, origin: String, folder: SourcePath = .root) throws(IgnoreError) {
        var body = text.trimmingSpaces()
        isException = body.hasPrefix("!")
        if isException { body = String(body.dropFirst()).trimmingSpaces() }
        guard !body.isEmpty, !body.utf8.contains(0) else { throw .invalidPattern(text.trimmingSpaces(), at: origin) }
        guard let compiled = PathPattern(Self.clean(body)) else {
            throw .invalidPattern(text.trimmingSpaces(), at: origin)
        }
        self.compiled = compiled
        self.origin = origin
        self.folder = folder
    }

    /// The rules of a whole file: one pattern a line; empty lines and lines that begin with `#` say nothing.
    package static func rules(
        inFile text: String, named name: String, folder: SourcePath = .root
    ) throws(IgnoreError) -> [IgnoreRule] {
        var scalars = text.unicodeScalars[...]
        if scalars.first == "\u{FEFF}" { scalars = scalars.dropFirst() }
        var result: [IgnoreRule] = []
        for (index, line) in scalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = String(String.UnicodeScalarView(line))
            guard !line.hasPrefix("#"), !line.trimmingSpaces().isEmpty else { continue }
            result.append(try IgnoreRule(parsing: line, origin: "\(name):\(index + 1)", folder: folder))
        }
        return result
    }

    /// Go's `filepath.Clean`, then without the leading slash.
    private static func clean(_ text: String) -> String {
        let isAbsolute = text.hasPrefix("/")
        var parts: [Substring] = []
        for part in text.split(separator: "/") where part != "." {
            if part != ".." || (parts.last == ".." || parts.isEmpty) && !isAbsolute {
                parts.append(part)
            } else {
                _ = parts.popLast()
            }
        }
        return parts.isEmpty ? (isAbsolute ? "/" : ".") : parts.joined(separator: "/")
    }
}

extension String {
    fileprivate func trimmingSpaces() -> String {
        let kept = unicodeScalars.drop { $0.properties.isWhitespace }
        guard let last = kept.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(String.UnicodeScalarView(kept[...last]))
    }
}

/// Why an ignore pattern cannot be used.
package enum IgnoreError: Error, Equatable, CustomStringConvertible {
    case invalidPattern(String, at: String)

    package var description: String {
        switch self {
        case .invalidPattern("!", let place): "\(place): '!' stands alone; write the pattern to let in behind it"
        case .invalidPattern(let pattern, let place):
            "\(place): '\(pattern)' is no valid pattern; close '[' with ']', or write a special character as '\\['"
        }
    }
}
