import OCI
import Planning

/// What `autoimage lock` is to resolve again.
enum LockUpdate: Sendable, Hashable {
    /// What is missing only.
    case nothing
    case everything
    /// What these names stand for: a Debian package, an installer, an image, or a base by its id or a part of its key.
    case names([String])

    /// What is resolved again.
    struct Selection: Sendable, Hashable {
        /// Keys of bases that are resolved whole.
        var bases: Set<String> = []
        /// Debian packages to renew by the key of the base that holds them; what they need moves along.
        var packages: [String: Set<String>] = [:]
        /// Keys of `Pins.images`.
        var images: Set<String> = []

        var isEmpty: Bool { bases.isEmpty && packages.isEmpty && images.isEmpty }
    }

    /// The parts of a service's lock that are meant; fails with `LockFileError.unknownName`.
    func selection(of service: PlannedService) throws(LockFileError) -> Selection {
        var result = Selection()
        var unknown: LockFileError?
        for plan in service.plans {
            do throws(LockFileError) {
                let one = try selection(plan: plan, lock: service.lock)
                result.bases.formUnion(one.bases)
                result.packages.merge(one.packages) { $0.union($1) }
                result.images.formUnion(one.images)
            } catch {
                // What only one platform has is meant there alone.
                unknown = error
            }
        }
        if let unknown, result.isEmpty { throw unknown }
        return result
    }

    /// The same for a plan and a lock.
    func selection(plan: BuildPlan, lock: LockFile) throws(LockFileError) -> Selection {
        let bases = [plan.builder.base, plan.runtime.base]
        var result = Selection()
        switch self {
        case .nothing: break
        case .everything:
            result.bases = Set(bases.map(\.key))
            result.images = Set(lock.pins.images.keys.filter { LockKey($0).platform == plan.platform.description })
        case .names(let names):
            for name in names {
                guard Self.add(name, bases, plan, lock.pins, to: &result) else {
                    throw .unknownName(lock.path, name, known: Self.known(bases, plan, lock.pins))
                }
            }
        }
        return result
    }

    private static func add(
        _ name: String, _ bases: [Base], _ plan: BuildPlan, _ pins: Pins, to result: inout Selection
    ) -> Bool {
        let held = bases.filter { holds(pins.pin(of: $0), name) }
        if !held.isEmpty {
            for base in held { result.packages[base.key, default: []].insert(name) }
            return true
        }
        let platform = plan.platform.description
        if let installer = Installer.needed(by: plan).first(where: { $0.name == name }) {
            if holds(pins.pin(of: plan.builder.base), installer.debianPackage) {
                result.packages[plan.builder.base.key, default: []].insert(installer.debianPackage)
            } else {
                result.bases.insert(plan.builder.base.key)
            }
            return true
        }
        let images = pins.images.keys.filter { LockKey($0).name == name && LockKey($0).platform == platform }
        if !images.isEmpty {
            result.images.formUnion(images)
            return true
        }
        let matching = bases.filter { !name.isEmpty && $0.key.contains(name) }
        result.bases.formUnion(matching.map(\.key))
        return !matching.isEmpty
    }

    private static func holds(_ pin: Pin?, _ package: String) -> Bool {
        guard case .debian(let pin)? = pin else { return false }
        return pin.packages.contains { $0.name == package }
    }

    private static func known(_ bases: [Base], _ plan: BuildPlan, _ pins: Pins) -> [String] {
        let platform = plan.platform.description
        let images = pins.images.keys.filter { LockKey($0).platform == platform }.map { LockKey($0).name }.sorted()
        let packages = bases.contains { if case .debian? = pins.pin(of: $0) { true } else { false } }
        return Set(bases.map(\.key)).sorted() + Installer.needed(by: plan).map(\.name) + images
            + (packages ? ["the Debian packages of these bases"] : [])
    }
}
