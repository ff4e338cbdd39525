import Files
import Glibc
package import OCI
import Planning
package import SystemPackage

/// The upper folder of a step as an archive, and back, to the same bytes.
///
/// In it are names as `ArchiveName` writes them, whiteouts as in layers, opaque folders by overlayfs's own attribute,
/// hard links, executable bits and modes without setuid and setgid, and times in whole seconds. Owners are all root:
/// who builds decides what an image says about them.
package struct TreeArchive: Sendable {
    private let store: BlobStore

    /// Archives into and reads from `store`.
    package init(store: BlobStore) { self.store = store }

    /// The most bytes that all files of an archive may have.
    private static let sizeLimit: Int64 = 64 << 30

    /// Writes what `folder` holds.
    package func write(_ folder: FilePath) throws -> LayerBlob {
        let top = try RawFolder(folder)
        var writer = try LayerWriter(into: store)
        var entries = TreeEntries(keepsTimes: true)
        try writer.add(entries.root(of: top))
        try Self.visit(top, []) { try entries.add($0, to: &writer) }
        return try writer.commit()
    }

    /// Unpacks an archive into an empty folder; fails where its bytes are not those of the descriptor.
    package func read(_ blob: Descriptor, into folder: FilePath) throws {
        let reader = try LayerReader(blob, in: store)
        var tar = TarReader { try reader.read(into: $0) }
        var unpacker = try TreeUnpacker(into: folder, sizeLimit: Self.sizeLimit, keepsTimes: true)
        try unpacker.unpack(&tar)
        try tar.drain()
        guard reader.digests.blob == blob.digest, reader.blobSize == blob.size else {
            throw BlobError.damaged(blob.digest)
        }
    }

    /// Shows everything in a folder, folders before what they hold, names in the order of their bytes.
    static func visit(_ folder: RawFolder, _ path: [[UInt8]], _ body: (TreeItem) throws -> Void) throws {
        for name in try folder.names() {
            guard let status = try folder.status(of: name) else { continue }
            let item = TreeItem(folder: folder, name: name, path: path + [name], status: status)
            try body(item)
            guard status.st_mode & S_IFMT == S_IFDIR, let inner = try folder.folder(name) else { continue }
            try visit(inner, item.path, body)
        }
    }
}

/// Something in a tree.
struct TreeItem {
    let folder: RawFolder
    let name: [UInt8]
    /// From the top of the tree.
    let path: [[UInt8]]
    let status: stat

    var type: UInt32 { status.st_mode & S_IFMT }
}

/// What takes the entries of an archive.
protocol EntrySink: ~Copyable {
    mutating func add(_ entry: TarEntry) throws
    mutating func write(_ bytes: UnsafeRawBufferPointer) throws
}

extension LayerWriter: EntrySink {}
extension TarWriter: EntrySink {}

/// Turns the items of a tree into entries.
struct TreeEntries {
    let keepsTimes: Bool
    /// The first path of files that have several.
    private var links: [Identity: String] = [:]

    /// Marks an entry that stands for a pipe or a socket: its type, in decimal.
    static let specialAttribute = "user.autoimage.special"

    private struct Identity: Hashable {
        let device: UInt
        let inode: UInt
    }

    init(keepsTimes: Bool) { self.keepsTimes = keepsTimes }

    func root(of folder: RawFolder) throws -> TarEntry {
        var status = stat()
        guard fstat(folder.descriptor, &status) == 0 else { throw SystemError.last("read", folder.shown) }
        return entry(".", .folder, status)
    }

    /// Writes one item; what was removed meanwhile is left out.
    mutating func add<Sink: EntrySink & ~Copyable>(_ item: TreeItem, to sink: inout Sink) throws {
        let path = ArchiveName.text(path: item.path)
        switch item.type {
        case S_IFREG: try addFile(item, path, to: &sink)
        case S_IFDIR:
            var entry = entry(path, .folder, item.status)
            if try item.folder.folder(item.name)?.isOpaque == true { entry.xattrs[TarEntry.opaqueAttribute] = [0x79] }
            try sink.add(entry)
        case S_IFLNK:
            let target = ArchiveName.text(try item.folder.target(of: item.name), isName: false)
            try sink.add(entry(path, .symbolicLink(target: target), item.status))
        case S_IFCHR where item.status.st_rdev == 0:
            let parent = item.path.dropLast().map { ArchiveName.text($0) + "/" }.joined()
            var entry = entry(parent + ".wh." + ArchiveName.text(item.name), .file, item.status)
            entry.mode = 0
            try sink.add(entry)
        case S_IFIFO, S_IFSOCK:
            var entry = entry(path, .file, item.status)
            entry.xattrs[Self.specialAttribute] = Array("\(item.type)".utf8)
            try sink.add(entry)
        default: throw TarWriteError.unsupportedKind(entry: path)
        }
    }

    private mutating func addFile<Sink: EntrySink & ~Copyable>(
        _ item: TreeItem, _ path: String, to sink: inout Sink
    ) throws {
        guard let (file, status) = try item.folder.file(item.name) else { return }
        if keepsTimes, status.st_nlink > 1 {
            let identity = Identity(device: UInt(status.st_dev), inode: UInt(status.st_ino))
            if let first = links[identity] { return try sink.add(entry(path, .hardLink(target: first), status)) }
            links[identity] = path
        }
        var entry = entry(path, .file, status)
        entry.size = Int64(status.st_size)
        try sink.add(entry)
        try file.read(size: entry.size) { try sink.write($0) }
    }

    private func entry(_ path: String, _ kind: TarEntry.Kind, _ status: stat) -> TarEntry {
        TarEntry(
            path: path, kind: kind, mode: UInt16(status.st_mode & 0o1777),
            modified: keepsTimes ? Int64(status.st_mtim.tv_sec) : 0)
    }
}
