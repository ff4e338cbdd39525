import OCI
import Planning

/// A file tree in memory.
struct MemoryTree: FileTree {
    private(set) var entries: [ImagePath: FileTreeEntry] = [:]
    private(set) var data: [ImagePath: [UInt8]] = [:]

    init() { entries[.root] = FileTreeEntry(kind: .folder, mode: 0o755, owner: .root) }

    mutating func addFolder(_ path: String, mode: UInt16 = 0o755, owner: Owner = .root) throws {
        entries[try ImagePath(parsing: path)] = FileTreeEntry(kind: .folder, mode: mode, owner: owner)
    }

    mutating func addLink(_ path: String, to target: String) throws {
        entries[try ImagePath(parsing: path)] = FileTreeEntry(kind: .link(target: target), mode: 0o777, owner: .root)
    }

    mutating func addSpecial(_ path: String) throws {
        entries[try ImagePath(parsing: path)] = FileTreeEntry(kind: .special, mode: 0o666, owner: .root)
    }

    mutating func addFile(
        _ path: String, _ text: String = "", mode: UInt16 = 0o644, capability: [UInt8]? = nil, inode: UInt64? = nil
    ) throws {
        let path = try ImagePath(parsing: path)
        data[path] = Array(text.utf8)
        entries[path] = FileTreeEntry(
            kind: .file(size: Int64(text.utf8.count)), mode: mode, owner: Owner(uid: 1000, gid: 1000),
            capability: capability, link: inode.map { FileTreeEntry.LinkIdentity(device: 1, inode: $0) })
    }

    func entry(at path: ImagePath) throws -> FileTreeEntry? { entries[path] }

    func children(of path: ImagePath) throws -> [String] {
        entries.keys.filter { $0.parent == path }.map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let bytes = data[path] else { throw FileTreeError.notAFile(path) }
        let rest = bytes.dropFirst(Int(offset)).prefix(buffer.count)
        buffer.copyBytes(from: rest)
        return rest.count
    }
}

/// A tree of one file of zeros that is nowhere stored.
struct ZeroTree: FileTree {
    let size: Int64

    func entry(at path: ImagePath) throws -> FileTreeEntry? {
        FileTreeEntry(kind: .file(size: size), mode: 0o644, owner: .root)
    }

    func children(of path: ImagePath) throws -> [String] { [] }

    func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        return Int(min(Int64(buffer.count), size - offset))
    }
}
