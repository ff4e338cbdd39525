import Files
import Glibc
import OCI
import SystemPackage

/// A tar file being written by a destination: it appears at its place complete, by `commit`, or not at all.
struct ArchiveFile: ~Copyable {
    private let file: OpenFile
    private let path: FilePath
    private var tar: TarWriter

    init(_ path: FilePath) throws {
        let folder = path.removingLastComponent()
        let file = OpenFile(try AtomicFile(in: folder.isEmpty ? "." : folder))
        self.file = file
        self.path = path
        tar = TarWriter { try file.write($0) }
    }

    mutating func add(folder name: String) throws {
        try tar.add(TarEntry(path: name, kind: .folder, mode: 0o755, modified: 1))
    }

    mutating func add(_ name: String, _ bytes: [UInt8]) throws {
        try tar.add(Self.entry(name, size: Int64(bytes.count)), data: bytes)
    }

    /// A blob as it is stored, verified.
    mutating func add(_ name: String, _ blob: Descriptor, from store: BlobStore) throws {
        let reader = try store.open(blob.digest)
        var hasher = DigestHasher()
        try tar.add(Self.entry(name, size: blob.size))
        try reader.forEachChunk {
            hasher.update($0)
            try tar.write($0)
        }
        guard hasher.finalize() == blob.digest else { throw BlobError.damaged(blob.digest) }
    }

    /// A layer's tar, verified.
    ///
    /// It is read twice: an archive states a size before the bytes.
    mutating func add(_ name: String, layer: Descriptor, diffID: Digest, from store: BlobStore) throws {
        let first = try LayerReader(layer, in: store)
        try first.forEachChunk { _ in }
        try first.verify(diffID: diffID)
        try tar.add(Self.entry(name, size: first.tarSize))
        try LayerReader(layer, in: store).forEachChunk { try tar.write($0) }
    }

    consuming func commit() throws {
        try tar.finish()
        try file.commit(as: path)
    }

    private static func entry(_ name: String, size: Int64) -> TarEntry {
        TarEntry(path: name, kind: .file, mode: 0o644, size: size, modified: 1)
    }
}

/// An atomic file that a closure can write to.
private final class OpenFile {
    private var file: AtomicFile?

    init(_ file: consuming AtomicFile) { self.file = consume file }

    func write(_ bytes: UnsafeRawBufferPointer) throws { try file?.write(bytes) }

    func commit(as path: FilePath) throws {
        guard let file = file.take() else { preconditionFailure("an archive is committed once: commit consumes it") }
        try file.commit(as: path)
    }
}
