import OCI
import SystemPackage
import TestSupport
import Testing

extension Acceptance {
    /// Images after their build: checked, compared, moved to another base, and taken apart for others.
    @Suite(
        .enabled(
            if: Tool.has("docker-registry", "skopeo"), "needs docker-registry and skopeo: .ci/setup installs them"))
    struct ImageToolsTests {
        @Test func `an image is valid in every form, and a damaged one is not`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let autoimage = try Autoimage()
            for name in [
                image.name, "oci:\(image.layout)", "oci-archive:\(image.ociArchive)",
                "docker-archive:\(image.dockerArchive)",
            ] {
                let checked = try await autoimage.run("validate", "--strict", name)
                #expect(checked.status == 0, "\(name): \(checked.output)\(checked.errors)")
                #expect(checked.errors.contains("\(name): valid"))
            }
            let copy = try Workspace.here().makeFolder("damaged")
            try await Command("cp", "-R", image.layout.string, copy.appending("layout").string).succeed()
            let layer = try #require(try Layout(image.layout).manifest.layers.last)
            let blob = copy.appending("layout/blobs/sha256").appending(layer.digest.hex)
            try await Command("truncate", "--size=-1", blob.string).succeed()
            let quick = try await autoimage.run("validate", "--fast", "oci:\(copy.appending("layout"))")
            #expect(quick.status == 80)
            #expect(
                quick.output
                    == "error: \(layer.digest) has \(layer.size - 1) bytes where its descriptor says \(layer.size)\n")
            #expect(try await autoimage.run("validate", "oci:\(copy.appending("layout"))").status == 80)
        }

        @Test func `two images differ in what was changed, and in nothing else`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let autoimage = try Autoimage()
            let service = try await Service(copying: .script)
            let lock = try image.service["autoimage.lock"].text()
            try service["autoimage.lock"].write(lock)
            let source = "main.py"
            try service[source].write(try service[source].text() + "# one line more\n")
            _ = try await autoimage.build(service, ["-t", "script-edited", "--set", "environment.MODE=new"])
            let same = try await autoimage.run("diff", image.name, "oci-archive:\(image.ociArchive)")
            #expect(same.status == 0)
            #expect(same.output == "the same: \(image.built.digest)\n")
            let differs = try await autoimage.run("diff", image.name, "script-edited")
            #expect(differs.status == 1)
            let lines = differs.output.split(separator: "\n")
            #expect(lines.contains("+ config.config.Env.MODE new"))
            #expect(lines.contains { $0.hasPrefix("~ /app/\(source): size ") && $0.contains("contents") })
            #expect(lines.filter { $0.hasPrefix("~ layer ") }.count == 1)
            #expect(lines.filter { $0.hasPrefix("~ /") }.allSatisfy { $0.hasPrefix("~ /app/") })
        }

        @Test func `an image moves to another base and runs there, or is refused`() async throws {
            let folder = try Workspace.here().makeFolder("rebase")
            let image = try await Workspace.here().shelf.image(of: .script)
            let autoimage = try Autoimage()
            let again = try await autoimage.run("rebase", image.name, "-t", "moved:same")
            #expect(again.status == 0, "\(again.errors)")
            let saved = try await autoimage.run("bases", "save", image.service.folder.string, "--output", folder.string)
            #expect(saved.status == 0, "\(saved.errors)")
            try await DockerRegistry.serving(in: folder) { registry in
                let base = "\(registry.host)/base:1"
                for (archive, name) in [("runtime", base), ("builder", "\(registry.host)/builder:1")] {
                    try await Command(
                        "skopeo", "copy", "--quiet", "--dest-tls-verify=false",
                        "docker-archive:\(folder)/\(archive).tar", "docker://\(name)"
                    ).succeed()
                }
                let moved = try await autoimage.run(
                    "rebase", image.name, "--base", base, "-t", "\(registry.host)/moved:1", "--push")
                #expect(moved.status == 0, "\(moved.errors)")
                let reference = String(moved.output.dropLast())
                #expect(reference.hasPrefix("\(registry.host)/moved:1@sha256:"))
                let lines = try await autoimage.run("diff", image.name, reference).output.split(separator: "\n")
                #expect(lines.contains("+ manifest.annotations.org.opencontainers.image.base.name \(base)"))
                // The base's layer is compressed by another program; no file of the image differs.
                #expect(lines.filter { $0.hasPrefix("~ layer ") }.count == 1, "\(lines)")
                #expect(!lines.contains { $0.contains(" /") && $0.hasPrefix("~ /") }, "\(lines)")
                let here = try await autoimage.run("run", image.name)
                let there = try await autoimage.run("run", "\(registry.host)/moved:1")
                #expect(there.status == here.status && there.output == here.output)
                let validated = try await autoimage.run("validate", "docker://\(registry.host)/moved:1")
                #expect(validated.status == 0, "\(validated.output)")

                // A base without the interpreter.
                let empty = try await autoimage.run(
                    "rebase", image.name, "--base", "debian/bookworm/static-12-runtime", "-t", "moved:no")
                #expect(empty.status == 80, "\(empty.errors)")

                let newer = try await autoimage.run(
                    "rebase", image.name, "--base", "debian/bookworm/python-3.11-runtime", "-t", "moved:no")
                #expect(newer.status == 80)
                #expect(newer.errors.contains("build it anew"), "\(newer.errors)")
                #expect(try await autoimage.run("inspect", "moved:no").status == 66)
                let stranger = try await autoimage.run("rebase", "docker://\(base)", "-t", "moved:no")
                #expect(stranger.status == 64)
                #expect(stranger.errors.contains("--old-base"))
            }
        }

        @Test func `a program comes from another image with the libraries it needs, fixed by the lock`() async throws {
            let folder = try Workspace.here().makeFolder("tools")
            let image = try await Workspace.here().shelf.image(of: .script)
            let autoimage = try Autoimage()
            let saved = try await autoimage.run("bases", "save", image.service.folder.string, "--output", folder.string)
            #expect(saved.status == 0, "\(saved.errors)")
            try await DockerRegistry.serving(in: folder) { registry in
                let tools = "\(registry.host)/tools:1"
                try await Command(
                    "skopeo", "copy", "--quiet", "--dest-tls-verify=false", "docker-archive:\(folder)/builder.tar",
                    "docker://\(tools)"
                ).succeed()
                let service = try await Service(copying: .script)
                try service["autoimage.toml"].write(
                    """
                    [[artifact]]
                    from = "\(tools)"
                    path = "/usr/bin/git"
                    to = "/opt/tools/git"
                    """)
                let built = try await autoimage.build(service, ["-t", "with-git"])
                #expect(built.errors.contains("added"), "\(built.errors)")
                let version = try await autoimage.run("run", "with-git", "/opt/tools/git", "--version")
                #expect(version.output.hasPrefix("git version 2."), "\(version.errors)")
                let lock = try service["autoimage.lock"].text()
                #expect(lock.contains(tools) && lock.contains("libpcre2-8"), "\(lock)")
                // Nothing but the program and its libraries came along.
                let files = try await autoimage.run("inspect", "--files", "with-git").output
                #expect(!files.contains("usr/bin/gcc") && !files.contains("git-core"))
                let explained = try await autoimage.run("plan", service.folder.string)
                #expect(explained.output.contains("\(tools)@sha256:"), "\(explained.output)")

                try service["autoimage.toml"].write(
                    "[[artifact]]\nfrom = \"\(tools)\"\npath = \"/usr/bin/no-such-program\"\n")
                let missing = try await autoimage.run("build", service.folder.string)
                #expect(missing.status == 66)
                #expect(missing.errors.contains("\(tools) has no /usr/bin/no-such-program"), "\(missing.errors)")
                #expect(missing.errors.contains("autoimage.toml"), "\(missing.errors)")
            }
        }
    }
}
