import SystemPackage

/// Debian's docker daemon with a data folder of its own, without bridge and without firewall rules.
struct Docker: Sendable {
    /// Debian's own client: another one may come first in PATH.
    static let client = "/usr/bin/docker"

    let host: String

    static func isInstalled() -> Bool { Tool.hasAsRoot("dockerd", client, "curl") }

    /// Starts a daemon, runs `body` and stops the daemon.
    static func serving<Value: Sendable>(_ body: @Sendable (Docker) async throws -> Value) async throws -> Value {
        let folder = try Workspace.here().makeFolder("docker")
        let docker = Docker(host: "unix://\(folder)/docker.sock")
        let daemon = Command(
            "/usr/sbin/dockerd", "--data-root", "\(folder)/data", "--exec-root", "\(folder)/exec", "--pidfile",
            "\(folder)/docker.pid", "--host", docker.host, "--iptables=false", "--ip6tables=false", "--bridge=none")
        return try await daemon.running { server in
            try await server.waitFor("API listen on", seconds: 60)
            return try await body(docker)
        }
    }

    /// A command of the client.
    func command(_ words: String...) -> Command {
        var command = Command([Self.client] + words)
        command.environment = ["DOCKER_HOST": host, "DOCKER_BUILDKIT": "1", "DOCKER_CONTEXT": String?.none]
        return command
    }

    /// Runs an image on the host's network, and `body` beside it; stops the container.
    func serve(
        _ image: String, environment: [String: String], _ body: @Sendable (RunningCommand) async throws -> Void
    ) async throws {
        let name = "autoimage-test-\(UInt32.random(in: 0...UInt32.max))"
        var run = command("run", "--rm", "--name", name, "--network", "host")
        run.words += Container.options(environment) + [image]
        try await run.running { server in
            try await Container.thenStopping(command("stop", "--time", "5", name)) { try await body(server) }
        }
    }
}

/// What docker and podman have in common.
enum Container {
    static func options(_ environment: [String: String]) -> [String] {
        environment.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
    }

    /// Runs `body` and then, whatever became of it, the command that stops its container: ending the client would
    /// leave one behind that does not heed SIGTERM.
    static func thenStopping(_ stop: Command, _ body: @Sendable () async throws -> Void) async throws {
        do {
            try await body()
        } catch {
            _ = try await stop.run()
            throw error
        }
        try await stop.succeed()
    }
}
