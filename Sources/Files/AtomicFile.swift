import Glibc
package import SystemPackage

/// A file being written: it appears at its place complete, by `commit`, or not at all.
///
/// The bytes go to a temporary file in the same folder, which `deinit` removes where nobody committed.
package struct AtomicFile: ~Copyable {
    /// The descriptor to write to.
    package let descriptor: FileDescriptor
    private let temporary: FilePath
    private var isOpen = true

    /// Starts a file in `folder`, which must exist.
    package init(in folder: FilePath) throws {
        temporary = folder.appending(".tmp-autoimage-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        do {
            descriptor = try FileDescriptor.open(
                temporary, .readWrite, options: [.create, .exclusiveCreate, .closeOnExec],
                permissions: [.ownerReadWrite, .groupRead, .otherRead])
        } catch let code as Errno {
            throw SystemError("create a file in", folder, code)
        }
    }

    /// Appends all bytes.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        do { try descriptor.writeAll(bytes) } catch let code as Errno { throw SystemError("write", temporary, code) }
    }

    /// Flushes the bytes to disk and gives the file its name; an existing file of that name is replaced.
    ///
    /// The name is on the disk, too, when this returns.
    package consuming func commit(as path: FilePath) throws {
        guard fsync(descriptor.rawValue) == 0 else { throw SystemError.last("write", path) }
        isOpen = false
        try? descriptor.close()
        guard rename(temporary.string, path.string) == 0 else {
            let error = SystemError.last("create", path)
            unlink(temporary.string)
            throw error
        }
        try HostFiles.syncFolder(path.removingLastComponent())
    }

    deinit {
        guard isOpen else { return }
        try? descriptor.close()
        unlink(temporary.string)
    }

    /// Writes a whole small file.
    package static func write(_ bytes: [UInt8], to path: FilePath) throws {
        let file = try AtomicFile(in: path.removingLastComponent())
        try bytes.withUnsafeBytes { try file.write($0) }
        try file.commit(as: path)
    }
}
