import CAttributes
import Glibc
import Planning
import SystemPackage

/// One folder of an `OverlayTree`, read below an open descriptor.
///
/// A place is a relative path whose parents were listed before, so none of them is a link.
struct OverlayLayer: Sendable {
    let path: FilePath
    private let opened: Opened

    init(_ path: FilePath) {
        self.path = path
        opened = Opened(open(path.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
    }

    /// A descriptor that closes itself.
    private final class Opened: Sendable {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { if descriptor >= 0 { close(descriptor) } }
    }

    struct Item {
        /// As the file system has it: names that are equal as text may be different files.
        let name: [UInt8]
        let isWhiteout: Bool
    }

    enum Listing {
        case missing
        /// A file, link or whiteout: what is below it in lower layers does not show.
        case somethingElse
        case folder([Item], isOpaque: Bool)
    }

    func list(_ place: String, path: ImagePath) throws -> Listing {
        let descriptor = openat(opened.descriptor, place, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return .missing }
            if errno == ENOTDIR || errno == ELOOP { return .somethingElse }
            throw unreadable(path)
        }
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            throw unreadable(path)
        }
        defer { closedir(stream) }
        var items: [Item] = []
        while let item = readdir(stream) {
            let name = Self.name(of: item)
            guard name != [0x2E], name != [0x2E, 0x2E] else { continue }
            let mayBeWhiteout = item.pointee.d_type == DT_CHR || item.pointee.d_type == DT_UNKNOWN
            items.append(Item(name: name, isWhiteout: mayBeWhiteout && Self.isWhiteout(descriptor, name)))
        }
        return .folder(items, isOpaque: Self.isOpaque(descriptor))
    }

    func entry(at place: String, path: ImagePath) throws -> FileTreeEntry {
        var status = stat()
        guard fstatat(opened.descriptor, place, &status, AT_SYMLINK_NOFOLLOW) == 0 else { throw unreadable(path) }
        let mode = UInt16(truncatingIfNeeded: status.st_mode & 0o7777)
        let kind: FileTreeEntry.Kind
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file(size: Int64(status.st_size))
        case S_IFDIR: kind = .folder
        case S_IFLNK: kind = .link(target: try target(of: place, path: path))
        default: kind = .special
        }
        let isFile = status.st_mode & S_IFMT == S_IFREG
        return FileTreeEntry(
            kind: kind, mode: mode,
            owner: Self.isRoot ? Owner(uid: status.st_uid, gid: status.st_gid) : .root,
            capability: isFile && mode & 0o111 != 0 ? capability(of: place) : nil,
            link: isFile && status.st_nlink > 1
                ? .init(device: UInt64(status.st_dev), inode: UInt64(status.st_ino)) : nil)
    }

    func read(
        _ place: String, path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer
    ) throws -> Int {
        let descriptor = openat(opened.descriptor, place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw FileTreeError.notAFile(path)
        }
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
        guard count >= 0 else { throw unreadable(path) }
        return count
    }

    private static let isRoot = geteuid() == 0

    private static func name(of item: UnsafeMutablePointer<dirent>) -> [UInt8] {
        withUnsafePointer(to: &item.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                UnsafeBufferPointer(start: text, count: strlen(text)).map(UInt8.init(bitPattern:))
            }
        }
    }

    private static func isWhiteout(_ folder: Int32, _ name: [UInt8]) -> Bool {
        var status = stat()
        return HostFiles.withName(name) { fstatat(folder, $0, &status, AT_SYMLINK_NOFOLLOW) } == 0
            && status.st_mode & S_IFMT == S_IFCHR
            && status.st_rdev == 0
    }

    private static func isOpaque(_ folder: Int32) -> Bool {
        for name in ["user.overlay.opaque", "trusted.overlay.opaque"] {
            var value: UInt8 = 0
            if fgetxattr(folder, name, &value, 1) == 1, value == UInt8(ascii: "y") { return true }
        }
        return false
    }

    private func target(of place: String, path: ImagePath) throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(opened.descriptor, place, &buffer, buffer.count)
        guard count >= 0 else { throw unreadable(path) }
        guard let target = String(validating: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) else {
            throw FileTreeError.unreadable(path, reason: "the link's target is not UTF-8")
        }
        return target
    }

    private func capability(of place: String) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 64)
        let count = lgetxattr("/proc/self/fd/\(opened.descriptor)/\(place)", "security.capability", &value, value.count)
        return count > 0 ? Array(value[..<count]) : nil
    }

    private func unreadable(_ path: ImagePath) -> FileTreeError {
        .unreadable(path, reason: Errno(rawValue: errno).description)
    }
}
