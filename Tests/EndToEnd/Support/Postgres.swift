import Glibc
import SystemPackage

/// Debian's PostgreSQL, on a free port of loopback, with an empty database and nothing on disk afterwards.
struct Postgres: Sendable {
    let port: FreePort

    /// The address as programs write it in `DATABASE_URL`.
    var url: String { "postgres://driftwood@127.0.0.1:\(port)/driftwood" }

    static func isInstalled() -> Bool { Tool.has("psql", "curl") }

    /// Starts the server, runs `body` and stops the server.
    static func serving<Value: Sendable>(_ body: @Sendable (Postgres) async throws -> Value) async throws -> Value {
        let programs = try await folderOfPrograms()
        let folder = try Workspace.here().makeFolder("postgres")
        let user = User.isRoot ? try User(named: "postgres") : nil
        if let user { try await Command("chown", "\(user.id):\(user.group)", folder.string).succeed() }
        var initialise = Command(
            "\(programs)/initdb", "--pgdata", "\(folder)/data", "--username", "driftwood", "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync")
        initialise.user = user
        initialise.directory = folder
        try await initialise.succeed()
        let database = Postgres(port: try FreePort())
        var serve = Command(
            "\(programs)/postgres", "-D", "\(folder)/data", "-p", "\(database.port)", "-c",
            "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
        serve.user = user
        serve.directory = folder
        return try await serve.running { server in
            try await server.waitFor("database system is ready to accept connections", seconds: 60)
            try await database.run("CREATE DATABASE driftwood", in: "postgres")
            let value = try await body(database)
            // Fast shutdown: clients are sent away.
            server.kill(SIGINT)
            return value
        }
    }

    /// Runs a statement and returns what it printed, unadorned.
    @discardableResult
    func run(_ statement: String, in name: String = "driftwood") async throws -> String {
        try await Command(
            "psql", "--no-psqlrc", "-h", "127.0.0.1", "-p", "\(port)", "-U", "driftwood", "-d", name, "-v",
            "ON_ERROR_STOP=1", "-qAt", "-c", statement
        ).succeed()
    }

    private static func folderOfPrograms() async throws -> String {
        let found = try await Command("find", "/usr/lib/postgresql", "-path", "*/bin/postgres").succeed()
        guard let newest = found.split(separator: "\n").max() else { throw PostgresError.notInstalled }
        return FilePath(String(newest)).removingLastComponent().string
    }
}

/// Why there is no database.
enum PostgresError: Error, Equatable, CustomStringConvertible {
    case notInstalled

    var description: String {
        switch self {
        case .notInstalled: "no server under /usr/lib/postgresql; install Debian's package postgresql"
        }
    }
}
