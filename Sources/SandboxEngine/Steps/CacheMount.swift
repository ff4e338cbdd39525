package import Files
import OCI
package import SystemPackage

/// The folder behind cache mounts with one id, which steps of all builds share.
package struct CacheMount: Sendable {
    package let id: String
    package let folder: FilePath
    private let note: FilePath

    package init(id: String, state: State) {
        self.id = id
        let name = Digest(of: id.utf8).hex
        folder = state.caches.appending(name)
        note = state.caches.appending(name + ".id")
    }

    /// Makes the folder, and notes its id and use for `cache du` and `prune`.
    package func prepare() throws {
        if let stamp = FileStamp(folder), !stamp.isFolder { try HostFiles.remove(folder) }
        try HostFiles.makeFolder(folder)
        if HostFiles.exists(note) { HostFiles.noteUse(note) } else { try AtomicFile.write(Array(id.utf8), to: note) }
    }

    /// Whether nothing is in it.
    package func isEmpty() throws -> Bool {
        guard HostFiles.isFolder(folder) else { return true }
        return try HostFiles.rawNames(in: folder).isEmpty
    }
}
