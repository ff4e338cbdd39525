import OCI
package import Planning

/// Writes the layers of an image into a store.
package struct LayerBuilder: Sendable {
    private let store: BlobStore
    private let lower: (any FileTree)?
    private let modified: Int64

    /// `lower` is what the image holds below the layers; `modified` is the time of every entry, in seconds since 1970.
    package init(store: BlobStore, lower: (any FileTree)? = nil, modified: Int64 = 1) {
        self.store = store
        self.lower = lower
        self.modified = modified
    }

    /// The layer with the given content; nil where there is nothing in it.
    package func build(_ content: LayerContent) throws -> LayerBlob? {
        let entries = try LayerPlan(content, over: lower).entries()
        guard !entries.isEmpty else { return nil }
        var layer = try LayerWriter(into: store)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        for entry in entries {
            try layer.add(tarEntry(entry))
            switch entry.content {
            case .bytes(let bytes): try bytes.withUnsafeBytes { try layer.write($0) }
            case .file(let tree, let path, let size):
                try forEachChunk(of: path, in: tree, size: size, buffer) { try layer.write($0) }
            case .folder, .link, .hardLink: break
            }
        }
        return try layer.commit()
    }

    private func tarEntry(_ entry: PlannedEntry) -> TarEntry {
        var result = TarEntry(
            path: String(entry.path.description.unicodeScalars.dropFirst()), kind: .file, mode: entry.attributes.mode,
            owner: entry.attributes.owner, modified: modified)
        if let capability = entry.attributes.capability { result.xattrs[TarEntry.capabilityAttribute] = capability }
        switch entry.content {
        case .folder: result.kind = .folder
        case .bytes(let bytes): result.size = Int64(bytes.count)
        case .file(_, _, let size): result.size = size
        case .link(let target): result.kind = .symbolicLink(target: target)
        case .hardLink(let path):
            result.kind = .hardLink(target: String(path.description.unicodeScalars.dropFirst()))
            result.xattrs = [:]
        }
        return result
    }
}

/// Reads a file of a tree in pieces; it must have `size` bytes.
private func forEachChunk(
    of path: ImagePath, in tree: any FileTree, size: Int64, _ buffer: UnsafeMutableRawBufferPointer,
    _ body: (UnsafeRawBufferPointer) throws -> Void
) throws {
    var offset: Int64 = 0
    while offset < size {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer.prefix(Int(min(Int64(buffer.count), size - offset))))
        let count = try tree.read(path, at: offset, into: room)
        guard count > 0 else { throw FileTreeError.changed(path) }
        try body(UnsafeRawBufferPointer(rebasing: room[..<count]))
        offset += Int64(count)
    }
}

/// The digest of a file of a tree.
func digest(of path: ImagePath, in tree: any FileTree) throws -> Digest {
    guard case .file(let size)? = try tree.entry(at: path)?.kind else { throw FileTreeError.notAFile(path) }
    var hasher = DigestHasher()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
    defer { buffer.deallocate() }
    try forEachChunk(of: path, in: tree, size: size, buffer) { hasher.update($0) }
    return hasher.finalize()
}
