import Files
import Glibc
import SystemPackage

/// A folder for one test, removed at its end.
final class Scratch: Sendable {
    let path: FilePath

    /// Makes the folder; in memory where a test writes so much that the disk would take most of its time.
    init(inMemory: Bool = false) throws {
        let parent = inMemory && access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/autoimage-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw SystemError.last("create", "/tmp") }
        path = FilePath(String(cString: made))
    }

    deinit { try? HostFiles.remove(path) }

    /// Writes a file, with the folders above it.
    @discardableResult
    func write(_ text: String = "", to name: String, mode: UInt32 = 0o644) throws -> FilePath {
        let file = path.appending(name)
        try HostFiles.makeFolder(file.removingLastComponent())
        let descriptor = try FileDescriptor.open(
            file, .writeOnly, options: [.create, .truncate], permissions: FilePermissions(rawValue: mode))
        try descriptor.closeAfter { _ = try descriptor.writeAll(text.utf8) }
        chmod(file.string, mode)
        return file
    }

    func link(_ name: String, to target: String) throws {
        try HostFiles.makeFolder(path.appending(name).removingLastComponent())
        guard symlink(target, path.appending(name).string) == 0 else { throw SystemError.last("create", path) }
    }
}
