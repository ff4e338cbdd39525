package import OCI

/// A version that files or options ask for.
package struct VersionRequest: Sendable {
    /// As written: `>=3.11,<3.13`.
    package let text: String
    package let reason: Reason
    /// How far a version of the catalog (`3.11`, which stands for all its patches) satisfies the request.
    package let match: @Sendable (String) -> Match

    package init(text: String, reason: Reason, match: @escaping @Sendable (String) -> Match) {
        self.text = text
        self.reason = reason
        self.match = match
    }

    package enum Match: Sendable, Hashable { case all, some, none }
}

/// The builder and runtime bases of a plan: a pair that agrees in family, release, version, libc, ABI and interpreter.
package struct BaseChoice: Sendable {
    package let builder: BaseEntry
    package let runtime: BaseEntry
    package let version: Decided<String>
    /// Why these entries, and which lost.
    package let reason: Reason
    package let alternatives: [Alternative]
    package let warnings: [String]

    /// What to choose for.
    package struct Wish: Sendable {
        package var language: String
        package var version: VersionRequest?
        /// `auto`, `debian`, `official` or the family name of a file.
        package var family: Requested<String>?
        package var needsShell: Bool

        package init(
            language: String, version: VersionRequest? = nil, family: Requested<String>? = nil, needsShell: Bool = false
        ) {
            self.language = language
            self.version = version
            self.family = family
            self.needsShell = needsShell
        }
    }

    /// Chooses by the rule of `--bases`.
    ///
    /// Stable releases come before testing, newer before older; with `auto`, the `debian` family comes before all others
    /// wherever it satisfies the request. A runtime without a shell is preferred unless one is needed.
    package static func choose(_ wish: Wish, from catalog: BaseCatalog) throws(PlanError) -> BaseChoice {
        let pairs = Self.pairs(wish, in: catalog)
        let wanted = wish.family.flatMap { $0.value == "auto" ? nil : $0 }
        let family = pairs.filter { wanted == nil || $0.builder.family == wanted?.value }
        guard !family.isEmpty else {
            throw .noBase(
                language: wish.language, family: wanted?.value ?? "auto",
                offered: Array(Set(pairs.map(\.builder.family))).sorted())
        }
        let ranked = family.filter { wish.version?.match($0.builder.version) != VersionRequest.Match.none }
            .sorted { Self.precedes($0, $1, wish) }
        guard let best = ranked.first else {
            throw .noVersion(
                language: wish.language, wanted: wish.version?.text ?? "",
                reason: wish.version?.reason ?? .usual(why: ""),
                offered: offered(family), usual: usual(family, wish))
        }
        return BaseChoice(
            builder: best.builder, runtime: best.runtime, version: version(best, wish, ranked),
            reason: wanted?.reason ?? .usual(why: why(best, wish)),
            alternatives: ranked.dropFirst().filter { $0.builder.id != best.builder.id }.map {
                Alternative($0.builder.id, why: lost($0, to: best, wish))
            }, warnings: warnings(best, wish, catalog))
    }

    private struct Pair {
        let builder: BaseEntry
        let runtime: BaseEntry

        var isTesting: Bool { builder.debian?.suite == "testing" }
    }

    /// Each builder with the first runtime that fits it.
    private static func pairs(_ wish: Wish, in catalog: BaseCatalog) -> [Pair] {
        let runtimes = catalog.entries(language: wish.language, role: .runtime)
        return catalog.entries(language: wish.language, role: .builder).compactMap { builder in
            let fitting = runtimes.filter {
                $0.family == builder.family && $0.release == builder.release && $0.version == builder.version
                    && $0.libc == builder.libc && $0.abi == builder.abi && $0.interpreter == builder.interpreter
            }
            let best = fitting.first { ($0.shell != nil) == wish.needsShell } ?? fitting.first
            return best.map { Pair(builder: builder, runtime: $0) }
        }
    }

    private static func precedes(_ left: Pair, _ right: Pair, _ wish: Wish) -> Bool {
        func rank(_ pair: Pair) -> [Int] {
            [
                // A request that names a patch may fit only some patches of a version.
                wish.version?.match(pair.builder.version) == .some ? 1 : 0,
                pair.builder.family == "debian" ? 0 : 1, pair.isTesting ? 1 : 0,
            ]
        }
        let ranks = (rank(left), rank(right))
        if ranks.0 != ranks.1 { return ranks.0.lexicographicallyPrecedes(ranks.1) }
        let numbers = (numbers(left.builder.version), self.numbers(right.builder.version))
        if numbers.0 != numbers.1 { return numbers.1.lexicographicallyPrecedes(numbers.0) }
        return left.builder.id < right.builder.id
    }

    /// The version that would be chosen if none were asked for.
    private static func usual(_ pairs: [Pair], _ wish: Wish) -> String {
        var wish = wish
        wish.version = nil
        return pairs.min { precedes($0, $1, wish) }?.builder.version ?? "X.Y"
    }

    private static func numbers(_ version: String) -> [Int] { version.split(separator: ".").map { Int($0) ?? 0 } }

    private static func offered(_ pairs: [Pair]) -> [String] {
        var seen: [String] = []
        for version in pairs.map(\.builder.version).sorted(by: { numbers($1).lexicographicallyPrecedes(numbers($0)) })
        where !seen.contains(version) {
            seen.append(version)
        }
        return seen
    }

    private static func version(_ best: Pair, _ wish: Wish, _ ranked: [Pair]) -> Decided<String> {
        let reason =
            wish.version?.reason ?? .usual(why: "the newest that a stable release of \(best.builder.family) has")
        let others = offered(ranked).filter { $0 != best.builder.version }
        return Decided(
            best.builder.version, reason,
            alternatives: others.map { Alternative($0, why: "also satisfies the request") })
    }

    private static func why(_ best: Pair, _ wish: Wish) -> String {
        let request = wish.version.map { " that satisfies \($0.text)" } ?? ""
        let pick = best.isTesting ? "no stable release has a version\(request)" : "the newest stable one\(request)"
        return best.builder.family == "debian"
            ? "\(pick); debian bases need no container registry" : "no debian suite has a version\(request)"
    }

    private static func lost(_ pair: Pair, to best: Pair, _ wish: Wish) -> String {
        if pair.builder.family != best.builder.family { return "'\(best.builder.family)' comes first" }
        if pair.isTesting, !best.isTesting { return "not yet released" }
        return pair.builder.version == best.builder.version ? "the same version" : "older"
    }

    private static func warnings(_ best: Pair, _ wish: Wish, _ catalog: BaseCatalog) -> [String] {
        var warnings: [String] = []
        if let end = best.builder.endOfLife, catalog.date.prefix(end.count) > end {
            warnings.append("\(wish.language) \(best.builder.version) is past its end of life (\(end))")
        }
        if let request = wish.version, request.match(best.builder.version) == .some {
            warnings.append(
                "\(request.reason): asks for \(wish.language) \(request.text); \(best.builder.id) gives the patch "
                    + "release of \(best.builder.version) that its release maintains")
        }
        if best.isTesting, let note = best.builder.note { warnings.append("\(best.builder.id): \(note)") }
        return warnings
    }

    private var runtimeReason: Reason {
        if case .requested = reason { reason } else { .usual(why: "the runtime that goes with \(builder.id)") }
    }

    /// The stage bases with the packages that the plan adds; `platform` is the image's, `buildPlatform` the builder's.
    package func bases(
        platform: Platform, buildPlatform: Platform, buildPackages: [Decided<String>],
        runtimePackages: [Decided<String>]
    ) -> (builder: Base, runtime: Base) {
        (
            Base(
                entry: builder, reason: reason, alternatives: alternatives, packages: buildPackages,
                platform: buildPlatform),
            Base(
                entry: runtime, reason: runtimeReason,
                packages: runtimePackages, platform: platform)
        )
    }
}
