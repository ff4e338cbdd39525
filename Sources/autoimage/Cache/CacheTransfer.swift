import DebianBases
import Files
import Glibc
import Images
import OCI
import Planning
import Registry
import SandboxEngine
import Synchronization
import SystemPackage

/// The caches of a build: what they hold is taken when it is needed, and what the build made is sent when it is done.
///
/// What comes from a cache is used only if it is whole: blobs have the digest that the index gives, and the files of a
/// step the digest that was recorded when it ran. Beyond that a cache is trusted as much as whoever may write to it.
final class CacheTransfer: StepSource, Sendable {
    let arguments: CacheArguments
    let registry: RegistryAccess
    let state: State
    let progress: Progress
    private let use: StateUse
    private let sources: [CacheReader]
    private let built = Mutex<[BuiltSteps]>([])
    private let refused = Mutex<Set<Digest>>([])

    /// What one plan made.
    struct BuiltSteps: Sendable {
        let plan: BuildPlan
        let result: SandboxBuilderResult
    }

    init(_ arguments: CacheArguments, _ registry: RegistryAccess, _ progress: Progress) throws {
        self.arguments = arguments
        self.registry = registry
        state = try State(environment: ProcessEnvironment.current)
        // What was built stays until it is sent.
        use = try StateUse.shared(state)
        self.progress = progress
        sources = arguments.from.map { CacheReader(Self.place($0.place, registry), progress) }
    }

    static func place(_ place: CacheArgument.Place, _ registry: RegistryAccess) -> any CachePlace {
        switch place {
        case .registry(let reference): RegistryCache(reference: reference, registry: registry)
        case .local(let folder, let tag): LocalCache(folder, tag: tag)
        }
    }

    /// What the engine asks; nil where there is no `--cache-from`.
    var source: (any StepSource)? { sources.isEmpty ? nil : self }

    /// Takes over what a plan's steps made, for `export`.
    func add(_ result: any BuilderResult, of plan: BuildPlan) {
        guard !arguments.to.isEmpty, let result = result as? SandboxBuilderResult else { return }
        built.withLock { $0.append(BuiltSteps(plan: plan, result: result)) }
    }

    func offers(of key: Digest) async -> [StepOffer] {
        var result: [StepOffer] = []
        for source in sources {
            guard let entry = await source.index()?.step(key), case .step(_, let output, _) = entry.content else {
                continue
            }
            result.append(
                StepOffer(
                    origin: source.place.name, output: output,
                    unpack: { try await self.unpack(entry.blob, from: source, into: $0) },
                    refuse: { _ in self.refused.withLock { _ = $0.insert(entry.blob.digest) } }))
        }
        return result
    }

    private func unpack(_ blob: Descriptor, from source: CacheReader, into folder: FilePath) async throws {
        let work = try state.makeTemporary("cache")
        let store = try BlobStore(work.path)
        try await source.fetch(blob, into: store)
        try TreeArchive(store: store).read(blob, into: folder)
    }

    func fill(mount id: String, at folder: FilePath) async throws {
        for source in sources {
            guard let parts = await source.index()?.parts(of: id), !parts.isEmpty else { continue }
            let bytes = parts.reduce(0) { $0 + $1.blob.size }
            progress.report(
                .note(text: "filling the cache mount '\(id)' from \(source.place.name): \(Size.text(bytes))"))
            for part in parts {
                guard case .part(_, _, let tar) = part.content else { continue }
                let work = try state.makeTemporary("cache")
                let store = try BlobStore(work.path)
                try await source.fetch(part.blob, into: store)
                try MountArchive.read(part.blob, tar: tar, from: store, into: folder)
            }
            return
        }
    }

    /// What the Debian bases ask for a locked package that their mirror has dropped; none without `--cache-from`.
    var packageFallbacks: [DebianAccess.Fallback] {
        sources.map { source in { try await self.fetch($0, from: source, to: $1) } }
    }

    private func fetch(_ package: PinnedPackage, from source: CacheReader, to file: FilePath) async throws -> Bool {
        guard let entry = await source.index()?.package(package.sha256) else { return false }
        let work = try state.makeTemporary("cache")
        let store = try BlobStore(work.path)
        try await source.fetch(entry.blob, into: store)
        guard rename(store.path(entry.blob.digest).string, file.string) == 0 else {
            throw SystemError.last("create", file)
        }
        return true
    }

    /// Sends what the build made to every `--cache-to`.
    ///
    /// A cache that cannot be written fails the run, after its images were delivered, unless the user said otherwise.
    func export() async throws {
        let all = built.withLock { $0 }
        guard !all.isEmpty else { return }
        for argument in arguments.to {
            let place = Self.place(argument.place, registry)
            progress.report(.phase(name: "cache", detail: place.name))
            do {
                let work = try state.makeTemporary("cache")
                let export = try CacheExport(
                    place: place, argument: argument, state: state, work: work.path,
                    refused: refused.withLock { $0 }, progress: progress)
                try await export.run(all)
            } catch {
                try Task.checkCancellation()
                let text = "the cache \(place.name) is not written: \(error)"
                guard argument.ignoresErrors else {
                    throw Failure(
                        .unavailable, "\(text); the image was delivered; ignore-error=true makes this a warning")
                }
                progress.report(.warning(text: text))
            }
        }
    }
}

/// Runs work on many things, four at a time; the first failure ends it.
func inParallel<Item: Sendable>(
    _ items: [Item], _ work: @escaping @Sendable (Item) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        var rest = items[...]
        for item in rest.prefix(4) { group.addTask { try await work(item) } }
        rest = rest.dropFirst(4)
        while try await group.next() != nil {
            if let item = rest.popFirst() { group.addTask { try await work(item) } }
        }
    }
}
