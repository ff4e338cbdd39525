/// The alphabets of Debian's names (deb-control(5), deb-version(7), sources.list(5)).
///
/// These texts come from a lock file or a catalog and go to apt and into paths: nothing that passes here is an option,
/// a second line or a way out of a folder.
package enum DebianName {
    /// Whether a text is a package's name.
    package static func isPackage(_ text: String) -> Bool {
        text.utf8.count >= 2 && isMade(of: "+-.", text) { isLower($0) || isDigit($0) }
    }

    /// Whether a text is a version.
    package static func isVersion(_ text: String) -> Bool {
        isMade(of: ".+~:-", text) { isLower($0) || isDigit($0) || (0x41...0x5A).contains($0) }
    }

    /// Whether a text is a suite's name.
    package static func isSuite(_ text: String) -> Bool { isMade(of: "-.", text) { isLower($0) || isDigit($0) } }

    /// Whether a text is an architecture's name.
    package static func isArchitecture(_ text: String) -> Bool { isMade(of: "", text) { isLower($0) || isDigit($0) } }

    /// Letters everywhere, `others` everywhere but in the first place.
    private static func isMade(of others: String, _ text: String, isLetter: (UInt8) -> Bool) -> Bool {
        guard let first = text.utf8.first, isLetter(first) else { return false }
        return text.utf8.allSatisfy { isLetter($0) || others.utf8.contains($0) }
    }

    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
