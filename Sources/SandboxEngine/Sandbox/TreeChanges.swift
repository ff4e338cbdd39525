import CAttributes
import Files
import Glibc
import Planning
import SystemPackage

/// What tells a file that was touched from one that was not.
struct FileStamp: Equatable {
    let inode: UInt64
    let mode: UInt32
    let owner: UInt64
    /// Zero for folders: what is in them changes it.
    let size: Int64
    let changed: Int64

    init?(_ path: FilePath) {
        var status = stat()
        guard lstat(path.string, &status) == 0 else { return nil }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        inode = UInt64(status.st_ino)
        mode = status.st_mode
        owner = UInt64(status.st_uid) << 32 | UInt64(status.st_gid)
        size = isFolder ? 0 : Int64(status.st_size)
        changed = isFolder ? 0 : Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    var isFolder: Bool { mode & S_IFMT == S_IFDIR }
}

/// A path that equals another only where all bytes do.
///
/// As texts, a letter with its accent equals the same two as one.
struct ExactPath: Hashable {
    let path: ImagePath
    private let bytes: [UInt8]

    init(_ path: ImagePath) {
        self.path = path
        bytes = Array(path.description.utf8)
    }

    static func == (left: ExactPath, right: ExactPath) -> Bool { left.bytes == right.bytes }

    func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    /// The names in a folder; fails where one cannot be part of a path.
    static func names(in folder: FilePath, _ path: ImagePath) throws -> [String] {
        try HostFiles.rawNames(in: folder).map { bytes in
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw FileTreeError.unreadable(path, reason: "it holds a name that is not UTF-8")
            }
            return name
        }
    }
}

/// The stamps of everything in a folder.
struct TreeSnapshot {
    private(set) var stamps: [ExactPath: FileStamp] = [:]

    init(_ root: FilePath) throws { try add(.root, root) }

    private mutating func add(_ path: ImagePath, _ place: FilePath) throws {
        for name in try ExactPath.names(in: place, path) {
            let (inside, host) = (path.resolving(name), place.appending(name))
            guard let stamp = FileStamp(host) else { continue }
            stamps[ExactPath(inside)] = stamp
            if stamp.isFolder { try add(inside, host) }
        }
    }
}

/// Moves what a run changed in a copied tree into an upper folder, in overlayfs's form.
struct TreeChanges {
    let root: FilePath
    let before: TreeSnapshot
    /// What the upper folder lies over.
    let below: OverlayTree
    let foreign: Set<ImagePath>

    func move(to upper: FilePath) throws {
        var kept: Set<ExactPath> = []
        var moved: Set<ExactPath> = []
        try moveChanged(.root, upper, &kept, &moved)
        for path in before.stamps.keys.map(\.path).sorted() where !foreign.contains(path) {
            // Only below folders that are still themselves: a link in their place would lead out of the tree.
            guard let parent = path.parent, kept.contains(ExactPath(parent)), !moved.contains(ExactPath(path)),
                FileStamp(HostPlace.of(path, in: root)) == nil
            else { continue }
            try markGone(path, upper)
        }
    }

    /// Moves what changed in a folder that is the same as before; adds all such folders to `kept`.
    private func moveChanged(
        _ folder: ImagePath, _ upper: FilePath, _ kept: inout Set<ExactPath>, _ moved: inout Set<ExactPath>
    ) throws {
        kept.insert(ExactPath(folder))
        for name in try ExactPath.names(in: HostPlace.of(folder, in: root), folder) {
            let path = folder.resolving(name)
            let place = HostPlace.of(path, in: root)
            guard !foreign.contains(path), let now = FileStamp(place) else { continue }
            let old = before.stamps[ExactPath(path)]
            guard now.isFolder, old?.isFolder == true, old?.inode == now.inode else {
                if now != old {
                    try moveNew(path, now, old, upper)
                    moved.insert(ExactPath(path))
                }
                continue
            }
            if now != old { try makeFolder(path, upper) }
            try moveChanged(path, upper, &kept, &moved)
        }
    }

    /// A folder that is new moves with all it holds.
    private func moveNew(_ path: ImagePath, _ now: FileStamp, _ old: FileStamp?, _ upper: FilePath) throws {
        let target = HostPlace.of(path, in: upper)
        try makeFolder(path.parent ?? .root, upper)
        try HostFiles.remove(target)
        guard rename(HostPlace.of(path, in: root).string, target.string) == 0 else {
            throw SystemError.last("keep", target)
        }
        if now.isFolder, old?.isFolder == true {
            guard setxattr(target.string, "user.overlay.opaque", "y", 1, 0) == 0 else {
                throw SystemError.last("mark", target)
            }
        }
    }

    private func makeFolder(_ path: ImagePath, _ upper: FilePath) throws {
        guard let parent = path.parent else { return }
        try makeFolder(parent, upper)
        let target = HostPlace.of(path, in: upper)
        var status = stat()
        guard lstat(HostPlace.of(path, in: root).string, &status) == 0 else { return }
        guard mkdir(target.string, 0o755) == 0 || errno == EEXIST else { throw SystemError.last("keep", target) }
        lchown(target.string, status.st_uid, status.st_gid)
        chmod(target.string, status.st_mode & 0o7777)
    }

    private func markGone(_ path: ImagePath, _ upper: FilePath) throws {
        try HostFiles.remove(HostPlace.of(path, in: upper))
        guard try below.entry(at: path) != nil else { return }
        try makeFolder(path.parent ?? .root, upper)
        let target = HostPlace.of(path, in: upper)
        guard mknod(target.string, S_IFCHR, 0) == 0 else { throw SystemError.last("mark as removed", target) }
    }
}
