import OCI
import SystemPackage
import Testing

extension Acceptance {
    /// The files that a build writes, in the hands of other people's programs.
    @Suite struct ArchiveTests {
        @Test func `the layout's sizes and digests are what it says`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let layout = try Layout(image.layout)
            try await layout.validate()
            #expect(layout.manifestDigest == image.built.digest)
        }

        @Test(.enabled(if: Tool.has("skopeo"), "needs skopeo"))
        func `skopeo reads every form`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            for form in ["oci:\(image.layout)", "oci-archive:\(image.ociArchive)"] {
                let printed = try await Command("skopeo", "inspect", form).succeed()
                #expect(printed.contains("\"Digest\": \"\(image.built.digest)\""), "\(form)")
            }
            let printed = try await Command("skopeo", "inspect", "--config", "docker-archive:\(image.dockerArchive)")
                .succeed()
            let config = try CanonicalJSON.decode(ImageConfig.self, from: Array(printed.utf8))
            #expect(config.rootfs == (try Layout(image.layout).config.rootfs))
        }

        @Test(.enabled(if: Tool.hasAsRoot("umoci"), "needs umoci and root"))
        func `umoci unpacks the layout`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let tag = try #require(try Layout(image.layout).tag, "the layout names no tag")
            let bundle = try Workspace.here().temporary("bundle")
            try await Command("umoci", "unpack", "--image", "\(image.layout):\(tag)", bundle.string).succeed()
            #expect(bundle.pushing("rootfs/etc/passwd").exists)
            #expect(try bundle.pushing("rootfs/etc/passwd").text().contains(":65532:65532:"))
        }

        @Test(.enabled(if: Podman.isInstalled() && Postgres.isInstalled(), "needs podman, runc, PostgreSQL and root"))
        func `podman run serves the archive`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            try await Postgres.serving { database in
                try await Driftwood.migrate(image, database)
                let port = try FreePort()
                try await Podman().serve(
                    "oci-archive:\(image.ociArchive)", environment: Driftwood.variables(database, port)
                ) { try await Driftwood.check(Site(port: port, server: $0), database) }
            }
        }

        @Test(.enabled(if: Docker.isInstalled() && Postgres.isInstalled(), "needs dockerd, PostgreSQL and root"))
        func `docker load and docker run serve the archive`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            try await Postgres.serving { database in
                try await Driftwood.migrate(image, database)
                try await Docker.serving { docker in
                    let loaded = try await docker.command("load", "--input", image.dockerArchive.string).succeed()
                    let name = try #require(loaded.split(separator: "\n").last?.split(separator: " ").last)
                    let port = try FreePort()
                    try await docker.serve(String(name), environment: Driftwood.variables(database, port)) {
                        try await Driftwood.check(Site(port: port, server: $0), database)
                    }
                }
            }
        }
    }
}
