package import OCI

/// The tar of a layer in a store, with the digests of what was read.
package final class LayerReader {
    private let descriptor: Descriptor
    private let blob: BlobReader
    private let bound: ExpansionBound
    private var compressed = DigestHasher()
    private var plain = DigestHasher()
    private var gzip: GzipReader?
    /// Bytes of the blob and of its tar that were read.
    package private(set) var blobSize: Int64 = 0
    package private(set) var tarSize: Int64 = 0

    /// Opens a layer; plain and gzip tar can be read.
    ///
    /// Fails while reading, with `BlobError.expandsTooFar`, where the tar grows past `bound`.
    package init(_ descriptor: Descriptor, in store: BlobStore, bound: ExpansionBound = .usual) throws {
        self.descriptor = descriptor
        self.bound = bound
        blob = try store.open(descriptor.digest)
        let type = descriptor.mediaType.rawValue
        if type.hasSuffix("gzip") {
            gzip = try GzipReader { [unowned self] in try readBlob(into: $0) }
        } else if !type.hasSuffix(".tar") {
            throw BlobError.unsupported(descriptor.digest, mediaType: type)
        }
    }

    /// Fills some or all of the buffer with bytes of the tar; returns how many, 0 at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try gzip.map { try $0.read(into: buffer) } ?? readBlob(into: buffer)
        plain.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        tarSize += Int64(count)
        guard tarSize <= bound.limit(compressed: blobSize) else {
            throw BlobError.expandsTooFar(descriptor.digest, compressed: blobSize, bytes: tarSize)
        }
        return count
    }

    /// Calls `body` with the rest of the tar, in pieces.
    package func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try read(into: buffer)
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// The digests of what was read so far: of the blob, and of the tar.
    package var digests: (blob: Digest, diffID: Digest) { (compressed.finalize(), plain.finalize()) }

    /// Checks, at the end of the tar, that it was the layer that `descriptor` and `diffID` name.
    package func verify(diffID: Digest) throws {
        let found = digests
        guard found.blob == descriptor.digest, blobSize == descriptor.size else {
            throw BlobError.damaged(descriptor.digest)
        }
        guard found.diffID == diffID else { throw BlobError.wrongDiffID(descriptor.digest, expected: diffID) }
    }

    private func readBlob(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try blob.read(into: buffer)
        compressed.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        blobSize += Int64(count)
        return count
    }
}

/// How far a compressed layer may expand: a small blob must not fill a disk.
package struct ExpansionBound: Sendable {
    /// Bytes that any layer may have.
    package let free: Int64
    /// How many times its compressed size a bigger layer may have.
    package let ratio: Int64

    package init(free: Int64, ratio: Int64) {
        self.free = free
        self.ratio = ratio
    }

    /// 10 GiB, or 200 times the blob: programs and their data compress to a tenth at best.
    package static let usual = ExpansionBound(free: 10 << 30, ratio: 200)

    fileprivate func limit(compressed: Int64) -> Int64 {
        let (product, overflow) = compressed.multipliedReportingOverflow(by: ratio)
        return overflow ? .max : max(free, product)
    }
}
