import Files
import Glibc
package import OCI
package import SystemPackage

/// A cache mount as archives: parts that change independently, so that little moves when little has changed.
///
/// A file's part follows from the path of its folder alone. Times are left out, which no package manager's cache
/// depends on; a file that was unpacked is as old as its unpacking, so that programs that remove old ones keep it.
package struct MountArchive: Sendable {
    /// How many parts a mount has at most.
    package static let parts = 64

    private let folder: FilePath
    private let paths: [[[[UInt8]]]]
    /// Bytes of all files.
    package let size: Int64

    /// Lists what a mount holds; sockets, pipes and devices are left out.
    package init(_ folder: FilePath) throws {
        self.folder = folder
        var paths = [[[[UInt8]]]](repeating: [], count: Self.parts)
        var size: Int64 = 0
        try TreeArchive.visit(RawFolder(folder), []) { item in
            guard item.type == S_IFREG || item.type == S_IFLNK else { return }
            if item.type == S_IFREG { size += Int64(item.status.st_size) }
            paths[Self.part(of: item.path)].append(item.path)
        }
        self.paths = paths
        self.size = size
    }

    /// The parts that hold something.
    package var used: [Int] { paths.indices.filter { !paths[$0].isEmpty } }

    /// The digest of a part's tar.
    package func tar(of part: Int) throws -> Digest {
        let digest = StreamDigest()
        var writer = TarWriter { digest.hasher.update($0) }
        try add(part, to: &writer)
        try writer.finish()
        return digest.hasher.finalize()
    }

    /// Writes a part into a store; its `diffID` is what `tar(of:)` gave.
    package func write(_ part: Int, into store: BlobStore) throws -> LayerBlob {
        var writer = try LayerWriter(into: store)
        try add(part, to: &writer)
        return try writer.commit()
    }

    /// Unpacks a part into a mount, where others may be writing.
    ///
    /// Fails where its bytes are not those of the descriptor.
    package static func read(_ blob: Descriptor, tar digest: Digest, from store: BlobStore, into folder: FilePath)
        throws
    {
        let reader = try LayerReader(blob, in: store)
        var tar = TarReader { try reader.read(into: $0) }
        var unpacker = try TreeUnpacker(into: folder, sizeLimit: 64 << 30, keepsTimes: false)
        try unpacker.unpack(&tar)
        try tar.drain()
        try reader.verify(diffID: digest)
    }

    private func add<Sink: EntrySink & ~Copyable>(_ part: Int, to sink: inout Sink) throws {
        let top = try RawFolder(folder)
        var entries = TreeEntries(keepsTimes: false)
        var made: Set<[[UInt8]]> = []
        for path in paths[part] {
            guard let name = path.last, let parent = try top.folder(at: path.dropLast()),
                let status = try parent.status(of: name)
            else { continue }
            for depth in 1..<max(path.count, 1) where made.insert(Array(path[..<depth])).inserted {
                try sink.add(TarEntry(path: ArchiveName.text(path: Array(path[..<depth])), kind: .folder, mode: 0o755))
            }
            try entries.add(TreeItem(folder: parent, name: name, path: path, status: status), to: &sink)
        }
    }

    private static func part(of path: [[UInt8]]) -> Int {
        let digest = Digest(of: path.dropLast().joined(separator: [0x2F]))
        return (Int(digest.hex.prefix(4), radix: 16) ?? 0) % parts
    }
}

/// A hasher that a closure may feed.
private final class StreamDigest {
    var hasher = DigestHasher()
}
