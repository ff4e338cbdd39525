import OCI

/// How large a cache may grow.
package struct CacheBounds: Hashable, Sendable {
    /// Entries that no build used in this many exports are dropped.
    package var exports = 50
    /// Bytes of all blobs.
    package var size: Int64?
    /// What a manifest that registries take (4 MiB) has room for.
    package var entries = 4000

    package init(size: Int64? = nil) { self.size = size }
}

/// What a build gives to a cache.
package struct CacheContribution: Sendable {
    /// Its steps and packages, whether the cache has them or not.
    package var entries: [CacheEntry] = []
    /// All parts of the mounts that are sent, by mount.
    package var mounts: [String: [CacheEntry]] = [:]
    /// The mounts that its plan names.
    package var usedMounts: Set<String> = []

    package init() {}
}

extension CacheIndex {
    /// The cache after a build; nil where it holds all of that already and nothing has to be written.
    ///
    /// What other builds put there stays, up to the bounds; then the entries that were longest unused go first, of
    /// several such mounts before packages and packages before steps.
    package func merged(with build: CacheContribution, bounds: CacheBounds) -> CacheIndex? {
        let next = generation + 1
        let parts = build.mounts.values.flatMap(\.self)
        let new = (build.entries + parts).map { $0.used(in: next) }
        let kept = entries.compactMap { entry -> CacheEntry? in
            guard case .part(let mount, _, _) = entry.content else { return entry }
            if build.mounts[mount] != nil { return nil }
            return build.usedMounts.contains(mount) ? entry.used(in: next) : entry
        }
        let result = CacheIndex(generation: next, entries: kept + new).bounded(bounds)
        return isCurrent(result, bounds) ? nil : result
    }

    /// Whether nothing but the last use would change, and that is recent enough.
    private func isCurrent(_ result: CacheIndex, _ bounds: CacheBounds) -> Bool {
        guard result.entries.count == entries.count else { return false }
        return zip(entries, result.entries).allSatisfy { old, new in
            old.blob == new.blob && old.content == new.content
                && (new.used == old.used || generation - old.used < bounds.exports / 2)
        }
    }

    private func bounded(_ bounds: CacheBounds) -> CacheIndex {
        var left = entries.filter { generation - $0.used < bounds.exports }
        // What is dropped first comes last.
        left.sort { ($0.used, $0.rank, $1.identity) > ($1.used, $1.rank, $0.identity) }
        var total: Int64 = 0
        var seen: Set<Digest> = []
        var count = 0
        let kept = left.prefix { entry in
            count += 1
            if seen.insert(entry.blob.digest).inserted { total += entry.blob.size }
            return count <= bounds.entries && total <= bounds.size ?? .max
        }
        return CacheIndex(generation: generation, entries: Array(kept))
    }
}

extension CacheEntry {
    fileprivate func used(in generation: Int) -> CacheEntry {
        var result = self
        result.used = generation
        return result
    }

    fileprivate var rank: Int {
        switch content {
        case .part: 0
        case .package: 1
        case .step: 2
        }
    }
}
