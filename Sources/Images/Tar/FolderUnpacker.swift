import Files
import Glibc
package import Planning
package import SystemPackage

/// Writes the entries of archives below a folder of the host, never outside of it.
///
/// Every path is walked from the folder's descriptor, component by component and without following any link, so that
/// neither `..` nor a link in the archive, nor one already in the folder, leads elsewhere. An entry replaces what is at
/// its path; a folder over a folder only changes its attributes. Devices and pipes are left out.
package struct FolderUnpacker: ~Copyable {
    private let root: HostFolder
    private let options: Options
    private let transform: Transform?
    /// The folders last walked through, from the root downwards.
    private var open: [(name: String, folder: HostFolder)] = []
    /// Folder attributes are set last: earlier they might forbid or change with what is written into the folder.
    private var folders: [ImagePath: TarEntry] = [:]
    /// What the archive hides of the layers below, and a folder of the archive may stand in for.
    private var hidden: Set<ImagePath> = []
    private var counts = Counts()
    /// Where folders lie whose paths go through links, as far as was asked.
    private var places: [ImagePath: ImagePath] = [:]
    /// Owners other than root that the archives state, by path.
    package private(set) var owners: [ImagePath: Owner] = [:]

    /// Decides where an entry goes: its path, another one, or nil to leave it out.
    ///
    /// Asked for the targets of hard links too.
    package typealias Transform = (ImagePath, TarEntry) -> ImagePath?

    /// How to unpack.
    package struct Options: Sendable {
        /// Sets uid and gid as the archive says; only root can.
        package var keepsOwner = false
        /// Keeps sticky, as /tmp has it; else modes are masked with 0o777.
        ///
        /// Setuid and setgid are never kept.
        package var keepsSticky = false
        /// Sets `security.capability`; only root can.
        package var keepsCapabilities = false
        package var whiteouts = Whiteouts.asFiles
        /// Whether a parent that is a link leads where it leads inside the folder, as where layers are put on one
        /// another; else it is an error.
        package var followsLinks = false
        /// Gives the owner what it takes to read every file, and to write into every folder.
        package var staysReadable = false
        /// The most bytes that all files together may have.
        package var sizeLimit: Int64?

        package init() {}
    }

    /// What becomes of `.wh.` entries (OCI image-spec, layer.md, "Whiteouts").
    package enum Whiteouts: Sendable {
        /// They are files like others: the archive is not a layer.
        case asFiles
        /// They become overlayfs's own marks: the folder is a lower layer of a mount with `userxattr`.
        case overlay
        /// Nothing: `removeHidden` did what they ask for.
        case leftOut
    }

    /// What was done.
    package struct Counts: Hashable, Sendable {
        package var entries = 0
        /// Bytes of all files.
        package var bytes: Int64 = 0

        package init(entries: Int = 0, bytes: Int64 = 0) {
            self.entries = entries
            self.bytes = bytes
        }
    }

    /// Unpacks below `folder`, which must exist.
    package init(into folder: FilePath, options: Options = Options(), transform: Transform? = nil) throws {
        root = try HostFolder(folder)
        self.options = options
        self.transform = transform
    }

    /// Unpacks the rest of an archive.
    package mutating func unpack(_ reader: inout TarReader) throws -> Counts {
        counts = Counts()
        folders = [:]
        hidden = []
        while let entry = try reader.next() {
            let stated = try Self.path(entry.path)
            guard let path = transform.map({ $0(stated, entry) }) ?? stated else { continue }
            try place(entry, at: try landing(path), from: &reader)
        }
        try finishFolders()
        return counts
    }

    /// Removes from the folder what the whiteouts of a layer hide, and unpacks nothing.
    package mutating func removeHidden(_ reader: inout TarReader) throws {
        while let entry = try reader.next() {
            let stated = try Self.path(entry.path)
            guard stated.name.utf8.starts(with: ".wh.".utf8) else { continue }
            let path = try landing(stated)
            guard let parent = path.parent,
                let folder = try folder(at: parent, creating: false)
            else { continue }
            let hidden = try Self.hiddenNames(by: path, in: folder)
            for name in hidden where folder.kind(of: name) != nil {
                forget(below: parent.resolving(name))
                try folder.remove(name)
            }
        }
        open = []
        places = [:]
    }

    private static func hiddenNames(by path: ImagePath, in folder: HostFolder) throws -> [String] {
        if path.name == ".wh..wh..opq" { return try folder.names() }
        let name = String(decoding: path.name.utf8.dropFirst(4), as: UTF8.self)
        guard !["", ".", ".."].contains(name) else { throw UnpackError.badWhiteout(path) }
        return [name]
    }

    private mutating func place(_ entry: TarEntry, at path: ImagePath, from reader: inout TarReader) throws {
        guard let parentPath = path.parent else {
            guard entry.kind == .folder else { throw UnpackError.rootIsNotAFolder }
            folders[path] = entry
            return
        }
        counts.entries += 1
        let parent = try folder(at: parentPath)
        if options.whiteouts != .asFiles, path.name.utf8.starts(with: ".wh.".utf8) {
            if options.whiteouts == .overlay { try whiteOut(path, parent) }
            return
        }
        switch entry.kind {
        case .characterDevice, .blockDevice, .pipe: break
        case .folder:
            try makeFolder(path, parent)
            folders[path] = entry
        case .file:
            try clear(path, parent)
            try writeFile(entry, path, parent, &reader)
        case .symbolicLink(let target):
            try clear(path, parent)
            places = [:]
            try parent.makeLink(path.name, to: target)
            try finish(entry, path, parent)
        case .hardLink(let target):
            try link(path, to: target, entry)
        }
        if entry.owner != .root || owners[path] != nil { owners[path] = entry.owner == .root ? nil : entry.owner }
    }

    private mutating func writeFile(
        _ entry: TarEntry, _ path: ImagePath, _ parent: HostFolder, _ reader: inout TarReader
    ) throws {
        let (sum, overflow) = counts.bytes.addingReportingOverflow(entry.size)
        if overflow || sum > options.sizeLimit ?? .max {
            throw UnpackError.tooLarge(path, limit: options.sizeLimit ?? .max)
        }
        counts.bytes = sum
        let file = try parent.createFile(path.name)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try reader.readData(into: buffer)
            guard count > 0 else { break }
            try file.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
        if options.keepsOwner { try file.setOwner(entry.owner) }
        try file.setMode(mode(entry))
        if options.keepsCapabilities, let value = entry.xattrs[TarEntry.capabilityAttribute] {
            try file.setAttribute(TarEntry.capabilityAttribute, value)
        }
        try file.setTime(entry.modified)
    }

    /// The target must be in the folder by now, and is not followed where it is a symbolic link.
    private mutating func link(_ path: ImagePath, to target: String, _ entry: TarEntry) throws {
        let stated = try Self.path(target)
        guard let wanted = transform.map({ $0(stated, entry) }) ?? stated, wanted != .root else {
            throw UnpackError.missingLinkTarget(path, target: target)
        }
        let source = try landing(wanted)
        let sourceParent = source.parent ?? .root
        guard source != path else { return }
        let from = try folder(at: sourceParent, creating: false)
        guard let from, from.kind(of: source.name) != nil else {
            throw UnpackError.missingLinkTarget(path, target: target)
        }
        guard let parentPath = path.parent else { throw UnpackError.rootIsNotAFolder }
        let parent = try folder(at: parentPath)
        try clear(path, parent)
        try parent.makeHardLink(path.name, to: source.name, in: from)
    }

    private mutating func makeFolder(_ path: ImagePath, _ parent: HostFolder) throws {
        if parent.kind(of: path.name) == .folder { return }
        try clear(path, parent)
        try parent.makeFolder(path.name)
        if hidden.contains(path) { try Self.makeOpaque(path.name, in: parent) }
    }

    /// Lets nothing of the layers below show through a folder.
    private static func makeOpaque(_ name: String, in parent: HostFolder) throws {
        try parent.folder(name)?.setAttribute(TarEntry.opaqueAttribute, Array("y".utf8))
    }

    private mutating func finish(_ entry: TarEntry, _ path: ImagePath, _ parent: HostFolder) throws {
        if options.keepsOwner { try parent.setOwner(of: path.name, entry.owner) }
        try parent.setTime(of: path.name, entry.modified)
    }

    /// Removes what is at a path, a folder with all it holds.
    private mutating func clear(_ path: ImagePath, _ parent: HostFolder) throws {
        guard parent.kind(of: path.name) != nil else { return }
        forget(below: path)
        try parent.remove(path.name)
    }

    private mutating func whiteOut(_ path: ImagePath, _ parent: HostFolder) throws {
        let isOpaque = path.name == ".wh..wh..opq"
        guard let folder = path.parent, isOpaque || path.name.utf8.count > 4 else {
            throw UnpackError.badWhiteout(path)
        }
        let name = String(decoding: path.name.utf8.dropFirst(4), as: UTF8.self)
        guard isOpaque || (name != "." && name != "..") else { throw UnpackError.badWhiteout(path) }
        guard !isOpaque else { return try parent.setAttribute(TarEntry.opaqueAttribute, Array("y".utf8)) }
        hidden.insert(folder.resolving(name))
        switch parent.kind(of: name) {
        case nil: try parent.makeWhiteout(name)
        // The archive has a folder of its own there: it stays, and hides what it stands in for.
        case .folder: try Self.makeOpaque(name, in: parent)
        case .other: break
        }
    }

    private func mode(_ entry: TarEntry) -> UInt32 {
        let mode = UInt32(entry.mode) & (options.keepsSticky ? 0o1777 : 0o777)
        guard options.staysReadable else { return mode }
        return mode | (entry.kind == .folder ? 0o700 : 0o400)
    }

    /// Where a path is with the links among its parents followed inside the folder.
    private mutating func landing(_ path: ImagePath) throws -> ImagePath {
        guard options.followsLinks, let parent = path.parent else { return path }
        return try place(of: parent, links: 0).resolving(path.name)
    }

    private mutating func place(of folder: ImagePath, links: Int) throws -> ImagePath {
        guard let parent = folder.parent else { return folder }
        if let known = places[folder] { return known }
        guard links < 40 else { throw UnpackError.linkInPath(folder) }
        let above = try place(of: parent, links: links)
        var result = above.resolving(folder.name)
        if let host = try self.folder(at: above, creating: false), let target = try host.linkTarget(folder.name) {
            result = try place(of: above.resolving(target), links: links + 1)
        }
        places[folder] = result
        return result
    }

    /// Deepest first, so that no folder closes before what it holds is done.
    private mutating func finishFolders() throws {
        for (path, entry) in folders.sorted(by: { $1.key < $0.key }) {
            guard let folder = try folder(at: path, creating: false) else { continue }
            if options.keepsOwner { try folder.setOwner(entry.owner) }
            try folder.setMode(mode(entry))
            try folder.setTime(entry.modified)
        }
        open = []
    }

    private mutating func forget(below path: ImagePath) {
        folders = folders.isEmpty ? [:] : folders.filter { !$0.key.isInside(path) }
        owners = owners.isEmpty ? [:] : owners.filter { !$0.key.isInside(path) }
        places = [:]
        let depth = path.components.count
        if open.count >= depth, zip(open, path.components).allSatisfy({ isSame($0.name, $1) }) {
            open.removeSubrange((depth - 1)...)
        }
    }

    /// The folder at a path, with missing parents made.
    private mutating func folder(at path: ImagePath) throws -> HostFolder {
        guard let result = try folder(at: path, creating: true) else { throw UnpackError.linkInPath(path) }
        return result
    }

    private mutating func folder(at path: ImagePath, creating: Bool) throws -> HostFolder? {
        let names = path.components
        var depth = 0
        while depth < open.count, depth < names.count, isSame(open[depth].name, names[depth]) { depth += 1 }
        open.removeSubrange(depth...)
        while depth < names.count {
            let parent = open.last?.folder ?? root
            var next = try parent.folder(names[depth])
            if next == nil, creating {
                let path = names[...depth].reduce(ImagePath.root) { $0.resolving($1) }
                if parent.kind(of: names[depth]) == nil || parent.isWhiteout(names[depth]) {
                    try makeFolder(path, parent)
                    next = try parent.folder(names[depth])
                }
            }
            guard let next else {
                guard creating else { return nil }
                throw UnpackError.linkInPath(path)
            }
            open.append((names[depth], next))
            depth += 1
        }
        return open.last?.folder ?? root
    }

    /// `./` and a leading `/` are tolerated; `..` is not.
    private static func path(_ text: String) throws -> ImagePath {
        do { return try ImagePath(parsing: "/" + text) } catch { throw UnpackError.escapes(text) }
    }
}

/// Names are the same where their bytes are: `==` would also take é for e and an accent.
private func isSame(_ one: String, _ other: String) -> Bool { one.utf8.elementsEqual(other.utf8) }

/// Why an archive cannot be unpacked.
package enum UnpackError: Error, Equatable, CustomStringConvertible {
    case escapes(String)
    case rootIsNotAFolder
    /// A parent of the path is a link or a file.
    case linkInPath(ImagePath)
    case missingLinkTarget(ImagePath, target: String)
    case badWhiteout(ImagePath)
    case tooLarge(ImagePath, limit: Int64)

    package var description: String {
        switch self {
        case .escapes(let path): "the archive's '\(path)' leads out of the folder"
        case .rootIsNotAFolder: "the archive's root is not a folder"
        case .linkInPath(let path): "the archive puts something into \(path), which is not a folder all the way down"
        case .missingLinkTarget(let path, let target):
            "the archive's \(path) is a hard link to '\(target)', which is not there"
        case .badWhiteout(let path): "the archive's \(path) is not a valid whiteout"
        case .tooLarge(let path, let limit): "the archive has more than \(limit) bytes of files, at \(path)"
        }
    }
}
