import CZlib

/// Reads what a gzip stream of one or more members holds.
final class GzipReader {
    private let source: ByteSource
    private let stream: UnsafeMutablePointer<z_stream>
    private let input = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)
    /// Whether the last member is complete.
    private var isBetweenMembers = false

    init(_ source: @escaping ByteSource) throws {
        self.source = source
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard autoimage_inflateInit(stream) == Z_OK else { throw GzipError.compressor }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
        input.deallocate()
    }

    /// Fills some or all of the buffer; returns how many bytes, 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard buffer.count > 0 else { return 0 }
        stream.pointee.next_out = buffer.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_out = UInt32(clamping: buffer.count)
        let wanted = stream.pointee.avail_out
        while stream.pointee.avail_out == wanted {
            if stream.pointee.avail_in == 0, try !refill() {
                guard isBetweenMembers else { throw GzipError.truncated }
                return 0
            }
            if isBetweenMembers { inflateReset(stream) }
            let result = inflate(stream, Z_NO_FLUSH)
            isBetweenMembers = result == Z_STREAM_END
            guard result == Z_OK || isBetweenMembers else { throw GzipError.damaged }
        }
        return Int(wanted - stream.pointee.avail_out)
    }

    private func refill() throws -> Bool {
        let count = try source(input)
        stream.pointee.next_in = input.assumingMemoryBound(to: UInt8.self).baseAddress
        stream.pointee.avail_in = UInt32(count)
        return count > 0
    }
}
