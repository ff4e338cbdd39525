import ArgumentParser
import Planning

/// `autoimage build`.
struct BuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "build", abstract: "Builds a service's image and keeps it in the local store.",
        discussion: """
            Standard output gets one line an image, its reference with its digest; everything else goes to standard \
            error. An image with outputs is in the local store, too. With --explain the plan is printed instead, and \
            nothing is built.
            """)

    @OptionGroup var plan: PlanArguments

    @Option(name: [.customShort("t"), .customLong("tag")], help: "Name of the image; the folder's name by default.")
    var tags: [String] = []

    @OptionGroup(title: "Where to") var output: OutputOptions

    @Flag(help: "Print the plan and the reason for every choice, and build nothing.")
    var explain = false

    @Option(help: "Store this stage instead of the runtime: builder.")
    var target: String?

    @Option(help: "How to show progress: auto, tty, plain or json.")
    var progress: ProgressStyle = .auto

    @Flag(name: .customLong("no-cache"), help: "Run every step again.")
    var noCache = false

    @Option(
        name: .customLong("metadata-file"),
        help: "Write digests, sizes, timings and what became of every output to a JSON file.")
    var metadataFile: String?

    func validate() throws {
        if let target, target != "builder", target != "runtime" {
            throw ValidationError("unknown stage '\(target)'; the stages are builder and runtime")
        }
    }

    func run() async throws {
        if explain {
            let texts = try PlannedService.all(plan).map { try $0.rendered(.text) }
            Terminal.standardOutput.write(texts.joined(separator: "\n"))
            return
        }
        let request = BuildRequest(
            arguments: plan, tags: tags, outputs: output.all, target: target == "builder" ? .builder : .runtime,
            useCache: !noCache, metadataFile: metadataFile)
        let progress = Progress(progress)
        let isTaken = output.all.contains(where: \.isStandardOutput)
        let stream = isTaken ? Terminal.standardError : .standardOutput
        try await guarded {
            try await interruptible { try await BuildPipeline(request, progress).run { stream.line($0) } }
        }
    }
}
