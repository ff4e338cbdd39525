import Files
package import Planning
package import SystemPackage

/// The builder after its steps, as folders of this machine.
package struct SandboxBuilderResult: BuilderResult {
    /// The base and what each step made, lowest first.
    package let layers: [FilePath]
    /// The steps in the plan's order, with what each made; the folders stay while this value exists.
    package let steps: [DoneStep]
    private let merged: OverlayTree
    /// Keeps other processes from removing the layers.
    private let kept: KeptSteps

    init(base: FilePath, steps: [DoneStep], kept: KeptSteps) {
        layers = [base] + steps.map(\.upper)
        self.steps = steps
        merged = OverlayTree(layers.reversed())
        self.kept = kept
    }

    package var tree: any FileTree { merged }

    package func unpackedSize() throws -> Int64 {
        var total: Int64 = 0
        var counted: Set<FileTreeEntry.LinkIdentity> = []
        try merged.walk(.root) { _, entry in
            guard case .file(let size) = entry.kind else { return }
            if let link = entry.link, !counted.insert(link).inserted { return }
            total += size
        }
        return total
    }

    /// Everything is readable already; fails where a path is not there.
    package func export(_ paths: [ImagePath]) async throws {
        for path in paths where try merged.entry(at: path) == nil {
            throw EngineError.brokenPath(path, reason: "the builder does not have it")
        }
    }
}
