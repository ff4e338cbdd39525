import TestSupport

/// Short for a tree in memory.
enum MemoryTree {
    static func make(_ files: [String: String]) throws -> MemorySourceTree { try MemorySourceTree(files) }
}
