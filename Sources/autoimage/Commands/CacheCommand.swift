import ArgumentParser
import Files
import Images
import SystemPackage

/// `autoimage cache`.
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "About what autoimage keeps on disk.", subcommands: [Prune.self])

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes kept steps, bases, unpacked layers and blobs that no image of the store names.")

        @Flag(help: "Remove cache mounts and downloaded packages as well.")
        var all = false

        func run() async throws {
            try await guarded {
                let state = try State(environment: ProcessEnvironment.current)
                guard let use = try StateUse.exclusive(state) else {
                    throw Failure(.transient, "a build or a container uses \(state.home) now; prune when it has ended")
                }
                defer { withExtendedLifetime(use) {} }
                for folder in [state.steps, state.unpacked, state.failed, state.bases]
                    + (all ? [state.caches, state.debian] : [])
                {
                    for name in try HostFiles.names(in: folder) { try HostFiles.remove(folder.appending(name)) }
                }
                for name in try HostFiles.names(in: state.locks) where name != "use" {
                    try HostFiles.remove(state.locks.appending(name))
                }
                let result = try LocalStore(state).removeUnreferenced()
                Terminal.standardError.line("removed kept work and \(result.blobs) unreferenced blobs")
                for name in result.damaged {
                    Terminal.standardError.line(
                        "\(name) is damaged: build it again, or 'autoimage images remove \(name)'")
                }
            }
        }
    }
}
