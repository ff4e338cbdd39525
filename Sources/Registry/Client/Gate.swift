import Synchronization

/// Lets a limited number of requests through at once; those that wait go in order.
final class Gate: Sendable {
    private struct State {
        var limit: Int
        var running = 0
        /// How often the limit was halved.
        var wave = 0
        /// Requests that went well since the limit last changed.
        var successes = 0
        var next: UInt64 = 0
        var waiting: [(id: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    /// Requests that go well before one more is let through again.
    private static let patience = 20
    private let most: Int
    private let state: Mutex<State>

    init(limit: Int) {
        most = limit
        state = Mutex(State(limit: limit))
    }

    /// How many requests are let through at once now.
    var limit: Int { state.withLock { $0.limit } }

    /// Runs work when there is room.
    ///
    /// A failure with `isLimit` halves the limit, as a registry wants that says "too many requests": once for all requests
    /// that were under way together. When some more have gone well it grows again, one by one.
    func pass<Result>(_ work: () async throws -> Result) async throws -> Result {
        try await enter()
        defer { leave() }
        let wave = state.withLock { $0.wave }
        do {
            let result = try await work()
            grow()
            return result
        } catch let failure as Transient where failure.isLimit {
            shrink(after: wave)
            throw failure
        }
    }

    private func shrink(after wave: Int) {
        state.withLock { state in
            guard state.wave == wave else { return }
            state.limit = max(1, state.limit / 2)
            state.wave += 1
            state.successes = 0
        }
    }

    private func grow() {
        state.withLock { state in
            guard state.limit < most else { return }
            state.successes += 1
            guard state.successes >= Self.patience else { return }
            state.limit += 1
            state.successes = 0
        }
    }

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
