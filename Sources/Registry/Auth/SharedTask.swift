import Synchronization

/// Work that several callers wait for and that is done once; it ends early when all of them are cancelled.
///
/// The one place where a task is not its caller's child: it must outlive the caller that happened to come first.
final class SharedTask<Value: Sendable>: Sendable {
    private struct State {
        var task: Task<Value, any Error>
        var waiting = 0
    }

    private let work: @Sendable () async throws -> Value
    private let state: Mutex<State>

    init(_ work: @escaping @Sendable () async throws -> Value) {
        self.work = work
        state = Mutex(State(task: Task { try await work() }))
    }

    /// Whether everybody gave up on it.
    var isAbandoned: Bool { state.withLock { $0.task.isCancelled } }

    /// Waits for the result; who comes when all others have just given up begins anew.
    func value() async throws -> Value {
        while true {
            let task = join()
            do {
                return try await withTaskCancellationHandler {
                    try await task.value
                } onCancel: {
                    leave(task)
                }
            } catch {
                guard task.isCancelled, !Task.isCancelled else { throw error }
            }
        }
    }

    private func join() -> Task<Value, any Error> {
        state.withLock { state in
            if state.task.isCancelled { state = State(task: Task { [work] in try await work() }) }
            state.waiting += 1
            return state.task
        }
    }

    private func leave(_ task: Task<Value, any Error>) {
        let isLast = state.withLock { state in
            guard state.task == task else { return false }
            state.waiting -= 1
            return state.waiting == 0
        }
        if isLast { task.cancel() }
    }
}
