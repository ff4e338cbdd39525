import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// What keeps a program from the machine around it.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct IsolationTests {
    private static func sandbox(_ tier: Sandbox.Tier, _ identity: Sandbox.Identity? = nil) throws -> Sandbox {
        let state = try State(home: try TestFolder.make("home"))
        return try Sandbox.probe(scratch: state.temporary, forced: tier, identity: identity)
    }

    /// Whether the kernel is Linux 6.12 or newer, which keeps signals in.
    private static let boundsSignals: Bool = {
        var names = utsname()
        uname(&names)
        let text = withUnsafeBytes(of: names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = text.split(separator: ".").prefix(2).compactMap { Int($0) }
        return numbers.count == 2 && (numbers[0], numbers[1]) >= (6, 12)
    }()

    @Test(.enabled(if: geteuid() == 0, "chroot(2) needs root"))
    func `a root that is only a chroot cannot be left by another`() async throws {
        let sandbox = try Self.sandbox(.chroot)
        let script =
            "mkdir /x; chroot /x /bin/true 2>&1 | grep -c 'not permitted'; mount -t tmpfs x /x 2>/dev/null || echo no"
        #expect(try await TestBuild.output(of: script, sandbox: sandbox) == "1\nno\n")
    }

    @Test(.enabled(if: geteuid() == 0, "chroot(2) needs root"))
    func `where the network cannot be taken away this is said`() async throws {
        var build = try TestBuild(try Self.sandbox(.chroot))
        build.run("step", "true")
        let events = try await build.build().log.events
        #expect(
            events.contains(
                .note(text: "step 'step' needs no network, but files only (chroot) cannot take it away")))
        #expect(build.sandbox.reason.contains("steps without network are not kept from it"))
        #expect(!(try Self.sandbox(.full).reason.contains("steps without network")))
    }

    @Test(
        .enabled(if: boundsSignals, "needs Landlock's scopes, Linux 6.12"),
        arguments: geteuid() == 0 ? [Sandbox.Tier.sharedProc, .chroot] : [.sharedProc])
    func `a program that can see this one cannot signal it`(tier: Sandbox.Tier) async throws {
        let script = "sleep 5 & kill -0 $! && echo own; kill $!; kill -0 \(getpid()) 2>/dev/null || echo kept"
        #expect(try await TestBuild.output(of: script, sandbox: try Self.sandbox(tier)) == "own\nkept\n")
    }

    @Test(arguments: SandboxTests.identities) func `nothing in the root or a cache can raise rights`(
        identity: Sandbox.Identity
    ) async throws {
        var build = try TestBuild(identity: identity)
        build.run(
            "step",
            """
            while read device place kind options rest; do
                case $place in
                    /|/cache|/sys|/proc) case $options in *nosuid*) echo $place;; esac;;
                esac
            done < /proc/self/mounts | sort
            """, mounts: [.cache(id: "c", target: ImagePath("/cache"))])
        #expect(try await build.build().log.output(of: "step") == "/\n/cache\n/proc\n/sys\n")
    }

    @Test(arguments: SandboxTests.identities) func `the kernel's own file systems below sys are empty`(
        identity: Sandbox.Identity
    ) async throws {
        // Each that the kernel has is covered, also where nothing is mounted there today.
        let script = """
            for name in kernel/debug kernel/tracing kernel/security fs/pstore fs/bpf firmware; do
                test ! -e /sys/$name || grep -q " /sys/$name tmpfs ro" /proc/self/mounts || echo $name
                ls -A /sys/$name 2>/dev/null
            done; ls /sys | grep -c kernel
            """
        #expect(try await TestBuild.output(of: script, identity: identity) == "1\n")
    }

    @Test func `a variable with a null byte is named without its value`() async throws {
        var build = try TestBuild()
        build.run(
            "step", "true", mounts: [.secret(id: "token", target: nil, variable: "TOKEN", required: true)])
        let error = await #expect(throws: SandboxError.self) {
            _ = try await build.build(secrets: ["token": Array("s3cret\0x".utf8)])
        }
        #expect("\(try #require(error))" == "the variable 'TOKEN' holds a null byte, which no program can be given")
    }
}
