import NIOCore
import Synchronization

/// Hands buffers from one task to another, a few at a time, so that memory stays bounded.
final class BytePipe: Sendable {
    private struct State {
        var buffers: [ByteBuffer] = []
        var end: Result<Void, any Error>?
        var reader: CheckedContinuation<ByteBuffer?, any Error>?
        var writer: CheckedContinuation<Void, any Error>?
        /// Nobody reads any more.
        var isClosed = false
    }

    private static let capacity = 4
    private let state = Mutex(State())

    /// Adds a buffer when there is room; throws `CancellationError` where nobody reads any more.
    func write(_ buffer: ByteBuffer) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (writer: CheckedContinuation<Void, any Error>) in
                let (reader, answer) = state.withLock {
                    state -> (CheckedContinuation<ByteBuffer?, any Error>?, Bool?) in
                    guard !state.isClosed else { return (nil, false) }
                    if let reader = state.reader.take() { return (reader, true) }
                    state.buffers.append(buffer)
                    guard state.buffers.count >= Self.capacity else { return (nil, true) }
                    state.writer = writer
                    return (nil, nil)
                }
                reader?.resume(returning: buffer)
                switch answer {
                case true?: writer.resume()
                case false?: writer.resume(throwing: CancellationError())
                case nil: if Task.isCancelled { close() }
                }
            }
        } onCancel: {
            close()
        }
    }

    /// Says that there is no more, or why.
    func finish(_ result: Result<Void, any Error>) {
        let reader = state.withLock { state in
            if state.end == nil { state.end = result }
            return state.reader.take()
        }
        guard let reader else { return }
        switch result {
        case .success: reader.resume(returning: nil)
        case .failure(let error): reader.resume(throwing: error)
        }
    }

    /// The next buffer; nil at the end.
    func read() async throws -> ByteBuffer? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (reader: CheckedContinuation<ByteBuffer?, any Error>) in
                let (writer, answer) = state.withLock {
                    state -> (CheckedContinuation<Void, any Error>?, Result<ByteBuffer?, any Error>?) in
                    if state.isClosed { return (nil, .failure(CancellationError())) }
                    if !state.buffers.isEmpty {
                        let first = state.buffers.removeFirst()
                        return (state.writer.take(), .success(first))
                    }
                    if let end = state.end { return (nil, end.map { nil }) }
                    state.reader = reader
                    return (nil, nil)
                }
                writer?.resume()
                if let answer { reader.resume(with: answer) } else if Task.isCancelled { close() }
            }
        } onCancel: {
            close()
        }
    }

    /// Ends reading and writing.
    func close() {
        let (reader, writer) = state.withLock { state in
            state.isClosed = true
            state.buffers = []
            return (state.reader.take(), state.writer.take())
        }
        reader?.resume(throwing: CancellationError())
        writer?.resume(throwing: CancellationError())
    }
}
