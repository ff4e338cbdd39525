import Glibc
package import Planning
package import SystemPackage

/// The source tree over a folder of this host, read once when it is made.
///
/// No link is followed and no folder entered whose files are all ignored. Later reads go through the folder that was
/// opened, name by name, so nothing that changes meanwhile can lead out of it.
package struct DirectoryTree: SourceTree {
    package let entries: [SourceEntry]
    package let service: SourcePath
    /// What the user should know: links that lead out of the tree, sockets and devices that are left out.
    package let warnings: [String]
    private let index: [SourcePath: Int]
    private let folder: OpenFolder

    /// Reads the tree below `root`.
    ///
    /// The rules are those of the service's `.dockerignore`, else those of the root's, then `extraIgnore`.
    /// - Throws: `SourceError` for a file that cannot be read, `IgnoreError` for an invalid pattern, `SystemError`.
    package init(root: FilePath, service: SourcePath = .root, extraIgnore: [IgnoreRule] = []) throws {
        folder = try OpenFolder(root)
        self.service = service
        let rules = IgnoreRules(try Self.dockerIgnore(in: folder, service: service) + extraIgnore)
        var scan = DirectoryScan(rules: rules)
        try scan.run(folder)
        entries = scan.entries
        warnings = scan.warnings
        var index = [SourcePath: Int](minimumCapacity: entries.count)
        for (position, entry) in entries.enumerated() { index[entry.path] = position }
        self.index = index
        guard service == .root || entry(at: service)?.kind == .folder else { throw SourceError.missing(service) }
    }

    package func entry(at path: SourcePath) -> SourceEntry? {
        if path == .root { return SourceEntry(path: .root, kind: .folder) }
        return index[path].map { entries[$0] }
    }

    package func read(_ path: SourcePath, chunk: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard hasFile(path) else { throw SourceError.missing(path) }
        try folder.read(path, chunk: chunk)
    }

    /// The rules of the `.dockerignore` that counts: the service's, else the root's.
    private static func dockerIgnore(in folder: OpenFolder, service: SourcePath) throws -> [IgnoreRule] {
        for place in service == .root ? [.root] : [service, .root] {
            let path = try place.appending(".dockerignore")
            var bytes: [UInt8] = []
            do {
                try folder.read(path) { bytes.append(contentsOf: $0) }
            } catch SourceError.missing {
                continue
            }
            guard let text = String(validating: bytes, as: UTF8.self) else { throw SourceError.notUTF8(path) }
            return try IgnoreRule.rules(inFile: text, named: path.description, folder: place)
        }
        return []
    }
}

/// A folder kept open; every name below it is opened from its parent, without following links.
final class OpenFolder: Sendable {
    let descriptor: Int32

    init(_ path: FilePath) throws {
        descriptor = Glibc.open(path.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("read", path) }
    }

    deinit { close(descriptor) }

    /// Streams a regular file; fails with `SourceError.missing` where none is.
    func read(_ path: SourcePath, chunk: (UnsafeRawBufferPointer) throws -> Void) throws {
        let file = try open(path)
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw Self.unreadable(path) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SourceError.unreadable(path, reason: "it is no regular file any more")
        }
        try withUnsafeTemporaryAllocation(byteCount: 1 << 17, alignment: 16) { buffer in
            while true {
                let count = Glibc.read(file, buffer.baseAddress, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw Self.unreadable(path) }
                guard count > 0 else { return }
                try chunk(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
        }
    }

    private func open(_ path: SourcePath) throws -> Int32 {
        var parent = descriptor
        defer { if parent != descriptor { close(parent) } }
        for (index, name) in path.components.enumerated() {
            let isLast = index + 1 == path.components.count
            let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (isLast ? O_NONBLOCK : O_DIRECTORY)
            let next = openat(parent, name, flags)
            guard next >= 0 else {
                if errno == ENOENT { throw SourceError.missing(path) }
                throw Self.unreadable(path)
            }
            if isLast { return next }
            if parent != descriptor { close(parent) }
            parent = next
        }
        throw SourceError.unreadable(path, reason: "it is a folder")
    }

    static func unreadable(_ path: SourcePath) -> SourceError {
        let code = errno
        let reason = code == ELOOP ? "it is a link now" : Errno(rawValue: code).description
        return .unreadable(path, reason: reason)
    }
}
