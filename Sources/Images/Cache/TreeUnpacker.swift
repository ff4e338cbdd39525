import Glibc
import OCI
import SystemPackage

/// Unpacks archives that `TreeEntries` wrote, walking every path name by name without following a link.
///
/// Folders may be there already; a file replaces the one at its path at once, so that others may read meanwhile. No
/// device other than overlayfs's whiteout is made, and no setuid or setgid bit set.
struct TreeUnpacker: ~Copyable {
    private let top: RawFolder
    private let keepsTimes: Bool
    private var left: Int64
    /// The folders last walked through.
    private var open: [(name: [UInt8], folder: RawFolder)] = []
    /// Folder attributes are set last: earlier they might forbid or change with what is written into the folder.
    private var folders: [(names: [[UInt8]], entry: TarEntry)] = []

    init(into folder: FilePath, sizeLimit: Int64, keepsTimes: Bool) throws {
        top = try RawFolder(folder)
        left = sizeLimit
        self.keepsTimes = keepsTimes
    }

    mutating func unpack(_ tar: inout TarReader) throws {
        while let entry = try tar.next() {
            let (names, isHidden) = try ArchiveName.names(entry.path)
            try place(entry, names, isHidden: isHidden, &tar)
        }
        for (names, entry) in folders.reversed() {
            let folder = try folder(names[...])
            try folder.setMode(UInt32(entry.mode) & 0o1777 | 0o700)
            if keepsTimes { try folder.setTime(entry.modified) }
        }
    }

    private mutating func place(
        _ entry: TarEntry, _ names: [[UInt8]], isHidden: Bool, _ tar: inout TarReader
    ) throws {
        guard let name = names.last else {
            guard entry.kind == .folder else { throw CacheError.badArchive(reason: "its root is not a folder") }
            return folders.append((names, entry))
        }
        let parent = try folder(names.dropLast())
        if isHidden { return try makeNode(name, type: S_IFCHR, entry, in: parent) }
        switch entry.kind {
        case .folder:
            try parent.makeFolder(name)
            if entry.xattrs[TarEntry.opaqueAttribute] != nil { try folder(names[...]).makeOpaque() }
            folders.append((names, entry))
        case .file: try makeFile(entry, name, in: parent, &tar)
        case .symbolicLink(let target):
            try replace(name, in: parent) { try parent.makeLink($0, to: ArchiveName.bytes(target.utf8)) }
            if keepsTimes { try parent.setTime(of: name, entry.modified) }
        case .hardLink(let target):
            let (source, _) = try ArchiveName.names(target)
            guard let sourceName = source.last, let from = try top.folder(at: source.dropLast()),
                let status = try from.status(of: sourceName), status.st_mode & S_IFMT == S_IFREG
            else { throw CacheError.badArchive(reason: "it links to a file that it does not hold") }
            try parent.makeHardLink(name, to: sourceName, in: from)
        case .characterDevice, .blockDevice, .pipe: throw CacheError.badArchive(reason: "it holds a device")
        }
    }

    private mutating func makeFile(
        _ entry: TarEntry, _ name: [UInt8], in parent: RawFolder, _ tar: inout TarReader
    ) throws {
        if let value = entry.xattrs[TreeEntries.specialAttribute] {
            guard let type = UInt32(String(decoding: value, as: UTF8.self)), type == S_IFIFO || type == S_IFSOCK else {
                throw CacheError.badArchive(reason: "it holds something of an unknown type")
            }
            return try makeNode(name, type: type, entry, in: parent)
        }
        try spend(entry.size)
        try replace(name, in: parent) { temporary in
            let file = try parent.makeFile(temporary)
            let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
            defer { buffer.deallocate() }
            while case let count = try tar.readData(into: buffer), count > 0 {
                try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            try file.setMode(UInt32(entry.mode) & 0o777)
            if keepsTimes { try file.setTime(entry.modified) }
        }
    }

    private func makeNode(_ name: [UInt8], type: UInt32, _ entry: TarEntry, in parent: RawFolder) throws {
        try parent.makeNode(name, type: type)
        if keepsTimes { try parent.setTime(of: name, entry.modified) }
    }

    private mutating func spend(_ size: Int64) throws {
        left = size > left ? -1 : left - size
        guard left >= 0 else { throw CacheError.badArchive(reason: "its files have more bytes than a cache may hold") }
    }

    /// Makes something beside its place and gives it its name when it is whole.
    private func replace(_ name: [UInt8], in parent: RawFolder, _ make: ([UInt8]) throws -> Void) throws {
        let temporary = Array(".autoimage-\(getpid())-\(UInt64.random(in: 0...UInt64.max))".utf8)
        try make(temporary)
        try parent.rename(temporary, to: name)
    }

    /// The folder at a path; the archive made it, or it was there.
    private mutating func folder(_ names: ArraySlice<[UInt8]>) throws -> RawFolder {
        var depth = 0
        while depth < open.count, depth < names.count, open[depth].name == names[depth] { depth += 1 }
        open.removeSubrange(depth...)
        while depth < names.count {
            guard let next = try (open.last?.folder ?? top).folder(names[depth]) else {
                throw CacheError.badArchive(reason: "it puts something into what is not a folder")
            }
            open.append((names[depth], next))
            depth += 1
        }
        return open.last?.folder ?? top
    }
}
