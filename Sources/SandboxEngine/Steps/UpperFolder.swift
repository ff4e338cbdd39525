import CAttributes
import Files
import Glibc
import OCI
import Planning
import SystemPackage

/// The folder that holds what a step made, in overlayfs's form.
struct UpperFolder {
    let path: FilePath

    init(_ path: FilePath) { self.path = path }

    /// The merged root shows the mode of the upper folder: the base's own is taken over.
    func takeRootMode(of lowers: [FilePath]) throws {
        var status = stat()
        let mode = lowers.last.map { lstat($0.string, &status) == 0 ? status.st_mode & 0o7777 : 0o755 } ?? 0o755
        guard chmod(path.string, mode | 0o700) == 0 else { throw SystemError.last("change the mode of", path) }
    }

    /// The digest of what the folder holds: types, executable bits, paths, targets, contents, whiteouts; no owner and
    /// no time.
    func contentDigest() throws -> Digest {
        var hasher = DigestHasher()
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        try add(path, "", to: &hasher, &chunk)
        return hasher.finalize()
    }

    private func add(_ folder: FilePath, _ prefix: String, to hasher: inout DigestHasher, _ chunk: inout [UInt8]) throws
    {
        for name in try HostFiles.names(in: folder) {
            let place = folder.appending(name)
            let shown = prefix + name
            var status = stat()
            guard lstat(place.string, &status) == 0 else { throw SystemError.last("read", place) }
            switch status.st_mode & S_IFMT {
            case S_IFREG:
                let executable = status.st_mode & 0o111 != 0 ? "x" : "-"
                hasher.update("file \(executable) \(shown.utf8.count) \(shown) \(status.st_size)\n")
                try addContents(of: place, to: &hasher, &chunk)
            case S_IFDIR:
                hasher.update("folder \(isOpaque(place) ? "o" : "-") \(shown.utf8.count) \(shown)\n")
                try add(place, shown + "/", to: &hasher, &chunk)
            case S_IFLNK:
                let target = try target(of: place)
                hasher.update("link \(shown.utf8.count) \(shown) \(target.utf8.count) \(target)\n")
            case S_IFCHR where status.st_rdev == 0: hasher.update("gone \(shown.utf8.count) \(shown)\n")
            default: hasher.update("special \(status.st_mode & S_IFMT) \(shown.utf8.count) \(shown)\n")
            }
        }
    }

    private func addContents(of file: FilePath, to hasher: inout DigestHasher, _ chunk: inout [UInt8]) throws {
        let descriptor = try openForReading(file)
        defer { close(descriptor) }
        try chunk.withUnsafeMutableBytes { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count >= 0 else { throw SystemError.last("read", file) }
                if count == 0 { return }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    /// A program may leave files that their own owner cannot read; root in the sandbox could.
    private func openForReading(_ file: FilePath) throws -> Int32 {
        let descriptor = open(file.string, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        if descriptor >= 0 { return descriptor }
        guard errno == EACCES, chmod(file.string, 0o600) == 0 else { throw SystemError.last("read", file) }
        let second = open(file.string, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard second >= 0 else { throw SystemError.last("read", file) }
        return second
    }

    private func isOpaque(_ folder: FilePath) -> Bool {
        var value: UInt8 = 0
        return lgetxattr(folder.string, "user.overlay.opaque", &value, 1) == 1 && value == UInt8(ascii: "y")
    }

    private func target(of link: FilePath) throws -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(link.string, &buffer, buffer.count)
        guard count >= 0 else { throw SystemError.last("read", link) }
        return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
