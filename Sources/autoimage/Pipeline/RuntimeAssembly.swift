import DebianBases
import Files
import Images
import OCI
import Planning
import SystemPackage

/// Makes the runtime image out of a complete plan, the builder's files and the runtime base.
struct RuntimeAssembly: Sendable {
    let plan: BuildPlan
    let builder: any FileTree
    /// Images beside the builder that copies are from, by reference.
    let images: [String: OverlayTree]
    let base: AssembledBase
    let state: State

    /// A made image with its layers, lowest first.
    struct Result: Sendable {
        let image: AssembledImage
        let layers: [(blob: LayerBlob, holds: String)]
    }

    /// Writes what is missing of the image's blobs.
    func image(in store: LocalStore) throws -> Result {
        let baseTree = OverlayTree([base.root])
        let lower = base.image == nil ? baseTree as any FileTree : OwnedTree(baseTree, owners: base.owners)
        let baseName = "base: \(plan.runtime.base.entry.id)"
        // The layers of an image stay as they are: registries have them, and other images share them.
        var layers =
            base.image == nil
            ? [(blob: try base.layer(of: plan.runtime.base.entry, state, in: store.blobs), holds: baseName)] : []
        for group in LayerGroup.allCases {
            let content = try content(of: group, over: baseTree)
            let builder = LayerBuilder(store: store.blobs, lower: lower, modified: Epoch.seconds)
            guard let blob = try builder.build(content) else { continue }
            layers.append((blob, "\(group.rawValue): \(holds(group))"))
        }
        let image = try ImageAssembler(store: store.blobs).assemble(
            on: base.image, layers: layers.map { ($0.blob, "autoimage build: \($0.holds)") }, config: execution(),
            platform: plan.platform, created: Epoch.seconds)
        return Result(image: image, layers: (base.image?.layers ?? []).map { ($0, baseName) } + layers)
    }

    private func content(of group: LayerGroup, over below: OverlayTree) throws -> LayerContent {
        let writable = plan.runtime.config.writable.map(\.value)
        let user = plan.runtime.config.user.value
        let copies = plan.runtime.copies.filter { $0.group == group }.map { copy in
            LayerContent.Piece.tree(
                images[copy.from] ?? builder, from: copy.path, to: copy.destination,
                owner: { path in writable.contains { path.isInside($0) } ? user : copy.owner })
        }
        return LayerContent(try copies + files(of: group).map { .file(try written($0, over: below)) })
    }

    /// A file with what the base has of it before its own lines, where it only adds some.
    private func written(_ file: PlanFile, over below: OverlayTree) throws -> PlanFile {
        guard file.addsToBase == true, let place = try below.resolve(file.path) else { return file }
        var whole = file
        whole.contents = file.contents(over: String(decoding: try below.contents(of: place), as: UTF8.self))
        return whole
    }

    /// The plan's own files, and the folders to write to that nothing else makes.
    private func files(of group: LayerGroup) -> [PlanFile] {
        let files = plan.runtime.files.filter { $0.group == group }
        guard group == .application else { return files }
        let made = Set(plan.runtime.files.map(\.path) + plan.runtime.copies.map(\.destination))
        return files
            + plan.runtime.config.writable.filter { !made.contains($0.value) }.map {
                PlanFile(
                    path: $0.value, contents: nil, mode: 0o755, owner: plan.runtime.config.user.value, group: group,
                    reason: $0.reason)
            }
    }

    private func holds(_ group: LayerGroup) -> String {
        let all = plan.runtime.copies.filter { $0.group == group }
        let records = all.map(\.destination).filter {
            $0.isInside(ImagePath("/var/lib/dpkg/status.d")) && !$0.name.hasSuffix(".md5sums")
        }
        let paths = all.map { "\($0.destination)" + ($0.step.map { " of step \($0)" } ?? "") }
        let copies = records.isEmpty ? paths : records.map { "package \($0.name)" }
        return (copies + files(of: group).map(\.path.description)).joined(separator: " ")
    }

    private func execution() -> ImageConfig.Execution {
        let config = plan.runtime.config
        return ImageConfig.Execution(
            user: config.user.value.description, exposedPorts: config.ports.map { "\($0.value)/tcp" },
            env: config.environment.map { "\($0.name)=\($0.value.value)" }, entrypoint: config.entrypoint.value,
            cmd: config.command, volumes: [], workingDir: config.workingDirectory.description,
            labels: config.labels.merging(plan.evidenceLabels) { given, _ in given },
            stopSignal: config.stopSignal?.value)
    }

    /// What is worth knowing about the image later.
    func record(of result: Result, singleStage: Int64, isolation: String, revision: String?) throws -> ImageRecord {
        ImageRecord(
            name: plan.name, manifest: result.image.descriptor.digest, stage: "runtime",
            layers: result.layers.map {
                .init(
                    digest: $0.blob.descriptor.digest, size: $0.blob.descriptor.size,
                    unpackedSize: $0.blob.uncompressedSize, holds: $0.holds)
            },
            unpackedSize: result.layers.reduce(0) { $0 + $1.blob.uncompressedSize }, singleStageSize: singleStage,
            isolation: isolation, revision: revision, plan: plan)
    }
}

extension BuildPlan {
    /// The decisions as labels, each with its reason, so that an image explains itself.
    var evidenceLabels: [String: String] {
        var labels = ["autoimage.stage": "runtime", "autoimage.base": runtime.base.entry.id]
        let packages = runtime.base.packages.map(\.value).sorted()
        if !packages.isEmpty { labels["autoimage.base.packages"] = packages.joined(separator: " ") }
        labels["autoimage.language"] = "\(language.value) (\(language.reason))"
        for decision in decisions {
            let name = decision.name.lowercased().map { $0.isLetter || $0.isNumber || $0 == "." ? $0 : "-" }
            labels["autoimage.decision." + String(name)] = "\(decision.decided.value) (\(decision.decided.reason))"
        }
        return labels
    }
}

/// The time that stands in images: `SOURCE_DATE_EPOCH`, or one second after 1970 began.
enum Epoch {
    static let seconds: Int64 =
        ProcessEnvironment.current["SOURCE_DATE_EPOCH"].flatMap { Int64($0) }.map { max($0, 0) } ?? 1
}
