import Images
import NIOCore
import Synchronization

/// An archive as the body of a request: read as fast as it is sent, some 128 KiB at a time.
struct ArchiveBody: AsyncSequence, Sendable {
    let archive: ArchiveContents
    /// Why the archive ended early.
    let failure = Failed()

    init(_ archive: ArchiveContents) { self.archive = archive }

    func makeAsyncIterator() -> Iterator { Iterator(reader: archive.reader(), failure: failure) }

    struct Iterator: AsyncIteratorProtocol {
        let reader: ArchiveContentsReader
        let failure: Failed

        mutating func next() async throws -> ByteBuffer? {
            do {
                try Task.checkCancellation()
                return try reader.next().map { ByteBuffer(bytes: $0) }
            } catch {
                failure.set(error)
                throw error
            }
        }
    }

    /// The first error, for whoever sends.
    final class Failed: Sendable {
        private let error = Mutex<(any Error)?>(nil)

        var value: (any Error)? { error.withLock { $0 } }

        func set(_ new: any Error) { error.withLock { $0 = $0 ?? new } }
    }
}
