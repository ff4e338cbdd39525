import Files
import Glibc
import OCI
package import Planning
package import SystemPackage

/// Unpacks the layers of a base image into one tree, as a container would see it.
package struct BaseUnpacker: Sendable {
    private let store: BlobStore
    private let sizeLimit: Int64

    /// What came of it.
    package struct Unpacked: Sendable {
        /// Owners other than root.
        package let owners: [ImagePath: Owner]
        /// With the bytes and entries that each layer holds.
        package let layers: [LayerBlob]
        /// Bytes of all files of all layers.
        package let size: Int64
    }

    /// Reads layers from `store`; `sizeLimit` is the most bytes that the files of one may have.
    package init(store: BlobStore, sizeLimit: Int64 = 64 << 30) {
        self.store = store
        self.sizeLimit = sizeLimit
    }

    /// Unpacks below an empty folder; every layer is verified before anything of it is written.
    ///
    /// Nothing is setuid, devices are left out, and every file can be read by whoever unpacks: owners are returned
    /// instead of set. Fails with `SystemError` where the disk is too small, before the first byte.
    package func unpack(_ image: AssembledImage, into folder: FilePath) throws -> Unpacked {
        let diffs = try image.diffs()
        try checkSpace(diffs.map(\.layer), at: folder)
        // Where no layer says anything about the root, it is open to all, whatever the umask.
        guard chmod(folder.string, 0o755) == 0 else { throw SystemError.last("change the mode of", folder) }
        var options = FolderUnpacker.Options()
        options.whiteouts = .leftOut
        options.followsLinks = true
        options.staysReadable = true
        options.sizeLimit = sizeLimit
        options.keepsSticky = true
        var unpacker = try FolderUnpacker(into: folder, options: options)
        var layers: [LayerBlob] = []
        for (layer, diffID) in diffs {
            // What a layer hides is hidden in those below, wherever its tar says so: it is read twice.
            try read(layer, diffID) { try unpacker.removeHidden(&$0) }
            var counts = FolderUnpacker.Counts()
            let size = try read(layer, diffID) { counts = try unpacker.unpack(&$0) }
            layers.append(
                LayerBlob(
                    descriptor: layer.inOCITerms, diffID: diffID, uncompressedSize: counts.bytes, tarSize: size,
                    entries: counts.entries))
        }
        return Unpacked(
            owners: unpacker.owners, layers: layers, size: layers.reduce(0) { $0 + $1.uncompressedSize })
    }

    /// Reads a layer to its end; returns the bytes of its tar.
    @discardableResult
    private func read(
        _ layer: Descriptor, _ diffID: Digest, _ body: (inout TarReader) throws -> Void
    ) throws -> Int64 {
        let reader = try LayerReader(layer, in: store)
        var tar = TarReader {
            try Task.checkCancellation()
            return try reader.read(into: $0)
        }
        try body(&tar)
        try tar.drain()
        try reader.verify(diffID: diffID)
        return reader.tarSize
    }

    /// Programs take about three times the room of their compressed layer.
    private func checkSpace(_ layers: [Descriptor], at folder: FilePath) throws {
        let packed = layers.reduce(0) { $0 + $1.size }
        guard try HostFiles.freeSpace(at: folder) > 3 * packed else {
            throw SystemError("unpack a base image of \(packed) bytes into", folder, .noSpace)
        }
    }
}
