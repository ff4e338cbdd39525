import OCI
import SystemPackage
import TestSupport
import Testing

extension Acceptance {
    /// The official images, pulled through a mirror on loopback that holds stand-ins under their names.
    @Suite(.enabled(if: StandIns.areMakeable(), "needs skopeo, umoci, tar and docker-registry"))
    struct OfficialBasesTests {
        private static let names = (builder: "library/python:3.11-trixie", runtime: "library/python:3.11-slim-trixie")

        private static let main = """
            import os, psycopg2, sys
            print(sys.executable, psycopg2.__version__.split()[0], psycopg2.__libpq_version__ > 0)
            print(open("/etc/passwd").read(), os.listdir("/home"), os.stat("/var/mail").st_gid)

            """

        private func service() async throws -> Service {
            try await Service(
                named: "tide",
                [".python-version": "3.11\n", "requirements.txt": "psycopg2==2.9.13\n", "main.py": Self.main])
        }

        private func layers(of manifest: String) throws -> [Descriptor] {
            try CanonicalJSON.decode(Manifest.self, from: Array(manifest.utf8)).layers
        }

        private func raw(_ place: String) async throws -> String {
            try await Command("skopeo", "inspect", "--raw", "--tls-verify=false", place).succeed()
        }

        @Test(.enabled(if: Tool.hasAsRoot("unshare"), "needs root to take the network away"))
        func `a service is built on them and runs; the lock is followed, without any network too`() async throws {
            let service = try await service()
            let standIns = try await StandIns(of: service, interpreter: "python3.11")
            let lock = service["autoimage.lock"]
            try await DockerRegistry.serving(in: Workspace.here().makeFolder("registry")) { registry in
                try await standIns.push("builder", to: registry, as: Self.names.builder)
                try await standIns.push("runtime", to: registry, as: Self.names.runtime)
                let autoimage = try Autoimage()
                let options = ["--bases", "official", "--registry-mirror", "docker.io=\(registry.host)"]

                let built = try await autoimage.build(service, options)
                let base = try await raw("docker://\(registry.host)/\(Self.names.runtime)")
                let pinned = try lock.text()
                #expect(pinned.contains(Digest(of: Array(base.utf8)).description))

                let image = try await raw("oci:\(autoimage.home)/images:tide:latest")
                let manifest = try CanonicalJSON.decode(Manifest.self, from: Array(image.utf8))
                let lowest = try layers(of: base)
                #expect(lowest.count == 2)
                #expect(Array(manifest.layers.prefix(2)) == lowest)
                #expect(
                    manifest.annotations == [
                        "org.opencontainers.image.base.digest": Digest(of: Array(base.utf8)).description,
                        "org.opencontainers.image.base.name": "docker.io/\(Self.names.runtime)",
                    ])

                let ran = try await autoimage.run("run", "tide")
                #expect(ran.status == 0, "\(ran.errors)")
                #expect(
                    ran.output == """
                        /opt/venv/bin/python 2.9.13 True
                        root:x:0:0:root:/root:/bin/bash
                        www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
                        nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin
                         ['nonroot'] 8

                        """)

                // The tag moves; who has a lock stays where he is until he asks for more.
                try await standIns.push("builder", to: registry, as: Self.names.runtime)
                let again = try await autoimage.build(service, options)
                #expect(again.digest == built.digest)
                #expect(try lock.text() == pinned)

                var offline = autoimage.command(["build", service.folder.string, "--bases", "official"])
                offline.words = ["unshare", "--net"] + offline.words
                let alone = try await offline.run()
                #expect(alone.status == 0, "\(alone.errors)")
                #expect(alone.output == "\(built.reference)\n")

                let moved = try await autoimage.command(["lock", service.folder.string, "--update"] + options).run()
                #expect(moved.status == 0, "\(moved.errors)")
                let newer = try await raw("docker://\(registry.host)/\(Self.names.runtime)")
                #expect(newer != base)
                #expect(try lock.text().contains(Digest(of: Array(newer.utf8)).description))
            }
        }

        @Test func `a static program goes onto a base whose layers never come here, and fetches them to run`()
            async throws
        {
            let program = "package main\n\nfunc main() { println(\"tide\") }\n"
            let service = try await Service(
                named: "ebb", ["go.mod": "module example.org/ebb\n\ngo 1.24\n", "main.go": program])
            let standIns = try await StandIns(of: service)
            try await DockerRegistry.serving(in: Workspace.here().makeFolder("registry")) { registry in
                try await standIns.push("builder", to: registry, as: "library/golang:1.24-trixie")
                let base = "distroless/static-debian13:nonroot"
                try await standIns.push("runtime", to: registry, as: base)
                let mirrors = ["docker.io", "gcr.io"].flatMap { ["--registry-mirror", "\($0)=\(registry.host)"] }
                let autoimage = try Autoimage()
                let built = try await autoimage.build(
                    service, ["--bases", "official", "--set", "go.version=1.24"] + mirrors)

                let lowest = try layers(of: try await raw("docker://\(registry.host)/\(base)"))
                // The upper one came with the builder, which has it too.
                let lower = try #require(lowest.first).digest
                let blob = autoimage.home.appending("images").appending("blobs").appending("sha256")
                    .appending(lower.hex)
                #expect(!blob.exists, "a layer that nothing needed was pulled")

                let name = "\(registry.host)/acme/ebb:1"
                let pushed = try await autoimage.command(["push", "ebb", name] + mirrors).run()
                #expect(pushed.status == 0, "\(pushed.errors)")
                #expect(pushed.output == "\(name)@\(built.digest)\n")
                #expect(!blob.exists, "a layer was kept that only passed through")
                let image = try layers(of: try await raw("docker://\(name)"))
                #expect(Array(image.prefix(lowest.count)) == lowest)

                let ran = try await autoimage.command(["run"] + mirrors + ["ebb"]).run()
                #expect(ran.status == 0, "\(ran.errors)")
                #expect(ran.errors.contains("tide\n"))
                #expect(blob.exists)
            }
        }

        @Test(.enabled(if: Tool.hasAsRoot("unshare"), "needs root to take the network away"))
        func `a registry out of reach is named, with the ways around it`() async throws {
            let service = try await service()
            var build = try Autoimage().command(["build", service.folder.string, "--bases", "official"])
            build.words = ["unshare", "--net"] + build.words
            let outcome = try await build.run()
            #expect(outcome.status == 69)
            #expect(outcome.output.isEmpty)
            #expect(
                outcome.errors.contains(
                    "the base official/trixie/python-3.11-builder is docker.io/library/python:3.11-trixie: "))
            #expect(outcome.errors.contains("--bases debian"))
            #expect(outcome.errors.contains("--registry-mirror docker.io=HOST"))
        }

        @Test func `what an image lacks is said before anything is pulled`() async throws {
            let service = try await Service(["requirements.txt": "python-ldap==3.4.4\n", "main.py": "import ldap\n"])
            let outcome = try await Autoimage().run("build", service.folder.string, "--bases", "official")
            #expect(outcome.status == 65)
            #expect(outcome.errors.contains("requirements.txt:1 'python-ldap==3.4.4': needs libldap-dev, libsasl2-dev"))
            #expect(outcome.errors.contains("--bases debian"))
        }

        @Test func `the catalog is printed whole, or in part`() async throws {
            let all = try await Autoimage().run("bases", "list")
            #expect(all.status == 0)
            for name in ["debian/bookworm/python-3.11-builder", "official/distroless/static-debian13"] {
                #expect(all.output.contains(name))
            }
            let part = try await Autoimage().run("bases", "list", "--family", "official", "--language", "node")
            let lines = part.output.split(separator: "\n").dropFirst()
            #expect(lines.count > 30)
            #expect(lines.allSatisfy { $0.contains(" official ") && $0.contains(" node ") })
            #expect(lines.contains { $0.contains("node-16-builder") && $0.contains("2023-09 (past)") })
            let json = try await Autoimage().run("bases", "list", "--format", "json", "--language", "static")
            #expect(json.output.contains("\"reference\" : \"gcr.io/distroless/static-debian13:nonroot\""))
            #expect(try await Autoimage().run("bases", "list", "--language", "cobol").status == 64)
        }
    }
}
