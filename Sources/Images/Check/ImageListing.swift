import OCI
import Planning

/// Every file that an image shows, with the digest of its contents: its layers laid over each other.
struct ImageListing {
    /// One file as the topmost layer that has it states it.
    struct File: Hashable {
        let entry: TarEntry
        /// Of the contents; nil for what has none.
        let digest: Digest?
        /// Digests of the contents in pieces of `pieceSize`, to find where two files part.
        let pieces: [Digest]
        /// The layer it comes from, counted from the lowest.
        let layer: Int
    }

    static let pieceSize = 1 << 20

    private(set) var files: [ImagePath: File] = [:]
    private let store: BlobStore
    private let layers: [Descriptor]

    /// Reads the layers from number `start` on; each is verified by its digest.
    init(_ image: AssembledImage, from start: Int = 0, in store: BlobStore) throws {
        self.store = store
        layers = image.manifest.layers
        for number in layers.indices.dropFirst(start) { try add(number) }
    }

    private mutating func add(_ number: Int) throws {
        let layer = layers[number]
        let reader = try LayerReader(layer, in: store)
        var tar = TarReader { try reader.read(into: $0) }
        var added: [ImagePath: File] = [:]
        while let entry = try tar.next() {
            let path = try Self.path(entry, layer)
            if path.name.hasPrefix(".wh."), let parent = path.parent {
                try hide(path.name, in: parent)
                continue
            }
            let (digest, pieces) = entry.kind == .file ? try Self.digests(&tar) : (nil, [])
            added[path] = File(entry: entry, digest: digest, pieces: pieces, layer: number)
        }
        try tar.drain()
        guard reader.digests.blob == layer.digest else { throw BlobError.damaged(layer.digest) }
        for (path, file) in added {
            // A file over a folder takes all that was in it away.
            if file.entry.kind != .folder, files[path]?.entry.kind == .folder { remove { $0.isInside(path) } }
            files[path] = file
        }
    }

    private static func path(_ entry: TarEntry, _ layer: Descriptor) throws -> ImagePath {
        guard let path = try? ImagePath(parsing: "/" + entry.path) else {
            throw ImageProblem.badPath(layer.digest, entry.path)
        }
        return path
    }

    /// Whiteouts (OCI image-spec, layer.md): they hide what lower layers have.
    private mutating func hide(_ name: String, in folder: ImagePath) throws {
        if name == ".wh..wh..opq" {
            remove { $0 != folder && $0.isInside(folder) }
        } else {
            let hidden = try folder.appending(String(name.dropFirst(".wh.".count)))
            remove { $0.isInside(hidden) }
        }
    }

    private mutating func remove(where isHidden: (ImagePath) -> Bool) {
        for path in files.keys where isHidden(path) { files[path] = nil }
    }

    private static func digests(_ tar: inout TarReader) throws -> (Digest, [Digest]) {
        var whole = DigestHasher()
        var pieces: [Digest] = []
        try forEachPiece(&tar) { piece in
            whole.update(piece)
            var hasher = DigestHasher()
            hasher.update(piece)
            pieces.append(hasher.finalize())
        }
        return (whole.finalize(), pieces)
    }

    /// Hands the rest of an entry's data over in pieces of `pieceSize`, the last one shorter.
    private static func forEachPiece(
        _ tar: inout TarReader, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            var filled = 0
            while filled < pieceSize {
                let count = try tar.readData(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]))
                if count == 0 { break }
                filled += count
            }
            guard filled > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<filled]))
            if filled < pieceSize { return }
        }
    }

    /// The bytes of one piece of each wanted file, in one pass over the layers that hold them.
    func pieces(_ wanted: [ImagePath: Int]) throws -> [ImagePath: [UInt8]] {
        var result: [ImagePath: [UInt8]] = [:]
        let numbers = Set(wanted.keys.compactMap { files[$0]?.layer })
        for number in numbers.sorted() {
            let reader = try LayerReader(layers[number], in: store)
            var tar = TarReader { try reader.read(into: $0) }
            while let entry = try tar.next() {
                let path = try Self.path(entry, layers[number])
                guard let index = wanted[path], files[path]?.layer == number else { continue }
                var place = 0
                try Self.forEachPiece(&tar) { piece in
                    if place == index { result[path] = Array(piece) }
                    place += 1
                }
            }
        }
        return result
    }
}
