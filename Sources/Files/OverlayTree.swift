import Glibc
package import Planning
import Synchronization
package import SystemPackage

/// A `FileTree` over folders of the host laid over each other as overlayfs does: whiteouts, opaque folders, merged
/// folders.
///
/// No link is followed on the host: a folder counts only where every component was opened without following links, and
/// links are resolved inside the tree. The folders must not change while the tree is in use; what was listed is kept.
package struct OverlayTree: FileTree {
    private let storage: Storage

    /// The tree of some folders, topmost first.
    ///
    /// Owners are as stored where this process is root, else everything is root's, as it is in a sandbox that maps one
    /// user.
    package init(_ layers: [FilePath]) { storage = Storage(layers.map(OverlayLayer.init)) }

    package func entry(at path: ImagePath) throws -> FileTreeEntry? {
        guard let parent = path.parent else {
            return try storage.root().flatMap { folder in
                try folder.layers.first.map { try storage.layers[$0].entry(at: ".", path: .root) }
            }
        }
        guard let folder = try storage.folder(at: parent, in: self), let layer = folder.layer(of: path.name) else {
            return nil
        }
        return try storage.layers[layer].entry(at: folder.place(of: path.name), path: path)
    }

    package func children(of path: ImagePath) throws -> [String] {
        guard let folder = try storage.folder(at: path, in: self) else {
            throw FileTreeError.unreadable(path, reason: "it is not a folder")
        }
        return try folder.names.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { bytes in
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw FileTreeError.unreadable(path, reason: "it holds a name that is not UTF-8")
            }
            return name
        }
    }

    package func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        guard let parent = path.parent, let folder = try storage.folder(at: parent, in: self),
            let layer = folder.layer(of: path.name)
        else { throw FileTreeError.notAFile(path) }
        return try storage.layers[layer].read(folder.place(of: path.name), path: path, at: offset, into: buffer)
    }

    /// The place on the host of what is at a path, for programs that take host paths; nil where nothing is.
    package func hostPath(of path: ImagePath) throws -> FilePath? {
        guard let parent = path.parent else { return storage.layers.first?.path }
        guard let folder = try storage.folder(at: parent, in: self), let layer = folder.layer(of: path.name) else {
            return nil
        }
        return storage.layers[layer].path.appending(folder.place(of: path.name))
    }

    /// Where a path leads with its links followed; from the first component that does not exist on, as written.
    package func place(of path: ImagePath) throws -> ImagePath {
        var pending = Array(path.components.reversed())
        var done = ImagePath.root
        var links = 0
        while let name = pending.popLast() {
            let next = done.resolving(name)
            guard case .link(let target)? = try entry(at: next)?.kind, links < 40 else {
                done = next
                continue
            }
            links += 1
            if target.hasPrefix("/") { done = .root }
            for part in target.split(separator: "/").reversed() { pending.append(String(part)) }
        }
        return done
    }
}

/// The layers and what was listed so far.
private final class Storage: Sendable {
    let layers: [OverlayLayer]
    /// By the real path of the folder, and by every path that led to one.
    private let known = Mutex<[[UInt8]: OverlayFolder?]>([:])

    init(_ layers: [OverlayLayer]) { self.layers = layers }

    func root() throws -> OverlayFolder? { try listed(.root) { Array(layers.indices) } }

    /// The folder that a path leads to, links followed; nil where there is none.
    func folder(at path: ImagePath, in tree: OverlayTree) throws -> OverlayFolder? {
        if let found = known.withLock({ $0[path.bytes] }) { return found }
        guard path != .root else { return try root() }
        let result = try tree.resolve(path).flatMap { try real($0) }
        known.withLock { $0[path.bytes] = .some(result) }
        return result
    }

    /// The folder at a path without links.
    private func real(_ path: ImagePath) throws -> OverlayFolder? {
        guard let parent = path.parent else { return try root() }
        if let found = known.withLock({ $0[path.bytes] }) { return found }
        guard let folder = try real(parent), folder.layer(of: path.name) != nil else { return nil }
        return try listed(path) { folder.layers }
    }

    private func listed(_ path: ImagePath, candidates: () -> [Int]) throws -> OverlayFolder? {
        if let found = known.withLock({ $0[path.bytes] }) { return found }
        let place = path == .root ? "." : path.components.joined(separator: "/")
        let result = try OverlayFolder(place: place, path: path, candidates: candidates(), layers: layers)
        known.withLock { $0[path.bytes] = .some(result) }
        return result
    }
}

/// A merged folder.
private struct OverlayFolder: Sendable {
    let place: String
    /// The layers whose folders are merged, topmost first.
    let layers: [Int]
    /// The topmost layer of each visible name.
    let names: [[UInt8]: Int]

    init?(place: String, path: ImagePath, candidates: [Int], layers all: [OverlayLayer]) throws {
        var merged: [Int] = []
        var names: [[UInt8]: Int] = [:]
        var hidden: Set<[UInt8]> = []
        candidates: for index in candidates {
            switch try all[index].list(place, path: path) {
            case .missing: continue
            case .somethingElse: break candidates
            case .folder(let listing, let isOpaque):
                merged.append(index)
                for item in listing where names[item.name] == nil && !hidden.contains(item.name) {
                    if item.isWhiteout { hidden.insert(item.name) } else { names[item.name] = index }
                }
                if isOpaque { break candidates }
            }
        }
        guard !merged.isEmpty else { return nil }
        self.place = place
        layers = merged
        self.names = names
    }

    func layer(of name: String) -> Int? { names[Array(name.utf8)] }

    func place(of name: String) -> String { place == "." ? name : place + "/" + name }
}

extension ImagePath {
    /// What tells paths apart on the disk; as texts, some different ones are equal.
    fileprivate var bytes: [UInt8] { Array(description.utf8) }
}
