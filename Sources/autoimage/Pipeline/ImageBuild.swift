import DebianBases
import Files
import Images
import OCI
import Planning
import Proof
import SandboxEngine
import SystemPackage

/// The build of one image, one line a stage; for several platforms, of one image each and their index.
struct ImageBuild: Sendable {
    private let service: PlannedService
    private let request: BuildRequest
    private let registry: RegistryAccess
    private let caches: CacheTransfer
    private let progress: Progress

    init(
        _ service: PlannedService, _ request: BuildRequest, _ registry: RegistryAccess, _ caches: CacheTransfer,
        _ progress: Progress
    ) {
        self.service = service
        self.request = request
        self.registry = registry
        self.caches = caches
        self.progress = progress
    }

    /// What is known of the platforms built so far.
    private struct Done {
        var pins: Pins
        /// The last builder: platforms that share one do not run it twice.
        var builder: (stage: BuilderStage, result: any BuilderResult)?
        var images: [AssembledImage] = []
        var records: [ImageRecord] = []
    }

    /// Builds, stores and delivers the image; returns its reference with digest.
    func run() async throws -> String { try await run(said: []) }

    /// The build after what a first plan resolved; `said` are the warnings that were given already.
    private func run(said: Set<String>) async throws -> String {
        for warning in service.warnings where !said.contains(warning) { progress.report(.warning(text: warning)) }
        let names = try service.names(request)
        let provider = try BaseProvider(service, registry, progress, caches: caches)
        if said.isEmpty { progress.report(.note(text: "isolation: \(provider.sandbox.reason)")) }
        defer { withExtendedLifetime(provider) {} }
        var done = Done(pins: try await provider.pins())
        // Recorded before anything runs: a build that fails later takes the same packages again.
        try record(done.pins, in: provider.state)
        if let resolved = try await resolved(&done.pins, provider) {
            let again = ImageBuild(resolved, request, registry, caches, progress)
            return try await again.run(said: said.union(service.warnings))
        }
        let store = try LocalStore(provider.state)
        let delivery = Delivery(
            request: request, names: names, store: store, state: provider.state, registry: registry, progress: progress)
        if request.target == .builder { return try await deliverBuilder(delivery, provider, done.pins) }
        for plan in service.plans {
            let label = service.plans.count > 1 ? progress.labelled(plan.platform.description) : progress
            try await build(plan, &done, provider, store, label)
            try record(done.pins, in: provider.state)
        }
        let images = try ImageSet(indexing: done.images, in: store.blobs)
        return try await delivery.deliver(images, done.records)
    }

    /// Adds the image of one platform to what is done.
    private func build(
        _ plan: BuildPlan, _ done: inout Done, _ provider: BaseProvider, _ store: LocalStore, _ progress: Progress
    ) async throws {
        let plan = try plan.pinned(by: done.pins).validated()
        let bases = try await provider.assemble(plan.plan)
        let images = try await provider.imageTrees(of: plan.plan)
        done.pins = try provider.installers(done.pins, of: plan.plan, in: bases.builder)
        try record(done.pins, in: provider.state)
        let built = try await runSteps(plan, done.builder, provider, bases.builder, progress)
        done.builder = (plan.plan.builder, built)
        try Task.checkCancellation()
        let complete = try await completed(plan, &done.pins, built, images, bases.runtime, progress)
        progress.report(.phase(name: "assemble", detail: plan.plan.name))
        let stage = RuntimeAssembly(
            plan: complete.plan, builder: built.tree, images: images, base: bases.runtime, state: provider.state)
        let image = try stage.image(in: store)
        try Task.checkCancellation()
        done.images.append(image.image)
        done.records.append(
            try stage.record(
                of: image, singleStage: built.unpackedSize(), isolation: provider.sandbox.reason,
                revision: service.revision))
    }

    private func deliverBuilder(_ delivery: Delivery, _ provider: BaseProvider, _ pins: Pins) async throws -> String {
        let plan = try service.plan.pinned(by: pins).validated()
        let bases = try await provider.assemble(plan.plan)
        let built = try await runSteps(plan, nil, provider, bases.builder, progress)
        return try await delivery.deliverBuilder(
            plan.plan, built, provider.sandbox, bases.builder, hidden: Set(service.settings.plan.buildEnvironment.keys))
    }

    /// Writes autoimage.lock; a folder that is read-only is worth a warning, not the build.
    private func record(_ pins: Pins, in state: State) throws {
        do {
            _ = try service.lock.update(pins, state: state)
        } catch let error as SystemError
            where [.permissionDenied, .notPermitted, .readOnlyFileSystem].contains(error.code)
        {
            progress.report(
                .warning(
                    text: "\(service.lock.path) cannot be written (\(error.code)): "
                        + "a later build may take newer packages; 'autoimage lock' records them where it can"))
        }
    }

    private func runSteps(
        _ plan: ValidatedPlan, _ earlier: (stage: BuilderStage, result: any BuilderResult)?, _ provider: BaseProvider,
        _ base: AssembledBase, _ progress: Progress, upTo last: String? = nil
    ) async throws -> any BuilderResult {
        if let earlier, earlier.stage.steps == plan.plan.builder.steps, earlier.stage.base == plan.plan.builder.base {
            progress.report(.note(text: "shares the builder of the platform before it"))
            return earlier.result
        }
        progress.report(.phase(name: "build", detail: plan.plan.name))
        let engine = SandboxEngine(
            state: provider.state, sandbox: provider.sandbox, base: base.root, baseKey: base.key,
            host: HostSettings.detect(environment: ProcessEnvironment.current), remote: caches.source)
        let hints = FailureHints()
        do {
            let built = try await engine.run(
                plan,
                on: EngineRequest(
                    source: service.tree, secrets: service.secrets.values,
                    sshSocket: request.arguments.ssh ? ProcessEnvironment.current["SSH_AUTH_SOCK"] : nil,
                    // What is resolved is what there is now, not what there was when somebody else asked.
                    useCache: request.useCache && last == nil, lastStep: last,
                    isOffline: service.settings.isOffline)
            ) {
                hints.note($0)
                progress.report($0)
            }
            if last == nil { caches.add(built, of: plan.plan) }
            return built
        } catch let error as StepFailure {
            throw Failure(.stepFailed, hints.explain(error))
        }
    }

    /// The service planned with what its open plans resolve to, which is recorded; nil where no plan leaves anything open.
    private func resolved(_ pins: inout Pins, _ provider: BaseProvider) async throws -> PlannedService? {
        guard service.plans.contains(where: { $0.open != nil }) else { return nil }
        // An image built before this one, in the same run, may have resolved it.
        var planned = try service.planned(with: pins)
        for open in planned.plans where open.open != nil {
            guard !service.settings.isOffline else {
                throw Failure(
                    .unavailable,
                    "autoimage.lock has no record for \(open.resolutionKey) that fits its requirements, and resolving them needs "
                        + "the network: build once without --offline")
            }
            let packages = try await resolve(open, pins, provider)
            guard let inputs = open.open?.inputs else { continue }
            var known = pins
            known.resolutions[open.resolutionKey] = Resolution(inputs: inputs, packages: packages)
            planned = try service.planned(with: known)
            // What was resolved here may turn out to need another machine; then it is no record for it.
            try PlatformCheck.check(planned.plans, target: request.target)
            guard !planned.plans.contains(where: { $0.platform == open.platform && $0.open != nil }) else {
                throw Failure(.bug, "what was resolved for \(open.resolutionKey) does not fit what was asked for")
            }
            for line in pins.changes(to: known) where pins.resolutions[open.resolutionKey] != nil {
                progress.report(.note(text: line))
            }
            pins = known
            try record(pins, in: provider.state)
            let count = "\(packages.count) \(packages.count == 1 ? "package" : "packages")"
            progress.report(.note(text: "resolved \(count), recorded in autoimage.lock"))
        }
        return planned
    }

    /// Runs an open plan up to the step that resolves, and reads what it wrote.
    private func resolve(
        _ open: BuildPlan, _ pins: Pins, _ provider: BaseProvider
    ) async throws -> [ResolvedPackage] {
        guard let requirements = open.open else { return [] }
        let plan = try open.pinned(by: pins).validated()
        let bases = try await provider.assemble(plan.plan)
        let built = try await runSteps(plan, nil, provider, bases.builder, progress, upTo: requirements.step)
        let bytes = try built.tree.contents(of: requirements.result)
        let packages = try CanonicalJSON.decode([ResolvedPackage].self, from: bytes)
        if let odd = packages.first(where: { !$0.isWellFormed }) {
            throw Failure(
                .stepFailed,
                "step '\(requirements.step)' resolved \(odd.name.debugDescription) \(odd.version.debugDescription), which is no "
                    + "package that can be recorded; fix it to another version or file")
        }
        return packages
    }

    /// The plan with the shared libraries that its artifacts need, looked up anew in every build.
    private func completed(
        _ plan: ValidatedPlan, _ pins: inout Pins, _ built: any BuilderResult, _ images: [String: OverlayTree],
        _ base: AssembledBase, _ progress: Progress
    ) async throws -> ValidatedPlan {
        let own = plan.plan.runtime.copies.filter { $0.group != .systemLibraries && images[$0.from] == nil }
        let machine = ELFMachine(architecture: plan.plan.platform.architecture)
        if plan.plan.isForeign, let machine {
            try ForeignCode.check(copies: own, builder: built.tree, machine: machine)
        }
        let additions = try plan.plan.missingLibraries(
            builder: built.tree, images: images, base: OverlayTree([base.root]), machine: machine)
        for addition in additions {
            let origin = [addition.package, addition.version].compactMap(\.self).joined(separator: " ")
            progress.report(
                .note(text: "shared libraries of \(origin.isEmpty ? addition.image ?? "the builder" : origin) added"))
        }
        let key = plan.plan.librariesKey
        guard pins.libraries[key] != additions else { return plan }
        pins.libraries[key] = additions
        try await built.export(additions.filter { $0.image == nil }.flatMap(\.files))
        return try plan.plan.withoutLibraries().pinned(by: pins).validated()
    }
}

extension BuildPlan {
    /// The plan without the shared libraries that a lock added.
    func withoutLibraries() -> BuildPlan {
        var result = self
        let added = Set(runtime.copies.filter { $0.group == .systemLibraries }.map(\.path))
        result.runtime.copies.removeAll { $0.group == .systemLibraries }
        result.builder.artifacts.removeAll { added.contains($0) }
        result.runtime.librariesKnown = false
        return result
    }
}
