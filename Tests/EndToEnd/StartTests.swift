import OCI
import Testing

extension Acceptance {
    /// Services whose start command is found in their code: built, started by it and asked.
    @Suite struct StartTests {
        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a Flask factory that delegates is served by gunicorn`() async throws {
            try await serve(.flaskFactory) { site in
                let state = try await site.get("/health")
                #expect(state == "{\"server\":\"gunicorn\",\"status\":\"ok\",\"uid\":65532}\n")
            }
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `Django is served by ASGI where only such a server is there`() async throws {
            try await serve(.djangoASGI) { site in
                let state = try await site.get("/health")
                #expect(state == "{\"status\": \"ok\", \"uid\": 65532, \"request\": \"ASGIRequest\"}")
            }
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `Streamlit runs the script that no other imports, on the port that PORT says`() async throws {
            try await serve(.streamlitHello) { site in
                let state = try await site.get("/_stcore/health")
                #expect(state == "ok")
                let page = try await site.get("/")
                #expect(page.contains("<title>Streamlit</title>"))
            }
        }

        private func serve(_ name: Service.Name, _ check: @Sendable (Site) async throws -> Void) async throws {
            let image = try await Workspace.here().shelf.image(of: name)
            let port = try FreePort()
            let run = try Autoimage().command(["run", "-e", "PORT=\(port)", image.name])
            try await run.running { try await check(Site(port: port, server: $0)) }
        }
    }
}
