/// A set of releases (versions without a pre-release label), as intervals that do not touch, in order.
struct ReleaseSet: Hashable, Sendable {
    private let intervals: [Interval]

    /// From a release on, up to but without another; without end where that is nil.
    private struct Interval: Hashable, Sendable {
        var from: SemanticVersion
        var end: SemanticVersion?
    }

    static let none = ReleaseSet(intervals: [])
    static let all = ReleaseSet(from: SemanticVersion(0))

    /// The releases from one on, up to but without another.
    init(from: SemanticVersion = SemanticVersion(0), below end: SemanticVersion? = nil) {
        self.init(intervals: [Interval(from: from, end: end)])
    }

    private init(intervals: [Interval]) {
        var result: [Interval] = []
        for next in intervals.sorted(by: { $0.from < $1.from }) where next.end.map({ next.from < $0 }) ?? true {
            guard let last = result.last, last.end.map({ next.from <= $0 }) ?? true else {
                result.append(next)
                continue
            }
            guard let one = last.end, let other = next.end else {
                result[result.count - 1].end = nil
                continue
            }
            result[result.count - 1].end = max(one, other)
        }
        self.intervals = result
    }

    var isEmpty: Bool { intervals.isEmpty }

    func union(_ other: ReleaseSet) -> ReleaseSet { ReleaseSet(intervals: intervals + other.intervals) }

    func intersection(_ other: ReleaseSet) -> ReleaseSet {
        ReleaseSet(
            intervals: intervals.flatMap { one in
                other.intervals.map { another in
                    Interval(
                        from: max(one.from, another.from),
                        end: [one.end, another.end].compactMap(\.self).min())
                }
            })
    }

    func isSubset(of other: ReleaseSet) -> Bool { intersection(other) == self }

    /// The oldest release; nil where there is none.
    var first: SemanticVersion? { intervals.first?.from }
}
