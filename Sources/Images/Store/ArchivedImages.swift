import Files
package import OCI
import Planning
package import SystemPackage

/// Reads images out of layouts and archives that other tools wrote.
package enum ArchivedImages {
    /// What an archive or a layout holds: descriptors of images and indexes with the names they have there.
    package struct Contents: Sendable {
        package let store: BlobStore
        package let entries: [(name: String?, descriptor: Descriptor)]

        /// The entry with a name, or the only one.
        package func entry(named name: String?, of place: String) throws(ArchivedImagesError) -> Descriptor {
            let names = entries.compactMap(\.name)
            if let name {
                guard let match = entries.first(where: { $0.name == name }) else {
                    throw .unknownName(place, name, known: names)
                }
                return match.descriptor
            }
            guard let first = entries.first else { throw .empty(place) }
            guard entries.allSatisfy({ $0.descriptor.digest == first.descriptor.digest }) else {
                throw .several(place, names: names)
            }
            return first.descriptor
        }
    }

    /// An OCI layout in a folder (OCI image-spec, image-layout.md).
    package static func layout(_ folder: FilePath) throws -> Contents {
        guard HostFiles.exists(folder.appending("oci-layout")) else { throw ArchivedImagesError.noLayout("\(folder)") }
        return Contents(
            store: try BlobStore(folder),
            entries: try LayoutIndex(in: folder).manifests.map { (LayoutIndex.name(of: $0), $0) })
    }

    /// An archive of either form, unpacked into `work`: an OCI layout, or what `docker save` wrote.
    package static func archive(_ file: FilePath, into work: FilePath) throws -> Contents {
        let folder = work.appending("archive")
        try HostFiles.makeFolder(folder)
        let reader = try ArchiveStream(file)
        var tar = TarReader { try reader.read(into: $0) }
        var unpacker = try FolderUnpacker(into: folder)
        _ = try unpacker.unpack(&tar)
        if HostFiles.exists(folder.appending("oci-layout")) { return try layout(folder) }
        guard let list = try HostFiles.read(folder.appending("manifest.json")) else {
            throw ArchivedImagesError.noLayout("\(file)")
        }
        return try docker(CanonicalJSON.decode([DockerImage].self, from: list), in: folder, work, file)
    }

    /// One image of `manifest.json` (Docker image specification v1.2).
    private struct DockerImage: Decodable {
        let config: String
        let repoTags: [String]?
        let layers: [String]

        enum CodingKeys: String, CodingKey {
            case config = "Config"
            case repoTags = "RepoTags"
            case layers = "Layers"
        }
    }

    /// Docker's form has no manifest: one is made, over the layers as they are in the archive.
    private static func docker(
        _ images: [DockerImage], in folder: FilePath, _ work: FilePath, _ file: FilePath
    ) throws -> Contents {
        let store = try BlobStore(work.appending("layout"))
        var entries: [(name: String?, descriptor: Descriptor)] = []
        for image in images {
            let config = try add(image.config, .config, in: folder, to: store, file)
            let layers = try image.layers.map { try add($0, nil, in: folder, to: store, file) }
            let manifest = try store.write(
                CanonicalJSON.encode(Manifest(config: config, layers: layers)), mediaType: .manifest)
            entries +=
                image.repoTags?.isEmpty ?? true ? [(nil, manifest)] : (image.repoTags ?? []).map { ($0, manifest) }
        }
        return Contents(store: store, entries: entries)
    }

    /// A file of the archive as a blob; a layer's type shows in its first bytes.
    private static func add(
        _ name: String, _ type: MediaType?, in folder: FilePath, to store: BlobStore, _ archive: FilePath
    ) throws -> Descriptor {
        let path = try ImagePath(parsing: "/" + name)
        let tree = OverlayTree([folder])
        guard let real = try tree.resolve(path), case .file(let size)? = try tree.entry(at: real)?.kind else {
            throw ArchivedImagesError.missing("\(archive)", name)
        }
        var writer = try store.makeWriter()
        var first: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { buffer.deallocate() }
        var offset: Int64 = 0
        while offset < size {
            let count = try tree.read(real, at: offset, into: buffer)
            guard count > 0 else { throw ArchivedImagesError.missing("\(archive)", name) }
            if offset == 0 { first = Array(buffer.prefix(min(2, count))) }
            try writer.write(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += Int64(count)
        }
        let (digest, written) = try writer.commit()
        let layerType: MediaType = first == [0x1F, 0x8B] ? .layerGzip : .layerTar
        return Descriptor(mediaType: type ?? layerType, digest: digest, size: written)
    }
}

/// The bytes of an archive, plain or gzip.
private final class ArchiveStream {
    private let file: FileDescriptor
    private let path: FilePath
    private var gzip: GzipReader?

    init(_ path: FilePath) throws {
        self.path = path
        do { file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec]) } catch Errno
            .noSuchFileOrDirectory
        { throw ArchivedImagesError.noFile("\(path)") } catch let code as Errno {
            throw SystemError("read", path, code)
        }
        var magic = [UInt8](repeating: 0, count: 2)
        let count = try magic.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: 0, into: $0) }
        if count == 2, magic == [0x1F, 0x8B] { gzip = try GzipReader { [unowned self] in try readFile(into: $0) } }
    }

    deinit { try? file.close() }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        try gzip.map { try $0.read(into: buffer) } ?? readFile(into: buffer)
    }

    private func readFile(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        do { return try file.read(into: buffer) } catch let code as Errno { throw SystemError("read", path, code) }
    }
}

/// Why an image cannot be read from a layout or an archive.
package enum ArchivedImagesError: Error, Equatable, CustomStringConvertible {
    case noFile(String)
    case noLayout(String)
    case empty(String)
    case missing(String, String)
    case unknownName(String, String, known: [String])
    case several(String, names: [String])

    package var description: String {
        switch self {
        case .noFile(let place): "\(place): no such file"
        case .noLayout(let place): "\(place): is neither an OCI layout nor an archive of 'docker save'"
        case .empty(let place): "\(place): holds no image"
        case .missing(let place, let name): "\(place): names '\(name)' and does not hold it"
        case .unknownName(let place, let name, let known):
            "\(place): has no image '\(name)'; it has \(known.joined(separator: ", "))"
        case .several(let place, let names):
            "\(place): holds several images; name one, as in \(place):NAME, of \(names.joined(separator: ", "))"
        }
    }
}
