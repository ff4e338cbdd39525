import Files
import Glibc
import OCI
import Planning
import SystemPackage

/// The results of steps by key: `steps/<key>/` with `upper/` and `result.json`, made elsewhere and moved there whole.
///
/// While one exists, no other process removes a result.
final class KeptSteps: Sendable {
    private let state: State
    private let use: FileLock

    struct Record: Codable {
        let schema: Int
        let output: Digest
        let step: String
        let command: String
    }

    init(state: State) throws {
        self.state = state
        let path = Self.useLock(state)
        if let sole = try FileLock.attempt(path) { try Self.removeReplaced(state, sole) }
        use = try FileLock(path, shared: true)
    }

    /// The lock that every build holds shared: who has it alone may remove results.
    static func useLock(_ state: State) -> FilePath { state.lock("steps-in-use") }

    /// The lock under which a step is run.
    func lock(_ key: Digest) -> FilePath { state.lock("step-\(key.hex)") }

    func upper(_ key: Digest) -> FilePath { folder(key).appending("upper") }

    /// The record of a result; nil where there is none, it is damaged or its files are missing.
    func record(_ key: Digest) -> Record? {
        guard HostFiles.isFolder(upper(key)),
            let bytes = try? HostFiles.read(folder(key).appending("result.json")),
            let record = try? CanonicalJSON.decode(Record.self, from: bytes), record.schema == 1
        else { return nil }
        return record
    }

    /// Moves a finished result to its place; what was there before makes room.
    ///
    /// A build that still reads the old one keeps it: it is only renamed, and removed when nobody builds.
    func keep(
        _ result: FilePath, _ work: borrowing TemporaryFolder, key: Digest, output: Digest, step: Step
    ) throws {
        let record = Record(schema: 1, output: output, step: step.name, command: step.summary)
        try AtomicFile.write(try CanonicalJSON.encodePretty(record), to: result.appending("result.json"))
        let place = folder(key)
        while !(try work.move(result, to: place)) {
            let aside = state.steps.appending(
                "\(Self.replaced)\(key.hex)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
            guard rename(place.string, aside.string) == 0 || errno == ENOENT else {
                throw SystemError.last("replace", place)
            }
        }
    }

    private static let replaced = ".replaced-"

    private static func removeReplaced(_ state: State, _ sole: consuming FileLock) throws {
        for name in try HostFiles.names(in: state.steps) where name.hasPrefix(replaced) {
            try? HostFiles.remove(state.steps.appending(name))
        }
    }

    private func folder(_ key: Digest) -> FilePath { state.steps.appending(key.hex) }
}
