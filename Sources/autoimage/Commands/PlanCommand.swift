import ArgumentParser

/// `autoimage plan`.
struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Prints what a build would do, and why, without the network.")

    @OptionGroup var plan: PlanArguments

    @Option(help: "text, json or dockerfile.")
    var format: PlanFormat = .text

    @Flag(help: "Print long commands and values whole; json and dockerfile always do.")
    var full = false

    func run() async throws {
        let texts = try PlannedService.all(plan).map { try $0.rendered(format, full: full) }
        guard texts.count == 1 || format == .text else {
            throw Failure(.usage, "--format \(format.rawValue) is for one program: choose one with --app")
        }
        Terminal.standardOutput.write(texts.joined(separator: "\n"))
    }
}
