import Formats
import Planning

/// What one place says of Java's version; versions are feature releases, `8` for `1.8`.
struct JavaWish: Sendable, Hashable {
    let kind: Kind
    let reason: Reason
    /// As errors say it: `17`, `>=11`.
    let text: String
    /// Whether the place names a patch release too, as in `17.0.9-tem`.
    let isPatch: Bool

    enum Kind: Sendable, Hashable {
        /// This release and no other.
        case exactly(Int)
        /// This release or a later one: what the class files are made for.
        case atLeast(Int)
        /// A range, both ends included: what a tool runs on.
        case between(Int, Int)
    }

    init(_ kind: Kind, _ reason: Reason, isPatch: Bool = false, text: String? = nil) {
        self.kind = kind
        self.reason = reason
        self.isPatch = isPatch
        self.text =
            switch kind {
            case .exactly(let release): text ?? "\(release)"
            case .atLeast(let least): ">=\(least)"
            case .between(let least, let most):
                most == Self.latest ? ">=\(least)" : least <= 1 ? "<=\(most)" : "\(least) to \(most)"
            }
    }

    var isPin: Bool { if case .exactly = kind { true } else { false } }

    /// The releases that it allows.
    var range: ClosedRange<Int> {
        switch kind {
        case .exactly(let release): release...release
        case .atLeast(let least): least...Self.latest
        case .between(let least, let most): min(least, most)...max(least, most)
        }
    }

    static let latest = 99

    /// A pin on what a version manager's file or an option names: `21`, `1.8.0_392`, `17.0.9-tem`, `temurin-21.0.2+13`.
    static func pin(_ written: String, _ reason: Reason) -> JavaWish? {
        guard let release = release(written) else { return nil }
        let isPatch = written.firstMatch(of: #/(?:^|[^0-9.])(?:1\.)?\d{1,2}[._]\d/#) != nil
        return JavaWish(.exactly(release), reason, isPatch: isPatch, text: isPatch ? written : nil)
    }

    /// The feature release of a version, whatever vendor stands before or after it.
    static func release(_ text: String) -> Int? {
        guard let match = text.firstMatch(of: #/(?:^|[^0-9.])(?:1\.([0-9]{1,2})(?![0-9])|([0-9]{1,2})(?![0-9]))/#)
        else { return nil }
        return (match.output.1 ?? match.output.2).flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    }
}
