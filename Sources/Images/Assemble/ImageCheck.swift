package import OCI
package import Planning

/// Checks that an image in a store is what its documents say, as `crane validate` does, and well-formed beyond that.
package struct ImageCheck: Sendable {
    private let store: BlobStore

    package init(store: BlobStore) { self.store = store }

    /// Everything that is wrong with the image that `descriptor` names; empty where nothing is.
    package func problems(of descriptor: Descriptor) -> [ImageProblem] {
        let image: AssembledImage
        do { image = try AssembledImage(descriptor, in: store) } catch {
            return [.unreadable(descriptor.digest, "\(error)")]
        }
        var result: [ImageProblem] = []
        for blob in image.blobs where size(of: blob) != blob.size {
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
            return check.problems
        } catch {
            return [.unreadable(layer.digest, "\(error)")]
        }
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
        }
    }
}
