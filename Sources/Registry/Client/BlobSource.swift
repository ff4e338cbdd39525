import Files
import Images
import NIOCore
import OCI
import SystemPackage

/// Where the bytes of a blob come from that is sent to a registry.
enum BlobSource: Sendable {
    case file(FilePath, Digest)
    case bytes([UInt8])
    /// A blob that this machine does not have.
    case remote(BlobFetch)

    /// Gives `send` a stream of a range of the blob's bytes, which can be started several times.
    ///
    /// Of a remote blob only as much is in memory as the connections hold; it is verified on the way.
    func withStream<Result>(
        _ range: Range<Int64>, _ send: (ByteStream) async throws -> Result
    ) async throws -> Result {
        switch self {
        case .bytes(let bytes):
            let buffer = ByteBuffer(bytes: bytes[Int(range.lowerBound)..<Int(range.upperBound)])
            return try await send(
                ByteStream {
                    let piece = OnePiece(buffer)
                    return { await piece.next() }
                })
        case .file(let path, let digest):
            return try await send(
                ByteStream {
                    let pieces = FilePieces(path, digest, range)
                    return { try await pieces.next() }
                })
        case .remote(let fetch): return try await fetch.withStream(range, send)
        }
    }
}

/// One buffer, once.
private actor OnePiece {
    private var buffer: ByteBuffer?

    init(_ buffer: ByteBuffer) { self.buffer = buffer }

    func next() -> ByteBuffer? { buffer.take() }
}

/// The pieces of a file.
private actor FilePieces {
    private static let length: Int64 = 1 << 18
    private let path: FilePath
    private let digest: Digest
    private var range: Range<Int64>
    private var file: SystemPackage.FileDescriptor?

    init(_ path: FilePath, _ digest: Digest, _ range: Range<Int64>) {
        self.path = path
        self.digest = digest
        self.range = range
    }

    /// The next piece; fails with `BlobError` or `SystemError`, which are no failures of a connection.
    func next() throws -> ByteBuffer? {
        do { return try read() } catch Errno.noSuchFileOrDirectory { throw BlobError.missing(digest) } catch let code
            as Errno
        { throw SystemError("read", path, code) }
    }

    private func read() throws -> ByteBuffer? {
        guard !range.isEmpty else { return nil }
        let open = try file ?? SystemPackage.FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        file = open
        let wanted = Int(min(Int64(range.count), Self.length))
        var buffer = ByteBufferAllocator().buffer(capacity: wanted)
        let start = range.lowerBound
        let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: wanted) { bytes in
            try open.read(fromAbsoluteOffset: start, into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]))
        }
        guard count > 0 else { throw BlobError.damaged(digest) }
        range = start + Int64(count)..<range.upperBound
        return buffer
    }

    deinit { try? file?.close() }
}

extension BlobFetch {
    /// Streams the blob while it arrives.
    fileprivate func withStream<Result>(
        _ range: Range<Int64>, _ send: (ByteStream) async throws -> Result
    ) async throws -> Result {
        let pieces = RemotePieces(BlobFetch(endpoint: endpoint, blob: blob, wanted: wanted, range: range))
        defer { pieces.end() }
        do { return try await send(ByteStream { pieces.start() }) } catch {
            if let failure = pieces.failure { throw SourceFailure(error: failure) }
            throw error
        }
    }
}

/// The bytes cannot be had where they should come from; that says nothing about where they go.
struct SourceFailure: Error {
    let error: any Error
}
