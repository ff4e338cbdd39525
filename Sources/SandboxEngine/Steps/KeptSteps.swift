import CSandbox
import Files
import Glibc
import OCI
import Planning
import SystemPackage

/// The results of steps by key: `steps/<key>.json` names the folder, beside it, whose `upper` holds what the step made.
///
/// A folder is made elsewhere, moved there whole under a name that nothing had before, and never changed; the record is
/// replaced at once. So who has read a record can go on with its folder, whatever other builds do: while one exists,
/// no other process removes a folder.
final class KeptSteps: Sendable {
    private let state: State
    private let use: FileLock

    struct Record: Codable {
        let schema: Int
        let output: Digest
        let step: String
        let command: String
        /// The name of the folder.
        let folder: String
    }

    private static let schema = 2

    init(state: State) throws {
        self.state = state
        let path = Self.useLock(state)
        if let sole = try FileLock.attempt(path) { try Self.removeUnnamed(state, sole) }
        use = try FileLock(path, shared: true)
    }

    /// The lock that every build holds shared: who has it alone may remove results.
    static func useLock(_ state: State) -> FilePath { state.lock("steps-in-use") }

    /// The lock under which a step is run.
    func lock(_ key: Digest) -> FilePath { state.lock("step-\(key.hex)") }

    /// The folder that holds what a step made.
    func upper(_ record: Record) -> FilePath { state.steps.appending(record.folder).appending("upper") }

    /// The record of a result; nil where there is none, it is damaged or its files are missing.
    func record(_ key: Digest) -> Record? {
        guard let record = Self.record(at: place(key)), HostFiles.isFolder(upper(record)) else { return nil }
        HostFiles.noteUse(place(key))
        return record
    }

    /// Moves a finished result to its place and returns where its files are; it stands for the key from then on.
    func keep(
        _ result: FilePath, _ work: borrowing TemporaryFolder, key: Digest, output: Digest, step: Step
    ) throws -> FilePath {
        let name = "\(key.hex)-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        let record = Record(
            schema: Self.schema, output: output, step: step.name, command: step.summary, folder: name)
        let folder = state.steps.appending(name)
        guard try work.move(result, to: folder) else { throw SystemError("keep", folder, .fileExists) }
        // A record that outlives a power cut must not stand for files that do not.
        guard csb_sync_file_system(folder.string) == 0 else { throw SystemError.last("write", folder) }
        try AtomicFile.write(try CanonicalJSON.encodePretty(record), to: place(key))
        return upper(record)
    }

    private static func record(at path: FilePath) -> Record? {
        guard let bytes = try? HostFiles.read(path),
            let record = try? CanonicalJSON.decode(Record.self, from: bytes), record.schema == schema,
            !record.folder.contains("/"), record.folder != "..", record.folder != "."
        else { return nil }
        return record
    }

    private static let suffix = ".json"

    /// Removes what no record names: replaced results, those of killed builds and of other versions.
    private static func removeUnnamed(_ state: State, _ sole: consuming FileLock) throws {
        let names = try HostFiles.names(in: state.steps)
        var needed: Set<String> = []
        for name in names where name.hasSuffix(suffix) {
            guard let record = record(at: state.steps.appending(name)) else { continue }
            needed.formUnion([name, record.folder])
        }
        for name in names where !needed.contains(name) { try? HostFiles.remove(state.steps.appending(name)) }
    }

    private func place(_ key: Digest) -> FilePath { state.steps.appending(key.hex + Self.suffix) }
}
