import Glibc
import Planning

/// The host's own files, read only.
struct HostTree: FileTree {
    func entry(at path: ImagePath) throws -> FileTreeEntry? {
        var status = stat()
        guard lstat(path.description, &status) == 0 else { return nil }
        let kind: FileTreeEntry.Kind
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file(size: Int64(status.st_size))
        case S_IFDIR: kind = .folder
        case S_IFLNK:
            var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = target.withUnsafeMutableBytes { bytes in
                bytes.withMemoryRebound(to: CChar.self) { buffer in
                    buffer.baseAddress.map { readlink(path.description, $0, buffer.count) } ?? -1
                }
            }
            guard count >= 0 else { throw FileTreeError.unreadable(path, reason: "readlink") }
            kind = .link(target: String(decoding: target[..<count], as: UTF8.self))
        default: kind = .special
        }
        return FileTreeEntry(kind: kind, mode: UInt16(status.st_mode & 0o7777), owner: .root)
    }

    func children(of path: ImagePath) throws -> [String] {
        guard let stream = opendir(path.description) else { throw FileTreeError.unreadable(path, reason: "opendir") }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafeBytes(of: &item.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let file = open(path.description, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw FileTreeError.unreadable(path, reason: "open") }
        defer { close(file) }
        let count = pread(file, buffer.baseAddress, buffer.count, off_t(offset))
        guard count >= 0 else { throw FileTreeError.unreadable(path, reason: "pread") }
        return count
    }
}
