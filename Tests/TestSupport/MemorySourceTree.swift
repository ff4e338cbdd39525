package import Planning

/// A source tree that exists only in memory: texts by path, folders made as needed.
package struct MemorySourceTree: SourceTree {
    package let entries: [SourceEntry]
    package private(set) var service: SourcePath
    private let texts: [SourcePath: [UInt8]]
    private let byPath: [SourcePath: SourceEntry]

    /// Makes the tree; a path that ends in `*` is executable.
    package init(_ files: [String: String], service: String = ".") throws {
        var texts: [SourcePath: [UInt8]] = [:]
        var byPath: [SourcePath: SourceEntry] = [:]
        for (name, text) in files {
            let isExecutable = name.hasSuffix("*")
            let path = try SourcePath(parsing: isExecutable ? String(name.dropLast()) : name)
            texts[path] = Array(text.utf8)
            byPath[path] = SourceEntry(
                path: path, kind: .file(executable: isExecutable, size: Int64(text.utf8.count)))
            var folder = path.parent
            while let current = folder, current != .root {
                byPath[current] = SourceEntry(path: current, kind: .folder)
                folder = current.parent
            }
        }
        self.texts = texts
        self.byPath = byPath
        entries = byPath.values.sorted { $0.path < $1.path }
        self.service = try SourcePath(parsing: service)
    }

    /// The same files with another folder as the service.
    package func serving(_ service: SourcePath) -> MemorySourceTree {
        var tree = self
        tree.service = service
        return tree
    }

    package func entry(at path: SourcePath) -> SourceEntry? { byPath[path] }

    package func read(_ path: SourcePath, chunk: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let bytes = texts[path] else { throw SourceError.missing(path) }
        try bytes.withUnsafeBytes(chunk)
    }
}
