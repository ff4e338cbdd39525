import ArgumentParser

/// `autoimage lock`.
struct LockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Resolves the bases of a service and records them in autoimage.lock.")

    @OptionGroup var plan: PlanArguments

    @Flag(help: "Resolve everything again, also what is recorded.")
    var update = false

    func run() async throws {
        let progress = Progress(.auto)
        let update = update
        let plan = plan
        try await guarded {
            try await interruptible {
                let planned = try PlannedService(plan)
                let changed = try await withRegistry(plan.registries, progress) { registry in
                    try await BaseProvider(planned, registry, progress).lock(update: update)
                }
                progress.say(changed ? "wrote \(planned.lock.path)" : "\(planned.lock.path) is up to date")
            }
        }
    }
}
