import Formats

/// A version of a Python package or of Python itself (PEP 440), without a local label.
struct PythonVersionNumber: Hashable, Sendable, Comparable, CustomStringConvertible {
    let epoch: Int
    let release: [Int]
    /// 0 for alpha, 1 for beta, 2 for release candidate, with its number.
    let pre: [Int]?
    let post: Int?
    let dev: Int?
    let text: String

    /// Parses the normal and the tolerated spellings; nil where the text is no version.
    init?(_ text: String) {
        let pattern =
            /v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?(\d*))?(?:(?:[-_.]?(?:post|rev|r)[-_.]?(\d*))|-(\d+))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+[a-z0-9]+(?:[-_.][a-z0-9]+)*)?/
        let cleaned = text.trimmingSpaces().lowercased()
        guard let match = cleaned.wholeMatch(of: pattern)?.output else { return nil }
        epoch = match.1.flatMap { Int($0) } ?? 0
        release = match.2.split(separator: ".").compactMap { Int($0) }
        guard release.count == match.2.split(separator: ".").count else { return nil }
        pre = match.3.map { phase in
            [phase.hasPrefix("a") ? 0 : phase.hasPrefix("b") ? 1 : 2, match.4.flatMap { Int($0) } ?? 0]
        }
        if let number = match.6 { post = Int(number) } else { post = match.5.map { Int($0) ?? 0 } }
        dev = match.7 == nil ? nil : match.8.flatMap { Int($0) } ?? 0
        self.text = cleaned
    }

    /// A final release by its numbers.
    init(release: [Int]) {
        epoch = 0
        self.release = release
        pre = nil
        post = nil
        dev = nil
        text = release.map(String.init).joined(separator: ".")
    }

    var description: String { text }

    var isPreRelease: Bool { pre != nil || dev != nil }

    /// The release numbers without zeros at the end: equal for `3.11` and `3.11.0`.
    private var trimmed: [Int] {
        Array(release.reversed().drop { $0 == 0 }.reversed())
    }

    /// What comes after the release numbers, in order: dev < a < b < rc < nothing < post.
    private var suffix: [Int] {
        let prePart: [Int]
        if let pre { prePart = pre } else { prePart = post == nil && dev != nil ? [-1, 0] : [3, 0] }
        return prePart + [post ?? -1, dev ?? .max]
    }

    private var key: [[Int]] { [[epoch], trimmed, suffix] }

    static func == (left: Self, right: Self) -> Bool { left.key == right.key }

    func hash(into hasher: inout Hasher) { hasher.combine(key) }

    static func < (left: Self, right: Self) -> Bool {
        for (one, other) in zip(left.key, right.key) where one != other { return one.lexicographicallyPrecedes(other) }
        return false
    }

    /// Whether the release numbers begin with those of `prefix`, as `==3.11.*` asks.
    func hasPrefix(_ prefix: [Int]) -> Bool {
        let padded = release + Array(repeating: 0, count: max(0, prefix.count - release.count))
        return Array(padded.prefix(prefix.count)) == prefix
    }
}

/// A list of version clauses that all hold: `>=3.11,<3.13,!=3.12.1` (PEP 440, version specifiers).
struct VersionSpecifier: Hashable, Sendable, CustomStringConvertible {
    let clauses: [Clause]
    let text: String

    struct Clause: Hashable, Sendable {
        let comparison: Comparison
        let version: PythonVersionNumber
        let isPrefix: Bool
        let text: String
    }

    enum Comparison: String, Hashable, Sendable, CaseIterable {
        case identical = "==="
        case compatible = "~="
        case equal = "=="
        case unequal = "!="
        case atMost = "<="
        case atLeast = ">="
        case below = "<"
        case above = ">"
    }

    /// Parses a list of clauses; fails naming the clause that is none.
    init(parsing text: String) throws(VersionSpecifierError) {
        var clauses: [Clause] = []
        for part in text.split(separator: ",").map({ $0.trimmingSpaces() }) where !part.isEmpty {
            guard let comparison = Comparison.allCases.first(where: { part.hasPrefix($0.rawValue) }) else {
                throw .noComparison(part)
            }
            var number = part.dropFirst(comparison.rawValue.count).trimmingSpaces()
            let isPrefix = number.hasSuffix(".*")
            if isPrefix { number.removeLast(2) }
            guard let version = PythonVersionNumber(number), !isPrefix || comparison == .equal || comparison == .unequal
            else { throw .malformed(part) }
            guard comparison != .compatible || version.release.count > 1 else { throw .malformed(part) }
            clauses.append(
                Clause(
                    comparison: comparison, version: version, isPrefix: isPrefix,
                    text: comparison.rawValue + number + (isPrefix ? ".*" : "")))
        }
        self.clauses = clauses
        self.text = clauses.map(\.text).joined(separator: ",")
    }

    var description: String { text }

    /// Whether a version satisfies every clause.
    func allows(_ version: PythonVersionNumber) -> Bool { clauses.allSatisfy { $0.allows(version) } }
}

extension VersionSpecifier.Clause {
    func allows(_ candidate: PythonVersionNumber) -> Bool {
        switch comparison {
        case .identical: candidate.text == version.text
        case .compatible: candidate >= version && candidate.hasPrefix(Array(version.release.dropLast()))
        case .equal: isPrefix ? candidate.hasPrefix(version.release) : candidate == version
        case .unequal: isPrefix ? !candidate.hasPrefix(version.release) : candidate != version
        case .atMost: candidate <= version
        case .atLeast: candidate >= version
        case .below:
            candidate < version
                && (version.isPreRelease || !candidate.isPreRelease || !candidate.hasPrefix(version.release))
        case .above: candidate > version && (version.post != nil || candidate.post == nil || !sameRelease(candidate))
        }
    }

    private func sameRelease(_ other: PythonVersionNumber) -> Bool {
        other.hasPrefix(version.release) && version.hasPrefix(other.release)
    }
}

/// Why a text is no version specifier.
enum VersionSpecifierError: Error, Equatable, CustomStringConvertible {
    case noComparison(String)
    case malformed(String)

    var description: String {
        switch self {
        case .noComparison(let text): "'\(text)' has no comparison such as >= or =="
        case .malformed(let text): "'\(text)' is no version clause"
        }
    }
}
