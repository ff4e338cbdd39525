import Formats
import Planning

/// Versions as Poetry writes them (`^1.2`, `~1.2`, `1.*`, `>=1,<2 || >=3`) in the terms of PEP 440.
struct PoetryConstraint: Hashable, Sendable {
    /// A version is allowed where one of them allows it.
    let alternatives: [VersionSpecifier]

    init(parsing text: String) throws(VersionSpecifierError) {
        var alternatives: [VersionSpecifier] = []
        for part in text.split(separator: /\|\|?/) { alternatives.append(try Self.conjunction(String(part))) }
        self.alternatives = alternatives.isEmpty ? [try VersionSpecifier(parsing: "")] : alternatives
    }

    /// Whether a version is allowed.
    func allows(_ version: PythonVersionNumber) -> Bool { alternatives.contains { $0.allows(version) } }

    /// Whether some patch of a Python (`3.13`) is allowed.
    func allows(python version: String) -> Bool {
        alternatives.contains { PythonVersion.match(version, $0) != .none }
    }

    /// The constraint as one specifier (PEP 440); fails where only alternatives could say it.
    static func specifier(_ text: String) throws(VersionSpecifierError) -> VersionSpecifier {
        let parsed = try PoetryConstraint(parsing: text)
        guard parsed.alternatives.count == 1 else { throw .malformed(text) }
        return parsed.alternatives[0]
    }

    /// A constraint on Python itself as one specifier: alternatives become the releases of Python 3 that none allows.
    static func specifier(python text: String) throws(VersionSpecifierError) -> VersionSpecifier {
        let parsed = try PoetryConstraint(parsing: text)
        guard parsed.alternatives.count > 1 else { return parsed.alternatives[0] }
        let excluded = (0...40).map { "3.\($0)" }.filter { !parsed.allows(python: $0) }.map { "!=\($0).*" }
        return try VersionSpecifier(parsing: (["<4"] + excluded).joined(separator: ","))
    }

    /// Clauses that all hold, separated by commas or spaces.
    private static func conjunction(_ text: String) throws(VersionSpecifierError) -> VersionSpecifier {
        let joined = text.replacing(/(\^|~=|~|===?|!=|<=|>=|<|>|=)\s+/) { String($0.output.1) }
        let clauses = joined.split { $0 == "," || $0.isWhitespace }.map(String.init)
        var result: [String] = []
        for clause in clauses where clause != "*" { result.append(try Self.clause(clause)) }
        return try VersionSpecifier(parsing: result.joined(separator: ","))
    }

    private static func clause(_ text: String) throws(VersionSpecifierError) -> String {
        if text.hasPrefix("^") {
            return try range(text, text.dropFirst()) { release in
                let first = release.firstIndex { $0 != 0 } ?? release.count - 1
                return Array(release[..<first]) + [release[first] + 1]
            }
        }
        if text.hasPrefix("~"), !text.hasPrefix("~=") {
            return try range(text, text.dropFirst()) { release in
                release.count == 1 ? [release[0] + 1] : [release[0], release[1] + 1]
            }
        }
        if text.first?.isNumber == true || text.first == "v" { return "==\(text.drop { $0 == "v" })" }
        if text.hasPrefix("="), !text.hasPrefix("==") { return "=" + text }
        return text
    }

    private static func range(
        _ written: String, _ number: Substring, upTo: ([Int]) -> [Int]
    ) throws(VersionSpecifierError) -> String {
        let digits = number.trimmingSpaces().replacing(".*", with: "")
        // The next number of a release must be one as well.
        guard let version = PythonVersionNumber(digits), !version.release.isEmpty, !version.release.contains(.max)
        else { throw .malformed(written) }
        return ">=\(digits),<\(upTo(version.release).map(String.init).joined(separator: "."))"
    }
}
