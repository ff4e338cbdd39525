import DebianBases
import Files
import OCI
import Planning
import SandboxEngine
import SystemPackage

/// Pins and supplies the bases of a plan.
struct BaseProvider: Sendable {
    private let service: PlannedService
    private let progress: Progress
    private let supplier: DebianBaseSupplier
    private let registry: RegistryAccess
    let state: State
    let sandbox: Sandbox
    private let use: StateUse

    init(_ service: PlannedService, _ registry: RegistryAccess, _ progress: Progress) throws {
        self.service = service
        self.registry = registry
        self.progress = progress
        let state = try State(environment: ProcessEnvironment.current)
        let sandbox = try Sandbox.probe(scratch: state.temporary)
        self.state = state
        use = try StateUse.shared(state)
        self.sandbox = sandbox
        let mirror = try DebianMirror.discover(
            option: service.settings.debianMirror?.value, environment: ProcessEnvironment.current)
        supplier = DebianBaseSupplier(
            state: state, mirror: mirror, acceptExpired: service.settings.allowExpiredSuites,
            note: { progress.report(.note(text: $0)) },
            runInterpreter: { root, arguments, environment in
                try await sandbox.runInPlace(root: root, arguments: arguments, environment: environment)
            })
    }

    /// The lock's pins with every base of the plan among them; resolves what is missing, or everything with `update`.
    func pins(update: Bool = false) async throws -> Pins {
        var pins = service.lock.pins
        for base in service.bases where update || pins.bases[base.key] == nil {
            progress.report(.phase(name: "resolve", detail: base.key))
            pins.bases[base.key] = try await supplier.resolve(base)
        }
        return pins
    }

    /// Records the pins in autoimage.lock; returns whether the file changed.
    func lock(update: Bool) async throws -> Bool {
        let pins = try await pins(update: update)
        return try service.lock.update(pins, state: state)
    }

    /// The unpacked bases of a validated plan.
    func assemble(_ plan: BuildPlan) async throws -> (builder: AssembledBase, runtime: AssembledBase) {
        progress.report(.phase(name: "bases", detail: "\(plan.builder.base.entry.id), \(plan.runtime.base.entry.id)"))
        let builder = try await supplier.assemble(plan.builder.base)
        let runtime = try await supplier.assemble(plan.runtime.base)
        return (builder, runtime)
    }
}
