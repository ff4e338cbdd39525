import SystemPackage
import TestSupport
import Testing

extension Acceptance {
    /// Who we are to a registry: Debian's docker-registry with TLS by an authority of our own, and htpasswd.
    @Suite(
        .enabled(
            if: Tool.has("docker-registry", "htpasswd", "openssl", "skopeo", "script"),
            "needs docker-registry, htpasswd, openssl, skopeo and script"))
    struct LoginTests {
        private static let password = "p:w \"ü"

        /// A registry with one user, the file of its authority, and a command whose credentials are in a folder of its
        /// own.
        private func withRegistry(
            _ body: (_ host: String, _ authority: FilePath, Autoimage, _ folder: FilePath) async throws -> Void
        ) async throws {
            let folder = try Workspace.here().makeFolder("login")
            let authority = try await CertificateAuthority(in: folder)
            var options = DockerRegistry.Options()
            options.certificate = try await authority.issue()
            options.passwords = folder.appending("htpasswd")
            try folder.appending("htpasswd").write(
                try await Command("htpasswd", "-Bbn", "joe", Self.password).succeed())
            var autoimage = try Autoimage()
            autoimage.environment = [
                "HOME": folder.string, "DOCKER_CONFIG": "\(folder)/docker", "XDG_RUNTIME_DIR": "\(folder)/run",
                "XDG_CONFIG_HOME": String?.none, "REGISTRY_AUTH_FILE": String?.none,
                "AUTOIMAGE_REGISTRY_CA": authority.certificate.string,
            ]
            try await DockerRegistry.serving(in: folder, options) { registry in
                try await body(registry.host, authority.certificate, autoimage, folder)
            }
        }

        /// `autoimage login` with a password on standard input.
        private func login(
            _ autoimage: Autoimage, _ host: String, _ password: String, _ more: String...
        ) async throws -> Outcome {
            var command = autoimage.command(["login", "--user", "joe", "--password-stdin", host] + more)
            command.words = ["sh", "-c", #"printf '%s\n' "$PASSWORD" | "$@""#, "sh"] + command.words
            command.environment["PASSWORD"] = password
            return try await command.run()
        }

        @Test func `logs in, pushes, logs out`() async throws {
            try await withRegistry { host, _, autoimage, folder in
                let image = try await Workspace.here().shelf.image(of: .script)
                let name = "\(host)/acme/script:1"
                let stranger = try await autoimage.run("push", image.name, name)
                #expect(stranger.status == 77)
                #expect(stranger.errors.contains("'autoimage login \(host)'"))
                #expect(stranger.output.isEmpty)

                let entered = try await login(autoimage, host, Self.password)
                #expect(entered.status == 0, "\(entered.errors)")
                #expect(entered.output.isEmpty)
                #expect(entered.errors.hasPrefix("logged in to \(host) as joe\n"))
                #expect(entered.errors.contains("\(folder)/docker/config.json in base64"))

                let pushed = try await autoimage.run("push", image.name, name)
                #expect(pushed.status == 0, "\(pushed.errors)")
                #expect(pushed.output == "\(name)@\(image.built.digest)\n")

                let left = try await autoimage.run("logout", host)
                #expect(left.status == 0)
                #expect(
                    left.errors
                        == "removed the credentials for \(host) from \(folder)/docker/config.json\n")
                #expect(try await autoimage.run("push", image.name, "\(host)/acme/script:2").status == 77)
                let again = try await autoimage.run("logout", host)
                #expect(again.status == 0)
                #expect(again.errors.hasPrefix("not logged in to \(host)"))
            }
        }

        @Test func `a wrong password is refused and not kept`() async throws {
            try await withRegistry { host, _, autoimage, folder in
                let refused = try await login(autoimage, host, "hunter2")
                #expect(refused.status == 77)
                #expect(
                    refused.errors.contains("autoimage: error: \(host) denies the login: 401 Unauthorized"))
                #expect(refused.errors.contains("the credentials of user 'joe' were sent"))
                #expect(!refused.errors.contains("hunter2"))
                #expect(!folder.appending("docker").exists)

                // What another program kept is sent, and named where it is wrong.
                try await Command("mkdir", "\(folder)/docker").succeed()
                try folder.appending("docker/config.json").write(
                    #"{"auths": {"\#(host)": {"auth": "am9lOmh1bnRlcjI="}}}"#)
                let image = try await Workspace.here().shelf.image(of: .script)
                let push = try await autoimage.run("push", image.name, "\(host)/script:1")
                #expect(push.status == 77)
                #expect(push.errors.contains("the credentials of \(folder)/docker/config.json were sent"))
                #expect(!push.errors.contains("hunter2") && !push.errors.contains("am9lOmh1bnRlcjI"))
            }
        }

        @Test func `without the authority, and without a registry, it is unreachable`() async throws {
            try await withRegistry { host, authority, autoimage, folder in
                var autoimage = autoimage
                autoimage.environment["AUTOIMAGE_REGISTRY_CA"] = .some(nil)
                let untrusted = try await login(autoimage, host, Self.password)
                #expect(untrusted.status == 69)
                #expect(untrusted.errors.contains("--registry-ca"))
                let trusted = try await login(
                    autoimage, host, Self.password, "--registry-ca", authority.string)
                #expect(trusted.status == 0, "\(trusted.errors)")
                let port = try FreePort()
                let nobody = try await login(
                    autoimage, "localhost:\(port)", Self.password)
                #expect(nobody.status == 69)
                #expect(nobody.errors.contains("localhost:\(port) cannot be reached for the login"))
                #expect(!(try folder.appending("docker/config.json").text()).contains(":\(port)"))
            }
        }

        @Test func `skopeo reads our file, and we read skopeo's`() async throws {
            try await withRegistry { host, authority, autoimage, folder in
                let image = try await Workspace.here().shelf.image(of: .script)
                try await Command("mkdir", "\(folder)/certificates").succeed()
                try await Command("cp", authority.string, "\(folder)/certificates/ca.crt").succeed()

                let ours = FilePath("\(folder)/ours.json")
                let entered = try await login(autoimage, host, Self.password, "--authfile", ours.string)
                #expect(entered.status == 0, "\(entered.errors)")
                try await Command(
                    "skopeo", "copy", "--dest-authfile", ours.string, "--dest-cert-dir", "\(folder)/certificates",
                    "oci:\(image.layout)", "docker://\(host)/by-skopeo:1"
                ).succeed()

                let theirs = "\(folder)/theirs.json"
                var skopeo = Command(
                    "sh", "-c", #"printf %s "$PASSWORD" | "$@""#, "sh", "skopeo", "login", "--authfile", theirs,
                    "--cert-dir", "\(folder)/certificates", "--username", "joe", "--password-stdin", host)
                skopeo.environment["PASSWORD"] = Self.password
                try await skopeo.succeed()
                var reader = autoimage
                reader.environment["REGISTRY_AUTH_FILE"] = theirs
                let pushed = try await reader.run("push", image.name, "\(host)/by-us:1")
                #expect(pushed.status == 0, "\(pushed.errors)")
                // Where podman and skopeo keep them without being told.
                try await Command("mkdir", "-p", "\(folder)/run/containers").succeed()
                try await Command("mv", theirs, "\(folder)/run/containers/auth.json").succeed()
                let again = try await autoimage.run("push", image.name, "\(host)/by-us:2")
                #expect(again.status == 0, "\(again.errors)")
                let left = try await autoimage.run("logout", host)
                #expect(left.errors.contains("note: \(folder)/run/containers/auth.json has credentials"))
            }
        }

        @Test func `asks on a terminal, without showing the password`() async throws {
            try await withRegistry { host, _, autoimage, folder in
                let words = autoimage.command(["login", host]).words.joined(separator: " ")
                let log = "\(folder)/terminal"
                var command = autoimage.command([])
                // The answers come when the question is there, as they do from people.
                command.words = [
                    "bash", "-c",
                    """
                    wait_for() { for i in $(seq 600); do grep -q "$1" "$LOG" 2>/dev/null && return; sleep 0.1; done; exit 9; }
                    { wait_for "User for"; printf 'joe\\r'; wait_for "Password:"; printf 'x\\x15%sy\\x7f\\r' "$PASSWORD"; wait_for "logged in"; } |
                        script --flush --quiet --return --command "$COMMAND" "$LOG"
                    """,
                ]
                command.environment["COMMAND"] = words
                command.environment["LOG"] = log
                command.environment["PASSWORD"] = Self.password
                let outcome = try await command.run()
                let shown = try FilePath(log).text()
                #expect(outcome.status == 0, "\(shown)")
                #expect(shown.contains("User for \(host): "))
                #expect(shown.contains("logged in to \(host) as joe"))
                #expect(!shown.contains(Self.password) && !shown.contains("p:w"))
                #expect((try folder.appending("docker/config.json").text()).contains("am9lOnA6dyAiw7w="))
            }
        }
    }
}
