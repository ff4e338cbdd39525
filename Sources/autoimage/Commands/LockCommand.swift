import ArgumentParser
import Files
import Planning

/// `autoimage lock`.
struct LockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Resolves the bases of a service and records them in autoimage.lock.",
        discussion: """
            What is recorded already stays as it is. --update resolves it again: all of it, or only what is named: a \
            base (or a part of its name), a Debian package, an installer such as pip, an image, 'requirements' for what \
            builds resolved, or a package of those. What changes is printed. --prune removes what nothing asks for any \
            more. The shared libraries of a service, and the versions of what it requires without a lock of its own, are \
            found by a build, which records them.
            """)

    @OptionGroup var plan: PlanArguments

    @Argument(help: "With --update: what to resolve again; everything where nothing is named.")
    var names: [String] = []

    @Flag(help: "Resolve again what is recorded.")
    var update = false

    @Flag(help: "Remove what these options, with every --platform and --app given, do not use.")
    var prune = false

    @Flag(help: "Write nothing: fail (exit 78) where autoimage.lock is missing or would change, as --locked does.")
    var check = false

    func validate() throws {
        if let name = names.first, !update {
            throw ValidationError("'\(name)': names of what to resolve again go with --update")
        }
        if prune, check { throw ValidationError("--prune and --check exclude each other") }
        if update, check { throw ValidationError("--update and --check exclude each other") }
        if update, plan.lock.locked { throw ValidationError("--update and --locked exclude each other") }
    }

    func run() async throws {
        let progress = Progress(.auto)
        let update: LockUpdate = update ? (names.isEmpty ? .everything : .names(names)) : .nothing
        var plan = plan
        if check { plan.lock.locked = true }
        let (arguments, prune) = (plan, prune)
        try await guarded {
            try await interruptible { try await lock(arguments, update, prune: prune, progress) }
        }
    }

    private func lock(
        _ arguments: PlanArguments, _ update: LockUpdate, prune: Bool, _ progress: Progress
    ) async throws {
        let services = try PlannedService.all(arguments)
        for service in services { _ = try update.selection(of: service) }
        let lock = services[0].lock
        let changed = try await withRegistry(
            arguments.registries, offline: services[0].settings.isOffline, progress
        ) { registry in
            var changed = false
            if prune {
                let state = try State(environment: ProcessEnvironment.current)
                changed = try lock.update(lock.pins.pruned(to: services.flatMap(\.plans)), state: state)
            }
            for service in services {
                let provider = try BaseProvider(service, registry, progress)
                let pins = try await provider.pins(update: update)
                if try service.lock.update(pins, state: provider.state) { changed = true }
                for plan in try service.planned(with: pins).plans where plan.open != nil {
                    progress.say("what \(plan.resolutionKey) installs is resolved and recorded by its next build")
                }
            }
            return changed
        }
        for line in lock.pins.changes(to: try lock.current()) { progress.say(line) }
        progress.say(changed ? "wrote \(lock.path)" : "\(lock.path) is up to date")
    }
}
