import Images
import NIOCore
import OCI

/// Where the bytes of a blob go while they arrive.
protocol BlobSink: AnyObject {
    /// Bytes so far, which a resumed transfer goes on from.
    var count: Int64 { get }
    /// Their digest.
    var digest: Digest { get }
    /// Appends bytes; comes back when there is room for more.
    func append(_ bytes: ByteBuffer) async throws
    /// Forgets all bytes; false where they are gone already.
    func restart() throws -> Bool
}

/// A blob that is written into a store.
final class StoreSink: BlobSink {
    private let store: BlobStore
    private var writer: BlobWriter?

    init(_ store: BlobStore) { self.store = store }

    var count: Int64 {
        switch writer {
        case nil: 0
        case .some(let writer): writer.size
        }
    }

    var digest: Digest {
        switch writer {
        case nil: Digest(of: [])
        case .some(let writer): writer.digest
        }
    }

    func append(_ bytes: ByteBuffer) async throws {
        if writer == nil { writer = try store.makeWriter() }
        try bytes.withUnsafeReadableBytes { try writer?.write($0) }
    }

    func restart() throws -> Bool {
        writer = nil
        return true
    }

    /// Puts the blob into the store.
    func commit() throws {
        guard let writer = writer.take() else {
            _ = try store.makeWriter().commit()
            return
        }
        _ = try writer.commit()
    }
}

/// A blob that is handed on to another registry.
final class PipeSink: BlobSink {
    private let pipe: BytePipe
    private var hasher = DigestHasher()
    private(set) var count: Int64 = 0

    init(_ pipe: BytePipe) { self.pipe = pipe }

    var digest: Digest { hasher.finalize() }

    func append(_ bytes: ByteBuffer) async throws {
        bytes.withUnsafeReadableBytes { hasher.update($0) }
        count += Int64(bytes.readableBytes)
        try await pipe.write(bytes)
    }

    func restart() throws -> Bool { count == 0 }
}
