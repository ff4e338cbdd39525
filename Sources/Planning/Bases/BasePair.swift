/// A builder and the runtime that goes with it.
struct BasePair: Sendable {
    let builder: BaseEntry
    let runtime: BaseEntry

    var isTesting: Bool { builder.debian?.suite == "testing" }

    /// Each builder that has what the wish needs, with the best runtime that fits it.
    ///
    /// Pairs with musl are among them only where that is asked for, or where there are no others.
    static func all(for wish: BaseChoice.Wish, in catalog: BaseCatalog) -> [BasePair] {
        let runtimes = catalog.entries(language: wish.runtime ?? wish.language, role: .runtime)
        let pairs = catalog.entries(language: wish.language, role: .builder).compactMap { builder -> BasePair? in
            guard wish.tools.isSubset(of: builder.tools) else { return nil }
            let fitting = runtimes.filter { fits($0, builder, for: wish) }
            let best = fitting.enumerated().min {
                let ranks = (rank($0.element, beside: builder, wish), rank($1.element, beside: builder, wish))
                return ranks.0 == ranks.1
                    ? $0.offset < $1.offset : ranks.0.lexicographicallyPrecedes(ranks.1)
            }
            return best.map { BasePair(builder: builder, runtime: $0.element) }
        }
        if let libc = wish.libc { return pairs.filter { $0.builder.libc.family == libc.value } }
        let usual = pairs.filter { $0.builder.libc.family != .musl }
        return usual.isEmpty ? pairs : usual
    }

    private static func fits(_ runtime: BaseEntry, _ builder: BaseEntry, for wish: BaseChoice.Wish) -> Bool {
        guard runtime.family == builder.family else { return false }
        // What is compiled runs without an interpreter, and what is static without a C library.
        if wish.runtime != nil {
            return runtime.libc.family == .none
                || (runtime.release == builder.release && runtime.libc == builder.libc)
        }
        return runtime.release == builder.release && runtime.version == builder.version
            && runtime.libc == builder.libc && runtime.abi == builder.abi
            && runtime.interpreter == builder.interpreter
    }

    private static func rank(_ runtime: BaseEntry, beside builder: BaseEntry, _ wish: BaseChoice.Wish) -> [Int] {
        [
            (runtime.shell != nil) == wish.needsShell ? 0 : 1, PlanRule.installers(of: runtime).isEmpty ? 0 : 1,
            runtime.release == builder.release ? 0 : 1, -release(runtime),
        ]
    }

    /// Whether a pair comes before another for a wish.
    static func precedes(
        _ left: BasePair, _ right: BasePair, _ wish: BaseChoice.Wish, _ catalog: BaseCatalog
    ) -> Bool {
        func rank(_ pair: BasePair) -> [Int] {
            [
                // A request that names a patch may fit only some patches of a version.
                matchRank(wish.version?.match(pair.builder, in: catalog)),
                pair.builder.family == "debian" ? 0 : 1, pair.isTesting ? 1 : 0,
                // A line that gets no more updates is taken where no other suits.
                catalog.isPastEnd(pair.builder) ? 1 : 0,
            ]
        }
        let ranks = (rank(left), rank(right))
        if ranks.0 != ranks.1 { return ranks.0.lexicographicallyPrecedes(ranks.1) }
        let versions = (numbers(left.builder.version), numbers(right.builder.version))
        if versions.0 != versions.1 { return versions.1.lexicographicallyPrecedes(versions.0) }
        let releases = (release(left.builder), release(right.builder))
        return releases.0 == releases.1 ? left.builder.id < right.builder.id : releases.0 > releases.1
    }

    private static func matchRank(_ match: VersionRequest.Match?) -> Int {
        switch match {
        case nil, .all?: 0
        case VersionRequest.Match.some?: 1
        case .newer?, VersionRequest.Match.none?: 2
        }
    }

    static func numbers(_ version: String) -> [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }

    /// `debian-13` is 13: releases of one distribution in their order.
    private static func release(_ entry: BaseEntry) -> Int {
        entry.release.split(separator: "-").last.map { numbers(String($0)) }.map {
            ($0.first ?? 0) * 100 + ($0.dropFirst().first ?? 0)
        } ?? 0
    }
}
