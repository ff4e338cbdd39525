import ArgumentParser
import Files
import Images
import OCI
import Planning
import Registry
import SandboxEngine
import SystemPackage

/// `autoimage run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Starts an image of the local store in the sandbox, on the host's network.",
        discussion: """
            The process has the image's user, a read-only root and memory-backed /tmp and /run. A command after the \
            name is run in place of what the image starts, so that 'autoimage run NAME python manage.py migrate' works.
            """)

    @Flag(name: .customShort("i"), help: "Keep standard input open.")
    var input = false

    @Flag(name: .customShort("t"), help: "Use the terminal; with -i for a shell.")
    var terminal = false

    @Option(name: [.customShort("e"), .customLong("env")], help: "Variable, NAME=VALUE or NAME of this environment.")
    var environment: [String] = []

    @Option(name: [.customShort("v"), .customLong("volume")], help: "Bind SOURCE:TARGET[:ro].")
    var volumes: [String] = []

    @Option(help: "Program to start in place of the image's entrypoint.")
    var entrypoint: String?

    @OptionGroup(title: "Registries") var registries: RegistryArguments

    @Argument(help: "Name, digest or beginning of a digest.")
    var name: String

    @Argument(parsing: .captureForPassthrough, help: "Command and arguments.")
    var command: [String] = []

    func run() async throws {
        let status = try await guarded {
            let state = try State(environment: ProcessEnvironment.current)
            let use = try StateUse.shared(state)
            defer { withExtendedLifetime(use) {} }
            let store = try LocalStore(state)
            let image = try StoredImage(name, in: store)
            try image.checkRuns()
            try await fetchMissing(of: image.image, into: store.blobs)
            let layers = try LayerUnpacker(state: state, store: store.blobs).unpack(image.image)
            let runner = ContainerRunner(state: state, sandbox: try Sandbox.probe(scratch: state.temporary))
            // As in docker run: without -i the program reads nothing.
            let nothing = try FileDescriptor.open("/dev/null", .readOnly, options: [.closeOnExec])
            defer { try? nothing.close() }
            let streams = SandboxJob.Streams(
                input: input || terminal ? 0 : nothing.rawValue, output: 1, error: 2, interactive: terminal)
            return try await runner.run(
                layers: layers, config: image.image.config.config,
                options: .init(
                    entrypoint: entrypoint.map { [$0] } ?? (command.isEmpty ? nil : []), command: command,
                    environment: try variables(), binds: try binds(), interactive: terminal,
                    writable: Self.home + (image.record?.plan.runtime.config.writable.map(\.value) ?? [])),
                streams: streams)
        }
        throw ExitCode(status)
    }

    /// Programs keep small things in their user's home, as they may in docker run.
    private static let home = [ImagePath("/home/nonroot")]

    /// Brings the layers of a base that the build of the image left in its registry.
    private func fetchMissing(of image: AssembledImage, into store: BlobStore) async throws {
        guard image.manifest.layers.contains(where: { !store.has($0.digest) }) else { return }
        let progress = Progress(.auto)
        progress.say("fetching layers of the image that are not here yet")
        try await withRegistry(registries, progress) { registry in
            try await registry.client().fetchMissingBlobs(of: ImageSet(image), into: store)
        }
    }

    private func variables() throws -> [String: String] {
        var result: [String: String] = [:]
        for item in environment {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = pair.first, !name.isEmpty else { throw Failure(.usage, "-e \(item): expected NAME=VALUE") }
            if pair.count == 2 { result[name] = pair[1] } else { result[name] = ProcessEnvironment.current[name] }
        }
        return result
    }

    private func binds() throws -> [ContainerRunner.Bind] {
        try volumes.map { item in
            let parts = item.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard (2...3).contains(parts.count), parts.count == 2 || ["ro", "rw"].contains(parts[2]),
                let source = HostFiles.realPath(FilePath(parts[0])), let target = try? ImagePath(parsing: parts[1])
            else {
                throw Failure(
                    .usage, "-v \(item): expected SOURCE:TARGET[:ro] with an existing source and an absolute target")
            }
            return .init(source: source, target: target, readOnly: parts.count == 3 && parts[2] == "ro")
        }
    }
}
