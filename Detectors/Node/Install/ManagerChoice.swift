import Formats
import Planning

/// Which manager installs, and what names its release.
///
/// Ranked: the option `node.manager`, `packageManager`, `devEngines.packageManager`, the lock, files that only one manager
/// reads, `volta`, `engines`, npm.
struct ManagerChoice: Sendable {
    let manager: Decided<NodeManager>
    /// The lock that this manager reads; nil where there is none of its.
    let lock: SourcePath?
    /// An exact release or a range, by who says it.
    let wanted: Wanted?
    let warnings: [String]

    /// A release that something asks for.
    struct Wanted: Sendable, Hashable {
        /// `9.15.4`, `^9`, without a hash.
        let range: String
        /// `sha512.…` after the `+` of `packageManager`.
        var hash: String?
        let reason: Reason
        /// Whether `engines` asks for it, which managers only warn about.
        var isEngines = false
        /// Whether it is one release.
        var isExact: Bool { range.contains(/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/) }
    }

    /// A manager that a field or a file names.
    struct Sign: Sendable, Hashable {
        let manager: NodeManager
        var wanted: Wanted?
        let evidence: Evidence
    }

    static func read(_ project: NodeProject) throws -> ManagerChoice {
        let files = ManagerFiles(project)
        let locks = try files.locks()
        let declared = try ManagerFields(project, files).declared()
        if let asked = project.setting("manager") {
            return try requested(asked, locks, declared: declared, files)
        }
        if let field = declared.first { return try byField(field, locks, others: Array(declared.dropFirst())) }
        let hints = try ManagerFields(project, files).hints()
        if !locks.isEmpty { return try byLock(locks, hints: hints) }
        if let hint = hints.first {
            return ManagerChoice(
                manager: Decided(
                    hint.manager, .found(evidence: [hint.evidence]), alternatives: alternatives(hints, but: hint)),
                lock: nil, wanted: hint.wanted, warnings: [])
        }
        return ManagerChoice(
            manager: Decided(.npm, .usual(why: "no lock file and no field names a manager, and npm comes with Node")),
            lock: nil, wanted: nil, warnings: [])
    }

    /// What `node.manager` names: `pnpm`, `yarn`, `berry`, `pnpm@9.15.4`.
    private static func requested(
        _ asked: Requested<String>, _ locks: [ManagerFiles.Lock], declared: [Sign], _ files: ManagerFiles
    ) throws -> ManagerChoice {
        let parts = asked.value.split(separator: "@", maxSplits: 1).map(String.init)
        let usual: NodeManager =
            locks.contains { $0.manager == .berry } || files.yarnSettings != nil
                || declared.contains { $0.manager == .berry } ? .berry : .yarn
        guard let name = parts.first,
            let manager = NodeManager.named(name, version: parts.dropFirst().first, usual: usual)
        else {
            throw PlanError.unusable(
                place: asked.option, what: "no package manager '\(asked.value)'",
                fix: "known are \(NodeManager.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let own = declared.first { $0.manager == manager }?.wanted
        let version = parts.dropFirst().first.map { Wanted(range: $0, reason: asked.reason) }
        let lock = locks.first { $0.manager == manager }
        var warnings: [String] = []
        if lock == nil, let other = locks.first {
            warnings.append(
                "\(other.path): is \(other.manager.title)'s lock, which \(manager.title) does not read; \(asked.option) chooses \(manager.title), so versions are not locked"
            )
        }
        return ManagerChoice(
            manager: Decided(manager, asked.reason, alternatives: alternatives(declared + locks.map(\.sign), but: nil)),
            lock: lock?.path, wanted: version ?? own, warnings: warnings)
    }

    /// A field decides; a lock of another manager beside it says that something is not as it is meant.
    private static func byField(_ field: Sign, _ locks: [ManagerFiles.Lock], others: [Sign]) throws -> ManagerChoice {
        let lock = locks.first { $0.manager == field.manager }
        if lock == nil, let other = locks.first {
            throw PlanError.unusable(
                place: "\(field.evidence)",
                what:
                    "names \(field.manager.title), and the only lock is \(other.path), \(other.manager.title)'s: \(contradiction(field.manager, other.manager))",
                fix:
                    "make \(field.manager.title)'s lock with '\(converting(field.manager, other.manager))' and remove the other, or choose with --set node.manager=\(other.manager.rawValue)"
            )
        }
        let ignored = locks.filter { $0.manager != field.manager }
        return ManagerChoice(
            manager: Decided(
                field.manager, .found(evidence: [field.evidence]),
                alternatives: alternatives(others + locks.map(\.sign), but: field)),
            lock: lock?.path, wanted: field.wanted,
            warnings: ignored.map {
                "\($0.path): is \($0.manager.title)'s lock, and \(field.evidence) names \(field.manager.title); it is not read: remove it"
            })
    }

    /// What a manager does with the lock of another.
    private static func contradiction(_ manager: NodeManager, _ other: NodeManager) -> String {
        switch (manager, other) {
        case (.berry, .yarn): "Yarn from 2 on rewrites it, which a frozen installation refuses"
        case (.yarn, .berry): "Yarn 1 cannot read it"
        case (.bun, _): "Bun makes a lock of its own from it, which a frozen installation refuses"
        default: "\(manager.title) does not read it, so that versions would not be locked"
        }
    }

    /// The command that makes one manager's lock from another's.
    private static func converting(_ manager: NodeManager, _ other: NodeManager) -> String {
        switch (manager, other) {
        case (.pnpm, _): "pnpm import"
        case (.yarn, .npm): "yarn import"
        default: manager.lockCommand
        }
    }

    /// Locks decide where no field does; of several managers' a file that only one reads does, else nothing.
    private static func byLock(_ locks: [ManagerFiles.Lock], hints: [Sign]) throws -> ManagerChoice {
        let managers = Set(locks.map(\.manager))
        let deciding = hints.filter { managers.contains($0.manager) }
        let chosen: ManagerFiles.Lock
        var evidence: [Evidence] = []
        if managers.count == 1, let only = locks.first {
            chosen = only
        } else if Set(deciding.map(\.manager)).count == 1, let hint = deciding.first,
            let lock = locks.first(where: { $0.manager == hint.manager })
        {
            chosen = lock
            evidence = [hint.evidence]
        } else {
            throw PlanError.severalPrograms(
                what:
                    "locks of several package managers, and no 'packageManager' in package.json says which one counts",
                candidates: locks.map { .init($0.manager.rawValue, evidence: "\($0.path)") },
                option: "--set node.manager=NAME, or remove the locks that are not used")
        }
        let others = locks.filter { $0.path != chosen.path }
        return ManagerChoice(
            manager: Decided(
                chosen.manager, .found(evidence: [chosen.sign.evidence] + evidence),
                alternatives: alternatives(others.map(\.sign) + hints, but: chosen.sign)),
            lock: chosen.path, wanted: hints.first { $0.manager == chosen.manager }?.wanted,
            warnings: others.map { other in
                other.manager == chosen.manager
                    ? "\(other.path): is not read, since \(chosen.path) is there; remove one of them"
                    : "\(other.path): is \(other.manager.title)'s lock, and \(evidence.first.map { "\($0)" } ?? "") decides for \(chosen.manager.title); remove it"
            })
    }

    private static func alternatives(_ signs: [Sign], but chosen: Sign?) -> [Alternative] {
        var result: [Alternative] = []
        for sign in signs where sign.manager != chosen?.manager {
            let one = Alternative(sign.manager.rawValue, why: "\(sign.evidence)")
            if !result.contains(one) { result.append(one) }
        }
        return result
    }
}
