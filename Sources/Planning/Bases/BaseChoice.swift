package import OCI

/// A version that files or options ask for.
package struct VersionRequest: Sendable {
    /// As written: `>=3.11,<3.13`.
    package let text: String
    package let reason: Reason
    /// How far a version of the catalog (`3.11`, which stands for all its patches) satisfies the request.
    package let match: @Sendable (String) -> Match
    /// The same for a version of which an exact release is known to be there or a newer one: `22`, `22.23.2`.
    private let matchFrom: (@Sendable (_ version: String, _ exact: String) -> Match)?

    package init(
        text: String, reason: Reason, matchFrom: (@Sendable (String, String) -> Match)? = nil,
        match: @escaping @Sendable (String) -> Match
    ) {
        self.text = text
        self.reason = reason
        self.match = match
        self.matchFrom = matchFrom
    }

    package enum Match: Sendable, Hashable {
        /// Every release that the base may have suits.
        case all
        /// Some do; or others of the same version do, older than the base's.
        case some
        /// Only releases newer than the one that the base is known to have.
        case newer
        case none
    }

    /// How far a base satisfies the request: packages of a Debian suite and lines without support do not get newer.
    func match(_ entry: BaseEntry, in catalog: BaseCatalog) -> Match {
        guard let matchFrom, let exact = entry.exact else { return match(entry.version) }
        let found = matchFrom(entry.version, exact)
        return found == .newer && (entry.family == "debian" || catalog.isPastEnd(entry)) ? .none : found
    }
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
        /// The C library of both stages; glibc where nobody asks.
        package var libc: Requested<LibC.Family>?
        /// Programs that the builder must have: `mvn`.
        package var tools: Set<String>
        /// What the runtime is for, where that is not the language: `static`, `base` or `cc` for compiled programs.
        package var runtime: String?

        package init(
            language: String, version: VersionRequest? = nil, family: Requested<String>? = nil,
            needsShell: Bool = false, libc: Requested<LibC.Family>? = nil, tools: Set<String> = [],
            runtime: String? = nil
        ) {
            self.language = language
            self.version = version
            self.family = family
            self.needsShell = needsShell
            self.libc = libc
            self.tools = tools
            self.runtime = runtime
        }
    }

    /// Chooses by the rule of `--bases`.
    ///
    /// With `auto`, the `debian` family comes before all others wherever it satisfies the request. Stable releases come
    /// before testing, versions with support before those without, newer versions before older, and of one version the newer release. musl is for those who ask. Of
    /// the runtimes that fit, the first without a shell is taken, unless one is needed, and without installers.
    package static func choose(_ wish: Wish, from catalog: BaseCatalog) throws(PlanError) -> BaseChoice {
        let pairs = BasePair.all(for: wish, in: catalog)
        let wanted = wish.family.flatMap { $0.value == "auto" ? nil : $0 }
        let family = pairs.filter { wanted == nil || $0.builder.family == wanted?.value }
        guard !family.isEmpty else {
            throw .noBase(
                language: wish.language, family: wanted?.value ?? "auto", libc: wish.libc?.value.rawValue,
                offered: Array(Set(pairs.map(\.builder.family))).sorted())
        }
        let ranked = family.filter { wish.version?.match($0.builder, in: catalog) != VersionRequest.Match.none }
            .sorted { BasePair.precedes($0, $1, wish, catalog) }
        guard let best = ranked.first else {
            throw .noVersion(
                language: wish.language, wanted: wish.version?.text ?? "",
                reason: wish.version?.reason ?? .usual(why: ""),
                offered: offers(pairs), usual: usual(family, wish, catalog))
        }
        return BaseChoice(
            builder: best.builder, runtime: best.runtime, version: version(best, wish, ranked),
            reason: wanted?.reason ?? .usual(why: why(best, wish)), alternatives: alternatives(ranked, to: best),
            warnings: warnings(best, wish, catalog))
    }

    /// The version that would be chosen if none were asked for.
    private static func usual(_ pairs: [BasePair], _ wish: Wish, _ catalog: BaseCatalog) -> String {
        var wish = wish
        wish.version = nil
        return pairs.min { BasePair.precedes($0, $1, wish, catalog) }?.builder.version ?? "X.Y"
    }

    private static func versions(_ pairs: [BasePair]) -> [String] {
        var seen: [String] = []
        for version in pairs.map(\.builder.version).sorted(by: {
            BasePair.numbers($1).lexicographicallyPrecedes(BasePair.numbers($0))
        }) where !seen.contains(version) {
            seen.append(version)
        }
        return seen
    }

    /// What each family has: `debian has 3.13, 3.11`.
    private static func offers(_ pairs: [BasePair]) -> [String] {
        let families = Dictionary(grouping: pairs, by: \.builder.family)
        return families.sorted { $0.key < $1.key }.map {
            let exact = Dictionary(
                $0.value.map { ($0.builder.version, $0.builder.exact) }, uniquingKeysWith: { one, _ in one })
            let names = versions($0.value).map { version in
                version + (exact[version].flatMap(\.self).map { " (\($0))" } ?? "")
            }
            return "\($0.key) has \(names.joined(separator: ", "))"
        }
    }

    private static func version(_ best: BasePair, _ wish: Wish, _ ranked: [BasePair]) -> Decided<String> {
        let reason =
            wish.version?.reason ?? .usual(why: "the newest that a stable release of \(best.builder.family) has")
        let own = ranked.filter { $0.builder.family == best.builder.family }
        return Decided(
            best.builder.version, reason,
            alternatives: versions(own).filter { $0 != best.builder.version }.map {
                Alternative($0, why: "also satisfies the request")
            })
    }

    private static func why(_ best: BasePair, _ wish: Wish) -> String {
        let request = wish.version.map { " that satisfies \($0.text)" } ?? ""
        if best.builder.family == "debian" {
            let pick = best.isTesting ? "no stable release has a version\(request)" : "the newest stable one\(request)"
            return "\(pick); debian bases need no container registry"
        }
        if let libc = wish.libc, libc.value == .musl { return "no debian suite has musl, \(libc.reason)" }
        return wish.version.map { "no debian suite has \(wish.language) \($0.text)" }
            ?? "no debian suite has \(wish.language)"
    }

    /// What lost: each base of the family for the version, the best of each other version, one of each other family.
    private static func alternatives(_ ranked: [BasePair], to best: BasePair) -> [Alternative] {
        var seen: Set<String> = [best.builder.id]
        return ranked.dropFirst().compactMap { pair in
            let entry = pair.builder
            let isOfFamily = entry.family == best.builder.family
            let kind =
                isOfFamily
                ? (entry.version == best.builder.version ? entry.id : "version " + entry.version) : entry.family
            guard entry.id != best.builder.id, seen.insert(kind).inserted else { return nil }
            return Alternative(entry.id, why: lost(pair, to: best))
        }
    }

    private static func lost(_ pair: BasePair, to best: BasePair) -> String {
        if pair.builder.family != best.builder.family { return "'\(best.builder.family)' comes first" }
        if pair.isTesting, !best.isTesting { return "not yet released" }
        guard pair.builder.version == best.builder.version else { return "older" }
        return pair.builder.release == best.builder.release
            ? "the same version" : "the same version on an older release"
    }

    private static func warnings(_ best: BasePair, _ wish: Wish, _ catalog: BaseCatalog) -> [String] {
        var warnings: [String] = []
        if let end = best.builder.endOfLife, catalog.isPastEnd(best.builder) {
            warnings.append("\(wish.language) \(best.builder.version) is past its end of life (\(end))")
        }
        if let request = wish.version {
            let had = best.builder.exact.map { ": \($0) on \(catalog.date)" } ?? ""
            let asks = "\(request.reason): asks for \(wish.language) \(request.text); \(best.builder.id) "
            switch request.match(best.builder, in: catalog) {
            case .all, .none: break
            case .some:
                warnings.append(
                    asks + "gives the patch release of \(best.builder.version) that its release maintains\(had)")
            case .newer: warnings.append(asks + "may have an older release of \(best.builder.version)\(had)")
            }
        }
        if best.isTesting, let note = best.builder.note { warnings.append("\(best.builder.id): \(note)") }
        let installers = PlanRule.installers(of: best.runtime)
        if best.runtime.family == "official", !installers.isEmpty {
            warnings.append(
                "the image will hold \(installers.joined(separator: ", ")): \(best.runtime.id) has no variant without")
        }
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
