import Glibc
package import SystemPackage

/// What trees take on the disk: blocks, those of a file with several names once.
package struct DiskUsage {
    private var counted: Set<Identity> = []
    /// Bytes on the disk so far.
    package private(set) var bytes: Int64 = 0

    private struct Identity: Hashable {
        let device: UInt
        let inode: UInt
    }

    package init() {}

    /// Adds a file or a tree; returns the bytes that it adds.
    ///
    /// What cannot be read, or is not there, adds nothing.
    @discardableResult package mutating func add(_ path: FilePath) -> Int64 {
        let before = bytes
        var status = stat()
        guard lstat(path.string, &status) == 0 else { return 0 }
        count(status)
        if status.st_mode & S_IFMT == S_IFDIR {
            addContents(of: open(path.string, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), shown: path)
        }
        return bytes - before
    }

    private mutating func count(_ status: stat) {
        if status.st_nlink > 1, status.st_mode & S_IFMT != S_IFDIR {
            let identity = Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
            guard counted.insert(identity).inserted else { return }
        }
        // st_blocks counts 512 bytes, whatever the file system's blocks are.
        bytes += Int64(status.st_blocks) * 512
    }

    private mutating func addContents(of folder: Int32, shown: FilePath) {
        guard folder >= 0 else { return }
        let place = fcntl(folder, F_DUPFD_CLOEXEC, 0)
        defer { close(place) }
        guard let names = try? HostFiles.rawNames(of: folder, shown: shown) else { return }
        for name in names {
            var status = stat()
            guard HostFiles.withName(name, { fstatat(place, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else { continue }
            count(status)
            guard status.st_mode & S_IFMT == S_IFDIR else { continue }
            let inner = HostFiles.withName(name) { openat(place, $0, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
            addContents(of: inner, shown: shown)
        }
    }
}
