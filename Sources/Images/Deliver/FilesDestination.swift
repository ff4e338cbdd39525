import CAttributes
import Files
import Glibc
package import OCI
package import SystemPackage

/// The files of an image, unpacked into a folder; of several platforms each in a folder of its own, as `linux_amd64`.
///
/// The folder is new, empty, or one of ours, which is then replaced as a whole: `.autoimage` in it says so. As root,
/// files get their owners; devices, setuid and setgid stay behind.
package struct FilesDestination: ImageDestination {
    /// The file that marks a folder as ours and names the image in it.
    package static let marker = ".autoimage"

    private let folder: FilePath

    package init(_ folder: FilePath) { self.folder = folder }

    /// Fails where the folder holds what is not ours.
    package func check() throws {
        guard HostFiles.exists(folder) else { return }
        guard HostFiles.isFolder(folder) else { throw DestinationError.notAFolder(folder) }
        guard try HostFiles.names(in: folder).isEmpty || HostFiles.exists(folder.appending(Self.marker)) else {
            throw DestinationError.notEmpty(folder)
        }
    }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> Delivered {
        try check()
        // What a link or `.` leads to is replaced, not the link.
        let target = HostFiles.realPath(folder) ?? folder
        return try DestinationError.naming(target) {
            try HostFiles.makeFolder(target.folder)
            let new = try NewFolder(beside: target)
            var size: Int64 = 0
            for image in images.images {
                try Task.checkCancellation()
                size += try unpack(image, from: store, into: try place(of: image, among: images, in: new.path))
            }
            try AtomicFile.write(
                Array("\(images.descriptor.digest)\n".utf8), to: new.path.appending(Self.marker))
            try HostFolder(new.path).flushFileSystem()
            try new.take(target)
            return Delivered("files in \(folder)", counts: ["bytes": size])
        }
    }

    private func place(of image: AssembledImage, among images: ImageSet, in folder: FilePath) throws -> FilePath {
        guard images.isIndex else { return folder }
        let result = folder.appending(image.platform.description.replacing("/", with: "_"))
        try HostFiles.makeFolder(result)
        guard chmod(result.string, 0o755) == 0 else { throw SystemError.last("change the mode of", result) }
        return result
    }

    /// Puts the layers on one another; returns the bytes of all their files.
    private func unpack(_ image: AssembledImage, from store: BlobStore, into folder: FilePath) throws -> Int64 {
        var options = FolderUnpacker.Options()
        options.whiteouts = .leftOut
        options.sizeLimit = 64 << 30
        options.keepsSticky = true
        options.keepsOwner = geteuid() == 0
        options.keepsCapabilities = geteuid() == 0
        var size: Int64 = 0
        for (number, diff) in try image.diffs().enumerated() {
            if number > 0 {
                // A layer hides what is below it, wherever in its tar it says so: hence a reading of its own.
                try read(diff, from: store) { tar in
                    var unpacker = try FolderUnpacker(into: folder, options: options)
                    try unpacker.removeHidden(&tar)
                }
            }
            try read(diff, from: store) { tar in
                var unpacker = try FolderUnpacker(into: folder, options: options)
                size += try unpacker.unpack(&tar).bytes
            }
        }
        return size
    }

    private func read(
        _ diff: (layer: Descriptor, diffID: Digest), from store: BlobStore, _ body: (inout TarReader) throws -> Void
    ) throws {
        let reader = try LayerReader(diff.layer, in: store)
        var tar = TarReader {
            try Task.checkCancellation()
            return try reader.read(into: $0)
        }
        try body(&tar)
        try tar.drain()
        try reader.verify(diffID: diff.diffID)
    }
}

/// A folder being filled, removed by `deinit` unless it took its place.
private struct NewFolder: ~Copyable {
    let path: FilePath

    init(beside final: FilePath) throws {
        path = final.folder.appending(".tmp-autoimage-\(getpid())-\(UInt64.random(in: 0...UInt64.max))")
        guard mkdir(path.string, 0o755) == 0 else { throw SystemError.last("create", final) }
        guard chmod(path.string, 0o755) == 0 else { throw SystemError.last("change the mode of", final) }
    }

    /// Gives the folder its place; what was there is removed.
    consuming func take(_ final: FilePath) throws {
        // An empty folder is replaced by a plain rename.
        if rename(path.string, final.string) == 0 { return try HostFiles.syncFolder(final.folder) }
        guard [EEXIST, ENOTEMPTY].contains(errno) else { throw SystemError.last("create", final) }
        // Both names stay in use at every moment; deinit removes what then has ours.
        let exchange: UInt32 = 2
        guard renameat2(AT_FDCWD, path.string, AT_FDCWD, final.string, exchange) == 0 else {
            throw SystemError.last("replace", final)
        }
        try HostFiles.syncFolder(final.folder)
    }

    deinit { try? HostFiles.remove(path) }
}
