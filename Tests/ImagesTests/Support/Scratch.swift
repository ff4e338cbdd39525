import Files
import Glibc
import Subprocess
import SystemPackage

/// A folder of a test, removed with all it holds at its end.
final class Scratch {
    let path: FilePath

    init() throws {
        var template = Array("/tmp/autoimage-images-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("create", "/tmp") }
        path = FilePath(platformString: template)
    }

    deinit { try? HostFiles.remove(path) }

    func text(_ name: String) throws -> String? {
        try HostFiles.read(path.pushing(FilePath(name))).map { String(decoding: $0, as: UTF8.self) }
    }

    func write(_ name: String, _ text: String) throws {
        try AtomicFile.write(Array(text.utf8), to: path.appending(name))
    }

    func status(_ name: String) throws -> stat {
        var result = stat()
        guard lstat(path.pushing(FilePath(name)).string, &result) == 0 else {
            throw SystemError.last("look at", path.pushing(FilePath(name)))
        }
        return result
    }
}

/// Programs of the host that tests compare with.
enum Tool {
    static func exists(_ name: String) -> Bool {
        ["/usr/bin", "/usr/local/bin", "/bin"].contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// Runs a program and returns what it printed; a failure is an error that shows its messages.
    static func run(_ name: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            .name(name), arguments: Arguments(arguments), output: .string(limit: 1 << 24),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else { throw Failure(name: name, messages: result.standardError) }
        return result.standardOutput
    }

    struct Failure: Error {
        let name: String
        let messages: String
    }
}
