import ArgumentParser
import BaseImages
import DebianBases
import Files
import Images
import OCI
import Planning
import SystemPackage

/// `autoimage bases`.
struct BasesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bases", abstract: "About base images.", subcommands: [List.self, Save.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints the catalog.")

        @Option(help: "Only bases of this family: debian or official.")
        var family: String?

        @Option(help: "Only bases for this language, as in python, node, go, java or static.")
        var language: String?

        @Option(help: "Form: text or json.")
        var format = CatalogFormat.text

        enum CatalogFormat: String, ExpressibleByArgument, CaseIterable { case text, json }

        func run() async throws {
            try await guarded {
                let catalog = try BaseImages.catalog()
                let entries = catalog.entries.filter {
                    (family == nil || $0.family == family) && (language == nil || $0.language == language)
                }
                guard !entries.isEmpty else { throw none(in: catalog) }
                switch format {
                case .json:
                    let chosen = BaseCatalog(date: catalog.date, entries: entries)
                    Terminal.standardOutput.write(
                        String(decoding: try CanonicalJSON.encodePretty(chosen), as: UTF8.self))
                case .text: Terminal.standardOutput.write(table(entries, of: catalog))
                }
            }
        }

        private func table(_ entries: [BaseEntry], of catalog: BaseCatalog) -> String {
            let rows = entries.map { entry in
                [
                    entry.id, entry.family, entry.language, entry.version, entry.role.rawValue,
                    entry.libc.description, entry.release,
                    (entry.endOfLife ?? "-") + (catalog.isPastEnd(entry) ? " (past)" : ""), entry.note ?? "",
                ]
            }
            return Table.text(
                [["ID", "FAMILY", "LANGUAGE", "VERSION", "ROLE", "LIBC", "RELEASE", "END OF LIFE", "NOTE"]] + rows)
        }

        private func none(in catalog: BaseCatalog) -> Failure {
            func names(_ key: (BaseEntry) -> String) -> String {
                Set(catalog.entries.map(key)).sorted().joined(separator: ", ")
            }
            return Failure(
                .usage,
                "no such bases; the families are \(names(\.family)), the languages \(names(\.language))")
        }
    }

    struct Save: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes a service's bases as archives that docker load and podman load take, for its Dockerfile.")

        @OptionGroup var plan: PlanArguments

        @Option(help: "Folder to write builder.tar and runtime.tar to.")
        var output: String

        func run() async throws {
            let arguments = plan
            let output = FilePath(output)
            try await guarded {
                try await interruptible {
                    let progress = Progress(.auto)
                    let isOffline = try arguments.lock.isOffline()
                    try await withRegistry(arguments.registries, offline: isOffline, progress) { registry in
                        try await save(arguments, to: output, registry, progress)
                    }
                }
            }
        }

        private func save(
            _ arguments: PlanArguments, to output: FilePath, _ registry: RegistryAccess, _ progress: Progress
        ) async throws {
            let service = try PlannedService(arguments)
            guard service.plans.count == 1 else {
                throw Failure(.usage, "bases are saved for one platform: choose one with --platform")
            }
            let provider = try BaseProvider(service, registry, progress)
            defer { withExtendedLifetime(provider) {} }
            let pins = try await provider.pins()
            let plan = try service.plan.pinned(by: pins).validated().plan
            let bases = try await provider.assemble(plan)
            _ = try service.lock.update(pins, state: provider.state)
            try HostFiles.makeFolder(output)
            for (base, of) in [(bases.builder, plan.builder.base), (bases.runtime, plan.runtime.base)] {
                let entry = of.entry
                guard entry.debian != nil else {
                    progress.say("\(entry.id): docker and podman pull it themselves, as \(entry.reference)")
                    continue
                }
                let file = output.appending("\(entry.role.rawValue).tar")
                try await BaseArchive(state: provider.state).write(base, entry, of.platform, to: file)
                progress.say("wrote \(file): load it with 'docker load -i \(file)'; it is \(entry.reference)")
            }
        }
    }
}

/// A base as an image of its own, in an archive.
struct BaseArchive: Sendable {
    let state: State

    func write(_ base: AssembledBase, _ entry: BaseEntry, _ platform: Platform, to file: FilePath) async throws {
        let store = try LocalStore(state)
        let blob = try base.layer(of: entry, state, in: store.blobs)
        let image = try ImageAssembler(store: store.blobs).assemble(
            layers: [(blob, "autoimage base: \(entry.id)")],
            config: ImageConfig.Execution(
                user: entry.role == .builder ? "0:0" : entry.user, exposedPorts: [],
                env: entry.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }, entrypoint: [],
                cmd: [(entry.shell ?? entry.interpreter)?.description].compactMap(\.self), volumes: [], workingDir: "/",
                labels: ["autoimage.base": entry.id], stopSignal: nil),
            platform: platform, created: Epoch.seconds)
        _ = try await DockerArchiveDestination(file).deliver(
            ImageSet(image), from: store.blobs, names: [try Reference(parsing: entry.reference)])
    }
}
