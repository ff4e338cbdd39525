import Glibc
package import SystemPackage

/// An exclusive or shared lock on a file, let go by `deinit` or when the process ends in whatever way.
package struct FileLock: ~Copyable {
    private let descriptor: FileDescriptor

    /// Waits for the lock; the file is created and stays.
    ///
    /// The waiting blocks the thread: keep what is locked short, or use `attempt`.
    package init(_ path: FilePath, shared: Bool = false) throws {
        let descriptor = try Self.open(path)
        while flock(descriptor.rawValue, shared ? LOCK_SH : LOCK_EX) != 0 {
            let code = errno
            guard code == EINTR else {
                try? descriptor.close()
                throw SystemError("lock", path, Errno(rawValue: code))
            }
        }
        self.init(descriptor: descriptor)
    }

    /// Takes the lock if nobody has it.
    package static func attempt(_ path: FilePath) throws -> FileLock? {
        let descriptor = try open(path)
        guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) != 0 else { return FileLock(descriptor: descriptor) }
        let code = errno
        try? descriptor.close()
        guard code == EWOULDBLOCK else { throw SystemError("lock", path, Errno(rawValue: code)) }
        return nil
    }

    /// Takes the lock as soon as it is free, looking every 50 ms; ends early when the task is cancelled.
    package static func acquire(_ path: FilePath, whenWaiting: () -> Void = {}) async throws -> FileLock {
        var hasTold = false
        while true {
            if let lock = try attempt(path) { return lock }
            if !hasTold { whenWaiting() }
            hasTold = true
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// Whether the locked file is still the one at a path: who sweeps locks may have removed it meanwhile.
    package func isAt(_ path: FilePath) -> Bool {
        var (locked, there) = (stat(), stat())
        return fstat(descriptor.rawValue, &locked) == 0 && lstat(path.string, &there) == 0
            && locked.st_ino == there.st_ino && locked.st_dev == there.st_dev
    }

    private init(descriptor: FileDescriptor) { self.descriptor = descriptor }

    private static func open(_ path: FilePath) throws -> FileDescriptor {
        do {
            return try FileDescriptor.open(
                path, .readWrite, options: [.create, .closeOnExec], permissions: [.ownerReadWrite])
        } catch let code as Errno {
            throw SystemError("lock", path, code)
        }
    }

    deinit { try? descriptor.close() }
}
