import Formats

/// A range of versions as npm reads it: `^20.11 || >=22.12 <23`.
///
/// https://github.com/npm/node-semver, "Ranges" and "Advanced Range Syntax".
struct NodeRange: Hashable, Sendable, CustomStringConvertible {
    /// As written, with single spaces.
    let text: String
    /// A version is in the range where one of these holds.
    private let alternatives: [Alternative]

    /// Comparators that hold together.
    private struct Alternative: Hashable, Sendable {
        var comparators: [Comparator] = []
    }

    private struct Comparator: Hashable, Sendable {
        let sign: Sign
        let version: SemanticVersion

        enum Sign: Hashable, Sendable { case below, atMost, equal, atLeast, above }

        func allows(_ candidate: SemanticVersion) -> Bool {
            switch sign {
            case .below: candidate < version
            case .atMost: candidate <= version
            case .equal: candidate == version
            case .atLeast: candidate >= version
            case .above: candidate > version
            }
        }
    }

    /// Parses a range; fails naming the part that is none.
    init(parsing text: String) throws(NodeRangeError) {
        self.text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        var alternatives: [Alternative] = []
        for part in text.replacing("||", with: "\n").split(separator: "\n", omittingEmptySubsequences: false) {
            alternatives.append(try Self.alternative(part.trimmingSpaces()))
        }
        self.alternatives = alternatives
    }

    var description: String { text }

    /// Whether a version is in the range: a pre-release only where a comparator names one of the same release.
    func contains(_ version: SemanticVersion) -> Bool {
        alternatives.contains { alternative in
            guard alternative.comparators.allSatisfy({ $0.allows(version) }) else { return false }
            return version.preRelease.isEmpty
                || alternative.comparators.contains {
                    !$0.version.preRelease.isEmpty && $0.version.isSameRelease(as: version)
                        && $0.version.preRelease != Self.first
                }
        }
    }

    /// The releases in the range.
    var releases: ReleaseSet {
        alternatives.reduce(ReleaseSet.none) { result, alternative in
            result.union(
                alternative.comparators.reduce(ReleaseSet.all) { $0.intersection(Self.releases(of: $1)) })
        }
    }

    private static func releases(of comparator: Comparator) -> ReleaseSet {
        let version = comparator.version
        let isRelease = version.preRelease.isEmpty
        return switch comparator.sign {
        case .below: ReleaseSet(below: version.release)
        case .atMost: ReleaseSet(below: isRelease ? version.nextPatch : version.release)
        case .equal: isRelease ? ReleaseSet(from: version, below: version.nextPatch) : .none
        case .atLeast: ReleaseSet(from: version.release)
        case .above: ReleaseSet(from: isRelease ? version.nextPatch : version.release)
        }
    }

    // MARK: - Parsing

    /// The label before all others: `<2.0.0-0` leaves out the pre-releases of 2.0.0 too.
    private static let first: [SemanticVersion.Label] = [.number(0)]

    private static func below(_ version: SemanticVersion) -> Comparator {
        Comparator(
            sign: .below,
            version: SemanticVersion(version.major, version.minor, version.patch, preRelease: first))
    }

    private static func alternative(_ text: String) throws(NodeRangeError) -> Alternative {
        if let match = text.wholeMatch(of: /(\S+)\s+-\s+(\S+)/)?.output {
            return Alternative(comparators: try hyphen(String(match.1), String(match.2)))
        }
        // A sign may stand apart from its version.
        let joined = text.replacing(/([<>=~^]+)\s+/) { String($0.output.1) }
        var result = Alternative()
        for word in joined.split(whereSeparator: \.isWhitespace) {
            result.comparators += try comparators(String(word))
        }
        return result
    }

    private static func hyphen(_ low: String, _ high: String) throws(NodeRangeError) -> [Comparator] {
        guard let from = PartialVersion(low) else { throw .malformed(low) }
        guard let to = PartialVersion(high) else { throw .malformed(high) }
        var result: [Comparator] = []
        if from.major != nil { result.append(Comparator(sign: .atLeast, version: from.low)) }
        if let whole = to.whole {
            result.append(Comparator(sign: .atMost, version: whole))
        } else if let end = to.end {
            result.append(below(end))
        }
        return result
    }

    private static func comparators(_ word: String) throws(NodeRangeError) -> [Comparator] {
        let sign = word.prefix { "<>=~^".contains($0) }
        guard let partial = PartialVersion(String(word.dropFirst(sign.count))) else { throw .malformed(word) }
        let low = Comparator(sign: .atLeast, version: partial.low)
        switch sign {
        case "", "=", "==":
            if let whole = partial.whole { return [Comparator(sign: .equal, version: whole)] }
            return partial.end.map { [low, below($0)] } ?? []
        case "~", "~>":
            guard let major = partial.major else { return [] }
            return [
                low, below(SemanticVersion(major, partial.minor ?? 0).next(partial.minor == nil ? .major : .minor)),
            ]
        case "^": return try caret(partial, low)
        case ">=": return partial.major == nil ? [] : [low]
        case "<=":
            if let whole = partial.whole { return [Comparator(sign: .atMost, version: whole)] }
            return partial.end.map { [below($0)] } ?? []
        case ">":
            if let whole = partial.whole { return [Comparator(sign: .above, version: whole)] }
            return partial.end.map { [Comparator(sign: .atLeast, version: $0)] } ?? [below(SemanticVersion(0))]
        case "<":
            if let whole = partial.whole { return [Comparator(sign: .below, version: whole)] }
            return [below(partial.low)]
        default: throw .malformed(word)
        }
    }

    /// `^1.2.3` keeps the first number that is not 0.
    private static func caret(_ partial: PartialVersion, _ low: Comparator) throws(NodeRangeError) -> [Comparator] {
        guard let major = partial.major else { return [] }
        guard major == 0, let minor = partial.minor else { return [low, below(SemanticVersion(major + 1))] }
        guard minor == 0, let patch = partial.patch else { return [low, below(SemanticVersion(0, minor + 1))] }
        return [low, below(SemanticVersion(0, 0, patch + 1))]
    }
}

extension SemanticVersion {
    fileprivate enum Place { case major, minor }

    fileprivate func next(_ place: Place) -> Self { place == .major ? nextMajor : nextMinor }
}

/// Why a text is no range of versions.
enum NodeRangeError: Error, Equatable, CustomStringConvertible {
    case malformed(String)

    var description: String {
        switch self {
        case .malformed(let text): "'\(text)' is no version or range of versions"
        }
    }
}
