import NIOCore
import Synchronization

/// The pieces of a blob that arrives from another registry, for the one that it goes to.
final class RemotePieces: Sendable {
    private struct Running {
        var pipe: BytePipe?
        var task: Task<Void, Never>?
        var failure: (any Error)?
    }

    private let fetch: BlobFetch
    private let running = Mutex(Running())

    init(_ fetch: BlobFetch) { self.fetch = fetch }

    /// Why the blob did not arrive; nil where it did or nobody read it.
    var failure: (any Error)? { running.withLock { $0.failure } }

    /// Starts to fetch; gives the next piece.
    func start() -> @Sendable () async throws -> ByteBuffer? {
        end()
        let pipe = BytePipe()
        let fetch = fetch
        let sink = PipeSink(pipe)
        let task = Task {
            do {
                try await fetch.run(into: sink)
                pipe.finish(.success(()))
            } catch {
                if !(error is CancellationError) { self.running.withLock { $0.failure = error } }
                pipe.finish(.failure(error))
            }
        }
        running.withLock { running in
            running.pipe = pipe
            running.task = task
            running.failure = nil
        }
        return { try await pipe.read() }
    }

    /// Ends the transfer.
    func end() {
        let (pipe, task) = running.withLock { ($0.pipe.take(), $0.task.take()) }
        task?.cancel()
        pipe?.close()
    }
}
