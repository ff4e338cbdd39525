import ArgumentParser
import Glibc

/// The command line tool.
@main
struct Autoimage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "autoimage",
        abstract: "Turns a service's source folder into a small production container image, without a Dockerfile.",
        version: "0.1.0",
        subcommands: [
            BuildCommand.self, PlanCommand.self, RunCommand.self, SaveCommand.self, PushCommand.self,
            ImagesCommand.self,
            InspectCommand.self, ValidateCommand.self, DiffCommand.self, RebaseCommand.self,
            LockCommand.self, BasesCommand.self, ConfigCommand.self, ShellCommand.self, CacheCommand.self,
            LoginCommand.self, LogoutCommand.self,
        ])

    static func main() async {
        // Where a reader goes away, the failed write tells more than a signal that ends us.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let failure as Failure {
            Terminal.standardError.line("autoimage: error: \(Terminal.safe(failure.text))")
            exit(withCode: failure.code)
        } catch {
            exit(withError: error)
        }
    }

    private static func exit(withCode code: FailureCode) -> Never { exit(withError: ExitCode(code.rawValue)) }
}
