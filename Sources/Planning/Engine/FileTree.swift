/// A read-only view of the file tree of a builder, a base or an image, wherever its files lie.
///
/// Paths are taken as written: links in the parents are followed inside the tree, a link in the last component is not.
/// To add a medium, answer these three questions.
package protocol FileTree: Sendable {
    /// What is at a path; nil where nothing is.
    func entry(at path: ImagePath) throws -> FileTreeEntry?
    /// The names in a folder, sorted by their UTF-8 bytes.
    func children(of path: ImagePath) throws -> [String]
    /// Reads bytes of a regular file from `offset` into `buffer`; returns how many, 0 at the end.
    func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// The metadata of one file of a tree.
package struct FileTreeEntry: Hashable, Sendable {
    package let kind: Kind
    /// Permission bits with setuid, setgid and sticky: 0…0o7777.
    package let mode: UInt16
    package let owner: Owner
    /// `security.capability` in its stored form, where the file has it.
    package let capability: [UInt8]?
    /// Equal for the names of one hard-linked file; nil where there is one name.
    package let link: LinkIdentity?

    package init(kind: Kind, mode: UInt16, owner: Owner, capability: [UInt8]? = nil, link: LinkIdentity? = nil) {
        self.kind = kind
        self.mode = mode
        self.owner = owner
        self.capability = capability
        self.link = link
    }

    package enum Kind: Hashable, Sendable {
        /// `size` is in bytes.
        case file(size: Int64)
        case folder
        case link(target: String)
        /// A device, pipe or socket.
        case special
    }

    /// A file by device and inode.
    package struct LinkIdentity: Hashable, Sendable {
        package let device: UInt64
        package let inode: UInt64

        package init(device: UInt64, inode: UInt64) {
            self.device = device
            self.inode = inode
        }
    }
}

extension FileTree {
    /// The path with every link followed inside the tree; nil where it leads nowhere or in a circle.
    package func resolve(_ path: ImagePath) throws -> ImagePath? {
        var pending = Array(path.components.reversed())
        var done = ImagePath.root
        var links = 0
        while let name = pending.popLast() {
            let next = done.resolving(name)
            guard let entry = try entry(at: next) else { return nil }
            guard case .link(let target) = entry.kind else {
                done = next
                continue
            }
            links += 1
            guard links <= 40 else { return nil }
            if target.hasPrefix("/") { done = .root }
            for part in target.split(separator: "/").reversed() { pending.append(String(part)) }
        }
        return done
    }

    /// All bytes of a file of at most `limit` bytes.
    package func contents(of path: ImagePath, limit: Int = 16 << 20) throws -> [UInt8] {
        guard case .file(let size)? = try entry(at: path)?.kind else { throw FileTreeError.notAFile(path) }
        guard size <= limit else { throw FileTreeError.tooLarge(path, size: size) }
        var result = [UInt8](repeating: 0, count: Int(size))
        var filled = 0
        while filled < result.count {
            let count = try result.withUnsafeMutableBytes {
                try read(path, at: Int64(filled), into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
            }
            guard count > 0 else { throw FileTreeError.changed(path) }
            filled += count
        }
        return result
    }

    /// Calls `visit` for everything at and below a path, folders before what they hold, names in order.
    package func walk(_ path: ImagePath, visit: (ImagePath, FileTreeEntry) throws -> Void) throws {
        guard let entry = try entry(at: path) else { return }
        try visit(path, entry)
        guard case .folder = entry.kind else { return }
        for name in try children(of: path) { try walk(path.resolving(name), visit: visit) }
    }
}

/// Why a file of a tree cannot be read.
package enum FileTreeError: Error, Equatable, CustomStringConvertible {
    case notAFile(ImagePath)
    case tooLarge(ImagePath, size: Int64)
    case changed(ImagePath)
    case unreadable(ImagePath, reason: String)

    package var description: String {
        switch self {
        case .notAFile(let path): "\(path): is not a regular file"
        case .tooLarge(let path, let size): "\(path): \(size) bytes is more than may be read at once"
        case .changed(let path): "\(path): changed while it was read; build again"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
        }
    }
}
