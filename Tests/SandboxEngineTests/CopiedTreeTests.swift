import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// Tiers without overlay give the same results; chroot(2) needs root.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct CopiedTreeTests {
    static let tiers: [Sandbox.Tier] = geteuid() == 0 ? [.full, .chroot] : [.full]

    private func build(_ tier: Sandbox.Tier) throws -> TestBuild {
        let state = try State(home: try TestFolder.make("home"))
        return try TestBuild(try Sandbox.probe(scratch: state.temporary, forced: tier, overlay: false), state: state)
    }

    @Test(arguments: tiers) func `a copied tree gives the changes that an overlay gives`(
        tier: Sandbox.Tier
    ) async throws {
        let prepare = """
            mkdir -p /a/deep /b /c /locked; echo 1 > /a/file; echo 2 > /a/deep/file; echo 3 > /b/gone; echo 4 > /c/file
            echo 5 > /mode; ln -s /a/file /link; echo 6 > /one; ln /one /two; chmod 700 /locked
            """
        let change = """
            rm -r /b; rm -r /c; mkdir /c; echo new > /c/other; rm -r /a/deep; echo file > /a/deep; chmod 755 /mode
            rm /link; mkdir /link; touch /link/in; echo 2 >> /a/file; mkdir /a/new; echo n > /a/new/n; chmod 711 /locked
            """
        var expected = try TestBuild()
        var copied = try build(tier)
        for number in 0..<2 {
            let last = number == 0 ? "prepare" : "change"
            expected.run(last, needs: number == 0 ? [] : ["prepare"], number == 0 ? prepare : change)
            copied.run(last, needs: number == 0 ? [] : ["prepare"], number == 0 ? prepare : change)
        }
        let (overlay, copy) = (try await expected.build().result, try await copied.build().result)
        func listing(_ tree: any FileTree) throws -> [String] {
            var lines: [String] = []
            try tree.walk(.root) { path, entry in
                let skipped = [
                    "/bin", "/dev", "/proc", "/sys", "/tmp", "/var", "/run", "/etc", "/root", "/usr", "/lib",
                ]
                guard !skipped.contains(where: { path.description.hasPrefix($0) && path.description != "/" }) else {
                    return
                }
                if case .file = entry.kind {
                    lines.append(
                        "\(path) \(entry.mode) \(String(decoding: try tree.contents(of: path), as: UTF8.self))")
                } else {
                    lines.append("\(path) \(entry.mode) \(entry.kind)")
                }
            }
            return lines
        }
        #expect(try listing(copy.tree) == listing(overlay.tree))
        #expect(try listing(copy.tree).contains("/a/file 420 1\n2\n"))
        #expect(try copy.tree.children(of: ImagePath("/c")) == ["other"])
    }

    @Test(arguments: tiers) func `secrets and caches work on a copied tree and leave nothing in it`(
        tier: Sandbox.Tier
    ) async throws {
        var copied = try build(tier)
        let cache = Mount.cache(id: "c", target: ImagePath("/root/.cache/c"))
        copied.run(
            "write", "cat /run/secrets/s; echo kept > /root/.cache/c/file; echo 1 > /made; echo x > /dev/null",
            mounts: [cache, .secret(id: "s", target: nil, variable: nil, required: true)])
        copied.run(
            "read", needs: ["write"], "cat /root/.cache/c/file; cat /run/secrets/s 2>/dev/null; true", mounts: [cache])
        let log = EventLog()
        copied.run("end", "true")
        let result = try await copied.build(secrets: ["s": Array("hidden\n".utf8)], log: log).result
        #expect(log.output(of: "write") == "hidden\n")
        #expect(log.output(of: "read") == "kept\n")
        #expect(try result.tree.entry(at: ImagePath("/run/secrets/s")) == nil)
        #expect(try result.tree.contents(of: ImagePath("/made")) == Array("1\n".utf8))
        #expect(try result.tree.entry(at: ImagePath("/root/.cache/c/file")) == nil)
        #expect(try HostFiles.names(in: copied.state.temporary).isEmpty)
    }

    @Test(arguments: tiers) func `a failed and a background program are ended on a copied tree`(
        tier: Sandbox.Tier
    ) async throws {
        var copied = try build(tier)
        copied.run("step", "(sleep 60 &); sleep 61 & echo made > /made; exit 4")
        let failure = await #expect(throws: StepFailure.self) { _ = try await copied.build() }
        #expect(failure?.status == 4)
    }

    @Test(arguments: tiers) func `links that a step leaves lead nowhere outside its tree`(
        tier: Sandbox.Tier
    ) async throws {
        let outside = try TestFolder.make("outside")
        for name in ["hosts", "resolv.conf", "c/kept"] { try TestFolder.write("mine", to: outside.appending(name)) }
        chmod(outside.string, 0o755)
        let cache = Mount.cache(id: "c", target: ImagePath("/root/.cache/c"))
        var copied = try build(tier)
        copied.run("start", "echo 1 > /root/.cache/c/file", mounts: [cache])
        copied.run(
            "links", needs: ["start"],
            """
            mkdir -p \(outside); rm -rf /var/tmp /tmp; ln -s \(outside) /var/tmp; ln -s \(outside) /tmp
            rm -f /etc/hosts /etc/resolv.conf; mv /etc /etc2; ln -s \(outside) /etc
            mv /root/.cache/c /root/.cache/d; ln -s \(outside)/c /root/.cache/c; true
            """, mounts: [cache])
        copied.run("after", needs: ["links"], "test -d /tmp; echo made", workingDirectory: ImagePath("/tmp/deep"))
        copied.run("again", "echo again >> /root/.cache/c/file", mounts: [cache])
        _ = try? await copied.build(lastStep: "after")
        var other = copied
        other.steps.removeFirst(3)
        _ = try await other.build()
        var status = stat()
        #expect(stat(outside.string, &status) == 0 && status.st_mode & 0o7777 == 0o755)
        #expect(try HostFiles.names(in: outside) == ["c", "hosts", "resolv.conf"])
        #expect(try HostFiles.names(in: outside.appending("c")) == ["kept"])
        for name in try HostFiles.names(in: copied.state.caches)
        where !name.hasSuffix(".lock") && !name.hasSuffix(".id") {
            #expect(lstat(copied.state.caches.appending(name).string, &status) == 0)
            #expect(status.st_mode & S_IFMT == S_IFDIR)
        }
    }

    @Test(arguments: tiers) func `names that are equal as text but not as bytes change on their own`(
        tier: Sandbox.Tier
    ) async throws {
        var copied = try build(tier)
        let names = "a=$(printf 'caf\\303\\251'); b=$(printf 'cafe\\314\\201'); cd /d;"
        copied.run("make", "mkdir /d; \(names) echo 1 > $a; echo 2 > $b")
        copied.run("change", needs: ["make"], "\(names) rm $a; echo 3 >> $b")
        let tree = try await copied.build().result.tree
        #expect(try tree.children(of: ImagePath("/d")).map { Array($0.utf8) } == [Array("cafe\u{301}".utf8)])
        #expect(try tree.contents(of: ImagePath.root.resolving("d/cafe\u{301}")) == Array("2\n3\n".utf8))
    }
}
