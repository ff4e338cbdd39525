import SystemPackage
import Testing

extension Acceptance {
    /// Services that uv locks.
    @Suite struct UvTests {
        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `uv-hello has what its lock says, without the group for developers`() async throws {
            let service = try await Service(copying: .uvHello)
            _ = try await Autoimage().build(service, ["-t", "uv-hello"])
            let installed = "blinker click flask gunicorn itsdangerous jinja2 markupsafe werkzeug"
            try await serve("uv-hello") { try await #expect($0.get("/installed") == installed) }
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a member of a uv workspace is built by its folder, with the member that it needs as a wheel`()
            async throws
        {
            let service = try await Service(copying: .uvWorkspace)
            try await Command("mkdir", service[".git"].string).succeed()
            let autoimage = try Autoimage()
            let folder = service["packages/api"].string
            try await autoimage.command(["build", folder, "-t", "uv-member"]).succeed()
            let expected = "spring /opt/service/lib/python3.13/site-packages/tides __pycache__ app.py pyproject.toml"
            try await serve("uv-member") { try await #expect($0.get("/tide") == expected) }
        }

        @Test func `a virtual workspace asks which member, and takes its name`() async throws {
            let service = try await Service(copying: .uvWorkspace)
            let autoimage = try Autoimage()
            let refused = try await autoimage.run("build", service.folder.string)
            #expect(refused.status == 65)
            #expect(refused.errors.contains("choose with --app, or build one by its folder"))
            #expect(
                refused.errors.contains(
                    "\n  api  (packages/api/pyproject.toml)\n  tides  (packages/lib/pyproject.toml)"))
            _ = try await autoimage.build(service, ["--app", "api", "-t", "uv-app"])
            let listed = try await autoimage.command(["inspect", "uv-app", "--files"]).succeed()
            #expect(listed.contains("  app/app.py\n"))
            #expect(!listed.contains("packages/"))
        }

        private func serve(_ name: String, _ check: @Sendable (Site) async throws -> Void) async throws {
            let port = try FreePort()
            let run = try Autoimage().command(["run", "-e", "PORT=\(port)", name])
            try await run.running { try await check(Site(port: port, server: $0)) }
        }
    }
}
