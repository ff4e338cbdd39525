import Glibc
import Subprocess
import Synchronization
package import SystemPackage

/// Debian's `docker-registry` as a process of one test, on loopback.
package struct DockerRegistry: Sendable {
    /// What it asks of its clients.
    package struct Options: Sendable {
        /// Serves TLS with this certificate.
        package var certificate: ServerCertificate?
        /// A file as `htpasswd -Bbn` writes it; who is not in it gets nothing.
        package var passwords: FilePath?
        /// The registry that it is a pull-through cache of (`http://127.0.0.1:5001`).
        package var remote: String?
        package var allowsDelete = true

        package init() {}
    }

    /// Address and port, as references name it.
    package let host: String
    /// Where it keeps its blobs.
    package let storage: FilePath
    /// What it printed.
    package let log: FilePath

    /// Runs a registry with an empty storage in `folder` while `body` runs.
    package static func serving<Value: Sendable>(
        in folder: FilePath, _ options: Options = Options(), _ body: (DockerRegistry) async throws -> Value
    ) async throws -> Value {
        // It cannot be told to take any port: one that is free now may be taken a moment later.
        for _ in 0..<5 {
            let port = try freePort()
            let registry = DockerRegistry(
                host: "127.0.0.1:\(port)", storage: folder.appending("registry-\(port)"),
                log: folder.appending("registry-\(port).log"))
            let config = folder.appending("registry-\(port).yml")
            try write(registry.config(options), to: config)
            let output = try FileDescriptor.open(
                registry.log, .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
            let result = try await Subprocess.run(
                .name("docker-registry"), arguments: ["serve", config.string], input: .none,
                output: .fileDescriptor(output, closeAfterSpawningProcess: true), error: .combinedWithOutput
            ) { execution -> Result<Value, any Error>? in
                guard try await answers(port) else { return nil }
                let outcome: Result<Value, any Error>
                do { outcome = .success(try await body(registry)) } catch { outcome = .failure(error) }
                await execution.teardown(using: [.gracefulShutDown(allowedDurationToNextStep: .seconds(2))])
                return outcome
            }
            if let outcome = result.closureResult { return try outcome.get() }
        }
        throw DockerRegistryError.noAnswer
    }

    private func config(_ options: Options) -> String {
        var lines = [
            "version: 0.1", "log: {level: warn, accesslog: {disabled: true}}",
            "storage: {filesystem: {rootdirectory: \(storage)}, delete: {enabled: \(options.allowsDelete)}}",
        ]
        let tls = options.certificate.map { ", tls: {certificate: \($0.chain), key: \($0.key)}" } ?? ""
        lines.append("http: {addr: '\(host)'\(tls)}")
        if let passwords = options.passwords {
            lines.append("auth: {htpasswd: {realm: test, path: \(passwords)}}")
        }
        if let remote = options.remote { lines.append("proxy: {remoteurl: '\(remote)'}") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func write(_ text: String, to path: FilePath) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }

    /// A port that the kernel picks.
    private static func freePort() throws -> UInt16 {
        let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(handle) }
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(handle, $0, length) == 0 ? getsockname(handle, $0, &length) : -1
            }
        }
        guard status == 0 else { throw DockerRegistryError.noPort }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Whether something listens on the port within ten seconds.
    private static func answers(_ port: UInt16) async throws -> Bool {
        for _ in 0..<200 {
            let handle = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(handle) }
            var address = loopback(port)
            let status = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(handle, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            if status == 0 { return true }
            try await Task.sleep(for: .milliseconds(50))
        }
        return false
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return address
    }
}

/// Why there is no registry.
package enum DockerRegistryError: Error, Equatable, CustomStringConvertible {
    case noPort
    case noAnswer

    package var description: String {
        switch self {
        case .noPort: "no port is free on loopback"
        case .noAnswer: "docker-registry did not answer within ten seconds"
        }
    }
}
