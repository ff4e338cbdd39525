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
}

/// Debian's podman with a storage of its own, run as containers inside containers allow.
struct Podman: Sendable {
    private let folder: FilePath

    static func isInstalled() -> Bool { Tool.hasAsRoot("podman", "runc", "curl") }

    init() throws { folder = try Workspace.here().makeFolder("podman") }

    /// `podman run` of an image with these variables.
    func run(_ image: String, environment: [String: String]) -> Command {
        let variables = environment.sorted { $0.key < $1.key }.flatMap { ["--env", "\($0.key)=\($0.value)"] }
        return Command(
            [
                "podman", "--root", "\(folder)/root", "--runroot", "\(folder)/run", "--runtime", "runc", "run", "--rm",
                "--network", "host", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096",
            ] + variables + [image])
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
