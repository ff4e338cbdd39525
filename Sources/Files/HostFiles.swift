import Glibc
package import SystemPackage

/// Small operations on host paths that fail with a `SystemError`.
package enum HostFiles {
    /// Makes a folder and its parents; an existing one is fine.
    package static func makeFolder(_ path: FilePath, mode: UInt32 = 0o755) throws {
        if mkdir(path.string, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, path.components.count > 1 else { throw SystemError.last("create", path) }
        try makeFolder(path.removingLastComponent(), mode: mode)
        guard mkdir(path.string, mode) == 0 || errno == EEXIST else { throw SystemError.last("create", path) }
    }

    /// All bytes of a file; nil where none is.
    package static func read(_ path: FilePath) throws -> [UInt8]? {
        let descriptor: FileDescriptor
        do {
            descriptor = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch let code as Errno {
            throw SystemError("read", path, code)
        }
        defer { try? descriptor.close() }
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            do {
                let count = try chunk.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                guard count > 0 else { return result }
                result.append(contentsOf: chunk[..<count])
            } catch let code as Errno {
                throw SystemError("read", path, code)
            }
        }
    }

    /// Removes a file or a folder with everything in it, without following links; what is not there is fine.
    package static func remove(_ path: FilePath) throws {
        guard let name = path.lastComponent else { throw SystemError("remove", path, .invalidArgument) }
        let parent = path.removingLastComponent()
        let folder = (parent.isEmpty ? FilePath(".") : parent).withPlatformString {
            open($0, placeOnly | O_DIRECTORY | O_CLOEXEC)
        }
        guard folder >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw SystemError.last("remove", path)
        }
        defer { close(folder) }
        try name.withPlatformString { try TreeRemoval(path).remove($0, in: folder) }
    }

    /// The names in a folder, sorted by their UTF-8 bytes, without `.` and `..`.
    package static func names(in path: FilePath) throws -> [String] {
        try rawNames(in: path).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether anything is at the path; a dangling link counts.
    package static func exists(_ path: FilePath) -> Bool {
        var status = stat()
        return lstat(path.string, &status) == 0
    }
}

extension HostFiles {
    /// The absolute path without links; nil where nothing is there.
    package static func realPath(_ path: FilePath) -> FilePath? {
        guard let resolved = realpath(path.string, nil) else { return nil }
        defer { free(resolved) }
        return FilePath(String(cString: resolved))
    }

    /// Whether a folder is at the path, also through a link.
    package static func isFolder(_ path: FilePath) -> Bool {
        var status = stat()
        return stat(path.string, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Flushes the names in a folder to the disk.
    package static func syncFolder(_ path: FilePath) throws {
        let descriptor = open((path.isEmpty ? "." : path).string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            // One may write into a folder without seeing what is in it.
            if errno == EACCES { return }
            throw SystemError.last("write", path)
        }
        defer { close(descriptor) }
        // File systems without such a thing say so by EINVAL.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemError.last("write", path) }
    }
}

extension HostFiles {
    /// The bytes that this process may still write to the file system of a path.
    package static func freeSpace(at path: FilePath) throws -> Int64 {
        var status = statvfs()
        guard statvfs(path.string, &status) == 0 else { throw SystemError.last("measure", path) }
        return Int64(
            clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }
}

extension HostFiles {
    /// Notes that what is at a path is used now, for `lastUse`; where that cannot be written, nothing happens.
    ///
    /// Neither bytes nor the time of their last change are touched.
    package static func noteUse(_ path: FilePath) {
        // UTIME_NOW and UTIME_OMIT, which Glibc's module leaves out.
        let times = [timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFF), timespec(tv_sec: 0, tv_nsec: 0x3FFF_FFFE)]
        utimensat(AT_FDCWD, path.string, times, AT_SYMLINK_NOFOLLOW)
    }

    /// When something was made, changed or noted as used, in nanoseconds since 1970; nil where nothing is.
    ///
    /// Reading does not count: otherwise whoever measures would use.
    package static func lastUse(_ path: FilePath) -> Int64? {
        var status = stat()
        guard lstat(path.string, &status) == 0 else { return nil }
        return Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }
}

extension HostFiles {
    /// Bytes of a regular file; nil where none is.
    package static func size(_ path: FilePath) -> Int64? {
        var status = stat()
        guard lstat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }
}
