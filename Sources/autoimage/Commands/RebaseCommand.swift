import ArgumentParser
import Files
import Images
import OCI
import Planning
import SandboxEngine

/// `autoimage rebase`.
struct RebaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebase",
        abstract: "Puts an image onto the newest packages of its base, or another base, without a build.",
        discussion: """
            \(ImageSource.forms) The layers above the base stay as they are, byte for byte. The result is checked: every \
            library and symbol version that the image needs, its user and its entrypoint must be there on the new base; \
            else nothing is stored and the exit code is 80. It gets the image's own name, or those of -t. Standard output \
            gets one line, the reference with its digest.
            """)

    @Argument(help: "The image.")
    var name: String

    @Option(help: "The base to take: an id of 'autoimage bases list', or a reference; the image's own by default.")
    var base: String?

    @Option(name: .customLong("old-base"), help: "Reference of the base below an image that autoimage did not build.")
    var oldBase: String?

    @Option(name: [.customShort("t"), .customLong("tag")], help: "Name of the result; may be repeated.")
    var tags: [String] = []

    @OptionGroup(title: "Where to") var output: OutputOptions

    @Option(name: .customLong("debian-mirror"), help: "Address of a Debian mirror; the host's own by default.")
    var debianMirror: String?

    @OptionGroup(title: "Registries") var registries: RegistryArguments

    func run() async throws {
        let progress = Progress(.auto)
        let line = try await guarded { try await interruptible { try await rebase(progress) } }
        Terminal.standardOutput.line(line)
    }

    private func rebase(_ progress: Progress) async throws -> String {
        let state = try State(environment: ProcessEnvironment.current)
        let use = try StateUse.shared(state)
        defer { withExtendedLifetime(use) {} }
        let store = try LocalStore(state)
        let names = try names()
        return try await withRegistry(registries, progress) { registry in
            let outputs = Outputs(outputs: output.all, registry: registry, progress: progress)
            try outputs.check(names: names)
            let source = try await ImageSource.open(name, in: state, registry)
            for blob in source.images.blobs { try store.blobs.copy(blob.digest, from: source.store) }
            let rebaser = Rebaser(
                state: state, store: store, registry: registry, bases: try suppliers(state, registry, progress),
                progress: progress, newBase: base, oldBase: oldBase)
            var images: [AssembledImage] = []
            for image in source.images.images {
                let result = try await rebaser.rebase(image, named: name)
                try keepRecord(of: image, for: result, in: store)
                images.append(result)
            }
            let set = try ImageSet(indexing: images, in: store.blobs)
            for name in names { try store.tag(set.descriptor, as: name) }
            try await outputs.deliver(set, from: store.blobs, names: names).require(storedAs: names[0])
            let isSame = set.descriptor.digest == source.images.descriptor.digest
            progress.say(isSame ? "the image stands on the newest base already" : "run: autoimage run \(names[0])")
            return "\(names[0].tagged)@\(set.descriptor.digest)"
        }
    }

    /// The names of -t; else the image's own, where it has one that can be given.
    private func names() throws -> [Reference] {
        guard tags.isEmpty else { return try tags.map { try Reference(name: $0) } }
        let own = name.hasPrefix("docker://") ? String(name.dropFirst("docker://".count)) : name
        if let reference = try? Reference(parsing: own), reference.digest == nil { return [reference] }
        throw Failure(.usage, "\(name) is no name to give to the result; give one with -t")
    }

    private func suppliers(
        _ state: State, _ registry: RegistryAccess, _ progress: Progress
    ) throws -> BaseSuppliers {
        var settings = Settings(plan: PlanOptions(name: "rebase"))
        settings.debianMirror = debianMirror.map { Requested($0, by: "--debian-mirror") }
        return try BaseSuppliers(
            settings: settings, state: state, sandbox: try Sandbox.probe(scratch: state.temporary), registry: registry,
            progress: progress)
    }

    /// What the build knew of the image is true of the result as well, but for the layers of the base.
    private func keepRecord(of image: AssembledImage, for result: AssembledImage, in store: LocalStore) throws {
        guard let record = try ImageRecord.read(from: store, image.descriptor.digest) else { return }
        let known = Dictionary(record.layers.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
        let baseName = "base: \(result.config.config.labels?["autoimage.base"] ?? "-")"
        let layers = try result.manifest.layers.map { layer in
            try known[layer.digest]
                ?? .init(
                    digest: layer.digest, size: layer.size,
                    unpackedSize: LayerReader(layer, in: store.blobs).fileBytes(),
                    holds: baseName)
        }
        let new = ImageRecord(
            name: record.name, manifest: result.descriptor.digest, stage: record.stage, layers: layers,
            unpackedSize: layers.reduce(0) { $0 + $1.unpackedSize }, singleStageSize: record.singleStageSize,
            isolation: record.isolation, revision: record.revision, plan: record.plan)
        try store.setRecord(try CanonicalJSON.encode(new), for: result.descriptor.digest)
    }
}

extension LayerReader {
    /// Reads the layer to its end; returns the bytes of its files.
    fileprivate func fileBytes() throws -> Int64 {
        var bytes: Int64 = 0
        var tar = TarReader { try self.read(into: $0) }
        while let entry = try tar.next() { bytes += entry.size }
        return bytes
    }
}
