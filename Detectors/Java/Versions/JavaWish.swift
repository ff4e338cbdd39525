import Formats
import Planning

/// What one place says of Java's version; versions are feature releases, `8` for `1.8`.
struct JavaWish: Sendable, Hashable {
    let kind: Kind
    let reason: Reason
    /// As it is written.
    let text: String

    enum Kind: Sendable, Hashable {
        /// This release and no other.
        case exactly(Int)
        /// This release or a later one: what the class files are made for.
        case atLeast(Int)
        /// This release or an earlier one: what a tool can run on.
        case atMost(Int)
        /// A range, both ends included.
        case between(Int, Int)
    }

    /// The releases that it allows.
    var range: ClosedRange<Int> {
        switch kind {
        case .exactly(let release): release...release
        case .atLeast(let least): least...Self.latest
        case .atMost(let most): 1...max(1, most)
        case .between(let least, let most): min(least, most)...max(least, most)
        }
    }

    static let latest = 99

    /// The feature release of a version: `1.8.0_392`, `17.0.9-tem`, `temurin-21`, `zulu-8.86`, `21`.
    static func release(_ text: String) -> Int? {
        guard let match = text.firstMatch(of: #/(?:^|[^0-9.])(1\.)?([0-9]{1,2})(?![0-9])/#) else { return nil }
        let digits = match.output.2
        if match.output.1 != nil { return Int(digits) }
        return Int(digits)
    }
}
