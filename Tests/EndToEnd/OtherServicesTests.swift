import OCI
import SystemPackage
import Testing

extension Acceptance {
    /// The services beside Driftwood: two small sites and a program that ends.
    @Suite struct OtherServicesTests {
        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `flask-hello serves`() async throws {
            try await serve(.flaskHello) { site in
                let page = try await site.get("/hello/world")
                #expect(page == "<p>Hello world</p>")
                let state = try await site.get("/health")
                #expect(state == "{\"status\":\"ok\",\"uid\":65532}\n")
            }
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `fastapi-hello serves`() async throws {
            try await serve(.fastapiHello) { site in
                let state = try await site.get("/health")
                #expect(state == "{\"status\":\"ok\",\"uid\":65532}")
                let greetings = try await site.post("/greetings", json: "{\"name\":\"Ann\",\"times\":2}")
                #expect(greetings == "{\"messages\":[\"Hello Ann\",\"Hello Ann\"]}")
            }
        }

        @Test func `script prints and ends with its own status`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let outcome = try await Autoimage().run("run", image.name)
            #expect(outcome.status == 0)
            let expected = """
                spring tides after 2025-01-01, reckoned by uid 65532
                2025-01-14 11:26
                2025-01-29 05:48
                2025-02-13 00:10

                """
            #expect(outcome.output == expected)
        }

        @Test func `a command after the name takes the place of the start command`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let autoimage = try Autoimage()
            let printed = try await autoimage.run("run", image.name, "python3", "main.py", "2025-06-01")
            #expect(printed.output.hasPrefix("spring tides after 2025-06-01, reckoned by uid 65532\n"))
            let failed = try await autoimage.run("run", image.name, "python3", "-c", "raise SystemExit(7)")
            #expect(failed.status == 7)
        }

        @Test func `a package added to the image brings its programs and what they need, and no tool to install more`()
            async throws
        {
            let service = try await Service(copying: .script)
            try service["Procfile"].write("web: python main.py && pdftotext -v\n")
            let packages = "runtime-packages=[\"dash\", \"poppler-utils\"]"
            _ = try await Autoimage().build(service, ["-t", "added", "--set", packages])
            let outcome = try await Autoimage().run("run", "added")
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.hasPrefix("spring tides after 2025-01-01"))
            #expect(outcome.errors.contains("pdftotext version"))
            let listed = try await Autoimage().command(["inspect", "added", "--files"]).succeed()
            #expect(!listed.contains("bin/dpkg\n") && !listed.contains("bin/perl\n"))
        }

        @Test func `the image's root is read only and its temporary folder is not`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let program = "import errno\ntry: open('/x', 'w')\nexcept OSError as e: print(errno.errorcode[e.errno])"
            let outcome = try await Autoimage().run(
                "run", image.name, "python3", "-c", program + "\nopen('/tmp/x', 'w').write('y'); print('tmp')")
            #expect(["EROFS\ntmp\n", "EACCES\ntmp\n"].contains(outcome.output), "\(outcome.errors)")
        }

        @Test func `a folder of the host is mounted and a variable is set`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let folder = try Workspace.here().makeFolder("mounted")
            try folder.appending("note").write("from the host")
            let outcome = try await Autoimage().run(
                "run", "-v", "\(folder):/mounted", "-e", "GREETING=hello", image.name, "python3", "-c",
                "import os; print(os.environ['GREETING'], open('/mounted/note').read())")
            #expect(outcome.output == "hello from the host\n", "\(outcome.errors)")
        }

        @Test func `images lists what was built and inspect shows it`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let autoimage = try Autoimage()
            let list = try await autoimage.command(["images"]).succeed()
            #expect(list.split(separator: "\n").contains { $0.contains("script") })
            let text = try await autoimage.command(["inspect", image.name]).succeed()
            #expect(text.contains(image.built.digest.hex.prefix(12)))
            #expect(text.contains("65532:65532"))
        }

        @Test func `the builder can be kept for looking around, not under the runtime's name`() async throws {
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let autoimage = try Autoimage()
            let built = try await autoimage.build(image.service, ["--target", "builder", "-t", "flask-builder"])
            #expect(built.digest != image.built.digest)
            let outcome = try await autoimage.run("run", "flask-builder", "sh", "-c", "command -v gcc pip3 || exit 3")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let refused = try await autoimage.run(
                "build", image.service.folder.string, "--target", "builder", "-t", image.name)
            #expect(refused.status == 64)
        }

        @Test func `the last line of a build gives the commands to run, load and push`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let built = try await Autoimage().build(image.service)
            let last = try #require(built.errors.split(separator: "\n").last)
            #expect(last.contains("autoimage run script"))
            #expect(last.contains("load"))
            #expect(last.contains("push"))
        }

        private func serve(_ name: Service.Name, _ check: @Sendable (Site) async throws -> Void) async throws {
            let image = try await Workspace.here().shelf.image(of: name)
            let port = try FreePort()
            let run = try Autoimage().command(["run", "-e", "PORT=\(port)", image.name])
            try await run.running { try await check(Site(port: port, server: $0)) }
        }
    }
}
