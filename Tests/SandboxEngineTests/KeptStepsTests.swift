import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import Synchronization
import SystemPackage
import Testing

/// What is kept of a step, and how.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct KeptStepsTests {
    private func mode(_ path: FilePath) -> UInt32? {
        var status = stat()
        return lstat(path.string, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    @Test(arguments: SandboxTests.identities)
    func `no program that raises rights is kept, and its owner can read everything`(
        identity: Sandbox.Identity
    ) async throws {
        var build = try TestBuild(identity: identity)
        build.run(
            "step",
            """
            echo 1 > /made; chmod 6755 /made; mkdir -p /closed/in; echo 2 > /closed/in/f; mkdir /t; chmod 1777 /t
            chmod 0 /closed/in/f; chmod 0 /closed/in; chmod 0 /closed; echo 3 > /x; chmod 0111 /x
            """)
        let result = try await build.build().result
        let upper = try #require(result.layers.last)
        let modes = ["made", "closed", "closed/in", "closed/in/f", "t", "x"].map { mode(upper.appending($0)) }
        #expect(modes == [0o755, 0o700, 0o700, 0o400, 0o1777, 0o511])
        #expect(try result.tree.contents(of: ImagePath("/closed/in/f")) == Array("2\n".utf8))
        #expect(try await build.build().log.cached == ["step"])
    }

    @Test func `a failed step leaves no program that raises rights either`() async throws {
        var build = try TestBuild()
        build.run("step", "echo 1 > /made; chmod 4755 /made; exit 1")
        await #expect(throws: StepFailure.self) { _ = try await build.build() }
        let id = try #require(try HostFiles.names(in: build.state.failed).first)
        #expect(mode(build.state.failed.appending(id).appending("upper/made")) == 0o755)
    }

    @Test(arguments: SandboxTests.identities) func `names that are not UTF-8 are kept as they are`(
        identity: Sandbox.Identity
    ) async throws {
        var build = try TestBuild(identity: identity)
        build.run("step", "mkdir /d; echo 1 > \"$(printf '/d/na\\377me')\"; echo 2 > /d/other")
        build.run("next", needs: ["step"], "cat \"$(printf '/d/na\\377me')\"")
        let (log, result) = try await build.build()
        #expect(log.output(of: "next") == "1\n")
        let name: [UInt8] = [0x6E, 0x61, 0xFF, 0x6D, 0x65]
        #expect(try HostFiles.rawNames(in: result.layers[1].appending("d")) == [name, Array("other".utf8)])
        #expect(try result.tree.contents(of: ImagePath("/d/other")) == Array("2\n".utf8))
        #expect(throws: FileTreeError.unreadable(ImagePath("/d"), reason: "it holds a name that is not UTF-8")) {
            _ = try result.tree.children(of: ImagePath("/d"))
        }
        #expect(try HostFiles.names(in: build.state.temporary).isEmpty)
    }

    @Test func `a file that changes while it is read is not kept under what it was`() async throws {
        var build = try TestBuild()
        build.source = ChangingTree()
        build.copy("source", to: ImagePath("/srv"))
        let error = await #expect(throws: EngineError.self) { _ = try await build.build() }
        #expect("\(try #require(error))" == "file: changed while it was read; build again")
        #expect(try HostFiles.names(in: build.state.steps).isEmpty)
    }

    @Test func `who reads a result keeps it while another replaces it`() async throws {
        var build = try TestBuild()
        build.run("step", "cat /proc/sys/kernel/random/uuid > /made")
        let old = try await build.build().result
        let before = try old.tree.contents(of: ImagePath("/made"))
        _ = try await build.build(useCache: false)
        #expect(try OverlayTree(old.layers.reversed()).contents(of: ImagePath("/made")) == before)
    }

    @Test func `replaced results are removed when nobody builds`() async throws {
        var build = try TestBuild()
        build.run("step", "cat /proc/sys/kernel/random/uuid > /made")
        for _ in 0..<2 { _ = try await build.build(useCache: false) }
        try HostFiles.makeFolder(build.state.steps.appending("of-another-version").appending("upper"))
        #expect(try await build.build().log.cached == ["step"])
        let names = try HostFiles.names(in: build.state.steps)
        #expect(names.count == 2)
        #expect(names.filter { $0.hasSuffix(".json") }.count == 1)
    }
}

/// A tree whose one file holds something else each time it is read.
private final class ChangingTree: SourceTree {
    private let reads = Atomic<Int>(0)
    let service = SourcePath.root

    var entries: [SourceEntry] {
        [SourceEntry(path: SourcePath.root.appending(name: "file"), kind: .file(executable: false, size: 1))]
    }

    func entry(at path: SourcePath) -> SourceEntry? { entries.first { $0.path == path } }

    func read(_ path: SourcePath, chunk: (UnsafeRawBufferPointer) throws -> Void) throws {
        try Array("\(reads.add(1, ordering: .relaxed).newValue)".utf8).withUnsafeBytes(chunk)
    }
}
