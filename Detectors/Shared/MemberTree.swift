import Planning

/// A source tree with a member of its workspace as the service.
struct MemberTree: SourceTree {
    let whole: any SourceTree
    let service: SourcePath

    var entries: [SourceEntry] { whole.entries }
    func entry(at path: SourcePath) -> SourceEntry? { whole.entry(at: path) }
    func read(_ path: SourcePath, chunk: (UnsafeRawBufferPointer) throws -> Void) throws {
        try whole.read(path, chunk: chunk)
    }
}
