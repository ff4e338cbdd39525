import Glibc
import SystemPackage
import Testing

extension Acceptance {
    /// Builds that end early, and builds that meet.
    @Suite struct KillTests {
        /// A line that, put into Driftwood's settings, keeps the step that collects static files from ending.
        private static let pause =
            "if \"collectstatic\" in sys.argv:\n    __import__(\"time\").sleep(541)\n\nBASE_DIR ="

        @Test(arguments: [SIGKILL, SIGINT, SIGTERM])
        func `ended in the middle of a step: nothing stays and the next build succeeds`(signal: Int32) async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let autoimage = try Autoimage()
            let service = try await Service(copying: .driftwood)
            let settings = service["driftwood/settings.py"]
            try settings.replace("BASE_DIR =", with: Self.pause)
            let build = autoimage.command(["build", service.folder.string, "-t", "killed", "--progress", "json"])
            try await build.running { running in
                try await Leavings.waitFor(process: "collectstatic")
                running.kill(signal)
                try await Leavings.expectNone(ofProcess: "collectstatic")
            }
            try settings.replace(Self.pause, with: "BASE_DIR =")
            #expect(try await autoimage.build(service, ["-t", "killed"]).digest == image.built.digest)
            try await Leavings.expectNone(inHome: autoimage.home)
        }

        @Test(arguments: ["assemble", "deliver"], [0, 5, 30])
        func `killed while it writes the store: the next build gives the whole image`(
            phase: String, milliseconds: Int
        ) async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let autoimage = try Autoimage()
            let service = try await Service(copying: .driftwood)
            let page = service["catalog/templates/catalog/index.html"]
            try page.replace("nothing yet", with: "nothing \(phase) \(milliseconds)")
            let build = autoimage.command(["build", service.folder.string, "-t", "cut", "--progress", "json"])
            try await build.running { running in
                try await running.waitFor("\"name\":\"\(phase)\"")
                try await Task.sleep(for: .milliseconds(milliseconds))
                running.kill(SIGKILL)
            }
            let layout = try Workspace.here().temporary("layout")
            let whole = try await autoimage.build(service, ["-t", "cut", "--output", "oci:\(layout)"])
            try await Layout(layout).validate()
            try page.replace("nothing \(phase) \(milliseconds)", with: "nothing yet")
            #expect(try await autoimage.build(service, ["-t", "cut"]).digest == image.built.digest)
            #expect(whole.digest != image.built.digest)
            try await Leavings.expectNone(inHome: autoimage.home)
        }

        @Test func `two builds of one service at once: both succeed with one digest`() async throws {
            _ = try await Workspace.here().shelf.image(of: .driftwood)
            let autoimage = try Autoimage()
            let service = try await Service(copying: .driftwood)
            try service["catalog/static/catalog/site.css"].replace("48rem", with: "52rem")
            async let one = autoimage.build(service, ["-t", "twin"])
            async let two = autoimage.build(service, ["-t", "twin"])
            let (first, second) = try await (one, two)
            #expect(first.digest == second.digest)
        }
    }
}
