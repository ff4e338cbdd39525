import Dispatch
import Glibc

/// Runs work that Ctrl-C, SIGTERM or a hang-up cancels: the work then ends its children and cleans up.
///
/// A second signal while the clean-up runs has no further effect; SIGKILL is safe at any time.
func interruptible<Result: Sendable>(
    _ work: @escaping @Sendable () async throws -> Result
) async throws -> Result {
    let task = Task { try await work() }
    let sources = [SIGINT, SIGTERM, SIGHUP].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { task.cancel() }
        source.activate()
        return source
    }
    defer { for source in sources { source.cancel() } }
    do {
        return try await task.value
    } catch {
        guard task.isCancelled else { throw error }
        throw Failure(.interrupted, "interrupted")
    }
}
