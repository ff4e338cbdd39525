import CAttributes
import Files
import Glibc
import SystemPackage

/// An open folder of the host whose names are bytes, which need not be UTF-8; no link in it is ever followed.
final class RawFolder {
    let descriptor: Int32
    /// For messages only.
    let shown: FilePath

    /// Opens a folder by path; the path itself is trusted.
    init(_ path: FilePath) throws {
        descriptor = open(path.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        shown = path
        guard descriptor >= 0 else { throw SystemError.last("open", path) }
    }

    private init(descriptor: Int32, shown: FilePath) {
        self.descriptor = descriptor
        self.shown = shown
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// The names, sorted by their bytes.
    func names() throws -> [[UInt8]] {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw SystemError.last("list", shown) }
        return try HostFiles.rawNames(of: copy, shown: shown)
    }

    /// For messages.
    func path(of name: [UInt8]) -> FilePath { shown.appending(String(decoding: name, as: UTF8.self)) }

    /// What is at a name; nil where nothing is.
    func status(of name: [UInt8]) throws -> stat? {
        var result = stat()
        guard HostFiles.withName(name, { fstatat(descriptor, $0, &result, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            guard errno == ENOENT else { throw SystemError.last("read", path(of: name)) }
            return nil
        }
        return result
    }

    /// The folder at a name; nil where there is none, or something else.
    func folder(_ name: [UInt8]) throws -> RawFolder? {
        let opened = HostFiles.withName(name) {
            openat(descriptor, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        if opened >= 0 { return RawFolder(descriptor: opened, shown: path(of: name)) }
        guard [ENOENT, ENOTDIR, ELOOP].contains(errno) else { throw SystemError.last("open", path(of: name)) }
        return nil
    }

    /// The folder at a path of names; nil where it is not folders all the way.
    func folder(at names: some Sequence<[UInt8]>) throws -> RawFolder? {
        var result = self
        for name in names {
            guard let next = try result.folder(name) else { return nil }
            result = next
        }
        return result
    }

    /// A regular file for reading, and its status; nil where something else is there.
    func file(_ name: [UInt8]) throws -> (file: RawFile, status: stat)? {
        // Without O_NONBLOCK a pipe would wait for a writer.
        let opened = HostFiles.withName(name) {
            openat(descriptor, $0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        }
        guard opened >= 0 else {
            guard [ENOENT, ELOOP, ENXIO].contains(errno) else { throw SystemError.last("read", path(of: name)) }
            return nil
        }
        let file = RawFile(descriptor: opened, shown: path(of: name))
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return (file, status)
    }

    func target(of name: [UInt8]) throws -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = HostFiles.withName(name) { readlinkat(descriptor, $0, &buffer, buffer.count) }
        guard count >= 0 else { throw SystemError.last("read", path(of: name)) }
        return buffer[..<count].map(UInt8.init(bitPattern:))
    }

    /// Whether overlayfs shows nothing of lower layers through it.
    var isOpaque: Bool {
        var value: UInt8 = 0
        return fgetxattr(descriptor, TarEntry.opaqueAttribute, &value, 1) == 1 && value == UInt8(ascii: "y")
    }
}

/// Making things in it.
extension RawFolder {
    func makeFolder(_ name: [UInt8]) throws {
        let made = HostFiles.withName(name) { mkdirat(descriptor, $0, 0o700) }
        guard made == 0 || errno == EEXIST else { throw SystemError.last("create", path(of: name)) }
    }

    func makeFile(_ name: [UInt8]) throws -> RawFile {
        let opened = HostFiles.withName(name) {
            openat(descriptor, $0, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        }
        guard opened >= 0 else { throw SystemError.last("create", path(of: name)) }
        return RawFile(descriptor: opened, shown: path(of: name))
    }

    func makeLink(_ name: [UInt8], to target: [UInt8]) throws {
        let made = HostFiles.withName(target) { target in
            HostFiles.withName(name) { symlinkat(target, descriptor, $0) }
        }
        guard made == 0 else { throw SystemError.last("create", path(of: name)) }
    }

    func makeHardLink(_ name: [UInt8], to source: [UInt8], in folder: RawFolder) throws {
        let made = HostFiles.withName(source) { source in
            HostFiles.withName(name) { linkat(folder.descriptor, source, descriptor, $0, 0) }
        }
        guard made == 0 else { throw SystemError.last("create", path(of: name)) }
    }

    /// Makes a whiteout, a pipe or a socket: what every user may make.
    func makeNode(_ name: [UInt8], type: UInt32) throws {
        guard HostFiles.withName(name, { mknodat(descriptor, $0, type | 0o600, 0) }) == 0 else {
            throw SystemError.last("create", path(of: name))
        }
    }

    func rename(_ name: [UInt8], to final: [UInt8]) throws {
        let done = HostFiles.withName(name) { name in
            HostFiles.withName(final) { renameat(descriptor, name, descriptor, $0) }
        }
        guard done == 0 else { throw SystemError.last("create", path(of: final)) }
    }

    func makeOpaque() throws {
        guard fsetxattr(descriptor, TarEntry.opaqueAttribute, "y", 1, 0) == 0 else {
            throw SystemError.last("set \(TarEntry.opaqueAttribute) of", shown)
        }
    }

    func setMode(_ mode: UInt32) throws {
        guard fchmod(descriptor, mode) == 0 else { throw SystemError.last("change the mode of", shown) }
    }

    func setTime(_ seconds: Int64) throws {
        let times = [timespec(tv_sec: Int(seconds), tv_nsec: 0), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
        guard futimens(descriptor, times) == 0 else { throw SystemError.last("change the time of", shown) }
    }

    func setTime(of name: [UInt8], _ seconds: Int64) throws {
        let times = [timespec(tv_sec: Int(seconds), tv_nsec: 0), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
        guard HostFiles.withName(name, { utimensat(descriptor, $0, times, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            throw SystemError.last("change the time of", path(of: name))
        }
    }
}

/// An open file of the host.
final class RawFile {
    let descriptor: Int32
    let shown: FilePath

    init(descriptor: Int32, shown: FilePath) {
        self.descriptor = descriptor
        self.shown = shown
    }

    deinit { close(descriptor) }

    /// Calls `body` with the first `size` bytes, in pieces; with fewer where the file has fewer.
    func read(size: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { buffer.deallocate() }
        var left = size
        while left > 0 {
            let count = Glibc.read(descriptor, buffer.baseAddress, Int(min(Int64(buffer.count), left)))
            guard count >= 0 else { throw SystemError.last("read", shown) }
            guard count > 0 else { return }
            left -= Int64(count)
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        do { _ = try FileDescriptor(rawValue: descriptor).writeAll(bytes) } catch let code as Errno {
            throw SystemError("write", shown, code)
        }
    }

    func setMode(_ mode: UInt32) throws {
        guard fchmod(descriptor, mode) == 0 else { throw SystemError.last("change the mode of", shown) }
    }

    func setTime(_ seconds: Int64) throws {
        let times = [timespec(tv_sec: Int(seconds), tv_nsec: 0), timespec(tv_sec: Int(seconds), tv_nsec: 0)]
        guard futimens(descriptor, times) == 0 else { throw SystemError.last("change the time of", shown) }
    }
}
