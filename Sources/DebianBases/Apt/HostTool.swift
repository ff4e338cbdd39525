import Files
import Glibc
import Images
import Subprocess
import SystemPackage

/// Programs of the host that are run as children: apt's and dpkg's.
enum HostTool {
    /// What a program left behind.
    struct Output: Sendable {
        let isSuccess: Bool
        /// Standard output.
        let text: String
        /// Standard error.
        let errors: String
    }

    /// No locale, no personal settings: the same output everywhere.
    static let baseEnvironment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/nonexistent"]

    /// Runs a program to its end; a failing one is an ordinary result.
    ///
    /// Fails with `DebianBaseError.noTool` where it is not installed.
    static func run(
        _ name: String, _ arguments: [String], environment: [String: String] = baseEnvironment,
        directory: FilePath? = nil
    ) async throws -> Output {
        let program = try find(name)
        do {
            let result = try await Subprocess.run(
                .path(program), arguments: Arguments(arguments), environment: custom(environment),
                workingDirectory: directory, output: .string(limit: 64 << 20), error: .string(limit: 4 << 20))
            try Task.checkCancellation()
            return Output(
                isSuccess: result.terminationStatus.isSuccess, text: result.standardOutput,
                errors: result.standardError)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw DebianBaseError.toolFailed(name, said: error.description)
        }
    }

    /// Runs a program and gives its standard output to `body`, which reads it from a descriptor and so blocks its
    /// thread; returns what `body` does once the program succeeded, and throws `failure` with its messages where not.
    static func read<Value: Sendable>(
        _ name: String, _ arguments: [String], failure: (String) -> any Error,
        body: @Sendable (FileDescriptor) throws -> Value
    ) async throws -> Value {
        let program = try find(name)
        let (readEnd, writeEnd) = try pipe()
        let result = try await Subprocess.run(
            .path(program), arguments: Arguments(arguments), environment: custom(baseEnvironment), input: .none,
            output: .fileDescriptor(writeEnd, closeAfterSpawningProcess: true), error: .string(limit: 1 << 20)
        ) { _ in
            // Closed at once, so that a program whose reader gave up ends instead of waiting.
            defer { try? readEnd.close() }
            return Result { try body(readEnd) }
        }
        try Task.checkCancellation()
        if case .failure(let error) = result.closureResult, !(error is TarError) { throw error }
        guard result.terminationStatus.isSuccess else { throw failure(result.standardError) }
        return try result.closureResult.get()
    }

    /// A pipe that no other child inherits: one that did would keep it open.
    private static func pipe() throws -> (readEnd: FileDescriptor, writeEnd: FileDescriptor) {
        let ends = try FileDescriptor.pipe()
        for end in [ends.readEnd, ends.writeEnd] {
            guard fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) == 0 else { throw SystemError.last("open", "a pipe") }
        }
        return ends
    }

    private static func custom(_ environment: [String: String]) -> Environment {
        .custom(
            Dictionary(
                uniqueKeysWithValues: environment.compactMap { name, value in
                    Environment.Key(rawValue: name).map { ($0, value) }
                }))
    }

    private static func find(_ name: String) throws -> FilePath {
        for folder in ["/usr/bin", "/bin", "/usr/sbin", "/sbin"] {
            let path = FilePath(folder).appending(name)
            if HostFiles.exists(path) { return path }
        }
        throw DebianBaseError.noTool(name)
    }
}
