import CZlib
import Dispatch

/// Compresses a stream to one gzip member, on all processors, with the same bytes whatever their number.
///
/// The stream is cut into blocks of 1 MiB that are compressed side by side, each with the 32 KiB before it as its
/// dictionary; the last block ends the stream. The header has no name and no time (RFC 1952).
final class GzipWriter {
    /// Of the library that runs, as in `1.3.1`.
    static let libraryVersion = zlibVersion().map { String(cString: $0) } ?? ZLIB_VERSION
    /// zlib's own default.
    static let level: Int32 = 6
    private static let blockSize = 1 << 20
    private static let windowSize = 1 << 15
    private static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]

    private let sink: (UnsafeRawBufferPointer) throws -> Void
    private let compressors: [BlockCompressor]
    /// The window before the batch, then the batch.
    private let buffer: UnsafeMutableRawBufferPointer
    private var windowFill = 0
    private var fill = 0
    private var checksum = crc32(0, nil, 0)
    private var total: UInt32 = 0
    private var hasHeader = false

    init(_ sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        self.sink = sink
        compressors = try (0..<Self.width).map { _ in try BlockCompressor(blockSize: Self.blockSize) }
        buffer = .allocate(byteCount: Self.windowSize + Self.width * Self.blockSize, alignment: 16)
    }

    deinit { buffer.deallocate() }

    private static let width = max(1, min(8, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = min(rest.count, buffer.count - Self.windowSize - fill)
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[(Self.windowSize + fill)...])
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: rest.prefix(count)))
            fill += count
            rest = rest.dropFirst(count)
            if fill == buffer.count - Self.windowSize { try compress(isLast: false) }
        }
    }

    /// Ends the stream with a block of less than 1 MiB, possibly of nothing.
    func finish() throws {
        try compress(isLast: true)
        var trailer: [UInt8] = []
        for value in [UInt32(truncatingIfNeeded: checksum), total] {
            for shift in stride(from: UInt32(0), to: 32, by: 8) { trailer.append(UInt8(value >> shift & 0xFF)) }
        }
        try trailer.withUnsafeBytes { try sink($0) }
    }

    private func compress(isLast: Bool) throws {
        let fullBlocks = fill / Self.blockSize
        let blocks = fullBlocks + (isLast ? 1 : 0)
        if !hasHeader { try Self.header.withUnsafeBytes { try sink($0) } }
        hasHeader = true
        // One more block than compressors only where the batch is full and also the last.
        for start in stride(from: 0, to: blocks, by: compressors.count) {
            let count = min(compressors.count, blocks - start)
            nonisolated(unsafe) let this = self
            DispatchQueue.concurrentPerform(iterations: count) { index in
                this.compressBlock(start + index, with: this.compressors[index], isLast: start + index == fullBlocks)
            }
            for compressor in compressors.prefix(count) { try collect(compressor) }
        }
        keepWindow()
    }

    private func compressBlock(_ index: Int, with compressor: BlockCompressor, isLast: Bool) {
        let start = Self.windowSize + index * Self.blockSize
        let end = min(start + Self.blockSize, Self.windowSize + fill)
        let window = index == 0 ? windowFill : Self.windowSize
        compressor.compress(
            UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end]),
            after: UnsafeMutableRawBufferPointer(rebasing: buffer[(start - window)..<start]), isLast: isLast)
    }

    private func collect(_ compressor: BlockCompressor) throws {
        guard !compressor.hasFailed else { throw GzipError.compressor }
        checksum = crc32_combine(checksum, compressor.checksum, compressor.inputSize)
        total &+= UInt32(truncatingIfNeeded: compressor.inputSize)
        try sink(compressor.output)
    }

    private func keepWindow() {
        let count = min(Self.windowSize, fill)
        if count > 0 {
            let source = UnsafeRawBufferPointer(
                rebasing: buffer[(Self.windowSize + fill - count)..<(Self.windowSize + fill)])
            UnsafeMutableRawBufferPointer(rebasing: buffer[(Self.windowSize - count)..<Self.windowSize]).copyMemory(
                from: source)
            windowFill = count
        }
        fill = 0
    }
}

/// Compresses one block at a time; used by one thread at a time.
private final class BlockCompressor {
    private let stream: UnsafeMutablePointer<z_stream>
    private let buffer: UnsafeMutableRawBufferPointer
    private var outputSize = 0
    private(set) var checksum: UInt = 0
    private(set) var inputSize = 0
    private(set) var hasFailed = false

    var output: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: buffer[..<outputSize]) }

    init(blockSize: Int) throws {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // zlib's bound for incompressible data, and room for the flush.
        buffer = .allocate(byteCount: blockSize + blockSize / 256 + 4096, alignment: 16)
        guard autoimage_deflateInit(stream, GzipWriter.level) == Z_OK else { throw GzipError.compressor }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
        buffer.deallocate()
    }

    func compress(_ input: UnsafeMutableRawBufferPointer, after window: UnsafeMutableRawBufferPointer, isLast: Bool) {
        let bytes = input.assumingMemoryBound(to: UInt8.self)
        inputSize = input.count
        checksum = crc32(crc32(0, nil, 0), bytes.baseAddress, UInt32(input.count))
        hasFailed = deflateReset(stream) != Z_OK
        if window.count > 0 {
            let dictionary = window.assumingMemoryBound(to: UInt8.self)
            hasFailed = hasFailed || deflateSetDictionary(stream, dictionary.baseAddress, UInt32(window.count)) != Z_OK
        }
        stream.pointee.next_in = bytes.baseAddress
        stream.pointee.avail_in = UInt32(input.count)
        stream.pointee.next_out = buffer.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(buffer.count)
        let result = deflate(stream, isLast ? Z_FINISH : Z_SYNC_FLUSH)
        hasFailed = hasFailed || result != (isLast ? Z_STREAM_END : Z_OK) || stream.pointee.avail_out == 0
        outputSize = buffer.count - Int(stream.pointee.avail_out)
    }
}

/// Why a stream cannot be compressed or read.
package enum GzipError: Error, Equatable, CustomStringConvertible {
    /// zlib refused valid input: it has no memory.
    case compressor
    case damaged
    case truncated

    package var description: String {
        switch self {
        case .compressor: "zlib cannot compress: no memory"
        case .damaged: "the gzip stream is damaged"
        case .truncated: "the gzip stream ends in the middle"
        }
    }
}
