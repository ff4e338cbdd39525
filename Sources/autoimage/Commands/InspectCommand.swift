import ArgumentParser
import Files
import Images
import OCI

/// `autoimage inspect`.
struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Shows an image's layers and config, and what its build would weigh as one stage.")

    @Argument(help: "Name, digest or beginning of a digest.")
    var name: String

    @Option(help: "Platform to show, of an image for several; this machine's by default.")
    var platform: String?

    @Option(help: "text, or json: the image's config as stored.")
    var format: Format = .text

    @Flag(help: "List every file with its layer.")
    var files = false

    enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

    func run() async throws {
        try await guarded {
            let store = try LocalStore(try State(environment: ProcessEnvironment.current))
            let wanted = try platform.map { try Platform(parsing: $0).normalized } ?? .host
            let image = try StoredImage(name, in: store, for: wanted)
            if files {
                for layer in image.image.manifest.layers {
                    try LayerReader(layer, in: store.blobs).forEachEntry { entry in
                        Terminal.standardOutput.line("\(layer.digest.short)  \(Terminal.safe(entry.path))")
                    }
                }
            } else if format == .json {
                Terminal.standardOutput.write(
                    String(decoding: try CanonicalJSON.encodePretty(image.image.config), as: UTF8.self))
            } else {
                Terminal.standardOutput.write(text(image))
            }
        }
    }

    private func text(_ image: StoredImage) -> String {
        let execution = image.image.config.config
        let reference = image.names.first.map { "\($0.tagged)@" } ?? ""
        var lines = [
            "image      \(reference)\(image.set.descriptor.digest)", "platform   \(image.image.platform)",
        ]
        if image.set.isIndex {
            let all = image.set.images.map { "\($0.platform) \($0.descriptor.digest)" }
            lines += all.enumerated().map { ($0 == 0 ? "index of   " : "           ") + $1 }
        }
        if let record = image.record {
            lines.append("stage      \(record.stage)")
            lines.append("unpacked   \(Size.text(record.unpackedSize))")
            if let single = record.singleStageSize {
                lines.append(
                    "one stage  \(Size.text(single)): the same build with its toolchain in the image (measured)")
            }
            lines.append("built in   \(record.isolation)")
        }
        lines.append("")
        let held = Dictionary(
            (image.record?.layers ?? []).map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
        let rows = image.image.manifest.layers.map { layer in
            [
                layer.digest.short, Size.text(layer.size), held[layer.digest].map { Size.text($0.unpackedSize) } ?? "-",
                held[layer.digest]?.holds ?? "-",
            ]
        }
        lines.append(Table.text([["LAYER", "COMPRESSED", "UNPACKED", "HOLDS"]] + rows))
        lines.append("entrypoint \((execution.entrypoint ?? []).joined(separator: " "))")
        lines.append("command    \((execution.cmd ?? []).joined(separator: " "))")
        lines.append("user       \(execution.user ?? "-")")
        lines.append("directory  \(execution.workingDir ?? "/")")
        lines.append("ports      \((execution.exposedPorts ?? [:]).keys.sorted().joined(separator: " "))")
        for variable in execution.env ?? [] { lines.append("env        \(variable)") }
        for (key, value) in (execution.labels ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append("label      \(key)=\(value)")
        }
        return lines.map { Terminal.safe($0) }.joined(separator: "\n") + "\n"
    }
}
