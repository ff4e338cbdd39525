import Files
import Glibc
import Planning
import SystemPackage

/// A tree that programs have written, worked on from outside: every link in it is followed as a kernel rooted in the
/// tree would, so that none leads to files of this machine.
///
/// Nothing else may change the tree meanwhile, and nothing would leave it if it did.
final class RootedTree {
    private let path: FilePath
    private let root: Folder

    init(_ path: FilePath) throws {
        let descriptor = open(path.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("open", path) }
        self.path = path
        root = Folder(descriptor)
    }

    /// An open folder of the tree; it stays the same one wherever it is moved.
    final class Folder {
        let descriptor: Int32
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit { close(descriptor) }
    }

    /// A name in an open folder, whatever is there now.
    struct Place {
        let folder: Folder
        let name: String
        /// For errors.
        let shown: FilePath

        /// What is there, links not followed; nil where nothing is.
        func status() -> stat? {
            var status = stat()
            return fstatat(folder.descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
        }

        /// Opens what is there, unless it is a link.
        func open(_ flags: Int32, mode: UInt32 = 0) throws -> FileDescriptor {
            let descriptor = openat(folder.descriptor, name, flags | O_NOFOLLOW | O_CLOEXEC, mode)
            guard descriptor >= 0 else { throw SystemError.last("open", shown) }
            return FileDescriptor(rawValue: descriptor)
        }

        /// Removes what is there, with everything in it.
        func remove() throws { try HostFiles.remove(name, in: folder.descriptor, shown: shown) }

        /// Puts a file there in place of what is there; never readable to others than `mode` says, and not synced.
        func write(_ bytes: [UInt8], mode: UInt32) throws {
            try remove()
            let file = try open(O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
            defer { try? file.close() }
            do { _ = try file.writeAll(bytes) } catch let code as Errno { throw SystemError("write", shown, code) }
            guard fchmod(file.rawValue, mode) == 0 else { throw SystemError.last("write", shown) }
        }

        /// Makes a folder where nothing is; an existing one is fine and keeps its mode.
        func makeFolder(mode: UInt32) throws {
            if mkdirat(folder.descriptor, name, 0o700) != 0 {
                guard errno == EEXIST, status().map({ $0.st_mode & S_IFMT == S_IFDIR }) == true else {
                    throw SystemError("create", shown, errno == EEXIST ? .notDirectory : Errno(rawValue: errno))
                }
                return
            }
            try setMode(mode)
        }

        /// Changes the mode of a folder.
        func setMode(_ mode: UInt32) throws {
            let opened = try open(O_RDONLY | O_DIRECTORY)
            defer { try? opened.close() }
            guard fchmod(opened.rawValue, mode) == 0 else { throw SystemError.last("change the mode of", shown) }
        }
    }

    /// Where a path leads, all links followed; folders above it are made where they are missing.
    ///
    /// What is at the place, if anything, is no link. Fails for the root itself.
    func place(_ path: ImagePath) throws -> Place {
        let shown = HostPlace.of(path, in: self.path)
        var pending = Array(path.components.reversed())
        var folders = [root]
        var links = 0
        while let name = pending.popLast() {
            guard name != "." else { continue }
            guard name != ".." else {
                if folders.count > 1 { folders.removeLast() }
                continue
            }
            let here = Place(folder: folders[folders.count - 1], name: name, shown: shown)
            if let status = here.status(), status.st_mode & S_IFMT == S_IFLNK {
                links += 1
                guard links <= 40 else { throw SystemError("follow the links of", shown, .tooManySymbolicLinkLevels) }
                let target = try Self.target(of: here)
                if target.hasPrefix("/") { folders = [root] }
                pending += target.utf8.split(separator: 0x2F).reversed().map { String(decoding: $0, as: UTF8.self) }
                continue
            }
            if pending.isEmpty { return here }
            try here.makeFolder(mode: 0o755)
            folders.append(Folder(try here.open(O_RDONLY | O_DIRECTORY).rawValue))
        }
        throw SystemError("work on", shown, .isDirectory)
    }

    private static func target(of place: Place) throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlinkat(place.folder.descriptor, place.name, &buffer, buffer.count)
        guard count >= 0 else { throw SystemError.last("read", place.shown) }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
