import ArgumentParser
import Planning

/// `autoimage lock`.
struct LockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Resolves the bases of a service and records them in autoimage.lock.",
        discussion: """
            What is recorded already stays as it is. --update resolves it again: all of it, or only what is named: a \
            base (or a part of its name), a Debian package, an installer such as pip, or an image. What changes is \
            printed. The shared libraries of a service are found by a build, which records them.
            """)

    @OptionGroup var plan: PlanArguments

    @Argument(help: "With --update: what to resolve again; everything where nothing is named.")
    var names: [String] = []

    @Flag(help: "Resolve again what is recorded.")
    var update = false

    @Flag(help: "Write nothing: fail (exit 78) where autoimage.lock is missing or would change, as --locked does.")
    var check = false

    func validate() throws {
        if let name = names.first, !update {
            throw ValidationError("'\(name)': names of what to resolve again go with --update")
        }
        if update, check { throw ValidationError("--update and --check exclude each other") }
        if update, plan.lock.locked { throw ValidationError("--update and --locked exclude each other") }
    }

    func run() async throws {
        let progress = Progress(.auto)
        let update: LockUpdate = update ? (names.isEmpty ? .everything : .names(names)) : .nothing
        var plan = plan
        if check { plan.lock.locked = true }
        let arguments = plan
        try await guarded {
            try await interruptible { try await lock(arguments, update, progress) }
        }
    }

    private func lock(_ arguments: PlanArguments, _ update: LockUpdate, _ progress: Progress) async throws {
        let isOffline = try arguments.lock.isOffline()
        try await withRegistry(arguments.registries, offline: isOffline, progress) { registry in
            for (number, service) in try PlannedService.all(arguments).enumerated() {
                let planned = try number == 0 ? service : service.relocked()
                let provider = try BaseProvider(planned, registry, progress)
                let pins = try await provider.pins(update: number == 0 ? update : .nothing)
                let changed = try planned.lock.update(pins, state: provider.state)
                for line in planned.lock.pins.changes(to: pins) { progress.say(line) }
                progress.say(changed ? "wrote \(planned.lock.path)" : "\(planned.lock.path) is up to date")
            }
        }
    }
}
