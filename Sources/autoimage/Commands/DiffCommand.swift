import ArgumentParser
import Files
import Images
import OCI
import Planning

/// `autoimage diff`.
struct DiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Says what two images differ in: config fields, layers, files, bytes.",
        discussion: "\(ImageSource.forms) Exits with 0 where nothing differs and with 1 where something does.")

    @Argument(help: "An image.")
    var first: String

    @Argument(help: "Another one.")
    var second: String

    @Option(help: "text or json.")
    var format: InspectCommand.Format = .text

    @OptionGroup(title: "Registries") var registries: RegistryArguments

    /// What two names stand for, compared platform by platform.
    struct Result: Codable {
        let first: Digest
        let second: Digest
        /// Platforms that only one side has.
        let onlyFirst: [String]
        let onlySecond: [String]
        let platforms: [String: ImageDiff]

        var isSame: Bool { first == second }
    }

    func run() async throws {
        let result = try await guarded { try await interruptible { try await compare() } }
        switch format {
        case .json:
            Terminal.standardOutput.write(String(decoding: try CanonicalJSON.encodePretty(result), as: UTF8.self))
        case .text: Terminal.standardOutput.write(text(result))
        }
        if !result.isSame { throw ExitCode(1) }
    }

    private func compare() async throws -> Result {
        let state = try State(environment: ProcessEnvironment.current)
        let use = try StateUse.shared(state)
        defer { withExtendedLifetime(use) {} }
        return try await withRegistry(registries, Progress(.auto)) { registry in
            let one = try await ImageSource.open(first, in: state, registry)
            let two = try await ImageSource.open(second, in: state, registry)
            let (left, right) = (platforms(one.images), platforms(two.images))
            var platforms: [String: ImageDiff] = [:]
            for (platform, image) in left {
                // Two single images are compared whatever they are for.
                let other = right[platform] ?? (left.count == 1 && right.count == 1 ? right.values.first : nil)
                guard let other else { continue }
                platforms[platform] = try ImageDiff(image, in: one.store, other, in: two.store)
            }
            let areSingle = left.count == 1 && right.count == 1
            return Result(
                first: one.images.descriptor.digest, second: two.images.descriptor.digest,
                onlyFirst: areSingle ? [] : Set(left.keys).subtracting(right.keys).sorted(),
                onlySecond: areSingle ? [] : Set(right.keys).subtracting(left.keys).sorted(), platforms: platforms)
        }
    }

    private func platforms(_ images: ImageSet) -> [String: AssembledImage] {
        Dictionary(
            images.images.map { image in
                (
                    Platform(
                        architecture: image.config.architecture, os: image.config.os, variant: image.config.variant
                    ).description, image
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    private func text(_ result: Result) -> String {
        guard !result.isSame else { return "the same: \(result.first)\n" }
        var lines = ["- \(first) \(result.first)", "+ \(second) \(result.second)"]
        lines += result.onlyFirst.map { "- platform \($0)" } + result.onlySecond.map { "+ platform \($0)" }
        for (platform, difference) in result.platforms.sorted(by: { $0.key < $1.key }) where !difference.isEmpty {
            if result.platforms.count > 1 { lines.append("platform \(platform)") }
            for field in difference.fields {
                lines += [field.first.map { "- \(field.name) \(short($0))" }].compactMap(\.self)
                lines += [field.second.map { "+ \(field.name) \(short($0))" }].compactMap(\.self)
            }
            for layer in difference.layers {
                let note = layer.hasSameContent ? " (the same content, compressed differently)" : ""
                lines.append(
                    "~ layer \(layer.number + 1) \(layer.first?.short ?? "none"), \(layer.second?.short ?? "none")\(note)"
                )
            }
            lines += difference.files.map(line)
        }
        return lines.map { Terminal.safe($0) }.joined(separator: "\n") + "\n"
    }

    /// A value on one line; the JSON form has it whole.
    private func short(_ value: String) -> String {
        let line = value.replacing("\n", with: "\\n")
        return line.count > 160 ? line.prefix(160) + "…" : line
    }

    private func line(_ file: ImageDiff.FileDifference) -> String {
        let offset = file.offset.map { "; the first byte that differs is number \($0 + 1)" } ?? ""
        return switch file.kind {
        case .onlyFirst: "- \(file.path)"
        case .onlySecond: "+ \(file.path)"
        case .changed: "~ \(file.path): \(file.details.joined(separator: "; "))\(offset)"
        }
    }
}
