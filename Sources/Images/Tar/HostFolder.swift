import CAttributes
import Files
import Glibc
import Planning
package import SystemPackage

/// An open folder of the host; everything is done to names in it, and no link is ever followed.
package final class HostFolder {
    private let descriptor: Int32
    /// For messages only.
    private let path: FilePath

    /// Opens a folder by path; the path itself is trusted.
    package init(_ path: FilePath) throws {
        descriptor = Glibc.open(path.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        self.path = path
        guard descriptor >= 0 else { throw SystemError.last("open", path) }
    }

    private init(descriptor: Int32, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    package enum Kind { case folder, other }

    /// What is at a name; nil where nothing is.
    package func kind(of name: String) -> Kind? {
        var status = stat()
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        return status.st_mode & S_IFMT == S_IFDIR ? .folder : .other
    }

    /// Whether an ordinary file is at a name.
    package func isFile(_ name: String) -> Bool {
        var status = stat()
        return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    /// The folder at a name; nil where there is none, or something else.
    package func folder(_ name: String) throws -> HostFolder? {
        let opened = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        if opened >= 0 { return HostFolder(descriptor: opened, path: path.appending(name)) }
        guard [ENOENT, ENOTDIR, ELOOP].contains(errno) else { throw SystemError.last("open", path.appending(name)) }
        return nil
    }

    package func names() throws -> [String] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { throw SystemError.last("list", path) }
        defer { closedir(stream) }
        var result: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafePointer(to: &item.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { result.append(name) }
        }
        return result
    }

    /// Makes a folder with mode 0755, whatever the umask; one that somebody else just made is fine.
    package func makeFolder(_ name: String) throws {
        if mkdirat(descriptor, name, 0o755) == 0 {
            guard fchmodat(descriptor, name, 0o755, 0) == 0 else {
                throw SystemError.last("create", path.appending(name))
            }
        } else {
            guard errno == EEXIST, kind(of: name) == .folder else {
                throw SystemError.last("create", path.appending(name))
            }
        }
    }

    /// Where the link at a name leads; nil where no link is.
    package func linkTarget(_ name: String) throws -> String? {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let room = buffer.count
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { chars in
                chars.baseAddress.map { readlinkat(descriptor, name, $0, room) } ?? -1
            }
        }
        guard count < 0 else { return String(decoding: buffer.prefix(count), as: UTF8.self) }
        guard [EINVAL, ENOENT, ENOTDIR].contains(errno) else { throw SystemError.last("read", path.appending(name)) }
        return nil
    }

    package func makeLink(_ name: String, to target: String) throws {
        guard symlinkat(target, descriptor, name) == 0 else { throw SystemError.last("create", path.appending(name)) }
    }

    func makeHardLink(_ name: String, to source: String, in folder: HostFolder) throws {
        guard linkat(folder.descriptor, source, descriptor, name, 0) == 0 else {
            throw SystemError.last("create", path.appending(name))
        }
    }

    /// The character device 0:0, which overlayfs reads as "not there" and every user may make.
    func makeWhiteout(_ name: String) throws {
        guard mknodat(descriptor, name, S_IFCHR, 0) == 0 else { throw SystemError.last("create", path.appending(name)) }
    }

    /// Whether what `makeWhiteout` makes is at a name.
    func isWhiteout(_ name: String) -> Bool {
        var status = stat()
        return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFCHR
            && status.st_rdev == 0
    }

    func createFile(_ name: String) throws -> HostFile {
        let opened = openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard opened >= 0 else { throw SystemError.last("create", path.appending(name)) }
        return HostFile(descriptor: opened, path: path.appending(name))
    }

    /// Removes a file or a link; a folder, or nothing, is left as it is.
    func removeFile(_ name: String) throws {
        guard unlinkat(descriptor, name, 0) != 0, ![ENOENT, EISDIR, EPERM].contains(errno) else { return }
        throw SystemError.last("remove", path.appending(name))
    }

    /// Removes a folder with nothing in it; anything else is left as it is.
    func removeEmptyFolder(_ name: String) throws {
        guard unlinkat(descriptor, name, AT_REMOVEDIR) != 0, ![ENOENT, ENOTDIR, ENOTEMPTY].contains(errno) else {
            return
        }
        throw SystemError.last("remove", path.appending(name))
    }

    /// Removes a name, a folder with all it holds.
    package func remove(_ name: String) throws {
        if let folder = try folder(name) {
            for child in try folder.names() { try folder.remove(child) }
            guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 else {
                throw SystemError.last("remove", path.appending(name))
            }
        } else if unlinkat(descriptor, name, 0) != 0, errno != ENOENT {
            throw SystemError.last("remove", path.appending(name))
        }
    }

    /// All bytes of a file; nil where nothing, or something else, is at the name.
    package func read(_ name: String) throws -> [UInt8]? {
        // Without O_NONBLOCK a pipe would wait for a writer.
        let opened = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard opened >= 0 else {
            guard [ENOENT, ELOOP, ENXIO].contains(errno) else { throw SystemError.last("read", path.appending(name)) }
            return nil
        }
        let file = HostFile(descriptor: opened, path: path.appending(name))
        return try file.isRegular ? file.readAll() : nil
    }

    func setOwner(of name: String, _ owner: Owner) throws {
        guard fchownat(descriptor, name, owner.uid, owner.gid, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemError.last("change the owner of", path.appending(name))
        }
    }

    func setTime(of name: String, _ seconds: Int64) throws {
        let times = hostTimes(seconds)
        guard utimensat(descriptor, name, times, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemError.last("change the time of", path.appending(name))
        }
    }

    /// Flushes everything of the file system that the folder is on: for a tree that a rename is about to make valid,
    /// which a crash must not leave with empty files.
    package func flushFileSystem() throws {
        guard syncfs(descriptor) == 0 else { throw SystemError.last("flush", path) }
    }

    /// Flushes the folder's own entries: what was renamed into it stays after a crash.
    package func flushNames() throws {
        guard fsync(descriptor) == 0 else { throw SystemError.last("flush", path) }
    }

    func setOwner(_ owner: Owner) throws { try changeOwner(descriptor, owner, path) }
    func setMode(_ mode: UInt32) throws { try changeMode(descriptor, mode, path) }
    func setTime(_ seconds: Int64) throws { try changeTime(descriptor, seconds, path) }
    func setAttribute(_ name: String, _ value: [UInt8]) throws { try changeAttribute(descriptor, name, value, path) }
}

/// A file of the host being written.
struct HostFile: ~Copyable {
    fileprivate let descriptor: Int32
    fileprivate let path: FilePath

    deinit { close(descriptor) }

    var isRegular: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }

    func readAll() throws -> [UInt8] {
        var result: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            guard count >= 0 else { throw SystemError.last("read", path) }
            guard count > 0 else { return result }
            result.append(contentsOf: chunk[..<count])
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        do { try FileDescriptor(rawValue: descriptor).writeAll(bytes) } catch let code as Errno {
            throw SystemError("write", path, code)
        }
    }

    func setOwner(_ owner: Owner) throws { try changeOwner(descriptor, owner, path) }
    func setMode(_ mode: UInt32) throws { try changeMode(descriptor, mode, path) }
    func setTime(_ seconds: Int64) throws { try changeTime(descriptor, seconds, path) }
    func setAttribute(_ name: String, _ value: [UInt8]) throws { try changeAttribute(descriptor, name, value, path) }
}

private func hostTimes(_ seconds: Int64) -> [timespec] {
    [timespec(tv_sec: Int(seconds), tv_nsec: 0), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
}

private func changeOwner(_ descriptor: Int32, _ owner: Owner, _ path: FilePath) throws {
    guard fchown(descriptor, owner.uid, owner.gid) == 0 else { throw SystemError.last("change the owner of", path) }
}

private func changeMode(_ descriptor: Int32, _ mode: UInt32, _ path: FilePath) throws {
    guard fchmod(descriptor, mode) == 0 else { throw SystemError.last("change the mode of", path) }
}

private func changeTime(_ descriptor: Int32, _ seconds: Int64, _ path: FilePath) throws {
    guard futimens(descriptor, hostTimes(seconds)) == 0 else { throw SystemError.last("change the time of", path) }
}

private func changeAttribute(_ descriptor: Int32, _ name: String, _ value: [UInt8], _ path: FilePath) throws {
    guard fsetxattr(descriptor, name, value, value.count, 0) == 0 else {
        throw SystemError.last("set \(name) of", path)
    }
}
