import Files
import Glibc
import Planning
import SystemPackage

/// Runs a job on a copy of its tree, where the kernel lays no folders over each other for us, and finds what changed.
///
/// Without namespaces (tier `chroot`) nothing can be mounted either: files are written into the copy, caches are moved
/// there and back, and folders in memory are ordinary ones. Steps have written the tree, so whatever is done to it goes
/// through a `RootedTree` before the run, and through the folders opened then after it.
struct CopiedTree {
    private let job: SandboxJob
    private let mounts: Bool
    private let root: FilePath

    init(_ job: SandboxJob, sandbox: Sandbox) {
        self.job = job
        mounts = sandbox.tier != .chroot
        root = job.scratch.appending("copy")
    }

    func run(_ work: (SandboxJob) throws -> Int32) throws -> Int32 {
        let below = OverlayTree((job.upper.map { [$0] } ?? []) + job.layers)
        try TreeCopy(from: below, to: root).copy()
        defer { try? HostFiles.remove(root) }
        let tree = try RootedTree(root)
        try makePlaces(tree)
        var brought = BroughtIn()
        if !mounts {
            do { try fill(tree, &brought) } catch {
                try? brought.takeBack()
                throw error
            }
        }
        let before = try TreeSnapshot(root)
        // What is written in the clock tick of the copy would look unchanged.
        usleep(12_000)
        var moved = job
        moved.layers = [root]
        let status: Int32
        do { status = try work(moved) } catch {
            try brought.takeBack()
            throw error
        }
        try brought.takeBack()
        if let upper = job.upper {
            try TreeChanges(root: root, before: before, below: OverlayTree(job.layers), foreign: try foreign(below))
                .move(to: upper)
        }
        return status
    }

    /// What is in the copy for the time of the run only.
    private func foreign(_ below: OverlayTree) throws -> Set<ImagePath> {
        let targets = job.files.map(\.target) + job.binds.map(\.target) + job.memory.map(\.target)
        return Set(try (targets + ["dev", "proc", "sys"].map { ImagePath.root.resolving($0) }).map(below.place(of:)))
    }

    private func makePlaces(_ tree: RootedTree) throws {
        let usual = ["dev", "proc", "sys", "etc"].map { ImagePath.root.resolving($0) }
        for folder in usual { try tree.place(folder).makeFolder(mode: 0o755) }
        for folder in job.folders { try tree.place(folder).makeFolder(mode: folder.name == "tmp" ? 0o1777 : 0o755) }
        let binds = job.binds.filter(\.isFolder).map(\.target)
        for folder in job.memory.map(\.target) + job.writable + binds + [job.workingDirectory] where folder != .root {
            try tree.place(folder).makeFolder(mode: 0o755)
        }
        for target in job.files.map(\.target) + job.binds.filter({ !$0.isFolder }).map(\.target) {
            let place = try tree.place(target)
            if place.status() == nil { try place.write([], mode: 0o644) }
        }
    }

    /// Puts into the copy what a mount would show.
    private func fill(_ tree: RootedTree, _ brought: inout BroughtIn) throws {
        let nodes: [(String, UInt32, UInt32)] = [
            ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
        ]
        for (name, major, minor) in nodes {
            let place = try tree.place(ImagePath.root.resolving("dev/\(name)"))
            try place.remove()
            let device = dev_t(major << 8 | minor)
            guard mknodat(place.folder.descriptor, place.name, S_IFCHR | 0o666, device) == 0,
                fchmodat(place.folder.descriptor, place.name, 0o666, 0) == 0
            else { throw SandboxError.setUp(stage: "make", what: "/dev/\(name)", code: errno) }
        }
        for memory in job.memory {
            let place = try tree.place(memory.target)
            try place.setMode(memory.mode)
            brought.removed.append(place)
        }
        for bind in job.binds {
            let place = try tree.place(bind.target)
            if bind.isCache {
                try brought.bring(bind.source, to: place, shown: bind.target)
            } else if !bind.isFolder, bind.readOnly, let bytes = try HostFiles.read(bind.source) {
                try place.write(bytes, mode: 0o644)
            } else {
                throw SandboxError.setUp(
                    stage: "show \(bind.target) without mounts", what: bind.source.string, code: EOPNOTSUPP)
            }
        }
        for file in job.files {
            let place = try tree.place(file.target)
            try place.write(file.bytes, mode: file.mode)
            brought.removed.append(place)
        }
    }
}

/// What is in a copy for the time of a run, by the open folders that hold it: a program may move these about, and put
/// links where they were.
private struct BroughtIn: ~Copyable {
    /// Removed after the run.
    var removed: [RootedTree.Place] = []
    private var caches: [(place: RootedTree.Place, source: FilePath, lock: Held)] = []

    /// The lock of a cache that is in a copy; without mounts one step at a time has a cache.
    private final class Held {
        let lock: FileLock
        init(_ lock: consuming FileLock) { self.lock = lock }
    }

    mutating func bring(_ cache: FilePath, to place: RootedTree.Place, shown: ImagePath) throws {
        let lock = Held(try FileLock(FilePath(cache.string + ".lock")))
        try HostFiles.makeFolder(cache)
        unlinkat(place.folder.descriptor, place.name, AT_REMOVEDIR)
        guard renameat(AT_FDCWD, cache.string, place.folder.descriptor, place.name) == 0 else {
            throw SandboxError.setUp(stage: "bring in the cache", what: "\(shown)", code: errno)
        }
        caches.append((place, cache, lock))
    }

    /// Takes caches back and removes the rest; only a folder is a cache, whatever a program left in its place.
    mutating func takeBack() throws {
        for (place, source, _) in caches.reversed() where place.status().map({ $0.st_mode & S_IFMT == S_IFDIR }) == true
        {
            guard renameat(place.folder.descriptor, place.name, AT_FDCWD, source.string) == 0 else {
                throw SandboxError.setUp(stage: "take back the cache", what: source.string, code: errno)
            }
        }
        caches = []
        for place in removed { try place.remove() }
        removed = []
    }
}

/// Host paths of places in a tree whose parents are no links.
enum HostPlace {
    static func of(_ path: ImagePath, in root: FilePath) -> FilePath {
        path.components.isEmpty ? root : root.appending(path.components.joined(separator: "/"))
    }
}
