import OCI
import Planning
import SystemPackage
import Testing

extension Acceptance {
    /// Secrets reach the steps that name them and nothing else.
    @Suite struct SecretTests {
        /// Reads the secret while the package is built, and stops the build where it is not the expected one.
        private static let files = [
            "requirements.txt": "./tide\n",
            "main.py": "import tide\n\nprint(tide.LEVEL)\n",
            "tide/tide.py": "LEVEL = 4\n",
            "tide/setup.py": """
            import hashlib, os
            from setuptools import setup

            secret = os.environ["TIDE_TOKEN"].encode()
            assert hashlib.sha256(secret).hexdigest() == "DIGEST", "another secret"
            setup(name="tide", version="1.0", py_modules=["tide"])

            """,
            "autoimage.toml": """
            [[secrets]]
            id = "tide-token"
            step = "STEP"
            variable = "TIDE_TOKEN"

            """,
        ]

        @Test func `a secret reaches its step and no file of the home or the image`() async throws {
            let secret = "sea-\(UInt64.random(in: 1 << 60...UInt64.max))-glass"
            let (service, autoimage) = try await service(expecting: secret)
            let folder = try Workspace.here().makeFolder("secret")
            try folder.appending("token").write(secret)
            let built = try await autoimage.build(
                service,
                [
                    "-t", "tide", "--secret", "id=tide-token,src=\(folder)/token", "--output", "oci:\(folder)/layout",
                    "--progress", "json",
                ])
            #expect(!built.errors.contains(secret))
            let layout = try Layout(folder.appending("layout"))
            for path in [autoimage.home.string, layout.folder.string, service.folder.string] {
                let found = try await Command("grep", "--recursive", "--files-with-matches", "-F", secret, path).run()
                #expect(found.status == 1 && found.output == "", "\(found.output)")
            }
            for layer in layout.manifest.layers {
                let search = "gzip -dc \"$1\" | grep -qaF \"$2\""
                let found = try await Command("sh", "-c", search, "sh", layout.blob(layer.digest).string, secret).run()
                #expect(found.status == 1)
            }
            #expect(try await autoimage.run("run", "tide").output == "4\n")
        }

        @Test func `another value of a secret is no other image`() async throws {
            let (one, two) = ("one-\(UInt64.random(in: 0...UInt64.max))", "two")
            let (service, autoimage) = try await service(expecting: one)
            var offered = autoimage
            offered.environment["TIDE"] = one
            let first = try await offered.build(service, ["-t", "tide", "--secret", "id=tide-token,env=TIDE"])
            offered.environment["TIDE"] = two
            let second = try await offered.build(service, ["-t", "tide", "--secret", "id=tide-token,env=TIDE"])
            #expect(first.digest == second.digest)
        }

        @Test func `a step that fails does not print the secret`() async throws {
            let secret = "sea-\(UInt64.random(in: 1 << 60...UInt64.max))-glass"
            let (service, autoimage) = try await service(expecting: "something else")
            var offered = autoimage
            offered.environment["TIDE"] = secret
            let outcome = try await offered.run(
                "build", service.folder.string, "-t", "tide", "--secret", "id=tide-token,env=TIDE")
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("another secret"))
            #expect(!outcome.errors.contains(secret))
        }

        private func service(expecting secret: String) async throws -> (Service, Autoimage) {
            let autoimage = try Autoimage()
            var files = Self.files
            files["tide/setup.py"] = files["tide/setup.py"]?.replacing("DIGEST", with: Digest(of: secret.utf8).hex)
            files["autoimage.toml"] = nil
            let plain = try await Service(named: "tide", files)
            let json = try await autoimage.command(["plan", plain.folder.string, "--format", "json"]).succeed()
            let plan = try CanonicalJSON.decode(BuildPlan.self, from: Array(json.utf8))
            let step = try #require(
                plan.builder.steps.first { step in
                    guard case .run(let command) = step.action else { return false }
                    return command.arguments.contains("/projects/tide")
                })
            files["autoimage.toml"] = Self.files["autoimage.toml"]?.replacing("STEP", with: step.name)
            return (try await Service(named: "tide", files), autoimage)
        }
    }
}
