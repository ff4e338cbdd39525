import Files
import OCI
import Planning
import SandboxEngine
import Synchronization
import SystemPackage
import Testing

/// What an engine takes of what other machines made.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct RemoteStepTests {
    /// A build of one step, and what the step made on another machine.
    private func build() async throws -> (build: TestBuild, upper: FilePath, output: Digest) {
        var build = try TestBuild()
        build.run(
            "step", "echo made > /made; cat /cache/given || echo new > /cache/given",
            mounts: [.cache(id: "tool", target: ImagePath("/cache"))])
        let step = try #require(try await build.build().result.steps.first)
        return (try Self.elsewhere(build), step.upper, step.output)
    }

    /// The same build with an empty state.
    private static func elsewhere(_ build: TestBuild) throws -> TestBuild {
        var other = try TestBuild(build.sandbox)
        other.steps = build.steps
        return other
    }

    @Test func `a result that another machine has is taken and kept`() async throws {
        var (build, upper, output) = try await build()
        let remote = OneStep(origin: "there", upper: upper, output: output)
        build.remote = remote
        let (log, result) = try await build.build()
        #expect(log.events == [.stepCached(step: "step", from: "there")])
        #expect(try result.tree.contents(of: ImagePath("/made")) == Array("made\n".utf8))
        #expect(result.steps.map(\.ran) == [false])
        build.remote = nil
        #expect(try await build.build().log.events == [.stepCached(step: "step")])
        #expect(remote.refused == [])
    }

    @Test func `a result that is not what it says it is is refused, and the step runs`() async throws {
        var (build, upper, output) = try await build()
        let copy = try TestFolder.make("upper")
        try TestFolder.write("other\n", to: copy.appending("made"))
        let remote = OneStep(origin: "there", upper: copy, output: output)
        build.remote = remote
        let (log, result) = try await build.build()
        #expect(log.started == ["step"])
        #expect(try result.tree.contents(of: ImagePath("/made")) == Array("made\n".utf8))
        let refused = try #require(remote.refused.first)
        #expect(refused.hasSuffix("not \(output) as it says"))
        let warning = "what there keeps of step 'step' is not used: \(refused)"
        #expect(log.events.contains(.warning(text: warning)), "\(log.events)")
        #expect(try HostFiles.names(in: build.state.temporary).isEmpty)
        _ = upper
    }

    @Test func `what is kept here is not asked for elsewhere, and without cache nothing is`() async throws {
        var (build, upper, output) = try await build()
        let remote = OneStep(origin: "there", upper: upper, output: output)
        _ = try await build.build()
        build.remote = remote
        _ = try await build.build()
        #expect(try await build.build(useCache: false).log.started == ["step"])
        #expect(remote.asked == 0)
    }

    @Test func `an empty cache mount is filled before the step runs, a used one is left alone`() async throws {
        var (build, _, _) = try await build()
        let remote = OneStep(origin: "there", mounts: ["tool": "filled\n"])
        build.remote = remote
        #expect(try await build.build().log.output(of: "step") == "filled\n")
        let folder = CacheMount(id: "tool", state: build.state).folder
        try TestFolder.write("own\n", to: folder.appending("given"))
        #expect(try await build.build(useCache: false).log.output(of: "step") == "own\n")
    }

    @Test func `a mount that cannot be filled is a warning`() async throws {
        var (build, _, _) = try await build()
        build.remote = OneStep(origin: "there", mounts: nil)
        let log = try await build.build().log
        #expect(log.events.contains(.warning(text: "the cache mount 'tool' is not filled: gone")))
        #expect(log.started == ["step"])
    }
}

/// A remote with the result of one step, or with mounts.
private final class OneStep: StepSource {
    private let origin: String
    private let result: (upper: FilePath, output: Digest)?
    private let mounts: [String: String]?
    private let state = Mutex<(asked: Int, refused: [String])>((0, []))

    init(origin: String, upper: FilePath, output: Digest) {
        self.origin = origin
        result = (upper, output)
        mounts = [:]
    }

    /// The text of the file `given` in each mount; nil where filling one fails.
    init(origin: String, mounts: [String: String]?) {
        self.origin = origin
        result = nil
        self.mounts = mounts
    }

    var asked: Int { state.withLock { $0.asked } }
    var refused: [String] { state.withLock { $0.refused } }

    func offers(of key: Digest) async -> [StepOffer] {
        state.withLock { $0.asked += 1 }
        guard let result else { return [] }
        return [
            StepOffer(
                origin: origin, output: result.output,
                unpack: { folder in
                    for name in try HostFiles.names(in: result.upper) {
                        let bytes = try HostFiles.read(result.upper.appending(name))
                        try TestFolder.write(
                            String(decoding: bytes ?? [], as: UTF8.self), to: folder.appending(name))
                    }
                }, refuse: { error in self.state.withLock { $0.refused.append("\(error)") } })
        ]
    }

    func fill(mount id: String, at folder: FilePath) async throws {
        guard let mounts else { throw Gone() }
        guard let text = mounts[id] else { return }
        try TestFolder.write(text, to: folder.appending("given"))
    }

    private struct Gone: Error, CustomStringConvertible {
        var description: String { "gone" }
    }
}
