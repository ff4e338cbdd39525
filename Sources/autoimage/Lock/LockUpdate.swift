import OCI
import Planning

/// What `autoimage lock` is to resolve again.
enum LockUpdate: Sendable, Hashable {
    /// What is missing only.
    case nothing
    case everything
    /// What these names stand for: a Debian package, an installer, an image, `requirements` for all that builds
    /// resolved, a package of those, or a base by its id or a part of its key.
    case names([String])

    /// What is resolved again.
    struct Selection: Sendable, Hashable {
        /// Keys of bases that are resolved whole.
        var bases: Set<String> = []
        /// Debian packages to renew by the key of the base that holds them; what they need moves along.
        var packages: [String: Set<String>] = [:]
        /// Keys of `Pins.images`.
        var images: Set<String> = []
        /// Keys of `Pins.resolutions` that are forgotten whole.
        var resolutions: Set<String> = []
        /// Packages that are forgotten, by such keys.
        var resolved: [String: Set<String>] = [:]

        /// The resolutions without what is to be resolved again: the next build does it.
        func forgetting(in all: [String: Resolution]) -> [String: Resolution] {
            var result = all.filter { !resolutions.contains($0.key) }
            for (key, names) in resolved {
                for name in names.sorted() { result[key] = result[key]?.forgetting(name) }
            }
            return result
        }
    }

    /// The parts of a service's lock that are meant; fails with `LockFileError.unknownName`.
    func selection(of service: PlannedService) throws(LockFileError) -> Selection {
        var result = Selection()
        switch self {
        case .nothing: break
        case .everything:
            result.bases = Set(service.bases.map(\.key))
            result.images = Set(service.plans.flatMap(\.images).map(\.key))
            result.resolutions = Set(Self.resolved(service).keys)
        case .names(let names):
            for name in names where !Self.add(name, service, to: &result) {
                throw .unknownName(service.lock.path, name, known: Self.known(service))
            }
        }
        return result
    }

    /// Adds what a name stands for; returns whether it stands for anything.
    private static func add(_ name: String, _ service: PlannedService, to result: inout Selection) -> Bool {
        let pins = service.lock.pins
        let held = service.bases.filter { holds(pins.pin(of: $0), name) }
        if !held.isEmpty {
            for base in held { result.packages[base.key, default: []].insert(name) }
            return true
        }
        let installed = service.plans.filter { plan in Installer.needed(by: plan).contains { $0.name == name } }
        if !installed.isEmpty {
            for plan in installed { add(installer: name, of: plan, pins, to: &result) }
            return true
        }
        let images = service.plans.flatMap(\.images).filter { $0.reference == name }.map(\.key)
        if !images.isEmpty {
            result.images.formUnion(images)
            return true
        }
        if add(resolved: name, service, to: &result) { return true }
        let matching = service.bases.filter { !name.isEmpty && $0.key.contains(name) }
        result.bases.formUnion(matching.map(\.key))
        return !matching.isEmpty
    }

    /// What builds resolved for the service's platforms.
    private static func resolved(_ service: PlannedService) -> [String: Resolution] {
        let keys = Set(service.plans.map(\.resolutionKey))
        return service.lock.pins.resolutions.filter { keys.contains($0.key) }
    }

    private static func add(resolved name: String, _ service: PlannedService, to result: inout Selection) -> Bool {
        let all = resolved(service)
        if name == "requirements", !all.isEmpty {
            result.resolutions.formUnion(all.keys)
            return true
        }
        let normal = name.lowercased().split { "-_.".contains($0) }.joined(separator: "-")
        let holding = all.filter { $0.value.packages.contains { $0.name == normal } }
        for key in holding.keys { result.resolved[key, default: []].insert(normal) }
        return !holding.isEmpty
    }

    /// An installer is its Debian package, or comes with an official base as a whole.
    private static func add(installer name: String, of plan: BuildPlan, _ pins: Pins, to result: inout Selection) {
        let base = plan.builder.base
        for installer in Installer.needed(by: plan) where installer.name == name {
            if holds(pins.pin(of: base), installer.debianPackage) {
                result.packages[base.key, default: []].insert(installer.debianPackage)
            } else {
                result.bases.insert(base.key)
            }
        }
    }

    private static func holds(_ pin: Pin?, _ package: String) -> Bool {
        guard case .debian(let pin)? = pin else { return false }
        return pin.packages.contains { $0.name == package }
    }

    private static func known(_ service: PlannedService) -> [String] {
        let installers = Set(service.plans.flatMap { Installer.needed(by: $0) }.map(\.name))
        let images = Set(service.plans.flatMap(\.images).map(\.reference))
        let packages = service.bases.contains { base in
            if case .debian? = service.lock.pins.pin(of: base) { true } else { false }
        }
        return service.bases.map(\.key).sorted() + installers.sorted() + images.sorted()
            + (packages ? ["the Debian packages of these bases"] : [])
            + (resolved(service).isEmpty ? [] : ["requirements", "the packages that a build resolved"])
    }
}
