import SystemPackage
import Testing

extension Acceptance {
    /// Services that uv locks.
    @Suite struct UvTests {
        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `uv-hello has what its lock says, without the group for developers`() async throws {
            let image = try await Workspace.here().shelf.image(of: .uvHello)
            let installed = "blinker click flask gunicorn itsdangerous jinja2 markupsafe werkzeug"
            try await serve(image.name) { try await #expect($0.get("/installed") == installed) }
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a member of a uv workspace runs with the member that it needs, and nothing else of the workspace`()
            async throws
        {
            let image = try await Workspace.here().shelf.image(of: .uvWorkspace)
            try await serve(image.name) { try await #expect($0.get("/tide") == Self.tide) }
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a member of a uv workspace is built by its own folder`() async throws {
            let service = try await Service(copying: .uvWorkspace)
            try await Command("mkdir", service[".git"].string).succeed()
            let folder = service["packages/api"].string
            try await Autoimage().command(["build", folder, "-t", "uv-member"]).succeed()
            try await serve("uv-member") { try await #expect($0.get("/tide") == Self.tide) }
        }

        @Test func `a workspace that is no project asks which member`() async throws {
            let service = try await Service(copying: .uvWorkspace)
            try await Command("rm", service["autoimage.toml"].string).succeed()
            let refused = try await Autoimage().run("plan", service.folder.string)
            #expect(refused.status == 65)
            #expect(
                refused.errors.hasSuffix(
                    "choose with --app, or build one by its folder as in 'autoimage build ./packages/api':\n"
                        + "  api  (packages/api/pyproject.toml)\n  tides  (packages/lib/pyproject.toml)\n"))
            let planned = try await Autoimage().run("plan", service.folder.string, "--app", "packages/api")
            #expect(planned.status == 0, "\(planned.errors)")
        }

        /// The library is where wheels go, and the application's folder holds the member alone.
        private static let tide =
            "spring /opt/service/lib/python3.13/site-packages/tides __pycache__ app.py pyproject.toml"

        private func serve(_ name: String, _ check: @Sendable (Site) async throws -> Void) async throws {
            let port = try FreePort()
            let run = try Autoimage().command(["run", "-e", "PORT=\(port)", name])
            try await run.running { try await check(Site(port: port, server: $0)) }
        }
    }
}
