/// A version by the rules of https://semver.org, as npm reads it: `1.2.3`, `v1.2.3-rc.1+build`.
struct SemanticVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int
    let patch: Int
    /// The parts of the pre-release label; empty for a release.
    let preRelease: [Label]

    /// One part of a pre-release label: numbers come before words.
    enum Label: Hashable, Sendable, Comparable {
        case number(Int)
        case word(String)

        static func < (left: Label, right: Label) -> Bool {
            switch (left, right) {
            case (.number(let one), .number(let other)): one < other
            case (.number, .word): true
            case (.word, .number): false
            case (.word(let one), .word(let other)): one.utf8.lexicographicallyPrecedes(other.utf8)
            }
        }
    }

    init(_ major: Int, _ minor: Int = 0, _ patch: Int = 0, preRelease: [Label] = []) {
        self.major = major
        self.minor = minor
        self.patch = patch
        self.preRelease = preRelease
    }

    /// Parses a whole version; nil where the text is none.
    init?(_ text: String) {
        guard let partial = PartialVersion(text), let version = partial.whole else { return nil }
        self = version
    }

    var description: String {
        let label = preRelease.map {
            switch $0 {
            case .number(let number): "\(number)"
            case .word(let word): word
            }
        }
        return "\(major).\(minor).\(patch)" + (label.isEmpty ? "" : "-" + label.joined(separator: "."))
    }

    static func < (left: Self, right: Self) -> Bool {
        let numbers = ([left.major, left.minor, left.patch], [right.major, right.minor, right.patch])
        if numbers.0 != numbers.1 { return numbers.0.lexicographicallyPrecedes(numbers.1) }
        // A release comes after all its pre-releases.
        if left.preRelease.isEmpty || right.preRelease.isEmpty {
            return right.preRelease.isEmpty && !left.preRelease.isEmpty
        }
        return left.preRelease.lexicographicallyPrecedes(right.preRelease)
    }

    /// Whether only the pre-release labels differ.
    func isSameRelease(as other: Self) -> Bool {
        major == other.major && minor == other.minor && patch == other.patch
    }

    /// The release without its label.
    var release: Self { Self(major, minor, patch) }
    /// The next release that differs in the patch, the minor or the major number.
    var nextPatch: Self { Self(major, minor, patch + 1) }
    var nextMinor: Self { Self(major, minor + 1) }
    var nextMajor: Self { Self(major + 1) }
}

/// A version whose numbers may be missing from the right: `20`, `20.x`, `v20.11`, `*`.
struct PartialVersion: Sendable {
    /// nil for `*`.
    let major: Int?
    let minor: Int?
    let patch: Int?
    let preRelease: [SemanticVersion.Label]

    /// Parses a partial version with `v` or `=` before it; nil where the text is none.
    init?(_ text: String) {
        // Built per call: regexes are not Sendable.
        let pattern =
            /[v=\s]*(\d+|[xX*])(?:\.(\d+|[xX*])(?:\.(\d+|[xX*])(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]+)?)?)?/
        guard let match = text.wholeMatch(of: pattern)?.output else { return nil }
        var numbers: [Int] = []
        for part in [match.1, match.2, match.3] {
            guard let part, !["x", "X", "*"].contains(part) else { break }
            // npm refuses numbers that JavaScript cannot hold.
            guard let number = Int(part), number < 1 << 53, part == "0" || !part.hasPrefix("0") else { return nil }
            numbers.append(number)
        }
        major = numbers.first
        minor = numbers.count > 1 ? numbers[1] : nil
        patch = numbers.count > 2 ? numbers[2] : nil
        preRelease =
            numbers.count < 3
            ? [] : (match.4?.split(separator: ".") ?? []).map { Int($0).map { .number($0) } ?? .word(String($0)) }
    }

    /// The version, where no number is missing.
    var whole: SemanticVersion? {
        guard let major, let minor, let patch else { return nil }
        return SemanticVersion(major, minor, patch, preRelease: preRelease)
    }

    /// The oldest version that is meant: missing numbers are 0.
    var low: SemanticVersion { SemanticVersion(major ?? 0, minor ?? 0, patch ?? 0, preRelease: preRelease) }

    /// The first release after all that are meant; nil where any is meant.
    var end: SemanticVersion? {
        guard major != nil else { return nil }
        guard minor != nil else { return low.nextMajor }
        return patch == nil ? low.nextMinor : low.nextPatch
    }
}
