import OCI
import SystemPackage
import TestSupport
import Testing

extension Acceptance {
    /// Images on their way through Debian's docker-registry, to and from other people's programs.
    @Suite(
        .enabled(
            if: Tool.has("docker-registry", "htpasswd", "openssl", "skopeo"),
            "needs docker-registry, htpasswd, openssl and skopeo"))
    struct RegistryTests {
        private static let login = "joe:s:ecret"
        private static let printed = "spring tides after 2025-01-01, reckoned by uid 65532\n"

        /// A registry with TLS and one user, the folder of its authority, and the file of the user's credentials.
        private func withSecureRegistry(
            _ body: (_ host: String, _ authority: FilePath, _ logins: FilePath) async throws -> Void
        ) async throws {
            let folder = try Workspace.here().makeFolder("registry")
            let authority = try await CertificateAuthority(in: folder)
            var options = DockerRegistry.Options()
            options.certificate = try await authority.issue()
            options.passwords = folder.appending("htpasswd")
            let parts = Self.login.split(separator: ":", maxSplits: 1).map(String.init)
            try folder.appending("htpasswd").write(try await Command(["htpasswd", "-Bbn"] + parts).succeed())
            let auth = try await Command("sh", "-c", #"printf %s "$0" | base64"#, Self.login).succeed()
            try await DockerRegistry.serving(in: folder, options) { registry in
                let config = #"{"auths":{"\#(registry.host)":{"auth":"\#(auth.prefix { $0 != "\n" })"}}}"#
                try folder.appending("config.json").write(config)
                try await body(registry.host, authority.certificate, folder.appending("config.json"))
            }
        }

        @Test func `skopeo reads what was pushed, and what skopeo pushed is valid`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            try await withSecureRegistry { host, authority, logins in
                let trust: [String: String?] = ["SSL_CERT_FILE": authority.string]
                var autoimage = try Autoimage()
                autoimage.environment = ["DOCKER_CONFIG": logins.removingLastComponent().string]
                let name = "\(host)/acme/script:1"

                let distrusted = try await autoimage.run("push", image.name, name)
                #expect(distrusted.status == 69)
                #expect(
                    distrusted.errors.contains(
                        "its certificate is not trusted; name its authority's file with --registry-ca"))

                let pushed = try await autoimage.run("push", "--registry-ca", authority.string, image.name, name)
                #expect(pushed.status == 0, "\(pushed.errors)")
                #expect(pushed.output == "\(name)@\(image.built.digest)\n")

                var inspect = Command("skopeo", "inspect", "--authfile", logins.string, "docker://\(name)")
                inspect.environment = trust
                #expect(try await inspect.succeed().contains("\"Digest\": \"\(image.built.digest)\""))

                for (format, tag) in [("oci", "2"), ("v2s2", "3")] {
                    var copy = Command(
                        "skopeo", "--insecure-policy", "copy", "--format", format, "--dest-authfile", logins.string,
                        "oci:\(image.layout)", "docker://\(host)/acme/script:\(tag)")
                    copy.environment = trust
                    try await copy.succeed()
                    autoimage.environment["SSL_CERT_FILE"] = authority.string
                    let valid = try await autoimage.run("validate", "docker://\(host)/acme/script:\(tag)")
                    #expect(valid.status == 0, "\(valid.output)\(valid.errors)")
                    #expect(valid.output == "")
                }
            }
        }

        @Test(.enabled(if: Podman.isInstalled(), "needs podman, runc and root"))
        func `podman pulls and runs what was pushed`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            try await withSecureRegistry { host, authority, logins in
                let name = "\(host)/acme/script:1"
                var autoimage = try Autoimage()
                autoimage.environment = ["DOCKER_CONFIG": logins.removingLastComponent().string]
                let pushed = try await autoimage.run("push", "--registry-ca", authority.string, image.name, name)
                #expect(pushed.status == 0, "\(pushed.errors)")

                let podman = try Podman()
                var pull = podman.command(["pull", "--quiet", "--authfile", logins.string, name])
                pull.environment = ["SSL_CERT_FILE": authority.string]
                try await pull.succeed()
                let run = podman.command(["run", "--rm", "--network", "host"] + Podman.limits + [name])
                #expect(try await run.succeed().hasPrefix(Self.printed))
            }
        }

        @Test(.enabled(if: Docker.isInstalled(), "needs dockerd and root"))
        func `docker pulls and runs what was pushed, with TLS and without`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let folder = try Workspace.here().makeFolder("plain")
            try await Docker.serving { docker in
                try await DockerRegistry.serving(in: folder) { plain in
                    try await withSecureRegistry { host, authority, logins in
                        var autoimage = try Autoimage()
                        autoimage.environment = ["DOCKER_CONFIG": logins.removingLastComponent().string]
                        let names = ["\(plain.host)/script:1", "\(host)/acme/script:1"]
                        let pushed = try await autoimage.command(
                            ["push", "--registry-ca", authority.string, image.name] + names
                        ).run()
                        #expect(pushed.status == 0, "\(pushed.errors)")
                        #expect(pushed.output == names.map { "\($0)@\(image.built.digest)\n" }.joined())
                        for name in names {
                            var pull = docker.command("pull", "--quiet", name)
                            pull.environment["DOCKER_CONFIG"] = logins.removingLastComponent().string
                            try await pull.succeed()
                            let run = docker.command("run", "--rm", "--network", "host", name)
                            #expect(try await run.succeed().hasPrefix(Self.printed))
                        }
                    }
                }
            }
        }
    }
}
