import DebianBases
import Files
import Glibc
import Images
import OCI
import Planning
import SandboxEngine
import Synchronization
import SystemPackage

/// One export to one cache: only what the cache lacks is archived and sent.
struct CacheExport {
    private let place: any CachePlace
    private let argument: CacheArgument
    private let state: State
    private let store: BlobStore
    /// Blobs that were not what they should be.
    private let refused: Set<Digest>
    private let progress: Progress

    /// A mount with more bytes is left out.
    private static let mountLimit: Int64 = 8 << 30

    init(
        place: any CachePlace, argument: CacheArgument, state: State, work: FilePath, refused: Set<Digest>,
        progress: Progress
    ) throws {
        self.place = place
        self.argument = argument
        self.state = state
        self.refused = refused
        self.progress = progress
        store = try BlobStore(work)
    }

    func run(_ built: [CacheTransfer.BuiltSteps]) async throws {
        let old = try await place.index() ?? CacheIndex()
        var build = CacheContribution()
        for part in built {
            build.entries += try steps(part.result, old)
            if argument.mode == .max {
                build.entries += try packages(part.plan, old)
                try addMounts(part, old, to: &build)
            }
        }
        let (contribution, bounds) = (build, CacheBounds(size: argument.maxSize))
        guard let new = old.merged(with: build, bounds: bounds) else {
            progress.report(.note(text: "\(place.name) has all of it: nothing sent"))
            return
        }
        // What the cache had is there; what only came to be in this run is in the store.
        let blobs = new.entries.map(\.blob).filter { self.store.has($0.digest) }
        let config = try store.write(CacheIndex.config, mediaType: .empty)
        let (place, store, refused) = (place, store, refused)
        let sent = SentBytes()
        try await inParallel(Set(blobs + [config]).sorted { $0.digest < $1.digest }) { blob in
            if try await place.send(blob, from: store, replacing: refused.contains(blob.digest)) { sent.add(blob.size) }
        }
        try await place.update { $0.merged(with: contribution, bounds: bounds) }
        let (count, bytes) = sent.total
        progress.report(
            .note(text: "\(place.name): sent \(count) blobs, \(Size.text(bytes)); it holds \(new.entries.count)"))
    }

    /// The entries of a build's steps; those that the cache lacks are archived.
    private func steps(_ result: SandboxBuilderResult, _ old: CacheIndex) throws -> [CacheEntry] {
        var known: [Digest: Descriptor] = [:]
        for entry in old.entries {
            guard case .step(_, let output, _) = entry.content, !refused.contains(entry.blob.digest) else { continue }
            known[output] = entry.blob
        }
        var entries: [CacheEntry] = []
        for step in result.steps {
            let content = CacheEntry.Content.step(key: step.key, output: step.output, name: step.step.name)
            if let same = old.step(step.key), same.content == content, !refused.contains(same.blob.digest) {
                entries.append(same)
                continue
            }
            do {
                // The same files, made by another command, are sent once.
                let blob = try known[step.output] ?? TreeArchive(store: store).write(step.upper).descriptor
                known[step.output] = blob
                entries.append(CacheEntry(blob: blob, content: content))
            } catch let error as TarWriteError {
                progress.report(.note(text: "step '\(step.step.name)' is not in the cache: \(error)"))
            }
        }
        return entries
    }

    /// The packages of a plan's bases, as far as this machine or the cache has their files.
    private func packages(_ plan: BuildPlan, _ old: CacheIndex) throws -> [CacheEntry] {
        var entries: [CacheEntry] = []
        for base in [plan.builder.base, plan.runtime.base] {
            guard case .debian(let pin)? = base.pin else { continue }
            for package in pin.packages {
                if let known = old.package(package.sha256), !refused.contains(package.sha256) {
                    entries.append(known)
                } else if let size = HostFiles.size(state.debianPackage(package.sha256)) {
                    try link(state.debianPackage(package.sha256), as: package.sha256)
                    entries.append(
                        CacheEntry(
                            blob: Descriptor(mediaType: .debianPackage, digest: package.sha256, size: size),
                            content: .package(name: package.name, version: package.version)))
                }
            }
        }
        return entries
    }

    /// Makes a file a blob of the store; whoever takes it verifies it.
    private func link(_ file: FilePath, as digest: Digest) throws {
        guard Glibc.link(file.string, store.path(digest).string) != 0, errno != EEXIST else { return }
        guard symlink(file.string, store.path(digest).string) == 0 else { throw SystemError.last("read", file) }
    }

    /// The parts of the mounts that steps of this build wrote to, or that the cache does not know yet.
    private func addMounts(
        _ built: CacheTransfer.BuiltSteps, _ old: CacheIndex, to build: inout CacheContribution
    ) throws {
        for step in built.result.steps {
            guard case .run(let command) = step.step.action else { continue }
            for case .cache(let id, _) in command.mounts {
                build.usedMounts.insert(id)
                let known = old.parts(of: id)
                guard build.mounts[id] == nil, step.ran || known.isEmpty else { continue }
                do { build.mounts[id] = try parts(of: id, known) } catch let error as TarWriteError {
                    // Another build writes to it now; the cache keeps what it has.
                    progress.report(.note(text: "the cache mount '\(id)' is not sent: \(error)"))
                }
            }
        }
    }

    private func parts(of id: String, _ known: [CacheEntry]) throws -> [CacheEntry]? {
        let mount = CacheMount(id: id, state: state)
        guard try !mount.isEmpty() else { return nil }
        let archive = try MountArchive(mount.folder)
        guard archive.size <= Self.mountLimit else {
            progress.report(
                .note(text: "the cache mount '\(id)' is not sent: it has \(Size.text(archive.size)), more than 8 GiB"))
            return nil
        }
        return try archive.used.map { number in
            let tar = try archive.tar(of: number)
            let content = CacheEntry.Content.part(mount: id, number: number, tar: tar)
            if let same = known.first(where: { $0.content == content }), !refused.contains(same.blob.digest) {
                return same
            }
            let blob = try archive.write(number, into: store)
            return CacheEntry(blob: blob.descriptor, content: .part(mount: id, number: number, tar: blob.diffID))
        }
    }
}

/// What was sent, counted by several tasks.
private final class SentBytes: Sendable {
    private let state = Mutex<(count: Int, bytes: Int64)>((0, 0))

    var total: (count: Int, bytes: Int64) { state.withLock { $0 } }

    func add(_ bytes: Int64) {
        state.withLock {
            $0.count += 1
            $0.bytes += bytes
        }
    }
}
