import ArgumentParser
import Files
import Images
import OCI
import Planning
import Proof

/// `autoimage validate`.
struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks that an image is what its documents say, and that it can start.",
        discussion: """
            \(ImageSource.forms) Every blob is read: digests, sizes and diffIDs, the entries of layers, platforms of an \
            index, then the user, the entrypoint and the shared libraries. Errors end with exit code 80; advice, what we \
            ask of our own images beyond the specification, does so with --strict.
            """)

    @Argument(help: "The image.")
    var name: String

    @Flag(help: "Take advice for errors.")
    var strict = false

    @Flag(help: "Check the documents and that every blob is there with its size, and read no layer.")
    var fast = false

    @OptionGroup(title: "Registries") var registries: RegistryArguments

    func run() async throws {
        let findings = try await guarded { try await interruptible { try await check() } }
        for finding in findings {
            Terminal.standardOutput.line("\(finding.isAdvice ? "advice" : "error"): \(Terminal.safe(finding.text))")
        }
        let errors = findings.count { strict || !$0.isAdvice }
        guard errors == 0 else {
            throw Failure(.proofFailed, "\(name): \(errors == 1 ? "1 problem" : "\(errors) problems")")
        }
        Terminal.standardError.line("\(Terminal.safe(name)): valid")
    }

    private func check() async throws -> [Finding] {
        let state = try State(environment: ProcessEnvironment.current)
        let use = try StateUse.shared(state)
        defer { withExtendedLifetime(use) {} }
        return try await withRegistry(registries, Progress(.auto)) { registry in
            let source = try await ImageSource.open(name, in: state, registry)
            let check = ImageCheck(store: source.store)
            let problems = fast ? check.quickProblems(of: source.images) : check.problems(of: source.images.descriptor)
            var findings = problems.map { Finding(text: "\($0)", isAdvice: $0.isAdvice) }
            guard !fast, !findings.contains(where: { !$0.isAdvice }) else { return findings }
            for image in source.images.images {
                findings += try StartCheck(image, state: state, store: source.store).findings()
            }
            return findings
        }
    }
}

/// Something that `validate` says about an image.
struct Finding: Hashable, Sendable {
    let text: String
    let isAdvice: Bool
}
