import Synchronization

/// Lets a limited number of requests through at once; those that wait go in order.
final class Gate: Sendable {
    private struct State {
        var limit: Int
        var running = 0
        var next: UInt64 = 0
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let state: Mutex<State>

    init(limit: Int) { state = Mutex(State(limit: limit)) }

    /// Runs work when there is room.
    func pass<Result>(_ work: () async throws -> Result) async throws -> Result {
        try await enter()
        defer { leave() }
        return try await work()
    }

    /// Halves the limit, as a registry wants that says "too many requests".
    func shrink() { state.withLock { $0.limit = max(1, $0.limit / 2) } }

    private func enter() async throws {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isIn = state.withLock { state in
                    guard !Task.isCancelled, state.running < state.limit else {
                        state.waiting.append((id, continuation))
                        return false
                    }
                    state.running += 1
                    return true
                }
                if isIn { continuation.resume() } else if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func leave() {
        let next = state.withLock { state in
            guard state.running <= state.limit, !state.waiting.isEmpty else {
                state.running -= 1
                return nil as CheckedContinuation<Void, any Error>?
            }
            return state.waiting.removeFirst().continuation
        }
        next?.resume()
    }

    private func cancel(_ id: UInt64) {
        let waiter = state.withLock { state in
            state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0).continuation }
        }
        waiter?.resume(throwing: CancellationError())
    }
}
