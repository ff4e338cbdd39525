import DebianBases
import Files
import Images
import OCI
import Planning
import Proof
import SandboxEngine
import SystemPackage

/// The whole way of a build, one line a stage.
struct BuildPipeline: Sendable {
    private let request: BuildRequest
    private let progress: Progress

    init(_ request: BuildRequest, _ progress: Progress) {
        self.request = request
        self.progress = progress
    }

    /// Builds, stores and delivers the image; returns its reference with digest.
    func run() async throws -> String {
        try await withRegistry(request.arguments.registries, progress) { try await run($0) }
    }

    private func run(_ registry: RegistryAccess) async throws -> String {
        let service = try PlannedService(request.arguments)
        for warning in service.warnings { progress.report(.warning(text: warning)) }
        let names = try service.names(request)
        let provider = try BaseProvider(service, registry, progress)
        progress.report(.note(text: "isolation: \(provider.sandbox.reason)"))
        defer { withExtendedLifetime(provider) {} }
        var pins = try await provider.pins()
        // Recorded before anything runs: a build that fails later takes the same packages again.
        try record(pins, of: service, in: provider.state)
        let plan = try service.plan.pinned(by: pins).validated()
        let caches = CacheTransfer(request.caches, registry, provider.state, progress)
        let bases = try await provider.assemble(plan.plan)
        let built = try await runSteps(plan, service, provider, bases.builder, caches)
        let store = try LocalStore(provider.state)
        let delivery = Delivery(
            request: request, names: names, store: store, state: provider.state, registry: registry, progress: progress)
        if request.target == .builder {
            return try await delivery.deliverBuilder(
                plan.plan, built, provider.sandbox, bases.builder,
                hidden: Set(service.settings.plan.buildEnvironment.keys))
        }
        try Task.checkCancellation()
        let complete = try await completed(plan, &pins, built, bases.runtime)
        try record(pins, of: service, in: provider.state)
        progress.report(.phase(name: "assemble", detail: names.map(\.description).joined(separator: ", ")))
        let stage = RuntimeAssembly(
            plan: complete.plan, builder: built.tree, base: bases.runtime, state: provider.state)
        let image = try stage.image(in: store)
        try Task.checkCancellation()
        let record = try stage.record(
            of: image, singleStage: built.unpackedSize(), isolation: provider.sandbox.reason,
            revision: service.revision)
        let reference = try await delivery.deliver(image.image, record)
        try await caches.export()
        return reference
    }

    /// Writes autoimage.lock; a folder that is read-only is worth a warning, not the build.
    private func record(_ pins: Pins, of service: PlannedService, in state: State) throws {
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
        _ plan: ValidatedPlan, _ service: PlannedService, _ provider: BaseProvider, _ base: AssembledBase,
        _ caches: CacheTransfer
    ) async throws -> any BuilderResult {
        progress.report(.phase(name: "build", detail: plan.plan.name))
        let engine = SandboxEngine(
            state: provider.state, sandbox: provider.sandbox, base: base.root, baseKey: base.key,
            host: HostSettings.detect(environment: ProcessEnvironment.current), remote: caches.source)
        let progress = progress
        let hints = FailureHints()
        do {
            let built = try await engine.run(
                plan,
                on: EngineRequest(
                    source: service.tree, secrets: service.secrets.values,
                    sshSocket: request.arguments.ssh ? ProcessEnvironment.current["SSH_AUTH_SOCK"] : nil,
                    useCache: request.useCache)
            ) {
                hints.note($0)
                progress.report($0)
            }
            caches.add(built, of: plan.plan)
            return built
        } catch let error as StepFailure {
            throw Failure(.stepFailed, hints.explain(error))
        }
    }

    /// The plan with the shared libraries that its artifacts need, looked up anew in every build.
    private func completed(
        _ plan: ValidatedPlan, _ pins: inout Pins, _ built: any BuilderResult, _ base: AssembledBase
    ) async throws -> ValidatedPlan {
        let own = plan.plan.runtime.copies.filter { $0.group != .systemLibraries }
        let additions = try LibraryClosure.complete(copies: own, builder: built.tree, runtime: OverlayTree([base.root]))
        for addition in additions {
            let origin = [addition.package, addition.version].compactMap(\.self).joined(separator: " ")
            progress.report(.note(text: "shared libraries of \(origin.isEmpty ? "the builder" : origin) added"))
        }
        guard pins.libraries != additions else { return plan }
        pins.libraries = additions
        try await built.export(additions.flatMap(\.files))
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
