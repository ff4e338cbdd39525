import DebianBases
import Files
import Images
import OCI
import Planning
import SandboxEngine
import SystemPackage

/// Names an image in the local store and writes it wherever the user asked.
struct Delivery: Sendable {
    let request: BuildRequest
    let names: [Reference]
    let store: LocalStore
    let state: State
    let registry: RegistryAccess
    let progress: Progress

    /// Delivers a runtime image; returns its reference with digest.
    func deliver(_ images: ImageSet, _ records: [ImageRecord]) async throws -> String {
        progress.report(.phase(name: "deliver", detail: names.map(\.description).joined(separator: ", ")))
        for output in request.outputs { try await write(images, to: output, names: names) }
        for record in records { try store.setRecord(try CanonicalJSON.encode(record), for: record.manifest) }
        for name in names { try store.tag(images.descriptor, as: name) }
        try writeMetadata(records)
        let reference = "\(names[0].tagged)@\(images.descriptor.digest)"
        for record in records { progress.say(summary(record, platform: records.count > 1)) }
        progress.say(hints(names[0]))
        return reference
    }

    /// The commands to go on with, as one types them.
    private func hints(_ name: Reference) -> String {
        let layout = ShellWord.quoted("oci:\(store.blobs.folder):\(name.tagged)")
        return "run: autoimage run \(name)"
            + "   load: autoimage save \(name) --output docker-archive:image.tar && docker load --input image.tar"
            + "   push: skopeo copy \(layout) docker://REGISTRY/\(name.tagged)"
    }

    /// Stores the builder as an image for debugging: never under a name that a runtime image has.
    func deliverBuilder(
        _ plan: BuildPlan, _ built: any BuilderResult, _ sandbox: Sandbox, _ base: AssembledBase, hidden: Set<String>
    ) async throws -> String {
        let name = request.tags.isEmpty ? try Reference(parsing: "\(plan.name):builder") : names[0]
        if let taken = try store.list().first(where: { $0.name == name.tagged }),
            try ImageRecord.read(from: store, taken.descriptor.digest)?.stage == "runtime"
        {
            throw Failure(
                .usage, "\(name) names a runtime image; give the builder another name, as in -t \(plan.name):builder")
        }
        progress.report(.phase(name: "assemble", detail: "\(name) (builder, for debugging)"))
        let owners = base.owners
        let everything = LayerContent([
            .tree(built.tree, from: .root, to: .root, owner: { owners[$0] ?? .root }, modes: .kept)
        ])
        guard let blob = try LayerBuilder(store: store.blobs, modified: Epoch.seconds).build(everything) else {
            throw Failure(.bug, "the builder is empty")
        }
        let holds =
            "builder: \(plan.builder.base.entry.id) and steps \(plan.builder.steps.map(\.name).joined(separator: " "))"
        let image = try ImageAssembler(store: store.blobs).assemble(
            layers: [(blob, "autoimage \(holds)")], config: builderExecution(plan, hidden: hidden),
            platform: plan.platform,
            created: Epoch.seconds)
        let record = ImageRecord(
            name: plan.name, manifest: image.descriptor.digest, stage: "builder",
            layers: [
                .init(
                    digest: blob.descriptor.digest, size: blob.descriptor.size, unpackedSize: blob.uncompressedSize,
                    holds: holds)
            ], unpackedSize: blob.uncompressedSize, singleStageSize: nil, isolation: sandbox.reason,
            revision: nil,
            plan: plan)
        for output in request.outputs { try await write(ImageSet(image), to: output, names: [name]) }
        try store.setRecord(try CanonicalJSON.encode(record), for: image.descriptor.digest)
        try store.tag(image.descriptor, as: name)
        try writeMetadata([record])
        progress.say("open a shell in it: autoimage run -it \(name) sh")
        return "\(name.tagged)@\(image.descriptor.digest)"
    }

    private func builderExecution(_ plan: BuildPlan, hidden: Set<String>) -> ImageConfig.Execution {
        let last = plan.builder.steps.reversed().lazy.compactMap { step -> Planning.RunCommand? in
            if case .run(let command) = step.action { command } else { nil }
        }.first
        let environment = plan.builder.base.entry.environment.merging(last?.environment ?? [:]) { _, new in new }
            .filter { !hidden.contains($0.key) }
        return ImageConfig.Execution(
            user: "0:0", exposedPorts: [], env: environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" },
            entrypoint: [], cmd: [plan.builder.base.entry.shell?.description ?? "/bin/sh"], volumes: [],
            workingDir: last?.workingDirectory.description ?? "/", labels: ["autoimage.stage": "builder"],
            stopSignal: nil)
    }

    private func writeMetadata(_ records: [ImageRecord]) throws {
        guard let file = request.metadataFile else { return }
        let bytes =
            try records.count == 1
            ? CanonicalJSON.encodePretty(records[0]) : CanonicalJSON.encodePretty(records)
        try AtomicFile.write(bytes, to: FilePath(file))
    }

    private func write(_ images: ImageSet, to output: OutputArgument, names: [Reference]) async throws {
        let place = try await output.destination.deliver(images, from: store.blobs, names: names)
        progress.report(.note(text: "wrote \(place)"))
    }

    private func summary(_ record: ImageRecord, platform: Bool) -> String {
        let name = platform ? "image for \(record.plan.platform)" : "image"
        let single = record.singleStageSize.map { "; as one stage the same build weighs \(Size.text($0))" } ?? ""
        let stored = record.layers.reduce(0) { $0 + $1.size }
        return "\(name): \(Size.text(record.unpackedSize)) unpacked, \(Size.text(stored)) compressed\(single)"
    }
}

extension PlannedService {
    /// The names an image gets: those of -t, else the service's.
    func names(_ request: BuildRequest) throws -> [Reference] {
        let texts = request.tags.isEmpty ? [plan.name] : request.tags
        return try texts.map { text in
            do {
                let reference = try Reference(parsing: text)
                guard reference.digest == nil else { throw Failure(.usage, "-t \(text): a name to give has no digest") }
                return reference
            } catch let error as ReferenceError {
                throw Failure(.usage, "\(error); name the image with -t NAME")
            }
        }
    }

    /// What the user should know before the build starts.
    ///
    /// What is true of every platform is said once.
    var warnings: [String] {
        var seen: Set<String> = []
        return (plans.flatMap(\.warnings) + tree.warnings).filter { seen.insert($0).inserted }
    }
}

extension ImageRecord {
    /// The record of a stored image; nil for one that another tool put into the store.
    static func read(from store: LocalStore, _ digest: Digest) throws -> ImageRecord? {
        try store.record(for: digest).flatMap { try? CanonicalJSON.decode(ImageRecord.self, from: $0) }
    }
}

/// Sizes for people, in decimal units with one digit: 104.2 MB.
enum Size {
    static func text(_ bytes: Int64) -> String {
        let units: [(Int64, String)] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")]
        guard let (unit, name) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) B" }
        let tenths = (bytes * 10 + unit / 2) / unit
        return "\(tenths / 10).\(tenths % 10) \(name)"
    }
}

/// Words for a shell.
enum ShellWord {
    /// The text as one word: as it is, or in single quotes.
    static func quoted(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                || "%+,-./:=@_".utf8.contains($0)
        }
        return isPlain && !text.isEmpty ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}
