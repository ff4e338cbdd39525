import OCI
import Planning
import Testing

@testable import autoimage

/// When an image can be made without the files of its runtime base.
struct RuntimeContentTests {
    @Test(
        arguments: [
            ("static", "/app/tide", nil, false), ("static", "/tide", nil, false),
            ("static", "/usr/bin/tide", nil, true),
            ("static", "/app/tide", "/etc/passwd", true), ("static", "/app/tide", "/srv/data", true),
            ("dynamic", "/app/tide", nil, true),
        ] as [(String, String, String?, Bool)])
    func `needs them for what meets them`(_ linking: String, _ place: String, _ file: String?, _ needs: Bool) throws {
        let plan = try plan(linking, place, file)
        #expect(plan.needsRuntimeContent == needs)
    }

    private func plan(_ linking: String, _ place: String, _ file: String?) throws -> BuildPlan {
        let why = Reason.usual(why: "test")
        let entry = BaseEntry(
            id: "official/x", family: "official", language: "static", version: "13", role: .runtime, reference: "x/y:z",
            libc: LibC(family: .none, version: nil), release: "debian-13", interpreter: nil, abi: nil, shell: nil,
            user: "65532:65532", tools: [], environment: [:], endOfLife: nil, note: nil, debian: nil)
        let base = Base(entry: entry, reason: why, packages: [], platform: .host)
        let path = try ImagePath(parsing: place)
        let files = try file.map {
            PlanFile(
                path: try ImagePath(parsing: $0), contents: "x", mode: 0o644, owner: .root, group: .application,
                reason: why)
        }
        return BuildPlan(
            name: "tide", language: Decided("go", why), platform: .host,
            decisions: [Decision("linking", Decided(linking, why))],
            builder: BuilderStage(name: "builder", base: base, steps: [], artifacts: [path]),
            runtime: RuntimeStage(
                base: base,
                copies: [
                    ArtifactCopy(from: "builder", path: path, destination: path, group: .application, reason: why)
                ], files: [files].compactMap(\.self),
                config: RuntimeConfig(
                    entrypoint: Decided([place], why), environment: [], workingDirectory: path,
                    user: Decided(.nonroot, why),
                    ports: [])), warnings: [])
    }
}
