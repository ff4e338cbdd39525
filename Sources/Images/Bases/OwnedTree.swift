package import Planning

/// A tree whose files lie on the host as whoever unpacked them, seen with the owners that they have in an image.
package struct OwnedTree: FileTree {
    private let tree: any FileTree
    private let owners: [ImagePath: Owner]

    /// `owners` are those that are not root.
    package init(_ tree: any FileTree, owners: [ImagePath: Owner]) {
        self.tree = tree
        self.owners = owners
    }

    package func entry(at path: ImagePath) throws -> FileTreeEntry? {
        try tree.entry(at: path).map { entry in
            FileTreeEntry(
                kind: entry.kind, mode: entry.mode, owner: owners[path] ?? .root, capability: entry.capability,
                link: entry.link)
        }
    }

    package func children(of path: ImagePath) throws -> [String] { try tree.children(of: path) }

    package func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try tree.read(path, at: offset, into: buffer)
    }
}
