package import OCI
package import Planning

/// Checks that an image in a store is what its documents say, as `crane validate` does, and well-formed beyond that.
package struct ImageCheck: Sendable {
    private let store: BlobStore

    package init(store: BlobStore) { self.store = store }

    /// Everything that is wrong with the image or index that `descriptor` names; empty where nothing is.
    package func problems(of descriptor: Descriptor) -> [ImageProblem] {
        descriptor.mediaType.isIndex ? indexProblems(descriptor) : imageProblems(descriptor)
    }

    /// Missing blobs and wrong sizes, without reading a layer.
    package func quickProblems(of images: ImageSet) -> [ImageProblem] {
        images.blobs.compactMap { blob in
            let found = store.size(of: blob.digest)
            return found == blob.size ? nil : .size(blob.digest, stated: blob.size, found: found)
        }
    }

    /// Every entry of an index is looked at, and what it says of its image.
    private func indexProblems(_ descriptor: Descriptor) -> [ImageProblem] {
        let index: Index
        do { index = try CanonicalJSON.decode(Index.self, from: store.read(descriptor)) } catch {
            return [.unreadable(descriptor.digest, "\(error)")]
        }
        var result = documentProblems(
            descriptor, schema: index.schemaVersion, type: index.mediaType ?? descriptor.mediaType)
        if index.manifests.isEmpty { result.append(.emptyIndex(descriptor.digest)) }
        for entry in index.manifests {
            result += problems(of: entry)
            guard entry.mediaType.isManifest, let stated = entry.platform, stated.os != "unknown",
                let image = try? AssembledImage(entry, in: store)
            else { continue }
            let found = Platform(
                architecture: image.config.architecture, os: image.config.os, variant: image.config.variant)
            if found.os != stated.os || found.architecture != stated.architecture {
                result.append(.platform(entry.digest, stated: stated, found: found))
            }
        }
        return result
    }

    /// What documents of both kinds must say of themselves.
    private func documentProblems(_ descriptor: Descriptor, schema: Int, type: MediaType) -> [ImageProblem] {
        var result: [ImageProblem] = []
        if schema != 2 { result.append(.schema(descriptor.digest, schema)) }
        if type != descriptor.mediaType {
            result.append(.mediaType(descriptor.digest, stated: descriptor.mediaType.rawValue, found: type.rawValue))
        }
        if size(of: descriptor) != descriptor.size {
            result.append(.size(descriptor.digest, stated: descriptor.size, found: size(of: descriptor)))
        }
        return result
    }

    private func imageProblems(_ descriptor: Descriptor) -> [ImageProblem] {
        let image: AssembledImage
        do { image = try AssembledImage(descriptor, in: store) } catch {
            return [.unreadable(descriptor.digest, "\(error)")]
        }
        var result = documentProblems(
            descriptor, schema: image.manifest.schemaVersion, type: image.manifest.mediaType ?? descriptor.mediaType)
        for blob in image.blobs where blob.digest != descriptor.digest && size(of: blob) != blob.size {
            result.append(.size(blob.digest, stated: blob.size, found: size(of: blob)))
        }
        let (layers, diffIDs) = (image.manifest.layers, image.config.rootfs.diffIDs)
        if image.config.rootfs.type != "layers" { result.append(.rootType(image.config.rootfs.type)) }
        if layers.count != diffIDs.count { result.append(.layerCount(manifest: layers.count, config: diffIDs.count)) }
        let history = image.config.history.count { $0.emptyLayer != true }
        if history != layers.count { result.append(.historyCount(layers: layers.count, history: history)) }
        for (layer, diffID) in zip(layers, diffIDs) { result += problems(of: layer, diffID: diffID) }
        return result
    }

    private func size(of blob: Descriptor) -> Int64? {
        var size: Int64 = 0
        do { try store.open(blob.digest).forEachChunk { size += Int64($0.count) } } catch { return nil }
        return size
    }

    private func problems(of layer: Descriptor, diffID: Digest) -> [ImageProblem] {
        do {
            let reader = try LayerReader(layer, in: store)
            var tar = TarReader { try reader.read(into: $0) }
            var check = EntryCheck(layer: layer.digest)
            while let entry = try tar.next() { check.add(entry) }
            try tar.drain()
            let found = reader.digests
            if found.blob != layer.digest { check.problems.append(.digest(stated: layer.digest, found: found.blob)) }
            if found.diffID != diffID { check.problems.append(.diffID(stated: diffID, found: found.diffID)) }
            if try !hasCleanHeader(layer) { check.problems.append(.gzipHeader(layer.digest)) }
            return check.problems
        } catch {
            return [.unreadable(layer.digest, "\(error)")]
        }
    }
}

extension ImageCheck {
    /// Whether a gzip layer says nothing about when and from which file it was made (RFC 1952, MTIME and FNAME).
    private func hasCleanHeader(_ layer: Descriptor) throws -> Bool {
        guard layer.mediaType.rawValue.hasSuffix("gzip") else { return true }
        let reader = try store.open(layer.digest)
        var header = [UInt8](repeating: 0, count: 10)
        let count = try header.withUnsafeMutableBytes { try reader.read(into: $0) }
        return count == header.count && header[3] & 0b1_1100 == 0 && header[4..<8].allSatisfy { $0 == 0 }
    }
}

/// What is checked of the entries of one layer: order, duplicates, parents, link targets, owners' names.
private struct EntryCheck {
    let layer: Digest
    var problems: [ImageProblem] = []
    private var folders: Set<ImagePath> = [.root]
    private var files: Set<ImagePath> = []
    private var last: ImagePath?

    init(layer: Digest) { self.layer = layer }

    mutating func add(_ entry: TarEntry) {
        guard let path = try? ImagePath(parsing: "/" + entry.path) else {
            problems.append(.badPath(layer, entry.path))
            return
        }
        if let last, !(last < path) { problems.append(path == last ? .duplicate(layer, path) : .order(layer, path)) }
        last = path
        if let parent = path.parent, !folders.contains(parent) { problems.append(.noParent(layer, path)) }
        switch entry.kind {
        case .folder: folders.insert(path)
        case .hardLink(let target):
            let isKnown = (try? ImagePath(parsing: "/" + target)).map { files.contains($0) } ?? false
            if !isKnown { problems.append(.linkTarget(layer, path)) }
        default: files.insert(path)
        }
        if entry.kind == .file, entry.mode & 0o6000 != 0 { problems.append(.setuid(layer, path)) }
        if ["/proc", "/sys", "/dev"].contains(where: { "\(path)".hasPrefix($0 + "/") }) {
            problems.append(.kernelPath(layer, path))
        }
    }
}

/// One thing that is wrong with an image.
package enum ImageProblem: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(Digest, String)
    case size(Digest, stated: Int64, found: Int64?)
    case digest(stated: Digest, found: Digest)
    case diffID(stated: Digest, found: Digest)
    case rootType(String)
    case layerCount(manifest: Int, config: Int)
    case historyCount(layers: Int, history: Int)
    case badPath(Digest, String)
    case duplicate(Digest, ImagePath)
    case order(Digest, ImagePath)
    case noParent(Digest, ImagePath)
    case linkTarget(Digest, ImagePath)
    case kernelPath(Digest, ImagePath)
    case emptyIndex(Digest)
    case schema(Digest, Int)
    case mediaType(Digest, stated: String, found: String)
    case platform(Digest, stated: Platform, found: Platform)
    case gzipHeader(Digest)
    case setuid(Digest, ImagePath)

    /// Whether images of others may have it and still run everywhere: what is asked of our own beyond the
    /// specification.
    package var isAdvice: Bool {
        switch self {
        case .order, .noParent, .kernelPath, .gzipHeader, .setuid, .historyCount: true
        default: false
        }
    }

    package var description: String {
        switch self {
        case .unreadable(let digest, let reason): "\(digest) cannot be read: \(reason)"
        case .size(let digest, let stated, let found):
            found.map { "\(digest) has \($0) bytes where its descriptor says \(stated)" } ?? "\(digest) is missing"
        case .digest(let stated, let found): "the blob \(stated) has the digest \(found)"
        case .diffID(let stated, let found): "a layer unpacks to \(found) where the config says \(stated)"
        case .rootType(let type): "the config's rootfs has the type '\(type)' and not 'layers'"
        case .layerCount(let manifest, let config): "the manifest has \(manifest) layers and the config \(config)"
        case .historyCount(let layers, let history): "the image has \(layers) layers and a history of \(history)"
        case .badPath(let layer, let path): "layer \(layer.short): '\(path)' leads out of the image"
        case .duplicate(let layer, let path): "layer \(layer.short): \(path) is there twice"
        case .order(let layer, let path): "layer \(layer.short): \(path) is out of order"
        case .noParent(let layer, let path): "layer \(layer.short): \(path) comes without its folder"
        case .linkTarget(let layer, let path): "layer \(layer.short): \(path) is a hard link to nothing before it"
        case .kernelPath(let layer, let path):
            "layer \(layer.short): \(path) is where the kernel's own files are mounted"
        case .emptyIndex(let digest): "the index \(digest) lists nothing"
        case .schema(let digest, let version): "\(digest) has the schemaVersion \(version) and not 2"
        case .mediaType(let digest, let stated, let found):
            "\(digest) says that it is '\(found)' where its descriptor says '\(stated)'"
        case .platform(let digest, let stated, let found):
            "the image \(digest) is for \(found) where the index says \(stated)"
        case .gzipHeader(let layer): "layer \(layer.short): its gzip header holds a time or a name, which vary"
        case .setuid(let layer, let path): "layer \(layer.short): \(path) runs with the rights of its owner (setuid)"
        }
    }
}
