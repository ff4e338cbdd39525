import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// This test program, started again for a test that needs a process of its own.
private enum Inner {
    /// What the inner process is to do; nil in the outer one.
    static let task = getenv("AUTOIMAGE_TEST_TASK").map { String(cString: $0) }

    static let program = HostFiles.realPath("/proc/self/exe")

    /// Starts this program with one suite of tests; returns its process id.
    static func start(_ task: String, filter: String, folder: FilePath, prefix: [String] = []) throws -> pid_t {
        let program = try #require(program)
        let arguments = prefix + [program.string, "--testing-library", "swift-testing", "--filter", filter]
        var environment = ["AUTOIMAGE_TEST_TASK=\(task)", "TMPDIR=\(folder)", "HOME=\(folder)"]
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let value = getenv(name) { environment.append("\(name)=\(String(cString: value))") }
        }
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        let log = folder.appending("log").string
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        defer { posix_spawn_file_actions_destroy(&actions) }
        var pid: pid_t = 0
        guard posix_spawnp(&pid, arguments[0], &actions, nil, &argv, &envp) == 0 else { throw Errno(rawValue: errno) }
        return pid
    }

    static func wait(_ pid: pid_t) async throws -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) == 0 { try await Task.sleep(for: .milliseconds(20)) }
        return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
    }

    /// Whether another user may run this program.
    static var isForEverybody: Bool {
        guard var path = program else { return false }
        while path.components.count > 0 {
            var status = stat()
            guard stat(path.string, &status) == 0, status.st_mode & 0o005 == 0o005 else { return false }
            path.removeLastComponent()
        }
        return true
    }
}

/// What only a process of its own can show.
@Suite(.enabled(if: TestRoot.path != nil && Inner.program != nil, Comment(rawValue: TestRoot.isMissing)))
struct ProcessTests {
    @Test(
        .enabled(
            if: Inner.task == nil && geteuid() == 0 && Inner.isForEverybody && access("/usr/bin/setpriv", X_OK) == 0,
            "needs root, setpriv and a build folder that everybody may read"))
    func `all of this works for an ordinary user too`() async throws {
        let folder = try TestFolder.make("ordinary")
        chown(folder.string, 54321, 54321)
        chmod(folder.removingLastComponent().string, 0o755)
        let pid = try Inner.start(
            "all", filter: "SandboxEngineTests", folder: folder,
            prefix: ["/usr/bin/setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups"])
        let status = try await Inner.wait(pid)
        let log = try TestFolder.text(folder.appending("log")) ?? ""
        let failures = log.split(separator: "\n").filter { $0.contains("✘") || $0.contains("rror") }
        #expect(status == 0, "\(failures.joined(separator: "\n"))")
        #expect(log.contains("passed"))
    }

    @Test(.enabled(if: Inner.task == nil, "is the outer part of two processes"))
    func `a build that is killed leaves no process, and the next one works`() async throws {
        let folder = try TestFolder.make("killed")
        let pid = try Inner.start("hang", filter: "hangs in a step until it is killed", folder: folder)
        let marker = folder.appending("home/caches")
        try await Self.until { (try? Self.find("started", below: marker)) == true }
        #expect(Self.isRunning("sleep\0" + "4\(pid)"))
        kill(pid, SIGKILL)
        #expect(try await Inner.wait(pid) == 137)
        try await Self.until { !Self.isRunning("sleep\0" + "4\(pid)") }
        let state = try State(home: folder.appending("home"))
        #expect(try HostFiles.names(in: state.temporary).isEmpty)
        #expect(try HostFiles.names(in: state.steps).isEmpty)
        var build = try TestBuild(state: state)
        build.run("next", "echo 1 > /made")
        #expect(try await build.build().log.started == ["next"])
    }

    @Test(.enabled(if: Inner.task == "hang", "is the inner part of the test of a killed build"))
    func `hangs in a step until it is killed`() async throws {
        let home = FilePath(String(cString: try #require(getenv("HOME")))).appending("home")
        var build = try TestBuild(state: try State(home: home))
        build.run(
            "hang", "touch /cache/started; sleep 4\(getpid()) & sleep 4\(getpid())",
            mounts: [.cache(id: "marker", target: ImagePath("/cache"))])
        _ = try await build.build()
    }

    @Test(.enabled(if: Inner.task == nil, "is the outer part of two processes"))
    func `a container gets the signals of the program that runs it`() async throws {
        let folder = try TestFolder.make("signalled")
        let pid = try Inner.start("signal", filter: "runs a container that ends with a signal", folder: folder)
        let state = folder.appending("shared")
        try await Self.until { HostFiles.exists(state.appending("ready")) }
        kill(pid, SIGTERM)
        #expect(try await Inner.wait(pid) == 0)
        #expect(try TestFolder.text(state.appending("got")) == "TERM\n")
    }

    @Test(.enabled(if: Inner.task == "signal", "is the inner part of the test of signals"))
    func `runs a container that ends with a signal`() async throws {
        let home = FilePath(String(cString: try #require(getenv("HOME"))))
        let shared = home.appending("shared")
        try HostFiles.makeFolder(shared)
        chmod(shared.string, 0o777)
        let state = try State(home: home.appending("home"))
        let runner = ContainerRunner(state: state, sandbox: try Sandbox.probe(scratch: state.temporary))
        let script = "trap 'echo TERM > /shared/got; exit 9' TERM; touch /shared/ready; while true; do sleep 0.1; done"
        let config = ImageConfig.Execution(
            user: "65532:65532", exposedPorts: [], env: ["PATH=/bin"], entrypoint: ["sh", "-c", script], cmd: [],
            volumes: [], workingDir: "/", labels: [:], stopSignal: nil)
        let status = try await runner.run(
            layers: [try #require(TestRoot.path)], config: config,
            options: .init(binds: [.init(source: shared, target: ImagePath("/shared"), readOnly: false)]))
        #expect(status == 9)
    }

    private static func until(_ holds: () -> Bool) async throws {
        for _ in 0..<1500 {
            if holds() { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        Issue.record("it did not happen within 30 s")
    }

    private static func find(_ name: String, below folder: FilePath) throws -> Bool {
        try HostFiles.names(in: folder).contains { HostFiles.exists(folder.appending($0).appending(name)) }
    }

    private static func isRunning(_ text: String) -> Bool {
        let names = (try? HostFiles.names(in: "/proc")) ?? []
        return names.contains { name in
            guard Int(name) != nil, let bytes = try? HostFiles.read(FilePath("/proc/\(name)/cmdline")) else {
                return false
            }
            return String(decoding: bytes, as: UTF8.self).contains(text)
        }
    }
}
