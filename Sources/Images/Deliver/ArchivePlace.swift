import Files
import Glibc
package import SystemPackage

/// Where an archive is written to.
package enum ArchivePlace: Hashable, Sendable, CustomStringConvertible {
    /// A file, which appears complete or not at all.
    case file(FilePath)
    /// An open pipe or file, which its owner closes; `name` is for messages.
    case stream(FileDescriptor, name: String)

    package var description: String {
        switch self {
        case .file(let path): path.string
        case .stream(_, let name): name
        }
    }

    /// Writes an archive; returns its size in bytes.
    func write(_ archive: ArchiveContents) throws -> Int64 {
        switch self {
        case .file(let path): try DestinationError.naming(path) { try Self.write(archive, to: path) }
        case .stream(let descriptor, let name): try Self.write(archive, to: descriptor, name)
        }
    }

    private static func write(_ archive: ArchiveContents, to path: FilePath) throws -> Int64 {
        guard !HostFiles.isFolder(path) else { throw DestinationError.isAFolder(path) }
        if isDevice(path) {
            let descriptor: FileDescriptor
            do { descriptor = try FileDescriptor.open(path, .writeOnly, options: [.closeOnExec]) } catch let code
                as Errno
            {
                throw DestinationError.cannotWrite(path, code)
            }
            defer { try? descriptor.close() }
            return try write(archive, to: descriptor, path.string)
        }
        // A link stays, and what it leads to is replaced.
        let target = HostFiles.realPath(path) ?? path
        let file = try AtomicFile(in: target.folder)
        let size = try archive.forEachChunk { try file.write($0) }
        try file.commit(as: target)
        return size
    }

    /// Whether a pipe or a device is at the path: it is written to, not replaced.
    private static func isDevice(_ path: FilePath) -> Bool {
        var status = stat()
        return stat(path.string, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    }

    private static func write(_ archive: ArchiveContents, to descriptor: FileDescriptor, _ name: String) throws -> Int64
    {
        // Where the reader goes away, an error tells more than a signal that ends us.
        signal(SIGPIPE, SIG_IGN)
        return try archive.forEachChunk { bytes in
            do { _ = try descriptor.writeAll(bytes) } catch Errno.brokenPipe {
                throw DestinationError.closed(name)
            } catch let code as Errno {
                throw DestinationError.cannotWrite(FilePath(name), code)
            }
        }
    }
}
