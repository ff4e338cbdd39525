package import Files
import Glibc
import OCI
package import SystemPackage

/// Unpacks the layers of an image for `run`: a folder each, which overlayfs mounts on one another with `userxattr`.
package struct LayerUnpacker: Sendable {
    private let state: State
    private let store: BlobStore
    private let sizeLimit: Int64

    /// `sizeLimit` is the most bytes that the files of one layer may have; 64 GiB where nobody says.
    package init(state: State, store: BlobStore, sizeLimit: Int64 = 64 << 30) {
        self.state = state
        self.store = store
        self.sizeLimit = sizeLimit
    }

    /// The folders of an image's layers, lowest first; those that were unpacked before are used again.
    ///
    /// As root the files get their owners; else all belong to the user. Every layer is verified while it is read.
    package func unpack(_ image: AssembledImage) throws -> [FilePath] {
        let diffIDs = image.config.rootfs.diffIDs
        guard diffIDs.count == image.manifest.layers.count else {
            throw ImageProblem.layerCount(manifest: image.manifest.layers.count, config: diffIDs.count)
        }
        return try zip(image.manifest.layers, diffIDs).map { try unpack($0, diffID: $1) }
    }

    private func unpack(_ layer: Descriptor, diffID: Digest) throws -> FilePath {
        // Owners depend on who unpacks, so root's folders are not an ordinary user's.
        let isRoot = geteuid() == 0
        let final = state.unpacked.appending(diffID.hex + (isRoot ? "" : "-\(geteuid())"))
        if HostFiles.exists(final) {
            HostFiles.noteUse(final)
            return final
        }
        let work = try state.makeTemporary("layer")
        let folder = work.path.appending("tree")
        try HostFiles.makeFolder(folder)
        // Where the layer says nothing about the root, it is open to all, whatever the umask.
        guard chmod(folder.string, 0o755) == 0 else { throw SystemError.last("change the mode of", folder) }
        var options = FolderUnpacker.Options()
        options.whiteouts = .overlay
        options.sizeLimit = sizeLimit
        options.keepsSticky = true
        options.keepsOwner = isRoot
        options.keepsCapabilities = isRoot
        let reader = try LayerReader(layer, in: store)
        var tar = TarReader { try reader.read(into: $0) }
        var unpacker = try FolderUnpacker(into: folder, options: options)
        _ = try unpacker.unpack(&tar)
        try tar.drain()
        try reader.verify(diffID: diffID)
        // From its name on nobody looks at its bytes again, so they have to be on the disk before.
        try HostFolder(folder).flushFileSystem()
        _ = try work.move(folder, to: final)
        try HostFolder(state.unpacked).flushNames()
        return final
    }
}
