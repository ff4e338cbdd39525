import Glibc
import Subprocess
import SystemPackage

/// A program to run, as somebody at a terminal would.
struct Command: Sendable {
    /// The program and its arguments.
    var words: [String]
    /// Variables to set, or with nil to unset, on top of this process's own.
    var environment: [String: String?] = [:]
    var directory: FilePath?
    var user: User?
    /// File mode mask, in octal.
    var umask: String?
    /// After these seconds the program is ended; its status is then 124.
    var seconds = 900

    init(_ words: [String]) { self.words = words }

    init(_ words: String...) { self.words = words }

    /// Runs to the end.
    func run() async throws -> Outcome {
        let result = try await Subprocess.run(
            .name("timeout"), arguments: Arguments(["--kill-after=10", "\(seconds)"] + wrapped),
            environment: merged, workingDirectory: directory, output: .string(limit: 256 << 20),
            error: .string(limit: 256 << 20))
        let status: Int32 =
            switch result.terminationStatus {
            case .exited(let code): code
            case .signaled(let signal): 128 + signal
            }
        return Outcome(words: words, status: status, output: result.standardOutput, errors: result.standardError)
    }

    /// Runs to the end, fails where the status is not 0, and returns standard output.
    @discardableResult
    func succeed() async throws -> String {
        let outcome = try await run()
        guard outcome.status == 0 else { throw CommandFailure(outcome: outcome) }
        return outcome.output
    }

    /// Runs `body` beside the program and then ends the program: with SIGTERM, after ten seconds with SIGKILL.
    func running<Value: Sendable>(
        _ body: @Sendable (RunningCommand) async throws -> Value
    ) async throws -> Value {
        let log = try Workspace.here().temporary("log")
        let file = try FileDescriptor.open(
            log, .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        let end = [TeardownStep.gracefulShutDown(allowedDurationToNextStep: .seconds(10))]
        let result = try await Subprocess.run(
            program, arguments: Arguments(Array(wrapped.dropFirst())), environment: merged,
            workingDirectory: directory, input: .none,
            output: .fileDescriptor(file, closeAfterSpawningProcess: true), error: .combinedWithOutput
        ) { execution in
            let outcome: Result<Value, any Error>
            do {
                outcome = .success(try await body(RunningCommand(pid: execution.processIdentifier.value, log: log)))
            } catch {
                outcome = .failure(error)
            }
            await execution.teardown(using: end)
            return outcome
        }
        return try result.closureResult.get()
    }

    private var program: Executable {
        let name = wrapped[0]
        return name.contains("/") ? .path(FilePath(name)) : .name(name)
    }

    /// The words with what changes user and mask put before them.
    private var wrapped: [String] {
        var all = words
        if let umask { all = ["sh", "-c", "umask \(umask); exec \"$@\"", "sh"] + all }
        if let user { all = user.prefix + all }
        return all
    }

    private var merged: Environment {
        var changes: [Environment.Key: String?] = [:]
        for (name, value) in environment { changes.updateValue(value, forKey: .init(stringLiteral: name)) }
        return .inherit.updating(changes)
    }
}

/// How a program ended and what it printed.
struct Outcome: Sendable {
    let words: [String]
    /// The exit status, or 128 plus the number of the signal.
    let status: Int32
    let output: String
    let errors: String
}

/// A program that runs beside a test.
struct RunningCommand: Sendable {
    let pid: Int32
    /// Where both its outputs go.
    let log: FilePath

    func kill(_ signal: Int32) { _ = Glibc.kill(pid, signal) }

    /// Waits until the program has printed `text`, or fails after `seconds`.
    func waitFor(_ text: String, seconds: Int = 300) async throws {
        for _ in 0..<(seconds * 20) {
            if try log.text().contains(text) { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw WaitFailure(awaited: text, log: try log.text())
    }
}

/// A program that had to succeed and did not.
struct CommandFailure: Error, CustomStringConvertible {
    let outcome: Outcome

    var description: String {
        "'\(outcome.words.joined(separator: " "))' ended with \(outcome.status)\n\(outcome.output.suffix(2000))"
            + outcome.errors.suffix(6000)
    }
}

/// Something that did not happen in time.
struct WaitFailure: Error, CustomStringConvertible {
    let awaited: String
    let log: String

    var description: String { "waited in vain for \(awaited); the log ends:\n\(log.suffix(6000))" }
}
