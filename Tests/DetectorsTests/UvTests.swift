import Formats
import Planning
import TestSupport
import Testing

@testable import Detectors

@Suite struct UvTests {
    @Test(arguments: [
        ("packages/*", "packages/api", true), ("packages/*", "packages/api/deep", false),
        ("packages/**", "packages", true),
        ("packages/**", "packages/a/b", true), ("./api/", "api", true), ("api", "apis", false), ("a?i", "api", true),
        ("[a-c]pi", "api", true), ("[!a]pi", "api", false), ("[]a]pi", "api", true), ("*", ".", false),
        ("**/plugins/*", "x/y/plugins/z", true), ("lib-*", "lib-core", true), ("*-core", "lib-core", true),
    ])
    func `matches folders as uv does`(_ pattern: String, _ path: String, _ matches: Bool) throws {
        #expect(FolderPattern(pattern).matches(try SourcePath(parsing: path)) == matches)
    }

    private static let workspace = "[tool.uv.workspace]\nmembers = [\"packages/*\"]\nexclude = [\"packages/old\"]\n"

    @Test(arguments: [
        ("packages/api", "", true), ("packages/old", "", false), ("tools/api", "", false),
        ("packages/api", "[tool.uv.workspace]\nmembers = []\n", false),
    ])
    func `says which folders a workspace claims`(_ member: String, _ own: String, _ claimed: Bool) throws {
        let claim = WorkspaceRule.Claim(
            manifest: Self.workspace, file: "/w/pyproject.toml", member: try SourcePath(parsing: member),
            memberManifest: own, memberFile: "/w/\(member)/pyproject.toml")
        #expect(try UvWorkspace.rule.claims(claim) == claimed)
    }

    @Test func `names the file of a workspace that is broken`() throws {
        let claim = WorkspaceRule.Claim(
            manifest: "[tool.uv.workspace]\nmembers = 1\n", file: "/w/pyproject.toml", member: .root,
            memberManifest: "", memberFile: "/w/api/pyproject.toml")
        #expect(
            throws: FormatError.wrongKind(
                file: "/w/pyproject.toml", line: 2, key: "tool.uv.workspace.members", expected: "an array of strings",
                found: "an integer")
        ) { try UvWorkspace.rule.claims(claim) }
    }

    @Test func `lists the members that are in the tree`() throws {
        let tree = try MemorySourceTree([
            "pyproject.toml": Self.workspace, "packages/api/pyproject.toml": "", "packages/old/pyproject.toml": "",
            "packages/empty/x": "", "packages/lib/pyproject.toml": "", "packages/lib/tests/pyproject.toml": "",
        ])
        let table = try #require(try LockTable.read(.root.appending(name: "pyproject.toml"), from: tree))
        let workspace = try #require(try UvWorkspace(table))
        #expect(workspace.members(in: tree).map(\.description) == ["packages/api", "packages/lib"])
    }

    private static let lock = """
        version = 1
        revision = 3
        requires-python = ">=3.11"

        [[package]]
        name = "shop"
        version = "0.1.0"
        source = { virtual = "." }
        dependencies = [
            { name = "here", extra = ["more"] },
            { name = "there", marker = "sys_platform == 'win32'" },
            { name = "fork", version = "1", source = { registry = "https://packages.example/simple" }, marker = "python_full_version < '3.11.5'" },
            { name = "fork", version = "2", source = { registry = "https://packages.example/simple" }, marker = "python_full_version >= '3.11.5'" },
        ]

        [package.metadata]
        requires-dist = [
            { name = "fork" },
            { name = "here", extras = ["more"], specifier = ">=1" },
            { name = "there", marker = "sys_platform == 'win32'" },
        ]

        [[package]]
        name = "here"
        version = "1.0"
        source = { registry = "https://packages.example/simple" }
        wheels = [{ url = "https://packages.example/here-1.0-py3-none-any.whl", hash = "sha256:aa" }]

        [package.optional-dependencies]
        more = [{ name = "here" }, { name = "tools" }]

        [[package]]
        name = "there"
        version = "1.0"
        source = { registry = "https://packages.example/simple" }

        [[package]]
        name = "fork"
        version = "1"
        source = { registry = "https://packages.example/simple" }
        wheels = [{ url = "https://packages.example/fork-1-py3-none-any.whl", hash = "sha256:bb" }]

        [[package]]
        name = "fork"
        version = "2"
        source = { registry = "https://packages.example/simple" }
        wheels = [{ url = "https://packages.example/fork-2-py3-none-any.whl", hash = "sha256:cc" }]

        [[package]]
        name = "tools"
        version = "3"
        source = { git = "https://git.example/tools?subdirectory=a&rev=main#0123" }
        """

    private static let manifest = """
        [project]
        name = "shop"
        requires-python = ">= 3.11"
        dependencies = ["here[more] >= 1.0", "there; platform_system == 'Windows'", "fork"]
        """

    private func set(_ manifest: String = manifest, _ lock: String = lock, python: String = "3.11") throws
        -> RequirementSet
    {
        let tree = try MemorySourceTree(["pyproject.toml": manifest, "uv.lock": lock])
        let project = PythonProject(tree: tree, options: PlanOptions(name: "shop"))
        let source = try #require(try UvLock.find(in: project))
        return try source.requirements(
            for: PythonTarget(version: python, machine: "x86_64", libc: LibC(family: .glibc, version: "2.36")))
    }

    @Test func `walks extras, markers, forks and repositories`() throws {
        let set = try set()
        #expect(
            set.lines == [
                "fork==2 --hash=sha256:cc", "here[more]==1.0 --hash=sha256:aa",
                "tools @ git+https://git.example/tools@0123#subdirectory=a",
            ])
        #expect(set.requirement("here")?.file == .pureWheel)
        #expect(set.requirement("tools")?.file == .source)
        #expect(set.isClosed)
        #expect(set.projects == [])
        #expect(set.drift == nil)
    }

    @Test(arguments: [
        (">= 1.0", ">=1.1", "pyproject.toml:4 asks for here[more] >=1.1, which is not what is locked"),
        ("[more] ", "[less] ", "pyproject.toml:4 asks for here[less] >= 1.0, which is not what is locked"),
        (", \"fork\"", "", "it locks 'fork', and pyproject.toml no longer asks for it"),
        (">= 3.11", ">=3.12", "it is for Python >=3.11, and pyproject.toml asks for >=3.12"),
    ])
    func `sees that a lock does not fit its manifest`(_ old: String, _ new: String, _ what: String) throws {
        let changed = Self.manifest.replacing(old, with: new)
        #expect(try set(changed, python: "3.12").drift?.what == what)
    }

    @Test(arguments: [
        ("there; platform_system == 'Windows'", "there; os_name == 'nt'"), (">= 1.0", ">=1"), (">= 3.11", ">=3.11.0"),
    ])
    func `does not mind other words for the same`(_ old: String, _ new: String) throws {
        #expect(try set(Self.manifest.replacing(old, with: new)).drift == nil)
    }

    @Test(arguments: [
        (
            "{ name = \"tools\" }", "{ name = \"gone\" }",
            "uv.lock:30: there is no package 'gone' in the lock; write the lock anew with 'uv lock'"
        ),
        (
            "virtual = \".\"", "virtual = \"api\"",
            "uv.lock: knows no project 'shop' in '.'; its projects are shop; run 'uv lock'"
        ),
        (
            "sys_platform == 'win32'\" },\n    { name = \"fork\", v", "sys = 'x'\" },\n    { name = \"fork\", v",
            "uv.lock:11: 'sys = 'x'' is no environment marker; write the lock anew with 'uv lock'"
        ),
        (
            "?subdirectory=a&rev=main#0123", "",
            "uv.lock:49: the repository of 'tools' is locked without a commit; write the lock anew with 'uv lock'"
        ),
        (
            "registry = \"https://packages.example/simple\" }\nwheels = [{ url = \"https://packages.example/here",
            "planet = 1 }\nwheels = [{ url = \"https://packages.example/here",
            "uv.lock:26: a source of a kind that is not known: planet; write the lock anew with 'uv lock'"
        ),
    ])
    func `names the line of a broken lock`(_ old: String, _ new: String, _ message: String) throws {
        #expect(Self.lock.contains(old))
        let broken = Self.lock.replacing(old, with: new)
        let error = #expect(throws: PlanError.self) { try set(Self.manifest, broken) }
        #expect(error?.description == message)
    }
}
