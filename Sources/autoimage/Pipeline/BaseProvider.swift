import DebianBases
import Files
import Images
import OCI
import Planning
import SandboxEngine
import SystemPackage

/// Pins and supplies the bases of a plan.
struct BaseProvider: Sendable {
    private let service: PlannedService
    private let progress: Progress
    private let bases: BaseSuppliers
    private let sources: SourceImages
    private let registry: RegistryAccess
    let state: State
    let sandbox: Sandbox
    private let use: StateUse

    init(
        _ service: PlannedService, _ registry: RegistryAccess, _ progress: Progress, caches: CacheTransfer? = nil
    ) throws {
        self.service = service
        self.registry = registry
        self.progress = progress
        let state = try State(environment: ProcessEnvironment.current)
        let sandbox = try Sandbox.probe(scratch: state.temporary)
        self.state = state
        use = try StateUse.shared(state)
        self.sandbox = sandbox
        bases = try BaseSuppliers(
            settings: service.settings, state: state, sandbox: sandbox, registry: registry, progress: progress,
            fallbacks: caches?.packageFallbacks ?? [])
        let store = try LocalStore(state).blobs
        sources = SourceImages(
            state: state, store: store, registry: registry, note: { progress.report(.note(text: $0)) })
    }

    /// The lock's pins with every base of the plan among them, and what the builder is known to bring; resolves what is
    /// missing, and what `update` names.
    func pins(update: LockUpdate = .nothing) async throws -> Pins {
        // As it is now: an image built before this one, in the same run, may have recorded what this one needs.
        var pins = try service.lock.current()
        let chosen = try update.selection(of: service)
        for key in chosen.images { pins.images[key] = nil }
        pins.resolutions = chosen.forgetting(in: pins.resolutions)
        for base in service.bases {
            let old = pins.pin(of: base)
            guard chosen.bases.contains(base.key) || old == nil || chosen.packages[base.key] != nil else { continue }
            progress.report(.phase(name: "resolve", detail: base.key))
            if !chosen.bases.contains(base.key), case .debian(let pin)? = old, let names = chosen.packages[base.key] {
                pins.set(try await bases.debian.resolve(base, from: pin, updating: names), for: base)
            } else {
                pins.set(try await bases.resolve(base), for: base)
            }
        }
        for image in service.plans.flatMap(\.images) where pins.images[image.key] == nil {
            progress.report(.phase(name: "resolve", detail: image.key))
            pins.images[image.key] = try await sources.resolve(image)
        }
        return noting(service.plans.reduce(pins) { $0.withInstallers(of: $1) }, instead: pins)
    }

    /// The pins with the versions of the installers that a plan's unpacked builder base brings.
    func installers(_ pins: Pins, of plan: BuildPlan, in builder: AssembledBase) throws -> Pins {
        noting(try pins.withInstallers(of: plan, in: OverlayTree([builder.root])), instead: pins)
    }

    /// Says where the builder base brings another version of an installer than the lock has.
    private func noting(_ pins: Pins, instead before: Pins) -> Pins {
        for (key, version) in pins.installers.sorted(by: { $0.key < $1.key }) {
            guard let old = before.installers[key], old != version else { continue }
            progress.report(
                .warning(text: "\(key): the builder base brings \(version), autoimage.lock had \(old)"))
        }
        return pins
    }

    /// The unpacked bases of a validated plan.
    func assemble(_ plan: BuildPlan) async throws -> (builder: AssembledBase, runtime: AssembledBase) {
        progress.report(.phase(name: "bases", detail: "\(plan.builder.base.entry.id), \(plan.runtime.base.entry.id)"))
        let builder = try await bases.assemble(plan.builder.base, content: true)
        let runtime = try await bases.assemble(
            plan.runtime.base, content: plan.needsRuntimeContent, compiler: plan.isForeign ? builder : nil)
        return (builder, runtime)
    }

    /// The images that a validated plan copies from, by reference.
    func imageTrees(of plan: BuildPlan) async throws -> [String: OverlayTree] { try await sources.trees(of: plan) }
}

extension BuildPlan {
    /// Whether an image of the plan can only be made with the files of its runtime base at hand.
    ///
    /// Shared libraries are looked for in them, accounts added to them, and folders and links of theirs decide where a
    /// file lands. A static program in a folder of its own needs none.
    var needsRuntimeContent: Bool {
        let places =
            runtime.copies.map(\.destination) + runtime.files.map(\.path)
            + runtime.config.writable.map(\.value)
        return !isStatic || !images.isEmpty || runtime.files.contains { $0.addsToBase == true }
            || places.contains { Self.systemFolders.contains($0.components.first ?? "") }
    }

    /// What Linux systems have in `/` (FHS 3.0, section 3).
    private static let systemFolders: Set<String> = [
        "", "bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "media", "mnt", "opt", "proc",
        "root", "run", "sbin", "srv", "sys", "tmp", "usr", "var",
    ]
}
