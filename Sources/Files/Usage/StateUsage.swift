package import SystemPackage

/// What a state holds, thing by thing, with sizes.
package struct StateUsage: Sendable {
    /// Everything that can be removed on its own, and the rest.
    package let items: [Item]
    /// Bytes on the disk of the whole state.
    package let total: Int64

    /// One thing that is kept.
    package struct Item: Hashable, Sendable {
        package let kind: Kind
        /// For people: an id, a digest, a file's name.
        package let name: String
        /// What it consists of; removed together, in this order.
        package let paths: [FilePath]
        /// Bytes on the disk.
        package let size: Int64
        /// When it was made or last used, in nanoseconds since 1970.
        package let lastUse: Int64

        package init(kind: Kind, name: String, paths: [FilePath], size: Int64, lastUse: Int64) {
            self.kind = kind
            self.name = name
            self.paths = paths
            self.size = size
            self.lastUse = lastUse
        }
    }

    /// In the order in which `cache prune --keep` gives things up: what costs least to have again comes first.
    package enum Kind: Int, CaseIterable, Comparable, Sendable {
        case failed, unpacked, step, base, index, package, mount
        /// Only `images remove` takes images away.
        case images
        /// Locks, work in progress.
        case other

        package static func < (left: Kind, right: Kind) -> Bool { left.rawValue < right.rawValue }

        /// What a line of `cache du` calls it.
        package var title: String {
            switch self {
            case .failed: "failed trees"
            case .unpacked: "unpacked layers"
            case .step: "steps"
            case .base: "bases"
            case .index: "Debian indexes"
            case .package: "Debian packages"
            case .mount: "cache mounts"
            case .images: "images"
            case .other: "other"
            }
        }
    }

    package init(items: [Item], total: Int64) {
        self.items = items
        self.total = total
    }

    /// Measures a state.
    package init(_ state: State) throws {
        var disk = DiskUsage()
        var items: [Item] = []
        func add(_ kind: Kind, _ name: String, _ paths: [FilePath], usedAt: FilePath? = nil) {
            let size = paths.reduce(0) { $0 + disk.add($1) }
            let lastUse = (usedAt.map { [$0] } ?? paths).compactMap { HostFiles.lastUse($0) }.max() ?? 0
            items.append(Item(kind: kind, name: name, paths: paths, size: size, lastUse: lastUse))
        }
        add(.images, "images", [state.images])
        for (name, paths) in try Self.groups(in: state.steps, cutAt: ".-") {
            // The record comes first: without it nobody looks for the folder.
            add(.step, name, paths, usedAt: paths.first)
        }
        for name in try HostFiles.names(in: state.bases) {
            let path = state.bases.appending(name)
            add(.base, name, [path], usedAt: path)
        }
        for (name, paths) in try Self.groups(in: state.caches, cutAt: ".") {
            let note = paths.first { $0.extension == "id" }
            let id = try note.flatMap { try HostFiles.read($0) }.map { String(decoding: $0, as: UTF8.self) }
            add(.mount, id ?? name, paths)
        }
        let packages = state.debian.appending("packages")
        for name in HostFiles.exists(packages) ? try HostFiles.names(in: packages) : [] {
            add(.package, name, [packages.appending(name)])
        }
        for name in try HostFiles.names(in: state.debian) where name != "packages" {
            add(.index, name, [state.debian.appending(name)])
        }
        for name in try HostFiles.names(in: state.unpacked) { add(.unpacked, name, [state.unpacked.appending(name)]) }
        for name in try HostFiles.names(in: state.failed) { add(.failed, name, [state.failed.appending(name)]) }
        let named = [state.images, state.steps, state.bases, state.caches, state.debian, state.unpacked, state.failed]
        let rest = try HostFiles.names(in: state.home).map { state.home.appending($0) }.filter { !named.contains($0) }
        add(.other, "other", rest)
        self.items = items
        total = disk.bytes
    }

    /// Names that are the same up to a sign, with their paths: a record and its folder.
    private static func groups(in folder: FilePath, cutAt signs: String) throws -> [(name: String, paths: [FilePath])] {
        var groups: [String: [FilePath]] = [:]
        for name in try HostFiles.names(in: folder) {
            groups[String(name.prefix { !signs.contains($0) }), default: []].append(folder.appending(name))
        }
        return groups.sorted { $0.key < $1.key }.map { ($0.key, $0.value.reversed()) }
    }
}

extension StateUsage {
    /// What to remove so that no more than `keep` bytes stay: by kind, and of a kind what was used longest ago first.
    ///
    /// Images are never among them.
    package func excess(over keep: Int64) -> [Item] {
        let order = items.filter { $0.kind < .images }.sorted {
            ($0.kind, $0.lastUse, $0.name) < ($1.kind, $1.lastUse, $1.name)
        }
        var left = total
        return Array(
            order.prefix { item in
                guard left > keep else { return false }
                left -= item.size
                return true
            })
    }
}
