package import OCI

/// A layer in a store.
package struct LayerBlob: Codable, Hashable, Sendable {
    /// The compressed blob.
    package let descriptor: Descriptor
    /// The digest of the uncompressed tar.
    package let diffID: Digest
    /// Bytes of all files: what the layer takes when unpacked.
    package let uncompressedSize: Int64
    /// Bytes of the uncompressed tar.
    package let tarSize: Int64
    package let entries: Int

    package init(descriptor: Descriptor, diffID: Digest, uncompressedSize: Int64, tarSize: Int64, entries: Int) {
        self.descriptor = descriptor
        self.diffID = diffID
        self.uncompressedSize = uncompressedSize
        self.tarSize = tarSize
        self.entries = entries
    }
}

/// Writes a layer in one pass: tar, hash, compress, hash, write.
///
/// Memory does not depend on the layer's size.
package struct LayerWriter: ~Copyable {
    /// Changes when the same entries may give another blob: the dialect of tar, zlib's version and its level.
    ///
    /// Letters, digits, `.` and `-`, so that it can be part of a file's name.
    package static let version = "tar\(TarWriter.dialect)-zlib\(GzipWriter.libraryVersion)-\(GzipWriter.level)"

    private let sink: LayerSink
    private var tar: TarWriter
    private var entries = 0
    private var fileBytes: Int64 = 0

    /// Starts a layer that `commit` puts into `store`.
    package init(into store: BlobStore) throws {
        let sink = try LayerSink(store)
        self.sink = sink
        tar = TarWriter { try sink.write($0) }
    }

    /// Begins an entry; a file's bytes follow through `write`.
    package mutating func add(_ entry: TarEntry) throws {
        try tar.add(entry)
        entries += 1
        if entry.kind == .file { fileBytes += entry.size }
    }

    /// Appends data of the current file.
    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws { try tar.write(bytes) }

    /// Ends the layer and puts it into the store.
    package consuming func commit() throws -> LayerBlob {
        try tar.finish()
        let (descriptor, diffID) = try sink.commit()
        return LayerBlob(
            descriptor: descriptor, diffID: diffID, uncompressedSize: fileBytes, tarSize: tar.size, entries: entries)
    }
}

/// What is behind a layer's tar: both hashes, the compressor and the blob.
private final class LayerSink {
    private var hasher = DigestHasher()
    private var gzip: GzipWriter?
    private var blob: BlobWriter?

    init(_ store: BlobStore) throws {
        blob = try store.makeWriter()
        gzip = try GzipWriter { [unowned self] in try blob?.write($0) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        hasher.update(bytes)
        try gzip?.write(bytes)
    }

    func commit() throws -> (Descriptor, diffID: Digest) {
        try gzip?.finish()
        guard let blob = blob.take() else { preconditionFailure("a layer is committed once: commit consumes it") }
        let (digest, size) = try blob.commit()
        return (Descriptor(mediaType: .layerGzip, digest: digest, size: size), hasher.finalize())
    }
}
