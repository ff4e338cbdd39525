import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// What a program in a step sees and may do.
///
/// Every test runs with all users mapped, where this process is root, and
/// with the one user that an ordinary user has.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct SandboxTests {
    static let identities: [Sandbox.Identity] = geteuid() == 0 ? [.mapped, .single] : [.single]

    @Test(arguments: Self.identities) func `a step's standard input is empty`(identity: Sandbox.Identity) async throws {
        #expect(try await TestBuild.output(of: "cat; wc -c < /dev/stdin; echo end", identity: identity) == "0\nend\n")
    }

    @Test(arguments: Self.identities) func `nothing of this process's environment reaches a step`(
        identity: Sandbox.Identity
    ) async throws {
        setenv("AUTOIMAGE_TEST_TOKEN", "leaked", 1)
        var build = try TestBuild(identity: identity)
        build.run("step", "cat /proc/self/environ | tr '\\0' '\\n' | sort", environment: ["GREETING": "a b=c"])
        let names = try await build.build().log.output(of: "step")
        let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        let given = ["GREETING=a b=c", "HOME=/root", path]
        let lines = names.split(separator: "\n").map(String.init).filter {
            !$0.hasPrefix("PWD=") && !$0.hasPrefix("SHLVL=") && !$0.hasPrefix("_=") && !$0.hasPrefix("OLDPWD=")
        }
        #expect(lines == given)
    }

    @Test(arguments: Self.identities) func `without network there is only lo`(identity: Sandbox.Identity) async throws {
        let output = try await TestBuild.output(
            of: "tail -n +3 /proc/net/dev | tr -d ' ' | while IFS=: read -r name rest; do echo $name; done; "
                + "cat /etc/resolv.conf", identity: identity)
        #expect(output == "lo\n")
    }

    @Test(arguments: Self.identities) func `with network there is this machine's resolver`(
        identity: Sandbox.Identity
    ) async throws {
        let output = try await TestBuild.output(of: "cat /etc/resolv.conf", identity: identity, network: .host)
        #expect(try output == TestFolder.text("/etc/resolv.conf"))
    }

    @Test(arguments: Self.identities) func `kernel settings and keys are out of reach`(
        identity: Sandbox.Identity
    ) async throws {
        let output = try await TestBuild.output(
            of: """
                echo x 2>/dev/null > /proc/sys/kernel/core_pattern || echo settings
                echo b 2>/dev/null > /proc/sysrq-trigger || echo sysrq
                cat /proc/keys /proc/timer_list | wc -c
                ls /sys/firmware | wc -l
                echo x 2>/dev/null > /sys/kernel/mm/ksm/run || echo sys
                mount -t tmpfs none /root 2>/dev/null || echo mount
                unshare -U true 2>/dev/null || echo unshare
                mknod /root/disk b 8 0 2>/dev/null; test -b /root/disk || echo disk
                """, identity: identity)
        #expect(output == "settings\nsysrq\n0\n0\nsys\nmount\nunshare\ndisk\n")
    }

    @Test(arguments: Self.identities) func `eleven capabilities are left and none is inherited`(
        identity: Sandbox.Identity
    ) async throws {
        let output = try await TestBuild.output(
            of: "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -d '\\t'", identity: identity)
        #expect(
            output == """
                CapInh:0000000000000000
                CapPrm:00000000800405fb
                CapEff:00000000800405fb
                CapBnd:00000000800405fb
                CapAmb:0000000000000000
                NoNewPrivs:1
                Seccomp:2

                """)
    }

    @Test func `of one user's namespace all owners are root's and changes of owner seem to work`() async throws {
        let output = try await TestBuild.output(
            of: "touch f; chown 33:33 f && stat -c %u:%g f; id -u; mknod n c 1 3 && echo made", identity: .single)
        #expect(output == "0:0\n0\nmade\n")
    }

    @Test func `processes of this machine are not seen and descriptors do not leak`() async throws {
        let leaked = open("/etc/passwd", O_RDONLY)
        defer { close(leaked) }
        let output = try await TestBuild.output(of: "ls /proc | grep -c '^[0-9]'; exec ls /proc/self/fd")
        let lines = output.split(separator: "\n")
        #expect(Int(lines[0]) ?? 99 <= 5)
        // The last is the folder that ls reads.
        #expect(lines[1...] == ["0", "1", "2", "3"])
    }

    @Test func `a process left in the background ends with the step`() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let output = try await TestBuild.output(of: "sleep 600 & (sleep 601 &) ; echo done")
        #expect(output == "done\n")
        // Far less than the programs sleep, and enough for a machine that is busy with other tests.
        #expect(start.duration(to: clock.now) < .seconds(200))
    }

    @Test func `a program's way to end becomes its status`() async throws {
        for (script, status) in [("exit 3", Int32(3)), ("kill -9 $$", 137), ("kill -TERM $$", 143)] {
            var build = try TestBuild()
            build.run("step", script)
            let failure = await #expect(throws: StepFailure.self) { _ = try await build.build() }
            #expect(failure?.status == status)
        }
    }

    @Test func `a tier that is forced and cannot be is refused with the reason`() throws {
        let home = try State(home: try TestFolder.make("home"))
        let error = #expect(throws: SandboxError.self) {
            _ = try Sandbox.probe(scratch: home.home.appending("nowhere"), forced: .full)
        }
        #expect("\(try #require(error))".contains("this machine lets no build step be isolated"))
    }

    @Test(arguments: Self.identities) func `with the outer proc the same protection holds`(
        identity: Sandbox.Identity
    ) async throws {
        let state = try State(home: try TestFolder.make("home"))
        let sandbox = try Sandbox.probe(scratch: state.temporary, forced: .sharedProc, identity: identity)
        let output = try await TestBuild.output(
            of: "sleep 60 & (sleep 61 &); echo x 2>/dev/null > /proc/sys/kernel/core_pattern || echo settings; "
                + "cat /proc/keys | wc -c; id -u", sandbox: sandbox)
        #expect(output == "settings\n0\n0\n")
    }
}
