import Synchronization

/// How long each phase of a command took, and what it warned of; at the edge, where there is a clock.
final class PhaseClock: Sendable {
    private struct State {
        var name = "plan"
        var begin: ContinuousClock.Instant
        var seconds: [String: Double] = [:]
        var warnings: [String] = []
    }

    private let start: ContinuousClock.Instant
    private let state: Mutex<State>

    init() {
        let now = ContinuousClock.now
        start = now
        state = Mutex(State(begin: now))
    }

    /// Ends the phase before and begins another, or the same one once more.
    func begin(_ name: String) {
        state.withLock { state in
            let now = ContinuousClock.now
            state.seconds[state.name, default: 0] += (now - state.begin).seconds
            state.name = name
            state.begin = now
        }
    }

    func warn(_ text: String) { state.withLock { $0.warnings.append(text) } }

    /// Every warning so far, in order.
    var warnings: [String] { state.withLock(\.warnings) }

    /// Seconds, to the millisecond, by the name of the phase, with the one under way, and `total`.
    var timings: [String: Double] {
        state.withLock { state in
            let now = ContinuousClock.now
            var result = state.seconds
            result[state.name, default: 0] += (now - state.begin).seconds
            result["total"] = (now - start).seconds
            return result.mapValues { ($0 * 1000).rounded() / 1000 }
        }
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
