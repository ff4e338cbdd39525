import Formats
import Planning

/// The release of the manager that installs: fetched, brought by the sources, or the base's own npm.
struct ManagerRelease: Sendable {
    /// The exact release to fetch; nil where the base's npm does it, or the sources bring one.
    let fetched: Decided<String>?
    /// `sha512.…`, of what `packageManager` names.
    let hash: String?
    /// The program that the sources bring.
    let vendored: SourcePath?
    /// The first number of the release, where it is known: commands differ by it.
    let major: Int?
    let warnings: [String]

    static func read(
        _ choice: ManagerChoice, _ lock: NodeLock?, _ settings: ManagerSettings, _ project: NodeProject
    ) throws -> ManagerRelease {
        let manager = choice.manager.value
        if let vendored = settings.program {
            return try brought(vendored, choice, project)
        }
        let preferred = try lock.flatMap { try suited(to: $0, choice, settings) }
        guard let wanted = choice.wanted else {
            if manager == .npm { return none }
            let value = preferred ?? ManagerReleases.usual(manager)
            let reason: Reason =
                if let lock, preferred != nil { .found(evidence: [lock.versionEvidence]) } else {
                    .usual(
                        why:
                            "the newest release of \(ManagerReleases.date) that runs on every Node; 'packageManager' in package.json names another"
                    )
                }
            return fetched(value, reason, nil)
        }
        if wanted.isExact { return fetched(wanted.range, wanted.reason, wanted.hash) }
        // npm itself only warns where it is not what `engines` asks for.
        if manager == .npm, wanted.isEngines, !settings.isEngineStrict { return none }
        guard let range = NodeRange.reading(wanted.range) else {
            throw PlanError.unusable(
                place: "\(wanted.reason)", what: "'\(wanted.range)' is no release and no range of \(manager.title)",
                fix:
                    "name one release, as in \"packageManager\": \"\(manager.program)@\(ManagerReleases.usual(manager))\""
            )
        }
        guard let value = ManagerReleases.release(of: manager, in: range, preferred: preferred) else {
            throw PlanError.unusable(
                place: "\(wanted.reason)",
                what:
                    "none of the known releases of \(manager.title) is in '\(wanted.range)': \((ManagerReleases.all[manager] ?? []).joined(separator: ", "))",
                fix:
                    "name one release, as in \"packageManager\": \"\(manager.program)@\(ManagerReleases.usual(manager))\""
            )
        }
        var warnings: [String] = []
        if let lock, let preferred, major(of: preferred) != major(of: value) {
            warnings.append(
                "\(lock.versionEvidence): the lock is one of \(manager.title) \(major(of: preferred) ?? 0), and \(wanted.reason) asks for '\(wanted.range)': \(manager.title) \(value) may refuse to install it frozen; make it anew with '\(manager.lockCommand)'"
            )
        }
        let chosen = fetched(value, wanted.reason, nil)
        return ManagerRelease(
            fetched: chosen.fetched, hash: nil, vendored: nil, major: chosen.major, warnings: warnings)
    }

    /// The release for the lock; fails for a version that no known release writes, unless a field names a release.
    private static func suited(
        to lock: NodeLock, _ choice: ManagerChoice, _ settings: ManagerSettings
    ) throws -> String? {
        if let release = ManagerReleases.release(for: lock, isSettingsPnpm: settings.isPnpm10) { return release }
        guard choice.wanted == nil else { return nil }
        throw PlanError.unusable(
            place: "\(lock.versionEvidence)",
            what: "is a lock of version '\(lock.version)', which no release of \(lock.manager.title) known here writes",
            fix:
                "name the release that wrote it, as in \"packageManager\": \"\(lock.manager.program)@\(ManagerReleases.usual(lock.manager))\""
        )
    }

    private static let none = ManagerRelease(fetched: nil, hash: nil, vendored: nil, major: nil, warnings: [])

    private static func fetched(_ value: String, _ reason: Reason, _ hash: String?) -> ManagerRelease {
        ManagerRelease(
            fetched: Decided(value, reason), hash: hash, vendored: nil, major: major(of: value), warnings: [])
    }

    /// `yarnPath` of `.yarnrc.yml`, `yarn-path` of `.yarnrc`: it wins over every field, as Yarn itself has it.
    private static func brought(
        _ program: ManagerSettings.Setting, _ choice: ManagerChoice, _ project: NodeProject
    ) throws -> ManagerRelease {
        guard let path = project.top.resolving(program.value), project.tree.hasFile(path) else {
            throw PlanError.unusable(
                place: "\(program.evidence)",
                what: "names Yarn's own program '\(program.value)', which is not in the sources",
                fix:
                    "commit it (see .gitignore and .dockerignore), or remove the setting and name a release with 'packageManager'"
            )
        }
        let release = path.name.firstMatch(of: /(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+?)?)\.c?js$/).map { String($0.output.1) }
        var warnings: [String] = []
        if let wanted = choice.wanted, wanted.isExact, let release, release != wanted.range {
            warnings.append(
                "\(program.evidence): brings Yarn \(release), and \(wanted.reason) names \(wanted.range); Yarn runs what \(program.evidence.path.name) names"
            )
        }
        return ManagerRelease(
            fetched: nil, hash: nil, vendored: path, major: release.flatMap(major(of:)), warnings: warnings)
    }

    private static func major(of release: String) -> Int? { release.split(separator: ".").first.flatMap { Int($0) } }
}
