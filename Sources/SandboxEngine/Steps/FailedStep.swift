package import Files
import Glibc
import OCI
import Planning
import SystemPackage

/// The tree that a failed step left, for looking around.
package struct FailedStep: Sendable {
    package let id: String
    private let state: State
    private let record: Record

    private static let limit = 5

    private struct Record: Codable {
        let step: String
        let arguments: [String]
        let environment: [String: String]
        let workingDirectory: ImagePath
        let lowers: [String]
    }

    /// Finds a kept tree; fails naming those there are.
    package init(id: String, state: State) throws {
        let known = try HostFiles.names(in: state.failed)
        guard known.contains(id), let bytes = try HostFiles.read(state.failed.appending(id).appending("step.json"))
        else {
            throw EngineError.unknownFailure(id: id, known: known)
        }
        self.id = id
        self.state = state
        record = try CanonicalJSON.decode(Record.self, from: bytes)
    }

    /// Opens `/bin/sh` in the tree on this terminal; returns its status.
    ///
    /// It has the place and the variables of the step, less its secrets. What it changes is dropped when it ends.
    package func shell(sandbox: Sandbox, command: [String] = ["/bin/sh"]) async throws -> Int32 {
        let work = try state.makeTemporary("shell")
        let upper = work.path.appending("upper")
        try HostFiles.makeFolder(upper)
        let layers = [state.failed.appending(id).appending("upper")] + record.lowers.map { FilePath($0) }
        try UpperFolder(upper).takeRootMode(of: layers)
        for layer in layers where !HostFiles.isFolder(layer) {
            throw EngineError.brokenPath(
                .root, reason: "\(layer) is gone, which step '\(record.step)' saw; build again")
        }
        let tree = OverlayTree(layers)
        var job = SandboxJob(arguments: command, layers: layers, scratch: work.path)
        job.upper = upper
        job.workingDirectory = record.workingDirectory
        job.network = .host
        job.folders = SandboxDefaults.folders
        job.files = try SandboxDefaults.networkFiles(for: .host, in: tree)
        job.environment = SandboxDefaults.environment.merging(record.environment) { _, new in new }
        if let terminal = getenv("TERM") { job.environment["TERM"] = String(cString: terminal) }
        return try await sandbox.run(job, streams: .inherited(interactive: true))
    }

    /// Keeps a tree under the beginning of the step's key and drops the oldest beyond five; returns the id.
    static func keep(
        _ upper: FilePath, lowers: [FilePath], command: RunCommand, step: String, key: Digest, state: State
    ) throws -> String {
        let record = Record(
            step: step, arguments: command.arguments, environment: command.environment,
            workingDirectory: command.workingDirectory, lowers: lowers.map(\.string))
        let work = try state.makeTemporary("failed")
        let folder = work.path.appending("tree")
        try HostFiles.makeFolder(folder)
        guard rename(upper.string, folder.appending("upper").string) == 0 else {
            throw SystemError.last("keep", upper)
        }
        try AtomicFile.write(try CanonicalJSON.encodePretty(record), to: folder.appending("step.json"))
        try UpperFolder(folder.appending("upper")).settle()
        let place = state.failed.appending(key.short)
        if HostFiles.exists(place), rename(place.string, work.path.appending("old").string) != 0 {
            throw SystemError.last("replace", place)
        }
        _ = try work.move(folder, to: place)
        try dropOldest(state, sparing: key.short)
        return key.short
    }

    private static func dropOldest(_ state: State, sparing id: String) throws {
        let aged = try HostFiles.names(in: state.failed).filter { $0 != id }.map { name in
            var status = stat()
            let known = stat(state.failed.appending(name).appending("step.json").string, &status) == 0
            return (name: name, time: known ? Int(status.st_mtim.tv_sec) * 1_000_000_000 + status.st_mtim.tv_nsec : 0)
        }
        let newestFirst = aged.sorted { $0.time > $1.time }
        for old in newestFirst.dropFirst(limit - 1) { try? HostFiles.remove(state.failed.appending(old.name)) }
    }
}
