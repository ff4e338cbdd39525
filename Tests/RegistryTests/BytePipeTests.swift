import NIOCore
import Testing

@testable import Registry

@Suite struct BytePipeTests {
    @Test func `bytes come out in order, and then the end`() async throws {
        let pipe = BytePipe()
        let writer = Task {
            for number in 0..<1000 { try await pipe.write(ByteBuffer(integer: number)) }
            pipe.finish(.success(()))
        }
        var seen: [Int] = []
        while var buffer = try await pipe.read() { seen.append(buffer.readInteger() ?? -1) }
        #expect(seen == Array(0..<1000))
        try await writer.value
    }

    @Test func `who writes waits for who reads`() async throws {
        let pipe = BytePipe()
        let written = Written()
        let writer = Task {
            for number in 0..<100 {
                try await pipe.write(ByteBuffer(integer: number))
                await written.add()
            }
        }
        try await Task.sleep(for: .milliseconds(50))
        #expect(await written.count == 3)
        pipe.close()
        await #expect(throws: CancellationError.self) { try await writer.value }
    }

    @Test func `a failure comes after the bytes before it`() async throws {
        let pipe = BytePipe()
        try await pipe.write(ByteBuffer(integer: 1))
        pipe.finish(.failure(RegistryError.offline(wanted: "x")))
        #expect(try await pipe.read() != nil)
        await #expect(throws: RegistryError.offline(wanted: "x")) { try await pipe.read() }
    }

    private actor Written {
        private(set) var count = 0

        func add() { count += 1 }
    }
}
