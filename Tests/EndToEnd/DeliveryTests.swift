import OCI
import SystemPackage
import TestSupport
import Testing

extension Acceptance {
    /// Where images go: registries, daemons, archives on standard output, folders, a disk that is full.
    struct DeliveryTests {
        @Test(
            .enabled(
                if: Tool.has("docker-registry", "skopeo"), "needs docker-registry and skopeo: .ci/setup installs them"))
        func `a build pushes to several repositories and writes files in the same run`() async throws {
            let folder = try Workspace.here().makeFolder("delivery")
            let autoimage = try Autoimage()
            try await DockerRegistry.serving(in: folder) { registry in
                let service = try await Service(copying: .script)
                let names = ["\(registry.host)/acme/tide:1", "\(registry.host)/other/tide:latest"]
                let metadata = folder.appending("metadata.json")
                let built = try await autoimage.build(
                    service,
                    names.flatMap { ["-t", $0] } + [
                        "--push", "--output", "type=oci-archive,dest=\(folder)/image.tar", "--output",
                        "type=dir,dest=\(folder)/files", "--metadata-file", metadata.string,
                    ])
                for name in names {
                    let there = try await Command(
                        "skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", "docker://\(name)"
                    ).succeed()
                    #expect(there == "\(built.digest)\n")
                }
                #expect(folder.appending("files/app/main.py").exists)
                #expect(folder.appending("files/usr/bin").exists)
                let facts = try metadata.text()
                for part in [
                    "\"containerimage.digest\" : \"\(built.digest)\"", "\"sentBytes\"", "\"linux/amd64\"",
                    "\"type\" : \"registry\"", "\"type\" : \"oci-archive\"",
                ] {
                    #expect(facts.contains(part), "\(part) is not in \(facts)")
                }
                // A second time nothing moves.
                let again = try await autoimage.run("push", names[0])
                #expect(again.status == 0 && again.output == "\(names[0])@\(built.digest)\n", "\(again.errors)")
                #expect(again.errors.contains("0 blobs sent"), "\(again.errors)")

                let nameless = try await autoimage.run("build", service.folder.string, "-t", "tide", "--push")
                #expect(nameless.status == 64)
                #expect(nameless.errors.contains("docker.io/library/tide"), "\(nameless.errors)")
            }
        }

        @Test func `an archive on standard output is the only thing there`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let autoimage = try Autoimage()
            var save = autoimage.command(["save", image.name, "--output", "type=oci-archive,dest=-"])
            save.words = ["sh", "-c", "\"$@\" | sha256sum", "sh"] + save.words
            let piped = try await save.succeed()
            let file = try await Command("sh", "-c", "sha256sum < \"$1\"", "sh", image.ociArchive.string).succeed()
            #expect(piped == file)
        }

        @Test(.enabled(if: Docker.isInstalled(), "needs root, dockerd, Debian's docker and curl"))
        func `a running Docker gets the image and runs it`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            try await Docker.serving { docker in
                var autoimage = try Autoimage()
                autoimage.environment = ["DOCKER_HOST": docker.host]
                let loaded = try await autoimage.run("save", image.name, "--load")
                #expect(loaded.status == 0, "\(loaded.errors)")
                let printed = try await docker.command("run", "--rm", "--network", "none", image.name).succeed()
                #expect(printed.contains("reckoned by uid 65532"))
            }
        }

        @Test(.enabled(if: Podman.isInstalled(), "needs root, podman, runc and curl"))
        func `a running Podman gets the image and runs it`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let podman = try Podman()
            let socket = try Workspace.here().makeFolder("socket").appending("podman.sock")
            try await podman.command(["system", "service", "--time", "0", "unix://\(socket)"]).running { _ in
                for _ in 0..<100 where !socket.exists { try await Task.sleep(for: .milliseconds(100)) }
                var autoimage = try Autoimage()
                autoimage.environment = ["CONTAINER_HOST": "unix://\(socket)", "DOCKER_HOST": String?.none]
                let loaded = try await autoimage.run("save", image.name, "--output", "type=podman")
                #expect(loaded.status == 0, "\(loaded.errors)")
                let run = podman.command(["run", "--rm", "--network", "none"] + Podman.limits + [image.name])
                #expect(try await run.succeed().contains("reckoned by uid 65532"))
            }
        }

        @Test(.enabled(if: Tool.hasAsRoot("mount"), "needs root to mount a small disk"))
        func `a full disk leaves nothing behind and does not undo what is done`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let folder = try Workspace.here().makeFolder("small")
            try await Command("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder.string).succeed()
            let other = try Workspace.here().temporary("archive.tar")
            let saved = try await Autoimage().run(
                "save", image.name, "--output", "oci-archive:\(folder)/image.tar", "--output",
                "docker-archive:\(other)")
            let left = try await Command("ls", "-A", folder.string).succeed()
            try await Command("umount", folder.string).succeed()
            #expect(saved.status == 73)
            #expect(saved.errors.contains("oci-archive:\(folder)/image.tar failed"), "\(saved.errors)")
            #expect(left == "")
            #expect(other.exists)
        }

        @Test func `no daemon at all is said with what was looked for`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            var autoimage = try Autoimage()
            let socket = "unix://\(try Workspace.here().temporary("none.sock"))"
            autoimage.environment = ["DOCKER_HOST": socket, "CONTAINER_HOST": socket]
            let none = try await autoimage.run("save", image.name, "--load")
            #expect(none.status == 69)
            #expect(none.errors.contains("none.sock"), "\(none.errors)")
        }
    }
}
