import Files
import Glibc
import SystemPackage

/// A folder of a test's own, removed with it.
struct ScratchFolder: ~Copyable {
    let path: FilePath

    init() throws {
        let path = FilePath("/tmp/autoimage-test-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        try HostFiles.makeFolder(path)
        self.path = path
    }

    deinit { try? HostFiles.remove(path) }
}
