import Planning

/// A source tree with one of its members as the service.
struct MemberTree: SourceTree {
    let base: any SourceTree
    let service: SourcePath

    var entries: [SourceEntry] { base.entries }
    func entry(at path: SourcePath) -> SourceEntry? { base.entry(at: path) }
    func read(_ path: SourcePath, chunk: (UnsafeRawBufferPointer) throws -> Void) throws {
        try base.read(path, chunk: chunk)
    }
}
