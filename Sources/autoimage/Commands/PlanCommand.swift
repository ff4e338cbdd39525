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
        let planned = try PlannedService(plan)
        Terminal.standardOutput.write(try planned.rendered(format, full: full))
    }
}
