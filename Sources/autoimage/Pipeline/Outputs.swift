import Files
import Glibc
import Images
import OCI
import Planning
import Registry
import SystemPackage

/// Several destinations of one image: each gets it whole or not at all, and one that fails keeps no other from it.
struct Outputs: Sendable {
    let outputs: [OutputArgument]
    let registry: RegistryAccess
    let progress: Progress

    /// What became of one of them.
    struct Result: Sendable {
        let output: OutputArgument
        let names: [Reference]
        let outcome: Swift.Result<Delivered, Failure>
    }

    /// Fails where a destination cannot be meant or is known not to work, before any work is done.
    func check(names: [Reference], besides file: FilePath? = nil) throws {
        try translated {
            if let folder = file?.removingLastComponent(), !folder.isEmpty, !HostFiles.isFolder(folder) {
                throw DestinationError.noFolder(folder)
            }
            try checkPaths(besides: file)
            for output in outputs { try check(output, output.names.isEmpty ? names : output.names) }
        }
    }

    private func checkPaths(besides file: FilePath?) throws {
        var taken: Set<FilePath> = []
        for path in outputs.compactMap(\.path) + (file.map { [$0] } ?? []) {
            guard taken.insert(Self.place(path)).inserted else {
                throw Failure(.usage, "\(path) is written twice; give every output a place of its own")
            }
        }
        let streams = outputs.filter(\.isStandardOutput)
        guard streams.count < 2 else {
            throw Failure(.usage, "standard output takes one archive, not \(streams.count)")
        }
        guard streams.isEmpty || !Terminal.standardOutput.isInteractive else {
            throw Failure(
                .usage, "an archive does not go to a terminal; write '| podman load' or '> FILE' behind dest=-")
        }
    }

    private func check(_ output: OutputArgument, _ names: [Reference]) throws {
        switch output.place {
        case .registry: for name in names { try Self.checkRegistry(name) }
        case .daemon(let kind): _ = try DaemonFinder(environment: ProcessEnvironment.current).find(kind)
        case .files(let folder): try FilesDestination(folder).check()
        case .layoutArchive(.file(let path)), .dockerArchive(.file(let path)):
            let parent = path.removingLastComponent()
            guard parent.isEmpty || HostFiles.isFolder(parent) else { throw DestinationError.noFolder(parent) }
            guard !HostFiles.isFolder(path) else { throw DestinationError.isAFolder(path) }
        case .layout(let path):
            guard !HostFiles.exists(path) || HostFiles.isFolder(path) else { throw DestinationError.notAFolder(path) }
        case .layoutArchive, .dockerArchive: break
        }
    }

    private static func checkRegistry(_ name: Reference) throws {
        guard name.registry == nil else { return }
        throw Failure(
            .usage,
            "'\(name)' names no registry to push to; name the image docker.io/\(Repository(of: name).name)"
                + (name.tag.map { ":\($0)" } ?? "") + " for Docker Hub, or HOST/\(name)")
    }

    /// The same for all ways to write a path.
    private static func place(_ path: FilePath) -> FilePath {
        if let real = HostFiles.realPath(path) { return real }
        let parent = path.removingLastComponent()
        guard let name = path.lastComponent, let real = HostFiles.realPath(parent.isEmpty ? "." : parent) else {
            return path.lexicallyNormalized()
        }
        return real.appending(name)
    }

    /// Delivers to all of them, one after the other.
    func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> [Result] {
        var results: [Result] = []
        for (output, names) in outputs.flatMap({ Self.apart($0, $0.names.isEmpty ? names : $0.names) }) {
            let result: Swift.Result<Delivered, Failure>
            do {
                let delivered = try await guarded {
                    try await deliver(images, to: output, from: store, names: names)
                }
                tell(delivered, output)
                result = .success(delivered)
            } catch let failure as Failure where failure.code != .interrupted {
                if outputs.count > 1 {
                    progress.report(.warning(text: "\(Self.label(output, names)) failed: \(failure.text)"))
                }
                result = .failure(failure)
            }
            results.append(Result(output: output, names: names, outcome: result))
        }
        return results
    }

    /// Each registry is a destination of its own: one that is down keeps nothing from the others.
    private static func apart(_ output: OutputArgument, _ names: [Reference]) -> [(OutputArgument, [Reference])] {
        guard output.place == .registry else { return [(output, names)] }
        let registries = names.map { Repository(of: $0).registry }
        var seen: Set<String> = []
        return registries.filter { seen.insert($0).inserted }.map { host in
            (output, zip(names, registries).filter { $0.1 == host }.map(\.0))
        }
    }

    private func deliver(
        _ images: ImageSet, to output: OutputArgument, from store: BlobStore, names: [Reference]
    ) async throws -> Delivered {
        if output.place != .registry, images.blobs.contains(where: { !store.has($0.digest) }) {
            progress.report(.note(text: "fetching the base's layers, which only a registry has so far"))
            try await registry.client().fetchMissingBlobs(of: images, into: store)
        }
        return try await destination(of: output).deliver(images, from: store, names: names)
    }

    private func destination(of output: OutputArgument) throws -> any ImageDestination {
        switch output.place {
        case .registry: RegistryDestination(try registry.client())
        case .layout(let folder): OCILayoutDestination(folder)
        case .layoutArchive(let place): OCIArchiveDestination(place)
        case .dockerArchive(let place): DockerArchiveDestination(place)
        case .daemon(let kind):
            DaemonDestination(try DaemonFinder(environment: ProcessEnvironment.current).find(kind))
        case .files(let folder): FilesDestination(folder)
        }
    }

    private func tell(_ delivered: Delivered, _ output: OutputArgument) {
        let verb =
            switch output.place {
            case .registry: "pushed"
            case .daemon: "loaded into"
            default: "wrote"
            }
        progress.report(.note(text: "\(verb) \(delivered.place)\(Self.transfer(delivered.counts))"))
        for note in delivered.notes { progress.report(.note(text: note)) }
    }

    private static func transfer(_ counts: [String: Int64]) -> String {
        guard let sent = counts["sent"], let present = counts["present"], let mounted = counts["mounted"] else {
            return ""
        }
        return
            ": \(sent) blobs sent (\(Size.text(counts["sentBytes"] ?? 0))), \(mounted) mounted, \(present) there already"
    }

    /// The destination as one wrote it.
    static func label(_ output: OutputArgument, _ names: [Reference]) -> String {
        switch output.place {
        case .registry: "push to \(names.map(\.tagged).joined(separator: ", "))"
        case .daemon(let kind): "load into \(kind?.name ?? "a daemon")"
        case .layoutArchive(let place), .dockerArchive(let place): "\(output.type):\(place)"
        case .layout(let path), .files(let path): "\(output.type):\(path)"
        }
    }
}

extension [Outputs.Result] {
    /// Fails where a destination failed, with its exit code, naming what failed and what is done.
    func require(storedAs name: Reference?) throws {
        let failed = compactMap { result -> (label: String, failure: Failure)? in
            guard case .failure(let failure) = result.outcome else { return nil }
            return (Outputs.label(result.output, result.names), failure)
        }
        guard let first = failed.first else { return }
        if failed.count == 1, count == 1, name == nil { throw first.failure }
        let texts = failed.map { "\($0.label) failed: \($0.failure.text)" }
        let done = compactMap { try? $0.outcome.get().place } + (name.map { ["'\($0)' in the local store"] } ?? [])
        let rest = done.isEmpty ? "" : "; done: \(done.joined(separator: ", "))"
        throw Failure(first.failure.code, texts.joined(separator: "; ") + rest)
    }
}
