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

    @Option(
        name: [.customShort("t"), .customLong("tag")],
        help:
            "Name of the image, may be repeated; the folder's by default. With several programs, {app} stands for each."
    )
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
        name: .customLong("cache-from"),
        help: ArgumentHelp(
            "Take steps, cache mounts and Debian packages from a cache; may be repeated; also AUTOIMAGE_CACHE_FROM.",
            discussion: """
                type=registry,ref=HOST/REPOSITORY:TAG or type=local,src=FOLDER[,tag=TAG]. A cache that cannot be \
                reached is a warning, and nothing is used whose content is not what the cache says.
                """))
    var cacheFrom: [String] = []

    @Option(
        name: .customLong("cache-to"),
        help: ArgumentHelp(
            "Send what the build made to a cache, as far as it is not there; may be repeated; also AUTOIMAGE_CACHE_TO.",
            discussion: """
                type=registry,ref=HOST/REPOSITORY:TAG or type=local,dest=FOLDER[,tag=TAG], and mode=max (steps, cache \
                mounts and Debian packages; the default) or mode=min (steps only), max-size=5GB, and \
                ignore-error=true, without which a cache that cannot be written makes the command fail in the end.
                """))
    var cacheTo: [String] = []

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
        let caches = try translated {
            try CacheArguments(from: cacheFrom, to: cacheTo, environment: ProcessEnvironment.current)
        }
        let request = BuildRequest(
            arguments: plan, tags: tags, outputs: output.all, target: target == "builder" ? .builder : .runtime,
            useCache: !noCache, metadataFile: metadataFile, caches: caches)
        let progress = Progress(progress)
        let isTaken = output.all.contains(where: \.isStandardOutput)
        let stream = isTaken ? Terminal.standardError : .standardOutput
        try await guarded {
            try await interruptible { try await BuildPipeline(request, progress).run { stream.line($0) } }
        }
    }
}
