import OCI

/// What a tar archive of images holds, in order.
///
/// Documents are in memory; blobs are read, and verified, while the archive is written.
package struct ArchiveContents: Sendable {
    private let store: BlobStore
    private var entries: [Entry] = []

    init(_ store: BlobStore) { self.store = store }

    fileprivate enum Entry: Sendable {
        case folder(String)
        case document(String, [UInt8])
        /// A blob as it is stored.
        case blob(String, Descriptor)
        /// The tar in a layer.
        case layer(String, Descriptor, diffID: Digest)
    }

    mutating func add(folder name: String) { entries.append(.folder(name)) }

    mutating func add(_ name: String, _ bytes: [UInt8]) { entries.append(.document(name, bytes)) }

    mutating func add(_ name: String, _ blob: Descriptor) { entries.append(.blob(name, blob)) }

    mutating func add(_ name: String, layer: Descriptor, diffID: Digest) {
        entries.append(.layer(name, layer, diffID: diffID))
    }

    /// A new reading of the archive.
    package func reader() -> ArchiveContentsReader { ArchiveContentsReader(entries, store) }

    /// Hands out all bytes, in pieces; returns how many there were.
    func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Int64 {
        let reader = reader()
        var size: Int64 = 0
        while let chunk = try reader.next() {
            try Task.checkCancellation()
            size += Int64(chunk.count)
            try chunk.withUnsafeBytes(body)
        }
        return size
    }
}

/// The bytes of an archive, piece by piece, for whoever can take more.
package final class ArchiveContentsReader {
    private let store: BlobStore
    private var entries: ArraySlice<ArchiveContents.Entry>
    private var source: (any Source)?
    private let collected = Collected()
    private var tar: TarWriter
    private var isFinished = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)

    fileprivate init(_ entries: [ArchiveContents.Entry], _ store: BlobStore) {
        self.entries = entries[...]
        self.store = store
        let collected = collected
        tar = TarWriter { collected.bytes.append(contentsOf: $0) }
    }

    deinit { buffer.deallocate() }

    /// The next bytes, some 128 KiB at most; nil at the end.
    ///
    /// Fails with `BlobError` where a blob is not what its digest says: the archive has then no end.
    package func next() throws -> [UInt8]? {
        while collected.bytes.isEmpty, !isFinished {
            if let source { try read(source) } else { try begin() }
        }
        guard !collected.bytes.isEmpty else { return nil }
        let result = collected.bytes
        collected.bytes = []
        return result
    }

    private func read(_ source: any Source) throws {
        let count = try source.read(into: buffer)
        if count > 0 { return try tar.write(UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
        try source.verify()
        self.source = nil
    }

    private func begin() throws {
        switch entries.popFirst() {
        case .folder(let name): try tar.add(TarEntry(path: name, kind: .folder, mode: 0o755, modified: 1))
        case .document(let name, let bytes): try tar.add(Self.file(name, Int64(bytes.count)), data: bytes)
        case .blob(let name, let blob):
            source = StoredBlob(try store.open(blob.digest), blob.digest)
            try tar.add(Self.file(name, blob.size))
        case .layer(let name, let layer, let diffID):
            // Read twice: an archive states a size before the bytes.
            let first = try LayerReader(layer, in: store)
            try first.forEachChunk { _ in try Task.checkCancellation() }
            try first.verify(diffID: diffID)
            source = LayerTar(reader: try LayerReader(layer, in: store), diffID: diffID)
            try tar.add(Self.file(name, first.tarSize))
        case nil:
            try tar.finish()
            isFinished = true
        }
    }

    private static func file(_ name: String, _ size: Int64) -> TarEntry {
        TarEntry(path: name, kind: .file, mode: 0o644, size: size, modified: 1)
    }

    /// Bytes that a closure collects.
    private final class Collected { var bytes: [UInt8] = [] }
}

/// The data of one entry.
private protocol Source {
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
    /// Checks at the end that the bytes were the right ones.
    func verify() throws
}

private final class StoredBlob: Source {
    private let reader: BlobReader
    private let digest: Digest
    private var hasher = DigestHasher()

    init(_ reader: BlobReader, _ digest: Digest) {
        self.reader = reader
        self.digest = digest
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try reader.read(into: buffer)
        hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return count
    }

    func verify() throws { guard hasher.finalize() == digest else { throw BlobError.damaged(digest) } }
}

private struct LayerTar: Source {
    let reader: LayerReader
    let diffID: Digest

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int { try reader.read(into: buffer) }

    func verify() throws { try reader.verify(diffID: diffID) }
}
