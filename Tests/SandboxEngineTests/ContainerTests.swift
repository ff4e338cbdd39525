import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// Images started in the sandbox.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct ContainerTests {
    private let state: State
    private let layer: FilePath

    init() throws {
        state = try State(home: try TestFolder.make("home"))
        layer = try TestFolder.make("layer")
        try TestFolder.write(
            "root:x:0:0::/root:/bin/sh\nweb:x:65532:65532::/home/web:/bin/sh\n", to: layer.appending("etc/passwd"))
        try TestFolder.write("web:x:65532:\n", to: layer.appending("etc/group"))
        try TestFolder.write("seed", to: layer.appending("data/seed"))
    }

    /// Runs a script as the image's user; returns its output and status.
    private func run(
        _ script: [String], identity: Sandbox.Identity? = nil, user: String = "65532:65532",
        _ change: (inout ContainerRunner.Options) -> Void = { _ in }
    ) async throws -> (output: String, status: Int32) {
        // Where one user is mapped, a layer is unpacked as that user.
        let owner = geteuid() == 0 && identity != .single ? 65532 : geteuid()
        for name in ["data", "data/seed"] { lchown(layer.appending(name).string, owner, owner) }
        let config = ImageConfig.Execution(
            user: user, exposedPorts: [], env: ["PATH=/bin", "MODE=image"], entrypoint: ["sh", "-c"], cmd: script,
            volumes: [], workingDir: "/data", labels: [:], stopSignal: nil)
        var options = ContainerRunner.Options(writable: [ImagePath("/data")])
        change(&options)
        let file = try TestFolder.make("out").appending("text")
        let output = open(file.string, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer {
            close(output)
            close(input)
        }
        let runner = ContainerRunner(
            state: state, sandbox: try Sandbox.probe(scratch: state.temporary, identity: identity))
        let status = try await runner.run(
            layers: [try #require(TestRoot.path), layer], config: config, options: options,
            streams: .init(input: input, output: output, error: output))
        return (try TestFolder.text(file) ?? "", status)
    }

    @Test(arguments: SandboxTests.identities) func `the program is the image's user on a read-only root`(
        identity: Sandbox.Identity
    ) async throws {
        let (output, status) = try await run(
            [
                """
                id -u; id -g; pwd; echo $MODE $HOME; grep Groups /proc/self/status | tr -d '\\t '
                touch /etc/x 2>/dev/null || echo sealed; test -d /run && echo run
                touch /tmp/x /var/tmp/x && echo scratch; touch /data/x && cat /data/seed; exit 3
                """
            ], identity: identity)
        let groups = identity == .mapped ? "Groups:65532\n" : "Groups:"
        #expect(output.hasPrefix("65532\n65532\n/data\nimage /home/web\n\(groups)"))
        #expect(output.hasSuffix("sealed\nrun\nscratch\nseed"))
        #expect(status == 3)
        #expect(try HostFiles.names(in: layer.appending("data")) == ["seed"])
        #expect(try HostFiles.names(in: state.temporary).isEmpty)
    }

    @Test func `command, variables and binds of the call replace the image's`() async throws {
        let shared = try TestFolder.make("shared")
        try TestFolder.write("from outside", to: shared.appending("file"))
        let (output, _) = try await run([]) {
            $0.command = ["cat /mnt/shared/file; echo $MODE; touch /mnt/shared/new 2>/dev/null || echo ro"]
            $0.environment = ["MODE": "call"]
            $0.binds = [.init(source: shared, target: ImagePath("/mnt/shared"), readOnly: true)]
        }
        #expect(output == "from outsidecall\nro\n")
    }

    @Test func `a user by name is looked up in the image`() async throws {
        #expect(try await run(["id -u"], user: "web").output == "65532\n")
        #expect(try await run(["id -u"], user: "").output == "0\n")
        await #expect(throws: ContainerError.unknownUser("nobody-here")) {
            try await run(["id -u"], user: "nobody-here")
        }
        await #expect(throws: ContainerError.unknownUser("4294967296")) { try await run(["id"], user: "4294967296") }
    }

    @Test func `a program that the image lacks is named`() async throws {
        await #expect(throws: SandboxError.notExecutable(program: "nothing", reason: "no such program in PATH")) {
            try await run([]) { $0.entrypoint = ["nothing"] }
        }
    }

    @Test func `a signal's status is passed on`() async throws {
        #expect(try await run(["kill -KILL $$"]).status == 137)
    }
}
