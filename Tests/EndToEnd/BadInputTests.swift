import SystemPackage
import Testing

extension Acceptance {
    /// What users get wrong: each with its exit code and a message that says where and what next.
    @Suite struct BadInputTests {
        @Test func `no app: says what was looked for`() async throws {
            let service = try await Service(["README.md": "# Nothing to run\n"])
            try await expect(65, service, ["requirements.txt"])
        }

        @Test func `two apps: lists both and how to choose`() async throws {
            let app = "from flask import Flask\n\napp = Flask(__name__)\n"
            let service = try await Service([
                "requirements.txt": "Flask==3.1.3\n", "east/app.py": app, "west/app.py": app,
            ])
            try await expect(65, service, ["east/app.py", "west/app.py", "--app"])
        }

        @Test func `a folder that is not there`() async throws {
            let outcome = try await Autoimage().run("build", "/no/such/service")
            #expect(outcome.status == 66)
            #expect(outcome.errors.contains("/no/such/service"))
        }

        @Test func `an unknown option`() async throws {
            let outcome = try await Autoimage().run("build", ".", "--colour")
            #expect(outcome.status == 64)
            #expect(outcome.errors.contains("--colour"))
        }

        @Test(.enabled(if: Tool.hasAsRoot("setpriv"), "needs root to become an ordinary user"))
        func `a file that may not be read`() async throws {
            let user = try User.ordinary()
            let service = try await Service(copying: .script, for: user)
            try await Command("chmod", "000", service["main.py"].string).succeed()
            let outcome = try await Autoimage(emptyHomeFor: user).run("build", service.folder.string)
            #expect([65, 66].contains(outcome.status), "\(outcome.errors)")
            #expect(outcome.errors.contains("main.py"))
            try await Command("chmod", "644", service["main.py"].string).succeed()
            _ = try await Autoimage().build(service, ["-t", "readable"])
        }

        @Test func `a broken line of requirements`() async throws {
            let service = try await Service(copying: .flaskHello)
            try service["requirements.txt"].write("gunicorn==27.0.1\nFlask = = 3.1.3\n")
            try await expect(65, service, ["requirements.txt:2", "Flask = = 3.1.3"])
            try service["requirements.txt"].write("gunicorn==27.0.1\nFlask==3.1.3\n")
            _ = try await Autoimage().build(service, ["-t", "mended"])
        }

        @Test func `a version that no base has: says what is on offer`() async throws {
            let service = try await Service(copying: .script)
            try service[".python-version"].write("2.7\n")
            try await expect(65, service, [".python-version:1", "2.7", "3.11", "3.13"])
            try service[".python-version"].write("3.11\n")
            _ = try await Autoimage().build(service, ["-t", "known-version"])
        }

        @Test func `an unknown key of the configuration: says the nearest`() async throws {
            let service = try await Service(copying: .script)
            try service["autoimage.toml"].write("prot = 8000\n")
            try await expect(78, service, ["autoimage.toml:1", "prot", "port"])
        }

        @Test func `a package that does not exist: pip's own line`() async throws {
            let service = try await Service(copying: .flaskHello)
            let requirements = service["requirements.txt"]
            try requirements.write(try requirements.text() + "autoimage-no-such-package==1.0\n")
            try await expect(1, service, ["No matching distribution found for autoimage-no-such-package==1.0"])
            try service["requirements.txt"].write("Flask==3.1.3\ngunicorn==27.0.1\n")
            _ = try await Autoimage().build(service, ["-t", "mended"])
        }

        @Test(.enabled(if: Tool.hasAsRoot("unshare", "mount"), "needs root to mount a small file system"))
        func `no space left`() async throws {
            let service = try await Service(copying: .script)
            let folder = try Workspace.here().makeFolder("small")
            var build = try Autoimage().command(["build", service.folder.string])
            build.environment["AUTOIMAGE_HOME"] = folder.appending("home").string
            build.words =
                [
                    "unshare", "--mount", "--propagation", "private", "sh", "-c",
                    "mount -t tmpfs -o size=20m tmpfs \"$0\" && exec \"$@\"", folder.string,
                ] + build.words
            let outcome = try await build.run()
            #expect(outcome.status == 73, "\(outcome.errors)")
            #expect(outcome.errors.lowercased().contains("no space left"))
            #expect(outcome.output == "")
            _ = try await Autoimage().build(service, ["-t", "space"])
        }

        @Test func `a failing step: its last lines and the way into its tree`() async throws {
            let service = try await Service(copying: .driftwood)
            try service["driftwood/settings.py"].replace(
                "BASE_DIR =",
                with: "if \"collectstatic\" in sys.argv:\n    raise RuntimeError(\"the tide is out\")\n\nBASE_DIR =")
            try await expect(1, service, ["the tide is out", "autoimage shell "])
            try await Leavings.expectNone(inHome: Autoimage().home)
        }

        /// Builds and expects a failure: its status, these texts on standard error, nothing on standard output, and no
        /// trace of our own code.
        private func expect(_ status: Int32, _ service: Service, _ texts: [String]) async throws {
            let outcome = try await Autoimage().command(["build", service.folder.string, "-t", "bad"]).run()
            #expect(outcome.status == status, "\(outcome.errors)")
            #expect(texts.filter { !outcome.errors.contains($0) } == [], "\(outcome.errors)")
            #expect(outcome.output == "")
            for trace in ["Fatal error", "Sources/", ".swift:", "Error Domain"] {
                #expect(!outcome.errors.contains(trace), "\(outcome.errors)")
            }
        }
    }
}
