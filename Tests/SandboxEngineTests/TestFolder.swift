import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import Synchronization
import SystemPackage

/// Folders of one test run, removed at its end.
enum TestFolder {
    private static let base: FilePath = {
        let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let path = FilePath(place).appending("autoimage-sandbox-tests-\(getpid())")
        atexit {
            // What root in a sandbox made may be closed to its owner; `HostFiles.remove` opens folders first.
            try? HostFiles.remove(TestFolder.base)
        }
        return path
    }()
    private static let count = Atomic<Int>(0)

    static func make(_ name: String) throws -> FilePath {
        let number = count.add(1, ordering: .relaxed).newValue
        let path = base.appending("\(name)-\(number)")
        try HostFiles.makeFolder(path)
        return path
    }

    static func write(_ text: String, to path: FilePath, mode: UInt32 = 0o644) throws {
        try HostFiles.makeFolder(path.removingLastComponent())
        try AtomicFile.write(Array(text.utf8), to: path)
        chmod(path.string, mode)
    }

    static func text(_ path: FilePath) throws -> String? {
        try HostFiles.read(path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A source tree in memory.
struct MemoryTree: SourceTree {
    let entries: [SourceEntry]
    let service = SourcePath.root
    private let contents: [SourcePath: [UInt8]]

    /// Files by path; a value that starts with `->` is a link, one with `x:` is executable.
    init(_ files: [String: String]) throws {
        var entries: [SourcePath: SourceEntry] = [:]
        var contents: [SourcePath: [UInt8]] = [:]
        for (text, value) in files {
            let path = try SourcePath(parsing: text)
            var parent = path.parent
            while let folder = parent, folder != .root {
                entries[folder] = SourceEntry(path: folder, kind: .folder)
                parent = folder.parent
            }
            if value.hasPrefix("->") {
                entries[path] = SourceEntry(path: path, kind: .link(target: String(value.dropFirst(2))))
                continue
            }
            let executable = value.hasPrefix("x:")
            let bytes = Array(value.utf8.dropFirst(executable ? 2 : 0))
            contents[path] = bytes
            entries[path] = SourceEntry(path: path, kind: .file(executable: executable, size: Int64(bytes.count)))
        }
        self.entries = entries.values.sorted { $0.path < $1.path }
        self.contents = contents
    }

    func entry(at path: SourcePath) -> SourceEntry? { entries.first { $0.path == path } }

    func read(_ path: SourcePath, chunk: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let bytes = contents[path] else { throw SourceError.missing(path) }
        try bytes.withUnsafeBytes(chunk)
    }
}

/// What an engine reported.
final class EventLog: Sendable {
    private let state = Mutex<[BuildEvent]>([])

    func add(_ event: BuildEvent) { state.withLock { $0.append(event) } }

    var events: [BuildEvent] { state.withLock { $0 } }

    /// Names of the steps that were run, in order.
    var started: [String] {
        events.compactMap { if case .stepStarted(let step, _) = $0 { step } else { nil } }
    }

    /// Names of the steps whose kept result was used.
    var cached: [String] {
        events.compactMap { if case .stepCached(let step, _) = $0 { step } else { nil } }
    }

    /// All output of a step.
    func output(of name: String) -> String {
        events.compactMap { if case .stepOutput(name, let text) = $0 { text } else { nil } }.joined()
    }
}
