import SystemPackage
import Testing

/// The linter of Dockerfiles.
enum Hadolint {
    /// Expects that it has nothing to say about a service's Dockerfile.
    static func check(_ service: Service) async throws {
        let file = try Workspace.here().temporary("Dockerfile")
        try file.write(
            try await Autoimage().command(["plan", service.folder.string, "--format", "dockerfile"]).succeed())
        let text = try file.text()
        #expect(!text.contains("hadolint ignore"))
        let outcome = try await Command("hadolint", "--no-color", file.string).run()
        #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.output)\(outcome.errors)\n\(text)")
        // A parser of Dockerfiles takes lines of at most 64 KiB.
        #expect((text.split(separator: "\n").map(\.utf8.count).max() ?? 0) < 65_536)
    }
}
