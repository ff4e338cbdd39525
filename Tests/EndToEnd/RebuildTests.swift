import OCI
import Planning
import SystemPackage
import Testing

extension Acceptance {
    /// What is done again after an edit.
    @Suite struct RebuildTests {
        @Test func `an edited view keeps every step that installs`() async throws {
            let autoimage = try Autoimage()
            let service = try await Workspace.here().shelf.image(of: .driftwood).service
            let before = try await autoimage.build(service, ["-t", "edited"])
            try service["catalog/views.py"].replace("newest first", with: "the newest at the top")
            let after = try await autoimage.build(service, ["-t", "edited", "--progress", "json"])
            try service["catalog/views.py"].replace("the newest at the top", with: "newest first")
            #expect(after.digest != before.digest)
            let installs = try await installingSteps(of: service, autoimage)
            try #require(!installs.isEmpty)
            let events = try after.events()
            #expect(installs.filter { step in !events.contains(.stepCached(step: step)) } == [])
            for case .stepStarted(let step, _) in events { #expect(!installs.contains(step)) }
        }

        @Test func `nothing edited: no step runs`() async throws {
            let autoimage = try Autoimage()
            let service = try await Workspace.here().shelf.image(of: .driftwood).service
            let events = try await autoimage.build(service, ["--progress", "json"]).events()
            try #require(!events.isEmpty)
            for case .stepStarted(let step, _) in events { Issue.record("step '\(step)' ran again") }
        }

        @Test func `a new requirement installs again`() async throws {
            let autoimage = try Autoimage()
            let service = try await Service(copying: .flaskHello)
            _ = try await Workspace.here().shelf.image(of: .flaskHello)
            try service["requirements.txt"].replace("gunicorn==27.0.1", with: "gunicorn==26.0.0")
            let events = try await autoimage.build(service, ["-t", "older-gunicorn", "--progress", "json"]).events()
            let installs = try await installingSteps(of: service, autoimage)
            let started = events.compactMap { event in
                if case .stepStarted(let step, _) = event { step } else { nil }
            }
            #expect(!installs.filter(started.contains).isEmpty)
        }

        /// The steps of the service's plan that run pip.
        private func installingSteps(of service: Service, _ autoimage: Autoimage) async throws -> [String] {
            let json = try await autoimage.command(["plan", service.folder.string, "--format", "json"]).succeed()
            let plan = try CanonicalJSON.decode(BuildPlan.self, from: Array(json.utf8))
            return plan.builder.steps.compactMap { step in
                guard case .run(let command) = step.action, command.arguments.contains(where: { $0.contains("pip") })
                else { return nil }
                return step.name
            }
        }
    }
}
