import ArgumentParser
import Files
import SandboxEngine

/// `autoimage shell`.
struct ShellCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Opens a shell in the tree that a failed step left.")

    @Argument(help: "The id that the failed build printed.")
    var id: String

    func run() async throws {
        let status = try await guarded {
            let state = try State(environment: ProcessEnvironment.current)
            return try await FailedStep(id: id, state: state).shell(
                sandbox: try Sandbox.probe(scratch: state.temporary))
        }
        throw ExitCode(status)
    }
}
