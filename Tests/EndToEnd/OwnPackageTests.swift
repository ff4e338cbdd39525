import OCI
import Planning
import SystemPackage
import Testing

extension Acceptance {
    /// A service with a build system of its own and no lock: resolved once, installed as a wheel.
    @Suite struct OwnPackageTests {
        private static let files = [
            "requirements.txt": "-e .\n",
            "pyproject.toml": """
            [build-system]
            requires = ["setuptools>=64"]
            build-backend = "setuptools.build_meta"

            [project]
            name = "parrot"
            version = "1.2.0"
            dependencies = ["idna<3.8"]

            [project.scripts]
            parrot = "parrot.cli:main"

            [tool.setuptools.package-data]
            parrot = ["*.txt"]

            """,
            "src/parrot/__init__.py": "",
            "src/parrot/cli.py": """
            from importlib.resources import files
            import idna, sys


            def main():
                greeting = files("parrot").joinpath("greeting.txt").read_text().strip()
                print(sys.executable, sys.argv[0], greeting, idna.__version__)

            """,
            "src/parrot/greeting.txt": "hello\n",
            "autoimage.toml": "start = \"parrot\"\n",
        ]

        /// The line of the record that has idna.
        private func idna(_ service: Service) throws -> String? {
            try service["autoimage.lock"].text().split(separator: "\n").map(String.init).first {
                $0.contains("\"idna ")
            }
        }

        private func started(_ built: Built) throws -> [String] {
            try built.events().compactMap { if case .stepStarted(let step, _) = $0 { step } else { nil } }
        }

        @Test func `is resolved once, rebuilt alone, and moves when it is asked to`() async throws {
            let autoimage = try Autoimage()
            let service = try await Service(named: "parrot", Self.files)
            let path = service.folder.string
            let open = try await autoimage.run("build", path, "--offline")
            #expect(open.status == 69)

            let first = try await autoimage.build(service)
            #expect(first.errors.contains("no lock fixes the versions (idna)"))
            #expect(first.errors.contains("resolved 1 package, recorded in autoimage.lock"))
            let said = try await autoimage.command(["run", "parrot"]).succeed()
            #expect(said == "/opt/venv/bin/python /opt/service/bin/parrot hello 3.7\n")

            let second = try await autoimage.build(service, ["--locked", "--offline", "--progress", "json"])
            #expect(try started(second) == [] && second.digest == first.digest)
            #expect(!second.errors.contains("no lock fixes"))

            try service["src/parrot/greeting.txt"].write("good morning\n")
            let edited = try await autoimage.build(service, ["--progress", "json"])
            #expect(try started(edited) == ["projects", "project", "sources", "bytecode"])
            let greeting = try await autoimage.command(["run", "parrot"]).succeed()
            #expect(greeting.contains(" good morning "))

            // Other requirements: what was recorded stays as far as it fits.
            try service["pyproject.toml"].replace("idna<3.8", with: "idna>=3")
            let locked = try await autoimage.run("build", path, "--locked")
            #expect(locked.status == 78)
            #expect(locked.errors.contains("is in it for other requirements"))
            _ = try await autoimage.build(service)
            #expect(try idna(service)?.contains("idna 3.7 ") == true)

            let update = try await autoimage.run("lock", path, "--update", "idna")
            #expect(update.status == 0)
            #expect(update.errors.contains("idna: removed, was 3.7"))
            #expect(update.errors.contains("is resolved and recorded by its next build"))
            let moved = try await autoimage.build(service)
            #expect(moved.errors.contains("idna: new, "))
            #expect(try idna(service)?.contains("idna 3.7 ") == false)
        }
    }
}
