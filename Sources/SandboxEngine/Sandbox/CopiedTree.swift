import Files
import Glibc
import Planning
import SystemPackage

/// Runs a job on a copy of its tree, where the kernel lays no folders over each other for us, and finds what changed.
///
/// Without namespaces (tier `chroot`) nothing can be mounted either: files are written into the copy, caches are moved
/// there and back, and folders in memory are ordinary ones.
struct CopiedTree {
    private let job: SandboxJob
    private let mounts: Bool
    private let root: FilePath
    /// What is in the copy for the time of the run only.
    private let foreign: Set<ImagePath>

    init(_ job: SandboxJob, sandbox: Sandbox) {
        self.job = job
        mounts = sandbox.tier != .chroot
        root = job.scratch.appending("copy")
        let targets = job.files.map(\.target) + job.binds.map(\.target) + job.memory.map(\.target)
        foreign = Set(targets + ["dev", "proc", "sys"].map { ImagePath.root.resolving($0) })
    }

    func run(_ work: (SandboxJob) throws -> Int32) throws -> Int32 {
        let below = OverlayTree((job.upper.map { [$0] } ?? []) + job.layers)
        try TreeCopy(from: below, to: root).copy()
        defer { try? HostFiles.remove(root) }
        try makePlaces()
        var locks = LockedCaches()
        if !mounts { try fill(&locks) }
        let before = try TreeSnapshot(root)
        // What is written in the clock tick of the copy would look unchanged.
        usleep(12_000)
        var moved = job
        moved.layers = [root]
        let status: Int32
        do { status = try work(moved) } catch {
            if !mounts { try empty() }
            throw error
        }
        if !mounts { try empty() }
        if let upper = job.upper {
            try TreeChanges(root: root, before: before, below: OverlayTree(job.layers), foreign: foreign)
                .move(to: upper)
        }
        return status
    }

    private func host(_ path: ImagePath) -> FilePath { HostPlace.of(path, in: root) }

    private func makePlaces() throws {
        let usual = ["dev", "proc", "sys", "etc"].map { ImagePath.root.resolving($0) }
        for folder in usual + job.folders + [job.workingDirectory] { try HostFiles.makeFolder(host(folder)) }
        for folder in job.folders where folder.name == "tmp" { chmod(host(folder).string, 0o1777) }
        for place in job.memory { try HostFiles.makeFolder(host(place.target)) }
        for place in job.writable { try HostFiles.makeFolder(host(place)) }
        let files = job.files.map(\.target) + job.binds.filter { !$0.isFolder }.map(\.target)
        for target in files where !HostFiles.exists(host(target)) {
            try HostFiles.makeFolder(host(target).removingLastComponent())
            try AtomicFile.write([], to: host(target))
        }
        for bind in job.binds where bind.isFolder { try HostFiles.makeFolder(host(bind.target)) }
    }

    /// Puts into the copy what a mount would show.
    private func fill(_ locks: inout LockedCaches) throws {
        let nodes: [(String, UInt32, UInt32)] = [
            ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
        ]
        for (name, major, minor) in nodes {
            let path = root.appending("dev").appending(name)
            unlink(path.string)
            guard mknod(path.string, S_IFCHR | 0o666, dev_t(major << 8 | minor)) == 0 else {
                throw SandboxError.setUp(stage: "make", what: "/dev/\(name)", code: errno)
            }
            chmod(path.string, 0o666)
        }
        for file in job.files {
            unlink(host(file.target).string)
            try AtomicFile.write(file.bytes, to: host(file.target))
            chmod(host(file.target).string, file.mode)
        }
        for place in job.memory { chmod(host(place.target).string, place.mode) }
        for bind in job.binds {
            let target = host(bind.target)
            if bind.isCache {
                try locks.take(bind.source)
                rmdir(target.string)
                guard rename(bind.source.string, target.string) == 0 else {
                    throw SandboxError.setUp(stage: "bring in the cache", what: "\(bind.target)", code: errno)
                }
            } else if !bind.isFolder, bind.readOnly, let bytes = try HostFiles.read(bind.source) {
                try AtomicFile.write(bytes, to: target)
            } else {
                throw SandboxError.setUp(
                    stage: "show \(bind.target) without mounts", what: bind.source.string, code: EOPNOTSUPP)
            }
        }
    }

    private func empty() throws {
        for bind in job.binds where bind.isCache {
            guard rename(host(bind.target).string, bind.source.string) == 0 || errno == ENOENT else {
                throw SandboxError.setUp(stage: "take back the cache", what: "\(bind.target)", code: errno)
            }
        }
        for target in job.files.map(\.target) + job.memory.map(\.target) { try HostFiles.remove(host(target)) }
    }
}

/// The locks of the caches that are in a copy; without mounts one step at a time has a cache.
private struct LockedCaches: ~Copyable {
    private final class Held {
        let lock: FileLock
        init(_ lock: consuming FileLock) { self.lock = lock }
    }
    private var held: [Held] = []

    mutating func take(_ cache: FilePath) throws {
        held.append(Held(try FileLock(FilePath(cache.string + ".lock"))))
        try HostFiles.makeFolder(cache)
    }
}

/// Host paths of places in a tree whose parents are no links.
enum HostPlace {
    static func of(_ path: ImagePath, in root: FilePath) -> FilePath {
        path.components.isEmpty ? root : root.appending(path.components.joined(separator: "/"))
    }
}
