/// Says that this process uses the state: many may at once, while `cache prune` waits for none of them to.
package final class StateUse: Sendable {
    private let lock: FileLock

    private init(_ lock: consuming FileLock) { self.lock = lock }

    /// Use beside others, until the object goes.
    package static func shared(_ state: State) throws -> StateUse {
        StateUse(try FileLock(state.lock("use"), shared: true))
    }

    /// Use alone; nil where somebody else uses the state now.
    package static func exclusive(_ state: State) throws -> StateUse? {
        guard let lock = try FileLock.attempt(state.lock("use")) else { return nil }
        return StateUse(lock)
    }
}
