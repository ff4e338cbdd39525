import Synchronization

/// Work that several callers wait for and that is done once; it ends early when all of them are cancelled.
///
/// The one place where a task is not its caller's child: it must outlive the caller that happened to come first.
final class SharedTask<Value: Sendable>: Sendable {
    private let task: Task<Value, any Error>
    private let waiting = Mutex(0)

    init(_ work: @escaping @Sendable () async throws -> Value) { task = Task { try await work() } }

    /// Whether everybody gave up on it.
    var isAbandoned: Bool { task.isCancelled }

    /// Waits for the result.
    func value() async throws -> Value {
        waiting.withLock { $0 += 1 }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            let isLast = waiting.withLock { count in
                count -= 1
                return count == 0
            }
            if isLast { task.cancel() }
        }
    }
}
