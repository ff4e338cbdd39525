import Planning

/// Finds the Java that suits everything that was said, or says where it cannot be.
struct JavaVersionRule {
    let wishes: [JavaWish]

    init(_ wishes: [JavaWish]) { self.wishes = wishes }

    /// The long-term releases.
    static let longTerm = [8, 11, 17, 21, 25]

    func version() throws -> JavaVersion {
        let pin = wishes.first { if case .exactly = $0.kind { true } else { false } }
        let least = wishes.filter { if case .atLeast = $0.kind { true } else { false } }
            .max { $0.range.lowerBound < $1.range.lowerBound }
        guard let first = pin ?? least ?? wishes.first else { return JavaVersion(request: nil, warnings: []) }
        var range = first.range
        for wish in wishes where wish != first {
            let common = range.clamped(to: wish.range)
            guard common.lowerBound >= wish.range.lowerBound, wish.range.overlaps(range) else {
                if isPin(wish), isPin(first) { continue }
                throw PlanError.unusable(
                    place: "\(first.reason)", what: "asks for Java \(first.text), and \(wish.reason) for \(wish.text)",
                    fix: "change one of them, or override both with --set java.version=N")
            }
            range = common
        }
        let text = first.text
        let match = range
        let warnings = wishes.filter { isPin($0) && isPin(first) && $0.range != first.range }.map {
            "\($0.reason) asks for Java \($0.text), but \(first.reason) for \(text), which wins"
        }
        return JavaVersion(
            request: VersionRequest(text: text, reason: first.reason) { version in
                JavaWish.release(version).map { match.contains($0) ? .all : VersionRequest.Match.none } ?? .none
            }, warnings: warnings)
    }

    private func isPin(_ wish: JavaWish) -> Bool { if case .exactly = wish.kind { true } else { false } }
}
