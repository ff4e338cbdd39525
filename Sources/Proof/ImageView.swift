import Planning

/// The files that an image will have: its base, over that the artifacts, over that the libraries carried over.
///
/// Links are resolved one name at a time through all of them, as in the finished image.
final class ImageView: FileTree {
    private let copies: [(source: ImagePath, destination: ImagePath)]
    private let builder: any FileTree
    private let runtime: any FileTree
    private let added: Set<ImagePath>
    private let folders: Set<ImagePath>

    /// `added` holds paths that are the same in the builder and the image.
    init(copies: [ArtifactCopy], builder: any FileTree, runtime: any FileTree, added: Set<ImagePath> = []) throws {
        self.copies = try copies.map { (try builder.resolve($0.path) ?? $0.path, $0.destination) }
        self.builder = builder
        self.runtime = runtime
        self.added = added
        var folders: Set<ImagePath> = []
        for path in copies.map(\.destination) + added {
            var parent = path.parent
            while let folder = parent, folders.insert(folder).inserted { parent = folder.parent }
        }
        self.folders = folders
    }

    /// The same image with more libraries.
    func adding(_ paths: some Sequence<ImagePath>) throws -> ImageView {
        try ImageView(view: self, added: added.union(paths))
    }

    private init(view: ImageView, added: Set<ImagePath>) throws {
        copies = view.copies
        builder = view.builder
        runtime = view.runtime
        self.added = added
        var folders = view.folders
        for path in added {
            var parent = path.parent
            while let folder = parent, folders.insert(folder).inserted { parent = folder.parent }
        }
        self.folders = folders
    }

    /// Whether the file at a resolved path comes from the runtime base.
    func isFromRuntime(_ path: ImagePath) throws -> Bool { try artifact(path) == nil }

    func entry(at path: ImagePath) throws -> FileTreeEntry? {
        if let source = try artifact(path), let entry = try builder.entry(at: source) { return entry }
        if let entry = try runtime.entry(at: path) { return entry }
        guard folders.contains(path) else { return nil }
        return FileTreeEntry(kind: .folder, mode: 0o755, owner: .root)
    }

    func children(of path: ImagePath) throws -> [String] {
        var names: Set<String> = []
        for copy in copies {
            guard let inner = path.relative(to: copy.destination) else { continue }
            let source = copy.source.appending(inner)
            if case .folder? = try builder.entry(at: source)?.kind { names.formUnion(try builder.children(of: source)) }
        }
        for below in copies.map(\.destination) + added + folders where below.parent == path && below != path {
            names.insert(below.name)
        }
        if case .folder? = try runtime.entry(at: path)?.kind { names.formUnion(try runtime.children(of: path)) }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        if let source = try artifact(path) { return try builder.read(source, at: offset, into: buffer) }
        return try runtime.read(path, at: offset, into: buffer)
    }

    /// Where in the builder the file at a path of the image lies; nil where no artifact has it.
    ///
    /// The last copy wins.
    private func artifact(_ path: ImagePath) throws -> ImagePath? {
        if added.contains(path) { return path }
        for copy in copies.reversed() {
            guard let inner = path.relative(to: copy.destination) else { continue }
            let source = copy.source.appending(inner)
            if try builder.entry(at: source) != nil { return source }
        }
        return nil
    }
}
