package import Planning

/// Merges the pieces of a layer into one list of entries, with every parent, sorted.
struct LayerPlan {
    private var planned: [[UInt8]: PlannedEntry] = [:]
    private var landings: [[UInt8]: ImagePath] = [:]
    private let lower: (any FileTree)?

    /// `lower` is what the image holds below the layer.
    init(_ content: LayerContent, over lower: (any FileTree)?) throws {
        self.lower = lower
        for piece in content.pieces {
            switch piece {
            case .file(let file): try add(file)
            case .tree(let tree, let from, let to, let owner, let modes):
                guard try tree.entry(at: from) != nil else { throw LayerError.missing(from) }
                try tree.walk(from) { path, entry in
                    guard let relative = path.relative(to: from) else { return }
                    try add(entry, at: path, of: tree, to: to.appending(relative), owner, modes)
                }
            }
        }
    }

    /// All entries: folders before what they hold, names in byte order; the first of several hard links is the file.
    func entries() throws -> [PlannedEntry] {
        var all = planned
        for entry in planned.values { try addParents(of: entry.path, to: &all) }
        var result = all.values.sorted { $0.path < $1.path }
        var first: [FileTreeEntry.LinkIdentity: Int] = [:]
        for index in result.indices {
            guard let identity = result[index].identity else { continue }
            guard let file = first[identity] else {
                first[identity] = index
                continue
            }
            guard result[file].attributes == result[index].attributes else { continue }
            result[index].content = .hardLink(result[file].path)
        }
        return result
    }

    private mutating func add(_ file: PlanFile) throws {
        let path = try landing(of: file.path, isFolder: file.contents == nil)
        let content = file.contents.map { PlannedEntry.Content.bytes(Array($0.utf8)) } ?? .folder
        try insert(
            PlannedEntry(
                path: path, content: content,
                attributes: .init(mode: file.mode & 0o7777, owner: file.owner, capability: nil), isExplicit: true))
    }

    private mutating func add(
        _ entry: FileTreeEntry, at source: ImagePath, of tree: any FileTree, to destination: ImagePath,
        _ owner: (ImagePath) -> Owner, _ modes: LayerContent.Modes
    ) throws {
        let isFolder = entry.kind == .folder
        let path = try landing(of: destination, isFolder: isFolder)
        var attributes = PlannedEntry.Attributes(
            mode: Self.mode(of: entry, modes), owner: owner(path), capability: entry.capability)
        switch entry.kind {
        case .special: return
        case .folder:
            // A folder that the image has already keeps its attributes: a copy into /tmp does not change /tmp.
            if let below = try lower?.entry(at: path), below.kind == .folder { attributes = Self.attributes(of: below) }
            try insert(PlannedEntry(path: path, content: .folder, attributes: attributes))
        case .link(let target):
            attributes.mode = 0o777
            try insert(PlannedEntry(path: path, content: .link(target), attributes: attributes))
        case .file(let size):
            try insert(
                PlannedEntry(
                    path: path, content: .file(tree, source, size: size), attributes: attributes, identity: entry.link))
        }
    }

    private static func mode(of entry: FileTreeEntry, _ modes: LayerContent.Modes) -> UInt16 {
        switch modes {
        case .kept: entry.mode & 0o1777
        case .normalised: entry.kind == .folder || entry.mode & 0o111 != 0 ? 0o755 : 0o644
        }
    }

    private static func attributes(of entry: FileTreeEntry) -> PlannedEntry.Attributes {
        .init(mode: entry.mode & 0o1777, owner: entry.owner, capability: nil)
    }

    /// Folders merge, the same file twice is one file, and anything else at a path that is taken is an error.
    private mutating func insert(_ entry: PlannedEntry) throws {
        guard !entry.path.name.utf8.starts(with: ".wh.".utf8) else { throw LayerError.whiteoutName(entry.path) }
        guard !entry.path.components.isEmpty else {
            guard case .folder = entry.content else { throw LayerError.conflict(entry.path) }
            return
        }
        if let below = try lower?.entry(at: entry.path), below.kind == .folder, !entry.isFolder {
            throw LayerError.replacesFolder(entry.path)
        }
        let key = Array(entry.path.description.utf8)
        guard let other = planned[key] else {
            planned[key] = entry
            return
        }
        guard try entry.isSame(as: other) else { throw LayerError.conflict(entry.path) }
        if entry.isExplicit { planned[key] = entry }
    }

    private func addParents(of path: ImagePath, to all: inout [[UInt8]: PlannedEntry]) throws {
        var next = path.parent
        while let parent = next, !parent.components.isEmpty {
            let key = Array(parent.description.utf8)
            if let present = all[key] {
                guard present.isFolder else { throw LayerError.conflict(parent) }
                return
            }
            var attributes = PlannedEntry.Attributes(mode: 0o755, owner: .root, capability: nil)
            if let below = try lower?.entry(at: parent) { attributes = Self.attributes(of: below) }
            all[key] = PlannedEntry(path: parent, content: .folder, attributes: attributes)
            next = parent.parent
        }
    }

    /// Where a path leads in the image: links among its parents, and at a folder's own place, are followed in `lower`,
    /// so that `/lib -> usr/lib` is never replaced by a folder.
    private mutating func landing(of path: ImagePath, isFolder: Bool) throws -> ImagePath {
        guard lower != nil, let parent = path.parent else { return path }
        let folder = try landing(ofFolder: parent)
        let place = folder.resolving(path.name)
        return isFolder ? try landing(ofFolder: place) : place
    }

    private mutating func landing(ofFolder path: ImagePath) throws -> ImagePath {
        guard let lower, let parent = path.parent else { return path }
        let key = Array(path.description.utf8)
        if let known = landings[key] { return known }
        let place = try landing(ofFolder: parent).resolving(path.name)
        var result = place
        switch try lower.entry(at: place)?.kind {
        case nil, .folder: break
        case .link:
            guard let target = try lower.resolve(place) else { throw LayerError.danglingLink(place) }
            result = target
        case .file, .special: throw LayerError.replacesFile(place)
        }
        landings[key] = result
        return result
    }
}

/// One entry of a layer before it is written.
struct PlannedEntry {
    let path: ImagePath
    var content: Content
    var attributes: Attributes
    /// Equal for names of one file.
    var identity: FileTreeEntry.LinkIdentity?
    /// Whether the plan itself states the attributes.
    var isExplicit = false

    enum Content {
        case folder
        case bytes([UInt8])
        case file(any FileTree, ImagePath, size: Int64)
        case link(String)
        case hardLink(ImagePath)
    }

    struct Attributes: Equatable {
        var mode: UInt16
        var owner: Owner
        var capability: [UInt8]?
    }

    var isFolder: Bool { if case .folder = content { true } else { false } }

    /// Whether both say the same about a path.
    func isSame(as other: PlannedEntry) throws -> Bool {
        switch (content, other.content) {
        case (.folder, .folder): true
        case (.link(let one), .link(let two)): one.utf8.elementsEqual(two.utf8)
        case (.bytes(let one), .bytes(let two)): one == two && attributes == other.attributes
        case (.file(let tree, let path, let size), .file(let otherTree, let otherPath, let otherSize)):
            try size == otherSize && attributes == other.attributes
                && digest(of: path, in: tree) == digest(of: otherPath, in: otherTree)
        default: false
        }
    }
}

/// Why pieces do not make a layer.
package enum LayerError: Error, Equatable, CustomStringConvertible {
    /// The tree does not hold what should be copied.
    case missing(ImagePath)
    case conflict(ImagePath)
    case whiteoutName(ImagePath)
    case replacesFolder(ImagePath)
    case replacesFile(ImagePath)
    case danglingLink(ImagePath)

    package var description: String {
        switch self {
        case .missing(let path): "\(path) is not in the builder; check the steps that should make it"
        case .conflict(let path): "two different files would be at \(path) in the image; give one of them another place"
        case .whiteoutName(let path): "\(path) cannot be in an image: names that begin with .wh. mean a deletion there"
        case .replacesFolder(let path):
            "\(path) is a folder in the base image and cannot become a file; choose another place"
        case .replacesFile(let path):
            "\(path) is a file in the base image and cannot become a folder; choose another place"
        case .danglingLink(let path): "\(path) is a link in the base image that leads nowhere; choose another place"
        }
    }
}
