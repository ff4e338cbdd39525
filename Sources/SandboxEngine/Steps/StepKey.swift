import OCI
import Planning

/// What a step's result depends on, as one digest.
///
/// Not in it: the step's name and reason, secret values, proxy and certificates of the host, and what caches hold.
struct StepKey {
    let digest: Digest
    /// The digests of the files that the step copies, in the order of the entries.
    let contents: [Digest]

    private static let schema = 1
    /// Counted up when a change in the sandbox changes what programs see.
    private static let executor = 2

    private struct Identity: Encodable {
        let schema: Int
        let executor: Int
        let platform: Platform
        let base: Digest
        let needs: [Digest]
        let action: Step.Action
        let files: Digest?
    }

    init(step: Step, platform: Platform, base: Digest, needs: [Digest], source: any SourceTree) throws {
        var files: Digest?
        var contents: [Digest] = []
        if case .copy(let copy) = step.action { files = try Self.digest(of: copy, in: source, &contents) }
        self.contents = contents
        let identity = Identity(
            schema: Self.schema, executor: Self.executor, platform: platform, base: base, needs: needs,
            action: step.action, files: files)
        digest = Digest(of: try CanonicalJSON.encode(identity))
    }

    /// Paths, executable bits, link targets and contents; no owner, time or other bit of the mode.
    private static func digest(
        of copy: SourceCopy, in tree: any SourceTree, _ contents: inout [Digest]
    ) throws -> Digest {
        var hasher = DigestHasher()
        for entry in try copy.entries(in: tree) {
            let path = entry.path.description
            switch entry.kind {
            case .file(let executable, _):
                hasher.update("file \(executable ? "x" : "-") \(path.utf8.count) \(path) ")
                let digest = try tree.digest(of: entry.path)
                contents.append(digest)
                hasher.update("\(digest)\n")
            case .folder: hasher.update("folder \(path.utf8.count) \(path)\n")
            case .link(let target):
                hasher.update("link \(path.utf8.count) \(path) \(target.utf8.count) \(target)\n")
            }
        }
        return hasher.finalize()
    }
}

extension SourceCopy {
    /// The entries that are copied, sorted, each once; fails where a path is not in the tree.
    func entries(in tree: any SourceTree) throws -> [SourceEntry] {
        let all = tree.entries
        var ranges: [Range<Int>] = []
        for path in paths {
            let start = path.components.isEmpty ? 0 : all.partitionPoint { $0.path >= path }
            var end = start
            while end < all.count, all[end].path.isInside(path) { end += 1 }
            guard start < end || path.components.isEmpty else { throw SourceError.missing(path) }
            ranges.append(start..<end)
        }
        ranges.sort { $0.lowerBound < $1.lowerBound }
        var result: [SourceEntry] = []
        var next = 0
        for range in ranges where range.upperBound > next {
            result.append(contentsOf: all[max(range.lowerBound, next)..<range.upperBound])
            next = range.upperBound
        }
        return result
    }
}

extension [SourceEntry] {
    /// The first index, in a sorted list, for which a condition holds that holds from there on.
    fileprivate func partitionPoint(_ holds: (SourceEntry) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
