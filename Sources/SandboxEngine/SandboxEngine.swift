package import Files
package import OCI
package import Planning
package import SystemPackage

/// Runs builder steps in Linux namespaces of this machine.
///
/// Results are kept by content: a step runs again only where its command, its files or what the steps it needs made
/// have changed. Two builds that want the same step run it once.
package struct SandboxEngine: Engine {
    let state: State
    let sandbox: Sandbox
    /// The unpacked builder base; never written.
    let base: FilePath
    let baseKey: Digest
    let host: HostSettings
    let remote: (any StepSource)?

    /// `remote` is asked for what is not kept here.
    package init(
        state: State, sandbox: Sandbox, base: FilePath, baseKey: Digest, host: HostSettings,
        remote: (any StepSource)? = nil
    ) {
        self.state = state
        self.sandbox = sandbox
        self.base = base
        self.baseKey = baseKey
        self.host = host
        self.remote = remote
    }

    /// Runs the steps; the result is a `SandboxBuilderResult`.
    ///
    /// Fails with `EngineError` where the request lacks something, before anything runs, with `StepFailure` where a
    /// program failed and with `SandboxError` where it could not be started.
    package func run(
        _ plan: ValidatedPlan, on request: EngineRequest, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> any BuilderResult {
        let builder = plan.plan.builder
        let steps = try Self.chosen(builder.steps, upTo: request.lastStep)
        try Self.check(steps, request)
        let kept = try KeptSteps(state: state)
        var done: [DoneStep] = []
        for step in steps {
            try Task.checkCancellation()
            let needed = try Self.needed(by: step, among: done)
            let key = try StepKey(
                step: step, platform: builder.base.platform, base: baseKey, needs: needed.map(\.output),
                source: request.source)
            let context = StepContext(
                step: step, key: key.digest, contents: key.contents, lowers: needed.reversed().map(\.upper) + [base],
                request: request,
                report: report)
            done.append(try await self.done(context, kept, useCache: request.useCache))
        }
        return SandboxBuilderResult(base: base, steps: done, kept: kept)
    }

    /// The kept result of a step, or a new one.
    private func done(_ context: StepContext, _ kept: KeptSteps, useCache: Bool) async throws -> DoneStep {
        let name = context.step.name
        let lock = try await FileLock.acquire(kept.lock(context.key)) {
            context.report(.note(text: "step '\(name)' waits for another build that runs it"))
        }
        defer { withExtendedLifetime(lock) {} }
        if useCache, let record = kept.record(context.key) {
            context.report(.stepCached(step: name))
            return DoneStep(
                step: context.step, key: context.key, upper: kept.upper(record), output: record.output, ran: false)
        }
        if useCache, let offered = try await offered(context, kept) { return offered }
        if context.request.isOffline, case .run(let command) = context.step.action, command.network == .host {
            throw EngineError.offline(step: name, useCache: useCache)
        }
        let clock = ContinuousClock()
        let start = clock.now
        context.report(.stepStarted(step: name, command: context.step.summary))
        let made = try await make(context, kept)
        let elapsed = start.duration(to: clock.now).components
        context.report(
            .stepFinished(step: name, seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18))
        return DoneStep(step: context.step, key: context.key, upper: made.upper, output: made.output, ran: true)
    }

    /// A result that the remote offers, kept from now on; nil where there is none that is what it says.
    private func offered(_ context: StepContext, _ kept: KeptSteps) async throws -> DoneStep? {
        guard let remote else { return nil }
        let name = context.step.name
        for offer in await remote.offers(of: context.key) {
            let work = try state.makeTemporary("import")
            let result = work.path.appending("result")
            let upper = result.appending("upper")
            try HostFiles.makeFolder(upper)
            try UpperFolder(upper).takeRootMode(of: context.lowers)
            do {
                try await offer.unpack(upper)
                try UpperFolder(upper).settle()
                let found = try UpperFolder(upper).contentDigest()
                guard found == offer.output else {
                    throw StepOfferError.otherContent(expected: offer.output, found: found)
                }
            } catch {
                try Task.checkCancellation()
                offer.refuse(error)
                context.report(.warning(text: "what \(offer.origin) keeps of step '\(name)' is not used: \(error)"))
                continue
            }
            let place = try kept.keep(result, work, key: context.key, output: offer.output, step: context.step)
            context.report(.stepCached(step: name, from: offer.origin))
            return DoneStep(step: context.step, key: context.key, upper: place, output: offer.output, ran: false)
        }
        return nil
    }

    /// Lets the remote fill the cache mounts of a step that nothing is in yet.
    private func fillMounts(of command: RunCommand, _ context: StepContext) async throws {
        guard let remote else { return }
        for case .cache(let id, _) in command.mounts {
            let mount = CacheMount(id: id, state: state)
            try mount.prepare()
            let lock = try await FileLock.acquire(state.lock("mount-\(mount.folder.lastComponent?.string ?? "")"))
            defer { withExtendedLifetime(lock) {} }
            guard try mount.isEmpty() else { continue }
            do { try await remote.fill(mount: id, at: mount.folder) } catch {
                try Task.checkCancellation()
                context.report(.warning(text: "the cache mount '\(id)' is not filled: \(error)"))
            }
        }
    }

    private func make(_ context: StepContext, _ kept: KeptSteps) async throws -> (upper: FilePath, output: Digest) {
        let work = try state.makeTemporary("step")
        let result = work.path.appending("result")
        let upper = result.appending("upper")
        try HostFiles.makeFolder(upper)
        try UpperFolder(upper).takeRootMode(of: context.lowers)
        switch context.step.action {
        case .copy(let source):
            let step = CopyStep(
                source: source, tree: context.request.source, contents: context.contents, lowers: context.lowers)
            try step.run(into: upper)
        case .run(let command):
            try await fillMounts(of: command, context)
            let run = RunStep(command: command, context: context, state: state, host: host)
            try await run.run(in: sandbox, upper: upper, scratch: work.path)
        }
        try UpperFolder(upper).settle()
        let output = try UpperFolder(upper).contentDigest()
        return (try kept.keep(result, work, key: context.key, output: output, step: context.step), output)
    }

    private static func chosen(_ steps: [Step], upTo last: String?) throws -> [Step] {
        guard let last else { return steps }
        guard let index = steps.firstIndex(where: { $0.name == last }) else {
            throw EngineError.unknownStep(last, known: steps.map(\.name))
        }
        return Array(steps[...index])
    }

    private static func check(_ steps: [Step], _ request: EngineRequest) throws {
        for step in steps {
            guard case .run(let command) = step.action else { continue }
            for mount in command.mounts {
                switch mount {
                case .secret(let id, _, _, required: true) where request.secrets[id] == nil:
                    throw EngineError.missingSecret(id: id, step: step.name)
                case .ssh where request.sshSocket == nil: throw EngineError.missingAgent(step: step.name)
                default: break
                }
            }
        }
    }

    /// The steps whose files a step sees, in the plan's order.
    private static func needed(by step: Step, among done: [DoneStep]) throws -> [DoneStep] {
        var wanted = Set(step.needs)
        var result: [DoneStep] = []
        for earlier in done.reversed() where wanted.contains(earlier.name) {
            result.append(earlier)
            wanted.formUnion(earlier.needs)
        }
        if let missing = step.needs.first(where: { name in !result.contains { $0.name == name } }) {
            throw EngineError.unknownStep(missing, known: done.map(\.name))
        }
        return result.reversed()
    }
}

/// A step with its result.
package struct DoneStep: Sendable {
    package let step: Step
    /// What its result depends on.
    package let key: Digest
    /// Where its files are, in overlayfs's form.
    package let upper: FilePath
    /// What the upper folder holds.
    package let output: Digest
    /// Whether its program ran in this build.
    package let ran: Bool

    var name: String { step.name }
    var needs: [String] { step.needs }
}

/// A step about to be done.
struct StepContext: Sendable {
    let step: Step
    let key: Digest
    /// What the key was made of: the digests of the files that a copy brings in, in order.
    let contents: [Digest]
    /// What it sees, topmost first.
    let lowers: [FilePath]
    let request: EngineRequest
    let report: @Sendable (BuildEvent) -> Void
}

extension Step {
    /// The step in one line for people.
    var summary: String {
        switch action {
        case .copy(let source):
            "copy \(source.paths.map(\.description).joined(separator: " ")) to \(source.destination)"
        case .run(let command): command.arguments.joined(separator: " ")
        }
    }
}

/// Why an engine cannot run what it was given.
package enum EngineError: Error, Equatable, CustomStringConvertible {
    case missingSecret(id: String, step: String)
    case missingAgent(step: String)
    case unknownStep(String, known: [String])
    case unknownFailure(id: String, known: [String])
    case brokenPath(ImagePath, reason: String)
    case changedSource(SourcePath)
    /// A step needs the network, which was forbidden.
    case offline(step: String, useCache: Bool)

    package var description: String {
        switch self {
        case .missingSecret(let id, let step):
            "step '\(step)' needs the secret '\(id)': give it with --secret id=\(id),src=FILE or id=\(id),env=NAME"
        case .missingAgent(let step): "step '\(step)' needs an SSH agent: start one and give --ssh"
        case .unknownStep(let name, let known):
            "there is no earlier step '\(name)'; the steps are \(known.joined(separator: ", "))"
        case .unknownFailure(let id, let known):
            "no failed step '\(id)' is kept"
                + (known.isEmpty ? "; the last five are" : "; kept are \(known.joined(separator: ", "))")
        case .brokenPath(let path, let reason): "\(path): \(reason)"
        case .changedSource(let path): "\(path): changed while it was read; build again"
        case .offline(let step, let useCache):
            "step '\(step)' uses the network and \(useCache ? "has no kept result" : "is to run again by --no-cache"):"
                + " it is not run with --offline; build once without --offline"
        }
    }
}
