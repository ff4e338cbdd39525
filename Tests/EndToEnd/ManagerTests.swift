import SystemPackage
import Testing

extension Acceptance {
    /// Services of managers beside pip: built, proven, started and asked over HTTP.
    @Suite struct ManagerTests {
        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a lock of Poetry is installed, and the project as its own wheel`() async throws {
            let image = try await serve(.poetryHello) { site in
                let answer = try await site.get("/")
                #expect(answer == "poetry-hello 1.2.3 as 65532")
            }
            #expect(!image.built.errors.contains("poetry.lock: pyproject.toml was changed"))
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a lock of PDM is installed with a library of the service's folder`() async throws {
            try await serve(.pdmHello) { site in
                let answer = try await site.get("/")
                #expect(answer == "{\"hello\":\"greetings from pdm\",\"server\":\"uvicorn\",\"uid\":65532}")
            }
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a lock of Pipenv is installed without its development packages`() async throws {
            try await serve(.pipenvHello) { site in
                let answer = try await site.get("/")
                #expect(answer.hasPrefix("pipenv-hello with bottle 0.13."))
                #expect(answer.hasSuffix(" as 65532"))
            }
            let files = try await Autoimage().command(["inspect", "pipenv-hello", "--files"]).succeed()
            #expect(files.contains("/waitress/"))
            #expect(!files.contains("/pytest/"))
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a project without a lock is resolved once, recorded and installed as its own wheel`() async throws {
            let image = try await serve(.pep621Hello) { site in
                let answer = try await site.get("/")
                #expect(answer == "pep621-hello 4.5.6 as 65532")
            }
            let record = try image.service["autoimage.lock"].text()
            #expect(record.contains("\"bottle 0.13."))
            #expect(record.contains("\"waitress 3."))
            let again = try await Autoimage().build(image.service, ["--locked", "-t", "pep621-again"])
            #expect(again.digest == image.built.digest)
        }

        /// Builds a service, starts it and asks it.
        @discardableResult
        private func serve(
            _ name: Service.Name, _ check: @Sendable (Site) async throws -> Void
        ) async throws -> ShelvedImage {
            let image = try await Workspace.here().shelf.image(of: name)
            let port = try FreePort()
            let run = try Autoimage().command(["run", "-e", "PORT=\(port)", image.name])
            try await run.running { try await check(Site(port: port, server: $0)) }
            return image
        }
    }
}
