import SystemPackage
import TestSupport

/// Debian's docker-registry on loopback, with TLS and passwords where wanted.
struct DockerRegistry: Sendable {
    /// `localhost:PORT`.
    let host: String
    /// The authority of its certificate in PEM; nil where it speaks plain HTTP.
    let authority: FilePath?

    static func isInstalled() -> Bool { Tool.has("docker-registry", "htpasswd", "openssl") }

    /// Starts a registry, runs `body` and stops it.
    ///
    /// With `users`, passwords by name, nobody else may do anything.
    static func serving<Value: Sendable>(
        tls: Bool = false, users: [String: String] = [:], _ body: @Sendable (DockerRegistry) async throws -> Value
    ) async throws -> Value {
        let folder = try Workspace.here().makeFolder("registry")
        let port = try FreePort()
        var http = "addr: '127.0.0.1:\(port)'"
        var authority: FilePath?
        if tls {
            let issuer = try await CertificateAuthority(in: folder)
            let certificate = try await issuer.issue()
            authority = issuer.certificate
            http += ", tls: {certificate: '\(certificate.chain)', key: '\(certificate.key)'}"
        }
        var configuration = """
            version: 0.1
            log: {level: info}
            storage: {filesystem: {rootdirectory: '\(folder)/data'}, delete: {enabled: true}}
            http: {\(http)}

            """
        if !users.isEmpty {
            var lines = ""
            for (user, password) in users.sorted(by: { $0.key < $1.key }) {
                lines += try await Command("htpasswd", "-Bbn", user, password).succeed()
            }
            try folder.appending("htpasswd").write(lines)
            configuration += "auth: {htpasswd: {realm: test, path: '\(folder)/htpasswd'}}\n"
        }
        try folder.appending("config.yml").write(configuration)
        let registry = DockerRegistry(host: "localhost:\(port)", authority: authority)
        return try await Command("docker-registry", "serve", "\(folder)/config.yml").running { server in
            try await server.waitFor("listening on", seconds: 60)
            return try await body(registry)
        }
    }
}
