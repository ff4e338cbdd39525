import OCI
import SystemPackage
import TestSupport
import Testing

extension Acceptance {
    /// Images for several platforms and of several programs, made on this machine alone.
    @Suite struct PlatformTests {
        private static let both = "linux/amd64,linux/arm64"
        private static let architectures = ["amd64", "arm64"]
        /// The other architecture of the two.
        private static let foreign = Platform.host.architecture == "amd64" ? "arm64" : "amd64"

        /// The machine that an ELF file is for (gABI, "e_machine").
        private func architecture(of program: [UInt8]) -> String? {
            guard program.starts(with: [0x7F, 0x45, 0x4C, 0x46]), program.count > 19 else { return nil }
            return [62: "amd64", 183: "arm64"][Int(program[18]) | Int(program[19]) << 8]
        }

        @Test(
            .enabled(
                if: Tool.has("skopeo", "curl", "docker-registry") && Podman.isInstalled(),
                "needs skopeo, curl, docker-registry, podman and root"))
        func `one Go builder makes both images; their index is the same from another home, and in a registry`()
            async throws
        {
            let service = try await Service(copying: .goHello)
            let layout = try Workspace.here().makeFolder("go").appending("layout")
            try await DockerRegistry.serving(in: Workspace.here().makeFolder("registry")) { registry in
                let name = "\(registry.host)/team/go-hello:1"
                let built = try await Autoimage().build(
                    service, ["--platform", Self.both, "-t", name, "--push", "--output", "oci:\(layout)"])

                for architecture in Self.architectures {
                    let image = try Layout(layout, architecture: architecture)
                    try await image.validate()
                    #expect(image.config.architecture == architecture)
                    let program = try await image.contents(of: "app/go-hello")
                    #expect(self.architecture(of: program) == architecture)
                }
                let raw = try await Command(
                    "skopeo", "inspect", "--raw", "--tls-verify=false", "docker://\(name)"
                ).succeed()
                #expect(Digest(of: Array(raw.utf8)) == built.digest)
                let index = try CanonicalJSON.decode(Index.self, from: Array(raw.utf8))
                #expect(index.manifests.map(\.platform?.architecture) == Self.architectures)

                let elsewhere = try await Autoimage(emptyHomeFor: nil)
                let again = try await elsewhere.build(service, ["--platform", Self.both, "-t", name])
                #expect(again.digest == built.digest)
                try await Leavings.expectNone(inHome: elsewhere.home)
            }
            try await serves(layout)
        }

        /// Starts this machine's image of the index with our own runner and with podman.
        private func serves(_ layout: FilePath) async throws {
            let name = "go-serves"
            let autoimage = try Autoimage()
            _ = try await autoimage.build(Service(copying: .goHello), ["--platform", Self.both, "-t", name])
            let here = Platform.host.architecture
            let health = "{\"architecture\":\"\(here)\",\"authorities\":true,\"uid\":65532,\"zones\":true}\n"
            let port = try FreePort()
            try await autoimage.command(["run", "-e", "PORT=\(port)", name]).running {
                let site = Site(port: port, server: $0)
                let state = try await site.get("/health")
                #expect(state == health)
                let greeting = try await site.get("/hello/Ann")
                #expect(greeting == "Hello Ann\n")
            }
            let other = try FreePort()
            try await Podman().serve("oci:\(layout)", environment: ["PORT": "\(other)"]) {
                let state = try await Site(port: other, server: $0).get("/health")
                #expect(state == health)
            }
            let foreign = try Layout(layout, architecture: Self.foreign).manifestDigest
            let refused = try await autoimage.run("run", "\(foreign)")
            #expect(refused.status == 69)
            #expect(refused.errors.contains("the image is for linux/\(Self.foreign) and this machine is"))
            let listed = try await autoimage.command(["images"]).succeed()
            #expect(listed.split(separator: "\n").contains { $0.contains(name) && $0.contains(Self.both) })
            _ = try await autoimage.command(["cache", "prune"]).succeed()
            let shown = try await autoimage.command(
                ["inspect", name, "--platform", "linux/\(Self.foreign)", "--files"]
            ).succeed()
            #expect(shown.contains("app/go-hello\n"))
        }

        @Test(.enabled(if: Tool.has("tar"), "needs tar"))
        func `a service without compiled code is built once; the other base's bytecode is this one's, byte for byte`()
            async throws
        {
            let service = try await Service(
                named: "pure",
                [
                    "requirements.txt": "bottle==0.13.4\nwaitress==3.0.2\n",
                    "app.py": "from bottle import Bottle\n\napp = Bottle()\n",
                ])
            let layout = try Workspace.here().makeFolder("pure").appending("layout")
            _ = try await Autoimage().build(service, ["--platform", Self.both, "--output", "oci:\(layout)"])
            let images = try Self.architectures.map { try Layout(layout, architecture: $0) }
            #expect(images[0].manifest.layers.dropFirst() == images[1].manifest.layers.dropFirst())
            #expect(images[0].manifest.layers.first != images[1].manifest.layers.first)
            let bytecode = try await images.async { try await self.bytecode(of: $0) }
            let common = Set(bytecode[0].keys).intersection(bytecode[1].keys)
            #expect(common.count > 300)
            #expect(common.filter { bytecode[0][$0] != bytecode[1][$0] } == [])
            let interpreter = try await images.async { image in
                self.architecture(of: try await image.contents(of: "usr/bin/python3.13"))
            }
            #expect(interpreter == Self.architectures)
        }

        /// The digests of the bytecode files of an image's base, by path.
        private func bytecode(of image: Layout) async throws -> [String: Substring] {
            let layer = try #require(image.manifest.layers.first)
            let folder = try Workspace.here().makeFolder("unpacked")
            let script = """
                cd "$1" && tar --extract --gzip --file "$2" --wildcards '*.pyc' \
                && find . -name '*.pyc' -exec sha256sum {} +
                """
            let printed = try await Command("sh", "-c", script, "sh", folder.string, image.blob(layer.digest).string)
                .succeed()
            return Dictionary(
                printed.split(separator: "\n").map { (String($0.dropFirst(66)), $0.prefix(64)) },
                uniquingKeysWith: { one, _ in one })
        }

        @Test func `what is known to need the other machine is refused before any work`() async throws {
            let service = try await Service(
                named: "native", ["requirements.txt": "numpy==2.1.0\n", "main.py": "import numpy\n"])
            let outcome = try await Autoimage().run(
                "build", service.folder.string, "--platform", "linux/\(Self.foreign)")
            #expect(outcome.status == 69)
            #expect(
                outcome.errors.contains(
                    "linux/\(Self.foreign) cannot be built on this machine, which is \(Platform.host): "
                        + "requirements.txt:1 'numpy==2.1.0': holds compiled code"), "\(outcome.errors)")
            #expect(outcome.errors.contains("BuildKit"))
            #expect(!outcome.errors.contains("==>"))
            #expect(!service["autoimage.lock"].exists)
        }

        @Test func `compiled code that nothing announced fails with the file's name`() async throws {
            let service = try await Service(named: "hidden", ["main.py": "print(1)\n"])
            try await Command("cp", "-L", "/bin/true", service["helper"].string).succeed()
            let outcome = try await Autoimage().run(
                "build", service.folder.string, "--platform", "linux/\(Self.foreign)")
            #expect(outcome.status == 80, "\(outcome.errors)")
            #expect(outcome.errors.contains("/app/helper: is compiled for"), "\(outcome.errors)")
        }

        @Test func `programs of one repository are built in one run, until one fails`() async throws {
            let program = "package main\n\nfunc main() { println(\"\(Self.both)\") }\n"
            let service = try await Service(
                named: "shop",
                [
                    "go.mod": "module example.com/shop\n\ngo 1.22\n", "cmd/api/main.go": program,
                    "cmd/worker/main.go": program,
                ])
            let autoimage = try Autoimage()
            let build = ["build", service.folder.string, "--app", "cmd/api,cmd/worker"]
            let shared = try await autoimage.command(build + ["-t", "shop:1"]).run()
            #expect(shared.status == 64)
            #expect(
                shared.errors.contains("-t shop:1: 2 programs cannot share it; put {app} where the program's name goes")
            )

            let outcome = try await autoimage.command(build + ["-t", "shop/{app}:1"]).run()
            #expect(outcome.status == 0, "\(outcome.errors)")
            let names = outcome.output.split(separator: "\n").map { $0.prefix { $0 != "@" } }
            #expect(names == ["shop/api:1", "shop/worker:1"])
            #expect(outcome.errors.contains("[shop-worker sources] cached"))

            try service["cmd/worker/main.go"].write("package main\n\nfunc main() { broken }\n")
            let failed = try await autoimage.command(build + ["--progress", "plain"]).run()
            #expect(failed.status == 1)
            #expect(failed.output.hasPrefix("shop-api:latest@sha256:"))
            #expect(failed.output.split(separator: "\n").count == 1)
            #expect(
                failed.errors.contains("shop-worker failed; built before it: shop-api; not begun: none"),
                "\(failed.errors)")
        }
    }
}

extension Array {
    /// The results of work that waits, in order.
    fileprivate func async<Result>(_ work: (Element) async throws -> Result) async throws -> [Result] {
        var results: [Result] = []
        for element in self { results.append(try await work(element)) }
        return results
    }
}
