import OCI
import SystemPackage
import Testing

extension Acceptance {
    /// The same files give the same image, whoever builds them, where and how often.
    @Suite struct ReproducibleTests {
        @Test func `another folder, umask and times, without cache: the same digest`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let service = try await Service(copying: .driftwood)
            try await Command("chmod", "-R", "go-rwx", service.folder.string).succeed()
            try await Command(
                "find", service.folder.string, "-exec", "touch", "-d", "2001-02-03 04:05:06", "{}", "+"
            ).succeed()
            let again = try await Autoimage().build(service, ["--no-cache"], umask: "077")
            #expect(again.digest == image.built.digest)
        }

        @Test func `nothing changed: the same digest`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            #expect(try await Autoimage().build(image.service).digest == image.built.digest)
        }

        @Test func `an executable bit is content: another digest`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let service = try await Service(copying: .driftwood)
            try await Command("chmod", "-x", service["manage.py"].string).succeed()
            #expect(try await Autoimage().build(service, ["-t", "not-executable"]).digest != image.built.digest)
        }

        @Test(.enabled(if: Tool.hasAsRoot("setpriv"), "needs root to become an ordinary user"))
        func `an ordinary user with an empty home: root's digest`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let user = try User.ordinary()
            let autoimage = try await Autoimage(emptyHomeFor: user)
            let service = try await Service(copying: .driftwood, for: user)
            #expect(try await autoimage.build(service).digest == image.built.digest)
            try await Leavings.expectNone(inHome: autoimage.home)
        }

        @Test func `flask-hello from an empty home within a minute, with the shared home's digest`() async throws {
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let service = try await Service(copying: .flaskHello)
            let autoimage = try await Autoimage(emptyHomeFor: nil)
            let clock = ContinuousClock()
            let start = clock.now
            let built = try await autoimage.build(service)
            let duration = clock.now - start
            #expect(built.digest == image.built.digest)
            #expect(duration < .seconds(60), "it took \(duration)")
        }

        @Test func `SOURCE_DATE_EPOCH moves the times and with them the digest, twice the same`() async throws {
            var autoimage = try Autoimage()
            autoimage.environment["SOURCE_DATE_EPOCH"] = "1700000000"
            let image = try await Workspace.here().shelf.image(of: .script)
            let one = try await autoimage.build(try await Service(copying: .script), ["-t", "dated"])
            let two = try await autoimage.build(try await Service(copying: .script), ["-t", "dated", "--no-cache"])
            #expect(one.digest == two.digest)
            #expect(one.digest != image.built.digest)
        }
    }
}
