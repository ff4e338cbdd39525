import CSandbox
import Files
import Foundation
import Glibc
package import Planning
package import SystemPackage

extension Sandbox {
    /// Runs a program with its output going to `output`, whole lines where they come within 50 ms, and standard input
    /// empty; returns its status, or 128 plus the number of the signal that ended it.
    ///
    /// The work is done on a thread of its own. Cancelling the task ends the program with all it started, and throws
    /// `CancellationError`. Fails with a `SandboxError` where the program did not start.
    package func run(
        _ job: SandboxJob, output: @escaping @Sendable (_ bytes: ArraySlice<UInt8>) -> Void
    ) async throws -> Int32 {
        try await onThread(job) { job, program in
            var ends: [Int32] = [-1, -1]
            guard csb_pipe(&ends) == 0 else { throw SystemError.last("open", "a pipe") }
            let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
            defer { close(input) }
            do {
                defer { close(ends[1]) }
                try program.start(job, in: self, streams: .init(input: input, output: ends[1], error: ends[1]))
            } catch {
                close(ends[0])
                throw error
            }
            OutputReader(descriptor: ends[0], output: output).readToEnd()
            close(ends[0])
            return program.wait()
        }
    }

    /// Runs a program on the standard streams of this process, which passes its signals on.
    package func run(_ job: SandboxJob, streams: SandboxJob.Streams) async throws -> Int32 {
        try await onThread(job) { job, program in
            try program.start(job, in: self, streams: streams)
            let status = program.forwardingSignals { program.wait() }
            if streams.interactive { Self.takeTerminalBack() }
            return status
        }
    }

    /// Runs a program with a folder as its root, which takes what the program writes, also in `/tmp`; fails where its
    /// status is not 0.
    package func runInPlace(root: FilePath, arguments: [String], environment: [String: String]) async throws {
        let folder = try ScratchFolder(in: scratch, purpose: "in-place")
        let bottom = folder.path.appending("bottom")
        try HostFiles.makeFolder(bottom)
        var job = SandboxJob(arguments: arguments, layers: [bottom], scratch: folder.path)
        job.upper = root
        job.environment = environment
        let tail = OutputTail()
        let status = try await run(job) { tail.add($0) }
        guard status == 0 else {
            throw StepFailure(step: "base", command: arguments, status: status, tail: tail.lines, inspect: nil)
        }
    }

    /// Runs a program of a folder as its root, which stays as it is, with another folder at `place` that it may write to
    /// and with the folders of `emptied` empty; fails where its status is not 0.
    package func runBeside(
        root: FilePath, other: FilePath, place: ImagePath, emptied: [ImagePath] = [], arguments: [String],
        environment: [String: String]
    ) async throws {
        let folder = try ScratchFolder(in: scratch, purpose: "beside")
        let upper = folder.path.appending("upper")
        try HostFiles.makeFolder(upper)
        var job = SandboxJob(arguments: arguments, layers: [root], scratch: folder.path)
        job.upper = upper
        job.environment = environment
        job.memory = emptied.map { (target: $0, mode: 0o755) }
        job.binds = [.init(source: other, target: place, isFolder: true, readOnly: false)]
        let tail = OutputTail()
        let status = try await run(job) { tail.add($0) }
        guard status == 0 else {
            throw StepFailure(step: "base", command: arguments, status: status, tail: tail.lines, inspect: nil)
        }
    }

    private func onThread(
        _ job: SandboxJob, _ work: @escaping @Sendable (SandboxJob, RunningProgram) throws -> Int32
    ) async throws -> Int32 {
        let program = RunningProgram()
        let status = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
                let thread = Thread {
                    guard !program.isEnded else { return continuation.resume(throwing: CancellationError()) }
                    continuation.resume(with: Result { try runPrepared(job, program, work) })
                }
                thread.stackSize = 1 << 20
                thread.start()
            }
        } onCancel: {
            program.end()
        }
        guard !program.isEnded else { throw CancellationError() }
        return status
    }

    private func runPrepared(
        _ job: SandboxJob, _ program: RunningProgram, _ work: (SandboxJob, RunningProgram) throws -> Int32
    ) throws -> Int32 {
        if usesOverlay { return try work(job, program) }
        return try CopiedTree(job, sandbox: self).run { try work($0, program) }
    }

    private static func takeTerminalBack() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTTOU)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        tcsetpgrp(0, getpgrp())
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
}
