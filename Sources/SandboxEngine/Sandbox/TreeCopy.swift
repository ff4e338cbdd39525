import Files
import Glibc
import Planning
import SystemPackage

/// Copies a merged tree into a new folder: modes, times, links and hard links kept, owners where root does it.
struct TreeCopy {
    private let tree: OverlayTree
    private let root: FilePath

    init(from tree: OverlayTree, to root: FilePath) {
        self.tree = tree
        self.root = root
    }

    func copy() throws {
        var folders: [(FilePath, FileTreeEntry)] = []
        var names: [FileTreeEntry.LinkIdentity: FilePath] = [:]
        try HostFiles.makeFolder(root)
        try tree.walk(.root) { path, entry in
            let target = HostPlace.of(path, in: root)
            switch entry.kind {
            case .folder:
                if path != .root, mkdir(target.string, 0o700) != 0 { throw SystemError.last("copy", target) }
                folders.append((target, entry))
                return
            case .link(let text):
                guard symlink(text, target.string) == 0 else { throw SystemError.last("copy", target) }
            case .special: return
            case .file:
                if let identity = entry.link, let first = names[identity] {
                    guard link(first.string, target.string) == 0 else { throw SystemError.last("copy", target) }
                    return
                }
                if let identity = entry.link { names[identity] = target }
                try copyFile(path, entry, to: target)
            }
            if geteuid() == 0 { lchown(target.string, entry.owner.uid, entry.owner.gid) }
            if case .file = entry.kind { chmod(target.string, mode_t(entry.mode)) }
        }
        for (folder, entry) in folders.reversed() {
            if geteuid() == 0 { lchown(folder.string, entry.owner.uid, entry.owner.gid) }
            chmod(folder.string, mode_t(entry.mode) | 0o700)
        }
    }

    private func copyFile(_ path: ImagePath, _ entry: FileTreeEntry, to target: FilePath) throws {
        guard let source = try tree.hostPath(of: path) else { return }
        let from = open(source.string, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard from >= 0 else { throw SystemError.last("copy", source) }
        defer { close(from) }
        let to = open(target.string, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard to >= 0 else { throw SystemError.last("copy", target) }
        defer { close(to) }
        var status = stat()
        guard fstat(from, &status) == 0 else { throw SystemError.last("copy", source) }
        let file = FileDescriptor(rawValue: to)
        try withUnsafeTemporaryAllocation(byteCount: 1 << 18, alignment: 16) { buffer in
            while true {
                let count = read(from, buffer.baseAddress, buffer.count)
                guard count >= 0 else { throw SystemError.last("copy", source) }
                if count == 0 { return }
                do { try file.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count])) } catch let code as Errno {
                    throw SystemError("copy", target, code)
                }
            }
        }
        futimens(to, [status.st_atim, status.st_mtim])
    }
}
