import Files
import Foundation
import Glibc
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// Steps that fail, are cancelled or never start.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct FailureTests {
    @Test func `a failed step says what it printed last and keeps its tree`() async throws {
        var build = try TestBuild()
        build.run("good", "echo below > /below")
        build.run(
            "bad", needs: ["good"], "echo made > /made; seq 1 50; echo broken >&2; exit 7",
            mounts: [.secret(id: "token", target: nil, variable: "TOKEN", required: true)])
        let failure = try #require(
            await #expect(throws: StepFailure.self) { _ = try await build.build(secrets: ["token": [0x73]]) })
        #expect(failure.status == 7)
        #expect(failure.tail == (22...50).map(String.init) + ["broken"])
        let inspect = try #require(failure.inspect)
        #expect(inspect.hasPrefix("autoimage shell "))
        let id = String(inspect.dropFirst("autoimage shell ".count))
        #expect(try TestFolder.text(build.state.failed.appending(id).appending("upper/made")) == "made\n")
        #expect(
            try TestFolder.text(build.state.failed.appending(id).appending("step.json"))?.contains("TOKEN") == false)
        let kept = try FailedStep(id: id, state: build.state)
        let status = try await kept.shell(
            sandbox: build.sandbox,
            command: ["sh", "-c", "test -f /made && test -f /below && test -z \"$TOKEN\" && touch /new && exit 5"])
        #expect(status == 5)
        #expect(!HostFiles.exists(build.state.failed.appending(id).appending("upper/new")))
        #expect(try HostFiles.names(in: build.state.temporary).isEmpty)
    }

    @Test func `only the last five failed trees are kept`() async throws {
        let state = try State(home: try TestFolder.make("home"))
        for number in 1...7 {
            var build = try TestBuild(state: state)
            build.run("bad", "exit \(number)")
            _ = await #expect(throws: StepFailure.self) { _ = try await build.build() }
        }
        #expect(try HostFiles.names(in: state.failed).count == 5)
        #expect(throws: EngineError.self) { _ = try FailedStep(id: "0123456789ab", state: state) }
    }

    @Test func `a program that is not there is a failed step that names it`() async throws {
        var build = try TestBuild()
        let command = RunCommand(
            arguments: ["no-such-tool"], environment: [:], workingDirectory: .root, mounts: [], network: .none)
        build.steps = [Step(name: "bad", needs: [], action: .run(command: command), reason: .usual(why: "a test"))]
        let failure = await #expect(throws: StepFailure.self) { _ = try await build.build() }
        #expect(failure?.status == 127)
        #expect(failure?.tail == ["cannot run 'no-such-tool': no such program in PATH"])
    }

    @Test(arguments: [Sandbox.Tier.full, .sharedProc]) func `a cancelled step ends at once with all it started`(
        tier: Sandbox.Tier
    ) async throws {
        let state = try State(home: try TestFolder.make("home"))
        var build = try TestBuild(try Sandbox.probe(scratch: state.temporary, forced: tier), state: state)
        let marker = "6\(getpid())"
        build.run("slow", "echo started; sleep \(marker) & sleep \(marker)")
        let (log, copy) = (EventLog(), build)
        let task = Task { try await copy.build(log: log) }
        while !log.output(of: "slow").contains("started") { try await Task.sleep(for: .milliseconds(10)) }
        // On a thread, for the pool of tasks may be busy with other tests.
        let gone = await withCheckedContinuation { (continuation: CheckedContinuation<Duration, Never>) in
            Thread {
                let clock = ContinuousClock()
                let start = clock.now
                task.cancel()
                while start.duration(to: clock.now) < .seconds(20), Self.isRunning("sleep\0\(marker)") { usleep(5000) }
                continuation.resume(returning: start.duration(to: clock.now))
            }.start()
        }
        // Under a second where two cores have nothing else to do; beside all other tests the scheduler has its say.
        #expect(gone < .seconds(10))
        await #expect(throws: CancellationError.self) { _ = try await task.value }
        #expect(try HostFiles.names(in: state.temporary).isEmpty)
        #expect(try HostFiles.names(in: state.steps).isEmpty)
        #expect(try TestFolder.text("/proc/self/mountinfo")?.contains(state.home.string) == false)
    }

    private static func isRunning(_ text: String) -> Bool {
        let names = (try? HostFiles.names(in: "/proc")) ?? []
        return names.contains { name in
            guard Int(name) != nil, let bytes = try? HostFiles.read(FilePath("/proc/\(name)/cmdline")) else {
                return false
            }
            return String(decoding: bytes, as: UTF8.self).contains(text)
        }
    }

    @Test func `output comes as it is printed`() async throws {
        var build = try TestBuild()
        build.run("step", "printf 'no line end'; sleep 1; printf ' yet\\nlast'")
        let log = try await build.build().log
        let texts = log.events.compactMap { if case .stepOutput(_, let text) = $0 { text } else { nil } }
        #expect(texts == ["no line end", " yet\n", "last"])
    }
}
