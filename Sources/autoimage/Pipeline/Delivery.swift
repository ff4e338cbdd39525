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

    /// Delivers a runtime image of one or several platforms, each with its record; returns its reference with digest.
    func deliver(_ images: ImageSet, _ records: [ImageRecord]) async throws -> String {
        progress.report(.phase(name: "deliver", detail: names.map(\.description).joined(separator: ", ")))
        for record in records { progress.say(summary(record, of: images)) }
        return try await deliver(images, records, names: names, hint: hints(names[0]))
    }

    /// First into the local store, from where a destination that fails can be tried again; then everywhere else.
    private func deliver(
        _ images: ImageSet, _ records: [ImageRecord], names: [Reference], hint: String
    ) async throws -> String {
        for record in records { try store.setRecord(try CanonicalJSON.encode(record), for: record.manifest) }
        for name in names { try store.tag(images.descriptor, as: name) }
        let results = try await outputs.deliver(images, from: store.blobs, names: names)
        if let file = request.metadataFile {
            try BuildMetadata(
                images, records, names: names, outputs: results, timings: progress.clock.timings,
                warnings: progress.clock.warnings
            ).write(to: FilePath(file))
        }
        try results.require(storedAs: names[0])
        progress.say(hint)
        return "\(names[0].tagged)@\(images.descriptor.digest)"
    }

    private var outputs: Outputs { Outputs(outputs: request.outputs, registry: registry, progress: progress) }

    /// The commands to go on with, as one types them.
    private func hints(_ name: Reference) -> String {
        let target = name.registry == nil ? " HOST/\(name)" : ""
        return
            "run: autoimage run \(name)   load: autoimage save \(name) --load   push: autoimage push \(name)\(target)"
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
        return try await deliver(
            ImageSet(image), [record], names: [name], hint: "open a shell in it: autoimage run -it \(name) sh")
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

    private func summary(_ record: ImageRecord, of images: ImageSet) -> String {
        let single = record.singleStageSize.map { "; as one stage the same build weighs \(Size.text($0))" } ?? ""
        let stored = record.layers.reduce(0) { $0 + $1.size }
        let platform = images.images.count > 1 ? " for \(record.plan.platform)" : ""
        return "image\(platform): \(Size.text(record.unpackedSize)) unpacked, \(Size.text(stored)) compressed\(single)"
    }
}

extension PlannedService {
    /// The names an image gets: those of -t, else the service's.
    func names(_ request: BuildRequest) throws -> [Reference] {
        let texts = request.tags.isEmpty ? [plan.name] : request.tags
        return try texts.map { text in
            do { return try Reference(name: text) } catch let failure as Failure {
                throw Failure(failure.code, "\(failure.text); name the image with -t NAME")
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
