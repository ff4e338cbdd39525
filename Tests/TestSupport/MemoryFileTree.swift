package import Planning
import Synchronization

/// A file tree whose files are in memory; folders appear with the files that they hold.
package final class MemoryFileTree: FileTree {
    private let nodes: [ImagePath: Node]
    private let folders: [ImagePath: [String]]
    private let bytesRead = Mutex(0)

    package enum Node: Sendable {
        case file([UInt8])
        case link(String)
        case folder
    }

    /// Makes a tree of absolute paths.
    package init(_ nodes: [String: Node]) throws {
        var all: [ImagePath: Node] = [.root: .folder]
        for (text, node) in nodes {
            let path = try ImagePath(parsing: text)
            all[path] = node
            var parent = path.parent
            while let folder = parent {
                if all[folder] == nil { all[folder] = .folder }
                parent = folder.parent
            }
        }
        var folders: [ImagePath: [String]] = [:]
        for path in all.keys { if let parent = path.parent { folders[parent, default: []].append(path.name) } }
        self.nodes = all
        self.folders = folders.mapValues { $0.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
    }

    /// How many bytes were read so far.
    package var readCount: Int { bytesRead.withLock { $0 } }

    package func entry(at path: ImagePath) throws -> FileTreeEntry? {
        guard let node = try node(at: path) else { return nil }
        let kind: FileTreeEntry.Kind =
            switch node {
            case .file(let bytes): .file(size: Int64(bytes.count))
            case .link(let target): .link(target: target)
            case .folder: .folder
            }
        return FileTreeEntry(kind: kind, mode: kind == .folder ? 0o755 : 0o644, owner: .root)
    }

    package func children(of path: ImagePath) throws -> [String] {
        guard let real = try resolve(path), case .folder? = nodes[real] else { throw FileTreeError.notAFile(path) }
        return folders[real] ?? []
    }

    package func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard case .file(let bytes)? = try node(at: path) else { throw FileTreeError.notAFile(path) }
        guard offset >= 0, offset < bytes.count else { return 0 }
        let part = bytes[Int(offset)...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        bytesRead.withLock { $0 += part.count }
        return part.count
    }

    /// The node at a path, with links in its parents followed.
    private func node(at path: ImagePath) throws -> Node? {
        if let node = nodes[path] { return node }
        guard let parent = path.parent, nodes[parent] == nil, let real = try resolve(parent) else { return nil }
        return nodes[real.resolving(path.name)]
    }
}
