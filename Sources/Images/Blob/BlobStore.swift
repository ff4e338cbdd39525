import Files
import Glibc
package import OCI
package import SystemPackage

/// Blobs in `blobs/sha256` of an OCI layout folder, each named by its digest (OCI image-spec, image-layout.md).
package struct BlobStore: Sendable {
    /// The layout's folder.
    package let folder: FilePath

    /// Uses a layout's folder; what is missing of it is made.
    package init(_ folder: FilePath) throws {
        self.folder = folder
        try HostFiles.makeFolder(blobs)
    }

    private var blobs: FilePath { folder.appending("blobs").appending("sha256") }

    /// Where a blob is or would be.
    package func path(_ digest: Digest) -> FilePath { blobs.appending(digest.hex) }

    /// Whether the blob is there.
    package func has(_ digest: Digest) -> Bool { HostFiles.exists(path(digest)) }

    /// How many bytes a blob has; nil where it is not there.
    package func size(of digest: Digest) -> Int64? {
        var status = stat()
        return lstat(path(digest).string, &status) == 0 ? Int64(status.st_size) : nil
    }

    /// A new blob, whose digest follows from its bytes.
    package func makeWriter() throws -> BlobWriter { try BlobWriter(in: blobs) }

    /// Writes a small blob.
    package func write(_ bytes: [UInt8], mediaType: MediaType) throws -> Descriptor {
        var writer = try makeWriter()
        try bytes.withUnsafeBytes { try writer.write($0) }
        let (digest, size) = try writer.commit()
        return Descriptor(mediaType: mediaType, digest: digest, size: size)
    }

    /// Opens a blob for reading; what is read is verified by whoever reads it to the end.
    package func open(_ digest: Digest) throws -> BlobReader { try BlobReader(path(digest), digest) }

    /// All bytes of a small blob, verified.
    package func read(_ descriptor: Descriptor, limit: Int64 = 4 << 20) throws -> [UInt8] {
        // What its descriptor claims and what there is: neither may fill the memory.
        guard max(descriptor.size, size(of: descriptor.digest) ?? 0) <= limit else {
            throw BlobError.tooLarge(descriptor.digest, limit: limit)
        }
        guard let bytes = try HostFiles.read(path(descriptor.digest)) else {
            throw BlobError.missing(descriptor.digest)
        }
        guard Digest(of: bytes) == descriptor.digest else { throw BlobError.damaged(descriptor.digest) }
        return bytes
    }

    /// Copies a blob from another store unless it is here, verifying it on the way.
    package func copy(_ digest: Digest, from other: BlobStore) throws {
        guard !has(digest) else { return }
        let reader = try other.open(digest)
        var writer = try makeWriter()
        try reader.forEachChunk { try writer.write($0) }
        guard writer.digest == digest else { throw BlobError.damaged(digest) }
        _ = try writer.commit()
    }

    /// Notes that a blob, whether it is here or not, can be had from a repository.
    ///
    /// The last eight places are kept, the newest first.
    package func noteOrigin(_ repository: Repository, of digest: Digest) throws {
        let known = try origins(of: digest)
        guard known.first != repository else { return }
        try HostFiles.makeFolder(folder.appending("origins"))
        let all = ([repository] + known.filter { $0 != repository }).prefix(8)
        try AtomicFile.write(CanonicalJSON.encode(Array(all)), to: originPath(digest))
    }

    /// The repositories that a blob can be had from, as far as is known, the newest first.
    package func origins(of digest: Digest) throws -> [Repository] {
        guard let bytes = try HostFiles.read(originPath(digest)) else { return [] }
        return (try? CanonicalJSON.decode([Repository].self, from: bytes)) ?? []
    }

    private func originPath(_ digest: Digest) -> FilePath {
        folder.appending("origins").appending(digest.hex + ".json")
    }

    /// Removes blobs that killed processes left half-written, and returns how many.
    @discardableResult package func removeLeavings() throws -> Int {
        var removed = 0
        for name in try HostFiles.names(in: blobs) where name.hasPrefix(".tmp-") {
            let descriptor = Glibc.open(blobs.appending(name).string, O_RDWR | O_CLOEXEC)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            // A writer holds the lock from its first moments; a file a minute old without one has no writer.
            var status = stat()
            guard fstat(descriptor, &status) == 0, status.st_mtim.tv_sec < time(nil) - 60,
                flock(descriptor, LOCK_EX | LOCK_NB) == 0, unlink(blobs.appending(name).string) == 0
            else { continue }
            removed += 1
        }
        return removed
    }
}

/// A blob being written: it is in the store complete, by `commit`, or not at all.
package struct BlobWriter: ~Copyable {
    private let file: AtomicFile
    private let blobs: FilePath
    private var hasher = DigestHasher()
    /// Bytes so far.
    package private(set) var size: Int64 = 0

    fileprivate init(in blobs: FilePath) throws {
        let file = try AtomicFile(in: blobs)
        flock(file.descriptor.rawValue, LOCK_EX | LOCK_NB)
        self.init(file: file, blobs: blobs)
    }

    private init(file: consuming AtomicFile, blobs: FilePath) {
        self.file = file
        self.blobs = blobs
    }

    /// The digest of the bytes so far.
    package var digest: Digest { hasher.finalize() }

    /// Appends bytes.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws {
        hasher.update(bytes)
        size += Int64(bytes.count)
        try file.write(bytes)
    }

    /// Puts the blob into the store, unless it is there already, and returns its digest and size.
    package consuming func commit() throws -> (digest: Digest, size: Int64) {
        let result = (digest: digest, size: size)
        let path = blobs.appending(result.digest.hex)
        var status = stat()
        if lstat(path.string, &status) == 0, Int64(status.st_size) == size { return result }
        try file.commit(as: path)
        return result
    }
}

/// A blob being read.
package final class BlobReader {
    private let descriptor: FileDescriptor
    private let path: FilePath

    fileprivate init(_ path: FilePath, _ digest: Digest) throws {
        self.path = path
        do { descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) } catch Errno
            .noSuchFileOrDirectory
        { throw BlobError.missing(digest) } catch let code as Errno { throw SystemError("read", path, code) }
    }

    deinit { try? descriptor.close() }

    /// Fills some or all of the buffer; returns how many bytes, 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        do { return try descriptor.read(into: buffer) } catch let code as Errno {
            throw SystemError("read", path, code)
        }
    }

    /// Calls `body` with the rest of the bytes, in pieces.
    package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}

/// Why a blob cannot be used.
package enum BlobError: Error, Equatable, CustomStringConvertible {
    case missing(Digest)
    /// Its bytes have another digest.
    case damaged(Digest)
    case tooLarge(Digest, limit: Int64)
    /// A layer that decompresses to something else than the config says.
    case wrongDiffID(Digest, expected: Digest)
    case unsupported(Digest, mediaType: String)
    /// A compressed layer that would fill the disk; `bytes` were unpacked before it was stopped.
    case expandsTooFar(Digest, compressed: Int64, bytes: Int64)

    package var description: String {
        switch self {
        case .missing(let digest): "the store has no blob \(digest); build the image again"
        case .damaged(let digest):
            "the blob \(digest) is damaged: its bytes have another digest; remove it and build again"
        case .tooLarge(let digest, let limit): "the blob \(digest) has more than \(limit) bytes where that is the limit"
        case .wrongDiffID(let digest, let expected):
            "the layer \(digest) does not hold \(expected), as the image's config says"
        case .unsupported(let digest, let type):
            "the layer \(digest) is '\(type)'; only plain and gzip tar are supported"
        case .expandsTooFar(let digest, let compressed, let bytes):
            "the layer \(digest) unpacks to more than \(bytes) bytes from \(compressed): it looks made to fill the disk;"
                + " remove the image"
        }
    }
}
