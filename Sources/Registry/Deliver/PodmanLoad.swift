import Images
import Subprocess
import SystemPackage

/// Podman without a service: `podman load`, which reads the archive from its standard input.
struct PodmanLoad: Sendable {
    private let program: FilePath
    private let daemon: Daemon

    init(_ program: FilePath, _ daemon: Daemon) {
        self.program = program
        self.daemon = daemon
    }

    /// Returns what Podman printed.
    func load(_ archive: ArchiveContents) async throws -> String {
        let result = try await Subprocess.run(
            .path(program), arguments: ["load"], input: .inputWriter, output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20)
        ) { execution in
            let writer = execution.standardInputWriter
            let sent: Result<Void, any Error>
            do { sent = .success(try await Self.send(archive, to: writer)) } catch { sent = .failure(error) }
            if case .failure = sent {
                // An archive without its end must not be loaded.
                await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(5))])
            }
            try? await writer.finish()
            return sent
        }
        try Task.checkCancellation()
        if case .failure(let error) = result.closureResult, !(error is SubprocessError) { throw error }
        guard result.terminationStatus.isSuccess else {
            throw DaemonError.refused(daemon, String(result.standardError.suffix(2000)))
        }
        try result.closureResult.get()
        return result.standardOutput
    }

    private static func send(_ archive: ArchiveContents, to writer: StandardInputWriter) async throws {
        let reader = archive.reader()
        while let chunk = try reader.next() {
            try Task.checkCancellation()
            _ = try await writer.write(chunk)
        }
    }
}
