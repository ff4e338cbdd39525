import Glibc
import Synchronization

/// Reads a pipe until its end and hands on whole lines, or after 50 ms what there is, never half a character.
struct OutputReader {
    let descriptor: Int32
    let output: (ArraySlice<UInt8>) -> Void

    func readToEnd() {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var pending: [UInt8] = []
        while true {
            var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&watched, 1, pending.isEmpty ? -1 : 50)
            if ready < 0, errno == EINTR { continue }
            guard ready != 0 else {
                handOn(&pending, upTo: Self.endOfText(pending))
                continue
            }
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            pending.append(contentsOf: chunk[..<count])
            handOn(&pending, upTo: (pending.lastIndex(of: UInt8(ascii: "\n")) ?? -1) + 1)
            // A program that prints no line end must not fill the memory.
            if pending.count > 1 << 16 { handOn(&pending, upTo: Self.endOfText(pending)) }
        }
        handOn(&pending, upTo: pending.count)
    }

    private func handOn(_ pending: inout [UInt8], upTo end: Int) {
        guard end > 0 else { return }
        output(pending[..<end])
        pending.removeFirst(end)
    }

    /// Where the last whole character ends; everything, where the bytes are no UTF-8.
    static func endOfText(_ bytes: [UInt8]) -> Int {
        for back in 1...min(4, max(bytes.count, 1)) where back <= bytes.count {
            let byte = bytes[bytes.count - back]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
            return length > back && bytes.count > back ? bytes.count - back : bytes.count
        }
        return bytes.count
    }
}

/// Keeps the last lines of an output.
final class OutputTail: Sendable {
    private static let limit = 30
    private let state = Mutex<(lines: [String], open: [UInt8])>(([], []))

    func add(_ bytes: ArraySlice<UInt8>) {
        state.withLock { state in
            let parts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            for (number, part) in parts.enumerated() {
                if number > 0 {
                    state.lines.append(String(decoding: state.open, as: UTF8.self))
                    state.open = []
                }
                state.open.append(contentsOf: part.suffix(max(0, 4096 - state.open.count)))
            }
            state.lines.removeFirst(max(0, state.lines.count - Self.limit))
        }
    }

    /// The lines so far, the last of them perhaps unfinished.
    var lines: [String] {
        state.withLock {
            let all = $0.lines + ($0.open.isEmpty ? [] : [String(decoding: $0.open, as: UTF8.self)])
            return Array(all.suffix(Self.limit))
        }
    }
}
