import SystemPackage

/// Debian's podman with a storage of its own, run as containers inside containers allow.
struct Podman: Sendable {
    private let folder: FilePath

    static func isInstalled() -> Bool { Tool.hasAsRoot("podman", "runc", "curl") }

    init() throws { folder = try Workspace.here().makeFolder("podman") }

    /// Runs an image on the host's network, and `body` beside it; stops the container.
    func serve(
        _ image: String, environment: [String: String], _ body: @Sendable (RunningCommand) async throws -> Void
    ) async throws {
        let name = "autoimage-test-\(UInt32.random(in: 0...UInt32.max))"
        let run = command(
            [
                "run", "--rm", "--name", name, "--network", "host",
            ] + Self.limits + Container.options(environment) + [image])
        try await run.running { server in
            try await Container.thenStopping(command(["stop", "--time", "5", name])) { try await body(server) }
        }
    }

    /// What podman may ask for in a container that has little itself.
    static let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"]

    /// A command of podman.
    func command(_ words: [String]) -> Command {
        Command(["podman", "--root", "\(folder)/root", "--runroot", "\(folder)/run", "--runtime", "runc"] + words)
    }
}

/// Debian's buildah with a storage of its own, in chroot isolation.
struct Buildah: Sendable {
    private let folder: FilePath

    static func isInstalled() -> Bool { Tool.hasAsRoot("buildah") }

    init() throws { folder = try Workspace.here().makeFolder("buildah") }

    /// A command of buildah.
    func command(_ words: String...) -> Command {
        Command(["buildah", "--root", "\(folder)/root", "--runroot", "\(folder)/run"] + words)
    }
}
