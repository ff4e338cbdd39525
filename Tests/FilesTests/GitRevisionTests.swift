import Files
import Glibc
import Planning
import SystemPackage
import Testing

private let first = String(repeating: "a1", count: 20)
private let second = String(repeating: "b2", count: 20)

@Test func `reads branch and commit from a loose reference`() throws {
    let scratch = try Scratch()
    try scratch.write("ref: refs/heads/topic/x\n", to: ".git/HEAD")
    try scratch.write(first + "\n", to: ".git/refs/heads/topic/x")
    try scratch.write(first + "\n", to: ".git/refs/tags/v2")
    try scratch.write(first + "\n", to: ".git/refs/tags/v1")
    try scratch.write(second + "\n", to: ".git/refs/tags/v0")
    let revision = try #require(try GitRevision(of: scratch.path))
    #expect(revision.commit == first)
    #expect(revision.branch == "topic/x")
    #expect(revision.tag == "v1")
}

@Test func `reads packed references, an annotated tag by what it leads to`() throws {
    let scratch = try Scratch()
    try scratch.write("ref: refs/heads/main\n", to: ".git/HEAD")
    try scratch.write(
        "# pack-refs with: peeled fully-peeled sorted\n\(first) refs/heads/main\n\(second) refs/tags/v1\n^\(first)\n",
        to: ".git/packed-refs")
    let revision = try #require(try GitRevision(of: scratch.path))
    #expect(revision.commit == first)
    #expect(revision.tag == "v1")
}

@Test func `reads the detached head of a work tree through its file`() throws {
    let scratch = try Scratch()
    try scratch.write("gitdir: ../main/.git/worktrees/side\n", to: "side/.git")
    try scratch.write(second + "\n", to: "main/.git/worktrees/side/HEAD")
    try scratch.write("../..\n", to: "main/.git/worktrees/side/commondir")
    try scratch.write("\(second) refs/tags/v3\n", to: "main/.git/packed-refs")
    let revision = try #require(try GitRevision(of: scratch.path.appending("side")))
    #expect(revision.commit == second)
    #expect(revision.branch == nil)
    #expect(revision.tag == "v3")
}

@Test(arguments: ["ref: refs/heads/none", "ref: ../../etc/passwd", "nonsense", ""])
func `a head that leads to no commit is no revision`(head: String) throws {
    let scratch = try Scratch()
    try scratch.write(head + "\n", to: ".git/HEAD")
    #expect(try GitRevision(of: scratch.path) == nil)
}

@Test func `a folder without version control has no revision`() throws {
    let scratch = try Scratch()
    #expect(try GitRevision(of: scratch.path) == nil)
}

@Test func `the service itself is the root where no manifest claims it`() throws {
    let scratch = try Scratch()
    try scratch.write(to: "repo/.git/HEAD")
    try scratch.write(to: "repo/services/api/app.py")
    let api = scratch.path.appending("repo/services/api")
    let place = try WorkspaceRoot(of: api)
    #expect(place.root == api)
    #expect(place.service == .root)
    #expect(place.versionControl == scratch.path.appending("repo"))
}

@Test func `the nearest claiming folder is the root, never one above version control`() throws {
    let scratch = try Scratch()
    try scratch.write(to: "repo/.git/HEAD")
    try scratch.write(to: "repo/services/api/app.py")
    let api = scratch.path.appending("repo/services/api")
    let place = try WorkspaceRoot(of: api) { folder, member in
        folder.lastComponent == "repo" && member.description == "services/api"
    }
    #expect(place.root == scratch.path.appending("repo"))
    #expect(place.service == (try SourcePath(parsing: "services/api")))
    var asked: [FilePath] = []
    _ = try WorkspaceRoot(of: api) { folder, _ in
        asked.append(folder)
        return false
    }
    #expect(asked == [scratch.path.appending("repo/services"), scratch.path.appending("repo")])
}

@Test func `a language's rule reads the manifests of the folders above and of the service`() throws {
    let scratch = try Scratch()
    try scratch.write("the service", to: "repo/services/api/member.toml")
    try scratch.write("no", to: "repo/services/space.toml")
    try scratch.write("yes", to: "repo/space.toml")
    try scratch.write(to: "repo/.git/HEAD")
    let api = scratch.path.appending("repo/services/api")
    func rule(member: String) -> WorkspaceRule {
        WorkspaceRule(manifest: "space.toml", member: member) { claim in
            claim.manifest == "yes" && claim.memberManifest == "the service"
                && claim.member.description == "services/api"
        }
    }
    #expect(try WorkspaceRoot(of: api, rules: [rule(member: "member.toml")]).root == scratch.path.appending("repo"))
    #expect(try WorkspaceRoot(of: api, rules: [rule(member: "other.toml")]).root == api)
    #expect(try WorkspaceRoot(of: api, rules: []).root == api)
}

@Test func `a folder that claims a service may be claimed by one above it`() throws {
    let scratch = try Scratch()
    try scratch.write("x", to: "repo/services/api/member.toml")
    try scratch.write("api", to: "repo/services/space.toml")
    try scratch.write("services", to: "repo/space.toml")
    try scratch.write("x", to: "repo/services/member.toml")
    try scratch.write(to: "repo/.git/HEAD")
    func rule(isNested: Bool) -> WorkspaceRule {
        WorkspaceRule(manifest: "space.toml", member: "member.toml", isNested: isNested) {
            $0.manifest == $0.member.description
        }
    }
    let api = scratch.path.appending("repo/services/api")
    let outer = try WorkspaceRoot(of: api, rules: [rule(isNested: true)])
    #expect(outer.root == scratch.path.appending("repo"))
    #expect(outer.service.description == "services/api")
    #expect(try WorkspaceRoot(of: api, rules: [rule(isNested: false)]).root == scratch.path.appending("repo/services"))
}

@Test func `a service that is no folder is an error`() throws {
    let scratch = try Scratch()
    let file = try scratch.write(to: "file")
    #expect(throws: SystemError("list", file, .notDirectory)) { try WorkspaceRoot(of: file) }
    #expect(throws: SystemError("read", scratch.path.appending("none"), .noSuchFileOrDirectory)) {
        try WorkspaceRoot(of: scratch.path.appending("none"))
    }
}

private func run(_ command: String) -> Bool { system(command + " >/dev/null 2>&1") == 0 }

@Test(.enabled(if: run("git --version"), "git is not installed"))
func `reads the revision of a repository that git made`() throws {
    let scratch = try Scratch()
    try scratch.write("x", to: "file")
    let git = "git -C '\(scratch.path)' -c user.name=n -c user.email=e@example.org"
    #expect(run("git init -q -b main '\(scratch.path)' && \(git) add . && \(git) commit -q -m one && \(git) tag v1"))
    let revision = try #require(try GitRevision(of: scratch.path))
    #expect(revision.branch == "main")
    #expect(revision.tag == "v1")
    #expect(revision.commit.utf8.count == 40)
}
