import Planning

/// Finds the Java that suits everything that was said, or says where it cannot be.
///
/// The first pin wins, and must allow what the class files are made for and what the build tool runs on. Without a pin,
/// the least that files ask for is met by the first long-term release from 17 on: later ones lack what older
/// sources, plugins and annotation processors use.
struct JavaVersionRule {
    let wishes: [JavaWish]

    init(_ wishes: [JavaWish]) { self.wishes = wishes }

    /// Releases with long support.
    static let longTerm = [8, 11, 17, 21, 25]

    func version() throws -> JavaVersion {
        let least = wishes.filter { !$0.isPin }.max { $0.range.lowerBound < $1.range.lowerBound }
        guard let first = wishes.first(where: \.isPin) ?? least else { return JavaVersion(request: nil, warnings: []) }
        var range = first.range
        for wish in wishes where wish != first && !(wish.isPin && first.isPin) {
            guard wish.range.overlaps(range) else { throw conflict(first, wish) }
            range = range.clamped(to: wish.range)
        }
        // What a tool runs on says nothing of what the sources need.
        if wishes.contains(where: { if case .atLeast = $0.kind { true } else { false } }), !first.isPin {
            range = range.lowerBound...min(range.upperBound, Self.newest(for: range.lowerBound))
        }
        let (allowed, isPatch) = (range, first.isPatch)
        let request = VersionRequest(text: first.text, reason: first.reason) { version in
            guard let release = JavaWish.release(version), allowed.contains(release) else { return .none }
            return isPatch ? .some : .all
        }
        return JavaVersion(request: request, warnings: warnings(first))
    }

    /// The newest release that is taken where files ask for a least one.
    ///
    /// JDK 12 and later no longer make class files of Java 6, nor JDK 20 and later those of Java 7.
    static func newest(for least: Int) -> Int {
        if least <= 6 { return 11 }
        return longTerm.first { $0 >= max(least, 17) } ?? JavaWish.latest
    }

    private func conflict(_ first: JavaWish, _ other: JavaWish) -> PlanError {
        let isRequested = if case .requested = first.reason { true } else { false }
        let place =
            if case .found(let evidence) = first.reason, let place = evidence.first { "\(place)" } else {
                "\(first.reason)"
            }
        return .unusable(
            place: place, what: "asks for Java \(first.text), and \(other.reason) for Java \(other.text)",
            fix: isRequested
                ? "ask for a version that suits both" : "change one of them, or choose with --set java.version=N")
    }

    private func warnings(_ first: JavaWish) -> [String] {
        wishes.filter { $0.isPin && first.isPin && $0.range != first.range }.map {
            let isRequested = if case .requested = first.reason { true } else { false }
            return
                "\($0.reason) asks for Java \($0.text), \(isRequested ? "" : "but ")\(first.reason) for \(first.text), which wins"
        }
    }
}
