import Files
import Glibc
import OCI
import Planning
import SystemPackage

/// Brings files of the source tree into an upper folder, the same bytes whatever the umask and times of the source.
struct CopyStep {
    let source: SourceCopy
    let tree: any SourceTree
    /// What the step's key says the files hold, in the order of the entries.
    let contents: [Digest]
    /// What the step's files are laid over, topmost first.
    let lowers: [FilePath]

    /// 2 January 1980, UTC: zip files know no earlier day in any time zone.
    private static let time = timespec(tv_sec: 315_619_200, tv_nsec: 0)

    func run(into upper: FilePath) throws {
        let below = OverlayTree(lowers)
        let destination = try below.place(of: source.destination)
        var folders: [FilePath] = []
        try makeParents(of: destination, upper, below, &folders)
        var files = contents.makeIterator()
        for entry in try source.entries(in: tree) {
            guard let inside = entry.path.relative(to: source.base) else {
                throw EngineError.brokenPath(
                    source.destination, reason: "\(entry.path) does not lie in the copied folder \(source.base)")
            }
            let target = destination.appending(inside)
            try makeParents(of: target.parent ?? .root, upper, below, &folders)
            let expected = entry.isFile ? files.next() : nil
            try make(entry, expected, at: Self.host(target, upper), &folders)
        }
        for folder in folders.reversed() { try setTime(folder) }
    }

    private func make(
        _ entry: SourceEntry, _ expected: Digest?, at path: FilePath, _ folders: inout [FilePath]
    ) throws {
        switch entry.kind {
        case .folder:
            if mkdir(path.string, 0o755) == 0 {
                folders.append(path)
            } else if errno != EEXIST {
                throw SystemError.last("create", path)
            }
            chmod(path.string, 0o755)
        case .link(let target):
            guard symlink(target, path.string) == 0 else { throw SystemError.last("create", path) }
            try setTime(path)
        case .file(let executable, _):
            let descriptor = open(path.string, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw SystemError.last("create", path) }
            let file = FileDescriptor(rawValue: descriptor)
            defer { try? file.close() }
            var hasher = DigestHasher()
            do {
                try tree.read(entry.path) {
                    hasher.update($0)
                    _ = try file.writeAll($0)
                }
            } catch let code as Errno {
                throw SystemError("write", path, code)
            }
            // A result is found by its key: it may hold nothing but what the key was made of.
            guard hasher.finalize() == expected else { throw EngineError.changedSource(entry.path) }
            guard fchmod(descriptor, executable ? 0o755 : 0o644) == 0 else { throw SystemError.last("create", path) }
            try setTime(path)
        }
    }

    /// Makes the folders down to `path`, with the modes and owners of those they are laid over.
    private func makeParents(
        of path: ImagePath, _ upper: FilePath, _ below: OverlayTree, _ folders: inout [FilePath]
    ) throws {
        var current = ImagePath.root
        for name in path.components {
            current = current.resolving(name)
            let host = Self.host(current, upper)
            guard mkdir(host.string, 0o755) == 0 else {
                guard errno == EEXIST else { throw SystemError.last("create", host) }
                continue
            }
            let entry = try below.entry(at: current)
            if let entry, entry.kind == .folder {
                lchown(host.string, entry.owner.uid, entry.owner.gid)
                chmod(host.string, mode_t(entry.mode))
            } else {
                chmod(host.string, 0o755)
            }
            folders.append(host)
        }
    }

    private static func host(_ path: ImagePath, _ upper: FilePath) -> FilePath {
        path.components.isEmpty ? upper : upper.appending(path.components.joined(separator: "/"))
    }

    private func setTime(_ path: FilePath) throws {
        let times = [Self.time, Self.time]
        guard utimensat(AT_FDCWD, path.string, times, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw SystemError.last("set the time of", path)
        }
    }
}
