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

    /// Takes from the files the bits and capabilities that give a program more rights than its user has.
    ///
    /// Root in a step may be root of this machine, where such files must not lie about. What an owner may not read or
    /// enter is opened to the owner. Both are the same for every user who builds, so that results are.
    func settle() throws { try visit(path) { try settle($0) } }

    private static let capability = "security.capability"

    private func settle(_ item: UpperItem) throws {
        let type = item.status.st_mode & S_IFMT
        guard type == S_IFREG || type == S_IFDIR else { return }
        let mode = item.status.st_mode & 0o7777
        let wanted = type == S_IFDIR ? mode | 0o700 : mode & 0o1777 | 0o400
        // What an ordinary user's step may set counts only in namespaces of that user.
        if type == S_IFREG, geteuid() == 0, lgetxattr(item.link, Self.capability, nil, 0) >= 0,
            lremovexattr(item.link, Self.capability) != 0
        {
            throw SystemError.last("settle", item.shown)
        }
        guard wanted == mode || chmod(item.link, wanted) == 0 else { throw SystemError.last("settle", item.shown) }
    }

    /// The digest of what the folder holds, after `settle`.
    ///
    /// In it are types, executable bits, paths, targets, contents and whiteouts; no owner and no time.
    func contentDigest() throws -> Digest {
        var hasher = DigestHasher()
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        try visit(path) { try add($0, to: &hasher, &chunk) }
        return hasher.finalize()
    }

    private func add(_ item: UpperItem, to hasher: inout DigestHasher, _ chunk: inout [UInt8]) throws {
        let mode = item.status.st_mode
        func head(_ text: String) {
            hasher.update("\(text) \(item.inside.count) ")
            hasher.update(item.inside)
        }
        switch mode & S_IFMT {
        case S_IFREG:
            head("file \(mode & 0o111 != 0 ? "x" : "-")")
            hasher.update(" \(item.status.st_size)\n")
            try addContents(of: item, to: &hasher, &chunk)
        case S_IFDIR:
            head("folder \(item.isOpaque ? "o" : "-")")
            hasher.update("\n")
        case S_IFLNK:
            let target = try item.target()
            head("link")
            hasher.update(" \(target.count) ")
            hasher.update(target)
            hasher.update("\n")
        case S_IFCHR where item.status.st_rdev == 0:
            head("gone")
            hasher.update("\n")
        default:
            head("special \(mode & S_IFMT)")
            hasher.update("\n")
        }
    }

    private func addContents(of item: UpperItem, to hasher: inout DigestHasher, _ chunk: inout [UInt8]) throws {
        let descriptor = item.open(O_RDONLY)
        guard descriptor >= 0 else { throw SystemError.last("read", item.shown) }
        defer { close(descriptor) }
        try chunk.withUnsafeMutableBytes { buffer in
            while true {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count >= 0 else { throw SystemError.last("read", item.shown) }
                if count == 0 { return }
                hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    /// Shows everything in a folder, folders before what they hold, names in the order of their bytes.
    private func visit(_ folder: FilePath, _ body: (UpperItem) throws -> Void) throws {
        let descriptor = open(folder.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("read", folder) }
        try visit(descriptor, [], body)
    }

    /// Takes the descriptor over.
    private func visit(_ folder: Int32, _ prefix: [UInt8], _ body: (UpperItem) throws -> Void) throws {
        let place = fcntl(folder, F_DUPFD_CLOEXEC, 0)
        defer { close(place) }
        for name in try HostFiles.rawNames(of: folder, shown: path) {
            let item = try UpperItem(name, in: place, inside: prefix + name, upper: path)
            try body(item)
            guard item.status.st_mode & S_IFMT == S_IFDIR else { continue }
            let inner = item.open(O_RDONLY | O_DIRECTORY)
            guard inner >= 0 else { throw SystemError.last("read", item.shown) }
            try visit(inner, item.inside + [0x2F], body)
        }
    }
}

/// Something in an upper folder, by its name's own bytes, which need not be UTF-8.
private struct UpperItem {
    private let name: [UInt8]
    private let folder: Int32
    private let upper: FilePath
    /// The path from the upper folder.
    let inside: [UInt8]
    let status: stat

    init(_ name: [UInt8], in folder: Int32, inside: [UInt8], upper: FilePath) throws {
        var status = stat()
        let result = HostFiles.withName(name) { fstatat(folder, $0, &status, AT_SYMLINK_NOFOLLOW) }
        (self.name, self.folder, self.inside, self.upper, self.status) = (name, folder, inside, upper, status)
        guard result == 0 else { throw SystemError.last("read", shown) }
    }

    /// For errors.
    var shown: FilePath { upper.appending(String(decoding: inside, as: UTF8.self)) }

    /// Opens it, unless it is a link; -1 with errno where that fails.
    func open(_ flags: Int32) -> Int32 {
        HostFiles.withName(name) { openat(folder, $0, flags | O_NOFOLLOW | O_CLOEXEC) }
    }

    /// A path to it for calls that take no descriptor, for what is no link.
    var link: [CChar] {
        Array("/proc/self/fd/\(folder)/".utf8CString.dropLast()) + (name + [0]).map(CChar.init(bitPattern:))
    }

    var isOpaque: Bool {
        var value: UInt8 = 0
        return lgetxattr(link, "user.overlay.opaque", &value, 1) == 1 && value == UInt8(ascii: "y")
    }

    func target() throws -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = HostFiles.withName(name) { readlinkat(folder, $0, &buffer, buffer.count) }
        guard count >= 0 else { throw SystemError.last("read", shown) }
        return buffer[..<count].map(UInt8.init(bitPattern:))
    }
}
