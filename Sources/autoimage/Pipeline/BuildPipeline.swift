import Planning
import SystemPackage

/// The whole way of `autoimage build`: reads and plans, checks what this machine can do, and builds image after image.
struct BuildPipeline: Sendable {
    private let request: BuildRequest
    private let progress: Progress

    init(_ request: BuildRequest, _ progress: Progress) {
        self.request = request
        self.progress = progress
    }

    /// Builds, stores and delivers an image for each program; hands out the reference of each with its digest.
    ///
    /// Whatever can be refused is refused before anything is fetched or run. The first image that fails ends the run.
    func run(_ built: (String) -> Void) async throws {
        let services = try PlannedService.all(request.arguments)
        let requests = try request.forEach(of: services)
        let isOffline = services[0].settings.isOffline
        try request.caches.check(offline: isOffline)
        for service in services { try PlatformCheck.check(service.plans, target: request.target) }
        try await withRegistry(request.arguments.registries, offline: isOffline, progress) { registry in
            for (service, request) in zip(services, requests) {
                try Outputs(outputs: request.outputs, registry: registry, progress: progress).check(
                    names: service.names(request), besides: request.metadataFile.map { FilePath($0) })
            }
            let caches = try CacheTransfer(request.caches.usable(offline: isOffline, progress), registry, progress)
            for (index, (service, request)) in zip(services, requests).enumerated() {
                let progress = services.count > 1 ? progress.labelled(service.plan.name, clock: PhaseClock()) : progress
                do {
                    built(try await ImageBuild(service, request, registry, caches, progress).run())
                } catch {
                    if services.count > 1 { tell(failedAt: index, services.map(\.plan.name)) }
                    throw error
                }
            }
            try await caches.export()
        }
    }

    /// Says what became of the other images.
    private func tell(failedAt index: Int, _ names: [String]) {
        func list(_ names: some Collection<String>) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
        progress.report(
            .warning(
                text: "\(names[index]) failed; built before it: \(list(names[..<index])); "
                    + "not begun: \(list(names[(index + 1)...]))"))
    }
}
