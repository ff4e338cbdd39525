import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// What steps leave behind and what reaches them.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct StepTests {
    static let identities = SandboxTests.identities

    /// Everything in an upper folder, as `find` would list it.
    private func names(in folder: FilePath, _ prefix: String = "") throws -> [String] {
        try HostFiles.names(in: folder).flatMap { name -> [String] in
            var status = stat()
            let place = folder.appending(name)
            guard lstat(place.string, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [prefix + name] }
            return [prefix + name] + (try names(in: place, prefix + name + "/"))
        }
    }

    @Test(arguments: identities) func `what is mounted leaves nothing in the step's files`(
        identity: Sandbox.Identity
    ) async throws {
        var build = try TestBuild(identity: identity)
        build.run(
            "step", "echo 1 > /made; echo 2 > /root/.cache/tool/kept; cat /secret/key /run/secrets/b",
            mounts: [
                .cache(id: "tool", target: ImagePath("/root/.cache/tool")), .tmpfs(target: ImagePath("/work/fast")),
                .secret(id: "a", target: ImagePath("/secret/key"), variable: nil, required: true),
                .secret(id: "b", target: nil, variable: nil, required: true),
            ])
        let secrets = ["a": Array("alpha\n".utf8), "b": Array("beta\n".utf8)]
        let (log, result) = try await build.build(secrets: secrets)
        #expect(log.output(of: "step") == "alpha\nbeta\n")
        #expect(try names(in: try #require(result.layers.last)) == ["made"])
    }

    @Test(arguments: identities) func `a copy has normal modes and one time, and keeps links`(
        identity: Sandbox.Identity
    ) async throws {
        var build = try TestBuild(identity: identity)
        build.source = try MemoryTree(["a/run.sh": "x:#!/bin/sh\necho ran", "a/data": "12", "link": "->a/data"])
        build.copy("source", to: ImagePath("/srv/app"))
        build.run(
            "look", needs: ["source"],
            "cd /srv/app; stat -c '%a %Y %n' a a/run.sh a/data; readlink link; cat link; a/run.sh; stat -c %a /root")
        #expect(
            try await build.build().log.output(of: "look") == """
                755 315619200 a
                755 315619200 a/run.sh
                644 315619200 a/data
                a/data
                12ran
                755

                """)
    }

    @Test func `a step sees the files of the steps it needs and no others`() async throws {
        var build = try TestBuild()
        build.run("one", "echo 1 > /one")
        build.run("two", needs: ["one"], "echo 2 > /two; rm /one")
        build.run("aside", "test ! -e /one && test ! -e /two && echo none")
        build.run("last", needs: ["two"], "ls / | grep -E '^(one|two)$'")
        let (log, result) = try await build.build()
        #expect(log.output(of: "aside") == "none\n")
        #expect(log.output(of: "last") == "two\n")
        #expect(try result.tree.entry(at: ImagePath("/one")) == nil)
        #expect(try result.tree.contents(of: ImagePath("/two")) == Array("2\n".utf8))
    }

    @Test func `a secret reaches only the step that names it`() async throws {
        var build = try TestBuild()
        build.run(
            "with", "echo \"$TOKEN\"; stat -c %a /run/secrets/file",
            mounts: [
                .secret(id: "token", target: nil, variable: "TOKEN", required: true),
                .secret(id: "file", target: nil, variable: nil, required: true),
                .secret(id: "absent", target: nil, variable: nil, required: false),
            ])
        build.run("without", needs: ["with"], "echo \"[$TOKEN]\"; test -e /run/secrets || echo none")
        let secrets = ["token": Array("s3cret".utf8), "file": Array("other".utf8)]
        let log = try await build.build(secrets: secrets).log
        #expect(log.output(of: "with") == "s3cret\n400\n")
        #expect(log.output(of: "without") == "[]\nnone\n")
    }

    @Test func `a missing secret is an error before anything runs`() async throws {
        var build = try TestBuild()
        build.run("first", "true")
        build.run(
            "second", "true", mounts: [.secret(id: "token", target: nil, variable: "TOKEN", required: true)])
        let log = EventLog()
        await #expect(throws: EngineError.missingSecret(id: "token", step: "second")) {
            _ = try await build.build(log: log)
        }
        #expect(log.events.isEmpty)
    }

    @Test(arguments: identities) func `the agent's socket is there for the step that asks`(
        identity: Sandbox.Identity
    ) async throws {
        let socketPath = try TestFolder.make("agent").appending("s").string
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8.prefix(100)) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        var build = try TestBuild(identity: identity)
        build.run("step", "test -S $SSH_AUTH_SOCK && echo agent", mounts: [.ssh])
        build.run("other", "echo [$SSH_AUTH_SOCK]; ls /run/autoimage")
        let log = try await build.build(sshSocket: socketPath).log
        #expect(log.output(of: "step") == "agent\n")
        #expect(log.output(of: "other") == "[]\n")
        await #expect(throws: EngineError.missingAgent(step: "step")) { _ = try await build.build() }
    }

    @Test func `a mount through a link of the tree lands inside the tree`() async throws {
        var build = try TestBuild()
        build.run("links", "ln -s ../run /var-run; ln -s /proc/self/root/tmp /escape; ln -s nowhere/deep /dangling")
        build.run(
            "use", needs: ["links"], "cat /run/a/key /var-run/a/key; cat /nowhere/deep/key; ls /run/a",
            mounts: [
                .secret(id: "s", target: ImagePath("/var-run/a/key"), variable: nil, required: true),
                .secret(id: "s", target: ImagePath("/dangling/key"), variable: nil, required: true),
            ])
        let (log, result) = try await build.build(secrets: ["s": Array("v\n".utf8)])
        #expect(log.output(of: "use") == "v\nv\nv\nkey\n")
        #expect(try names(in: try #require(result.layers.last)) == [])
        build.run("out", needs: ["links"], "true", mounts: [.tmpfs(target: ImagePath("/escape/x"))])
        await #expect(
            throws: SandboxError.setUp(
                stage: "find a place to mount on", what: "/proc/self/root/tmp/x", code: ELOOP)
        ) { _ = try await build.build(secrets: ["s": []]) }
    }

    @Test func `a working folder that is missing is made`() async throws {
        var build = try TestBuild()
        build.run("step", "pwd; echo 1 > made", workingDirectory: ImagePath("/new/place"))
        let (log, result) = try await build.build()
        #expect(log.output(of: "step") == "/new/place\n")
        #expect(try result.tree.contents(of: ImagePath("/new/place/made")) == Array("1\n".utf8))
    }

    @Test func `a cache outlives the step and is shared by its id`() async throws {
        var build = try TestBuild()
        let mount = Mount.cache(id: "../../shared", target: ImagePath("/cache"))
        build.run("write", "echo kept > /cache/file", mounts: [mount])
        build.run("read", "cat /cache/file", mounts: [mount])
        #expect(try await build.build().log.output(of: "read") == "kept\n")
        // The folder, and beside it a note with the id.
        #expect(try HostFiles.names(in: build.state.caches).filter { !$0.hasSuffix(".id") }.count == 1)
    }

    @Test func `a second build uses kept results and a change runs only what it reaches`() async throws {
        var build = try TestBuild()
        build.source = try MemoryTree(["in": "1"])
        build.copy("source", to: ImagePath("/src"))
        build.run("other", "echo other > /other")
        build.run("use", needs: ["source"], "cp /src/in /used")
        #expect(try await build.build().log.started == ["source", "other", "use"])
        #expect(try await build.build().log.cached == ["source", "other", "use"])
        build.source = try MemoryTree(["in": "2"])
        let (log, result) = try await build.build()
        #expect(log.started == ["source", "use"])
        #expect(try result.tree.contents(of: ImagePath("/used")) == Array("2".utf8))
    }

    @Test func `a step that makes the same again keeps later results`() async throws {
        var build = try TestBuild()
        build.source = try MemoryTree(["in": "a comment\nvalue"])
        build.copy("source", to: ImagePath("/src"))
        build.run("compile", needs: ["source"], "tail -n 1 /src/in > /out; rm -r /src")
        build.run("after", needs: ["compile"], "cat /out")
        _ = try await build.build()
        build.source = try MemoryTree(["in": "another\nvalue"])
        let log = try await build.build().log
        #expect(log.started == ["source", "compile", "after"])
        var alone = try TestBuild(build.sandbox, state: build.state)
        alone.run("compile", "echo value > /out")
        alone.run("after", needs: ["compile"], "cat /out; true")
        _ = try await alone.build()
        alone.steps[0] = Step(
            name: "compile", needs: [],
            action: .run(
                command: RunCommand(
                    arguments: ["sh", "-c", "sleep 0; echo value > /out"], environment: [:], workingDirectory: .root,
                    mounts: [], network: .none)), reason: .usual(why: "a test"))
        let second = try await alone.build().log
        #expect(second.started == ["compile"])
        #expect(second.cached == ["after"])
    }

    @Test func `the executable bit counts and the reason does not`() async throws {
        var build = try TestBuild()
        build.source = try MemoryTree(["tool": "#!/bin/sh"])
        build.copy("source", to: ImagePath("/src"))
        _ = try await build.build()
        build.steps[0].reason = .requested(option: "another")
        #expect(try await build.build().log.cached == ["source"])
        build.source = try MemoryTree(["tool": "x:#!/bin/sh"])
        #expect(try await build.build().log.started == ["source"])
    }

    @Test func `a kept result without its files runs again`() async throws {
        var build = try TestBuild()
        build.run("step", "echo 1 > /made")
        let first = try await build.build().result.layers
        try HostFiles.remove(try #require(first.last))
        let (log, result) = try await build.build()
        #expect(log.started == ["step"])
        #expect(try result.tree.contents(of: ImagePath("/made")) == Array("1\n".utf8))
    }

    @Test func `without cache every step runs and its result replaces the kept one`() async throws {
        var build = try TestBuild()
        build.run("step", "cat /proc/sys/kernel/random/uuid > /made")
        let old = try await build.build().result
        let before = try old.tree.contents(of: ImagePath("/made"))
        let (log, new) = try await build.build(useCache: false)
        #expect(log.started == ["step"])
        let after = try new.tree.contents(of: ImagePath("/made"))
        #expect(before != after)
        let again = try await build.build()
        #expect(again.log.cached == ["step"])
        #expect(try again.result.tree.contents(of: ImagePath("/made")) == after)
    }

    @Test func `a build stops after the last step that was asked for`() async throws {
        var build = try TestBuild()
        build.run("one", "true")
        build.run("two", "true")
        #expect(try await build.build(lastStep: "one").log.started == ["one"])
        await #expect(throws: EngineError.unknownStep("three", known: ["one", "two"])) {
            _ = try await build.build(lastStep: "three")
        }
    }

    @Test func `two builds at once run a step once`() async throws {
        var build = try TestBuild()
        build.run("slow", "sleep 1; echo 1 > /made")
        let (one, two) = (build, build)
        async let first = one.build().log.started
        async let second = two.build().log.started
        #expect(try await (first + second) == ["slow"])
    }
}
