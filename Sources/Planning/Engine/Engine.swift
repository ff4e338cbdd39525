/// Runs the builder stage of a validated plan.
///
/// An engine returns files, never a manifest: the image is always assembled by our own code, so that every engine gives
/// the same image. To add one, conform a type in a target of its own and name it in `EngineChoice`.
package protocol Engine: Sendable {
    /// Runs every step that has no kept result, in order, and returns what the builder holds afterwards.
    ///
    /// Fails with `StepFailure` where a program of a step failed. Cancelling the task ends the running step.
    func run(
        _ plan: ValidatedPlan, on request: EngineRequest, report: @escaping @Sendable (BuildEvent) -> Void
    ) async throws -> any BuilderResult
}

/// What an engine gets beside the plan.
package struct EngineRequest: Sendable {
    package let source: any SourceTree
    /// Secret values by id: bytes of a file or of a variable.
    package let secrets: [String: [UInt8]]
    /// The host's path of an agent socket for `--ssh`.
    package let sshSocket: String?
    /// Whether kept step results may be used.
    package let useCache: Bool
    /// Runs no further than this step, where given.
    package let lastStep: String?
    /// Whether a step that declares network fails instead of running: only its kept result will do.
    package let isOffline: Bool

    package init(
        source: any SourceTree, secrets: [String: [UInt8]] = [:], sshSocket: String? = nil, useCache: Bool = true,
        lastStep: String? = nil, isOffline: Bool = false
    ) {
        self.source = source
        self.secrets = secrets
        self.sshSocket = sshSocket
        self.useCache = useCache
        self.lastStep = lastStep
        self.isOffline = isOffline
    }
}

/// What a builder holds after its steps.
package protocol BuilderResult: Sendable {
    /// The declared artifacts and, on engines that are local, everything else.
    var tree: any FileTree { get }
    /// Bytes of the files in the builder, its base included: what a single-stage image would weigh.
    func unpackedSize() throws -> Int64
    /// Makes further paths of the builder readable through `tree`: the shared libraries that `LibraryClosure` named.
    func export(_ paths: [ImagePath]) async throws
}

/// What happens in a build, as it happens.
package enum BuildEvent: Codable, Hashable, Sendable {
    /// A phase of the build began: plan, bases, build, assemble, deliver.
    case phase(name: String, detail: String)
    case stepStarted(step: String, command: String)
    /// A kept result was used; `from` names the cache of `--cache-from` that it came from.
    case stepCached(step: String, from: String? = nil)
    /// Bytes a step's program printed, as text.
    case stepOutput(step: String, text: String)
    case stepFinished(step: String, seconds: Double)
    case note(text: String)
    case warning(text: String)
}

/// A step whose program failed.
package struct StepFailure: Error, Equatable, CustomStringConvertible {
    package let step: String
    package let command: [String]
    /// The exit status, or 128 plus the signal's number.
    package let status: Int32
    /// The last lines the program printed.
    package let tail: [String]
    /// The command that opens a shell in the failed step's tree, where it was kept.
    package let inspect: String?

    package init(step: String, command: [String], status: Int32, tail: [String], inspect: String?) {
        self.step = step
        self.command = command
        self.status = status
        self.tail = tail
        self.inspect = inspect
    }

    package var description: String {
        let output = tail.isEmpty ? "" : "\n" + tail.map { "  | \($0)" }.joined(separator: "\n")
        let way = inspect.map { "\nlook around in it: \($0)" } ?? ""
        return "step '\(step)' failed with status \(status): \(command.joined(separator: " "))\(output)\(way)"
    }
}
