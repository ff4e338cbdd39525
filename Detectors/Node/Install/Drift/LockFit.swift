import Planning

/// Whether a lock can be installed as it is, and what to say where it cannot.
struct LockFit: Sendable {
    /// What differs, in words; nil where the lock fits, is missing or cannot be read.
    let drift: String?
    let warnings: [String]

    /// Fails with `--locked` where there is no lock, or one that does not fit.
    static func check(
        _ lock: NodeLock?, _ manager: NodeManager, _ manifest: PackageJSON, _ project: NodeProject
    ) throws -> LockFit {
        guard let lock else { return try missing(manager, manifest, project) }
        guard lock.isReadable else {
            return LockFit(
                drift: nil,
                warnings: [
                    "\(lock.path): is binary, so that its packages are not known before the build and only Bun sees whether it fits package.json; 'bun install --save-text-lockfile' makes bun.lock of it"
                ])
        }
        guard let drift = NodeLockDrift.find(lock, project) else { return LockFit(drift: nil, warnings: []) }
        let fix = "run '\(manager.lockCommand)' and commit the lock"
        if project.options.isLocked, let first = drift.differences.first {
            throw PlanError.unusable(
                place: "\(first.place)", what: "\(first.text): \(lock.path) does not fit, and --locked is given",
                fix: fix)
        }
        return LockFit(
            drift: drift.description, warnings: ["\(drift.description); \(consequence(manager)); \(fix)"])
    }

    private static func consequence(_ manager: NodeManager) -> String {
        let what = "the lock is brought up to date while the image is built, so that two builds may differ"
        return switch manager {
        case .npm: "'npm ci' would refuse it, so 'npm install' is run: \(what)"
        case .pnpm, .bun:
            "'\(manager.program) install --frozen-lockfile' would refuse it, so it is run without: \(what)"
        case .yarn: "'yarn install --frozen-lockfile' does not hold to it, so it is run without: \(what)"
        case .berry: "'yarn install --immutable' would refuse it, so it is run without: \(what)"
        }
    }

    private static func missing(
        _ manager: NodeManager, _ manifest: PackageJSON, _ project: NodeProject
    ) throws -> LockFit {
        let what =
            "no lock of \(manager.title): versions are chosen while the image is built, so that two builds may differ"
        let fix = "make one with '\(manager.lockCommand)' and commit it"
        guard !project.options.isLocked else {
            throw PlanError.unusable(place: "\(manifest.path)", what: what, fix: fix)
        }
        return LockFit(drift: nil, warnings: ["\(manifest.path): \(what); \(fix)"])
    }
}
