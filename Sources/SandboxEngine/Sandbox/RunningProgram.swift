import CSandbox
import Files
import Glibc
import Planning
import Synchronization
import SystemPackage

/// A program in the sandbox, from start to end; `end` may be called from anywhere at any time.
final class RunningProgram: Sendable {
    private let state = Mutex(State())

    private struct State: Sendable {
        var pid: Int32 = 0
        /// Closing it ends the program and all it started; -1 when closed.
        var lifeline: Int32 = -1
        var isEnded = false
    }

    /// Whether `end` was called.
    var isEnded: Bool { state.withLock { $0.isEnded } }

    /// Starts the program; blocks until it is executed.
    func start(_ job: SandboxJob, in sandbox: Sandbox, streams: SandboxJob.Streams) throws(SandboxError) {
        do {
            for name in ["work", "staging"] { try HostFiles.makeFolder(job.scratch.appending(name)) }
        } catch {
            throw .setUp(
                stage: "prepare", what: job.scratch.string, code: (error as? SystemError)?.code.rawValue ?? EIO)
        }
        let native = try NativeSpec(job, in: sandbox, streams: streams)
        var spec = native.spec
        var process = csb_process()
        var error = csb_error()
        let result = withExtendedLifetime(native) { csb_start(&spec, &process, &error) }
        guard result == 0 else { throw Self.translate(error) }
        let (pid, lifeline) = (process.pid, process.lifeline)
        state.withLock {
            $0.pid = pid
            $0.lifeline = lifeline
            if $0.isEnded { Self.cut(&$0) }
        }
    }

    /// Waits for the end of the program and of all it started; returns its status, or 128 plus a signal's number.
    func wait() -> Int32 {
        var process = csb_process(pid: state.withLock { $0.pid }, lifeline: -1)
        let status = csb_wait(&process)
        state.withLock { Self.cut(&$0) }
        return status
    }

    /// Passes this process's signals on until `work` is done.
    func forwardingSignals<Result>(_ work: () -> Result) -> Result {
        var process = csb_process(pid: state.withLock { $0.pid }, lifeline: -1)
        csb_forward_begin(&process)
        defer { csb_forward_end() }
        return work()
    }

    /// Ends the program and all it started.
    func end() {
        state.withLock {
            $0.isEnded = true
            Self.cut(&$0)
        }
    }

    private static func cut(_ state: inout State) {
        guard state.lifeline >= 0 else { return }
        close(state.lifeline)
        state.lifeline = -1
    }

    private static func translate(_ error: csb_error) -> SandboxError {
        let stage = string(error.stage)
        let what = string(error.what)
        switch stage {
        case "find":
            let reason = error.code == ENOENT ? "no such program in PATH" : "\(Errno(rawValue: error.code))"
            return .notExecutable(program: what, reason: reason)
        case "run": return .notExecutable(program: what, reason: "\(Errno(rawValue: error.code))")
        default: return .setUp(stage: stage, what: what, code: error.code)
        }
    }

    private static func string<Field>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
