import Files
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// A builder on the test root, with a state of its own.
struct TestBuild {
    let state: State
    let sandbox: Sandbox
    var steps: [Step] = []
    var source: any SourceTree
    var host = HostSettings()
    var base: FilePath
    var remote: (any StepSource)?

    init(_ sandbox: Sandbox? = nil, state: State? = nil, identity: Sandbox.Identity? = nil) throws {
        let state = try state ?? State(home: try TestFolder.make("home"))
        self.state = state
        self.sandbox = try sandbox ?? Sandbox.probe(scratch: state.temporary, identity: identity)
        source = try MemoryTree([:])
        base = try #require(TestRoot.path)
    }

    /// Adds a step that runs a shell script.
    mutating func run(
        _ name: String, needs: [String] = [], _ script: String, environment: [String: String] = [:],
        mounts: [Mount] = [], network: NetworkAccess = .none, workingDirectory: ImagePath = .root
    ) {
        let command = RunCommand(
            arguments: ["sh", "-c", script], environment: environment, workingDirectory: workingDirectory,
            mounts: mounts, network: network)
        steps.append(Step(name: name, needs: needs, action: .run(command: command), reason: .usual(why: "a test")))
    }

    /// Adds a step that copies the whole source.
    mutating func copy(_ name: String, to destination: ImagePath) {
        let copy = SourceCopy(paths: [.root], base: .root, destination: destination)
        steps.append(Step(name: name, needs: [], action: .copy(source: copy), reason: .usual(why: "a test")))
    }

    /// Runs the steps; returns what was reported and the result.
    func build(
        secrets: [String: [UInt8]] = [:], sshSocket: String? = nil, useCache: Bool = true, lastStep: String? = nil,
        log: EventLog = EventLog()
    ) async throws -> (log: EventLog, result: SandboxBuilderResult) {
        let engine = SandboxEngine(
            state: state, sandbox: sandbox, base: base, baseKey: Digest(of: Array("base".utf8)), host: host,
            remote: remote)
        let request = EngineRequest(
            source: source, secrets: secrets, sshSocket: sshSocket, useCache: useCache, lastStep: lastStep)
        let result = try await engine.run(try TestPlan.make(steps), on: request) { log.add($0) }
        return (log, try #require(result as? SandboxBuilderResult))
    }

    /// What one script prints.
    static func output(
        of script: String, sandbox: Sandbox? = nil, identity: Sandbox.Identity? = nil,
        network: NetworkAccess = .none
    ) async throws -> String {
        var build = try TestBuild(sandbox, identity: identity)
        build.run("step", script, network: network)
        return try await build.build().log.output(of: "step")
    }
}

/// A plan around steps: bases and runtime are of no interest to an engine.
enum TestPlan {
    static func make(_ steps: [Step]) throws -> ValidatedPlan {
        let reason = Reason.usual(why: "a test")
        let entry = BaseEntry(
            id: "test", family: "test", language: "none", version: "1", role: .builder, reference: "test",
            libc: LibC(family: .glibc, version: "2.36"), release: "test", interpreter: nil, abi: nil,
            shell: ImagePath("/bin/sh"),
            user: "0:0", tools: [], environment: [:], endOfLife: nil, note: nil, debian: nil)
        let pin = Pin.digest(digest: Digest(of: Array("base".utf8)))
        let base = Base(entry: entry, reason: reason, packages: [], platform: .host)
        let plan = BuildPlan(
            name: "test", language: Decided("none", reason), platform: .host, decisions: [],
            builder: BuilderStage(name: "builder", base: base, steps: steps, artifacts: [ImagePath("/app")]),
            runtime: RuntimeStage(
                base: base,
                copies: [
                    ArtifactCopy(
                        from: "builder", path: ImagePath("/app"), destination: ImagePath("/app"), group: .application,
                        reason: reason)
                ],
                files: [
                    PlanFile(
                        path: ImagePath("/etc/passwd"), contents: "nonroot:x:65532:65532:::\n", mode: 0o644,
                        owner: .root, group: .application, reason: reason)
                ],
                config: RuntimeConfig(
                    entrypoint: Decided(["/app/main"], reason), environment: [], workingDirectory: .root,
                    user: Decided(.nonroot, reason), ports: [])),
            warnings: [])
        return try plan.pinned(by: Pins(bases: [base.key: pin])).validated()
    }
}
