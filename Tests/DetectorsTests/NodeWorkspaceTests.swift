import Formats
import Planning
import TestSupport
import Testing

@testable import Detectors

@Suite struct NodeWorkspaceTests {
    @Test(arguments: [
        (["packages/*"], "packages/api", true), (["packages/*"], "packages/api/deep", false),
        (["./packages/*"], "packages/api", true), (["packages/**"], "packages/a/b", true),
        (["packages/**"], "packages/node_modules/b", false), (["*"], "api", true),
        (["apps/{web,api}"], "apps/api", true), (["apps/{web,api}"], "apps/old", false),
        (["{apps,libs}/{a,b}-*"], "libs/b-1", true), (["packages/*", "!packages/old"], "packages/old", false),
        (["packages/*", "!packages/old", "packages/old"], "packages/old", true),
        (["!packages/old"], "packages/api", false),
        (["a{b"], "a{b", true), (["{one}"], "{one}", true), ([], "api", false),
    ])
    func `the last glob that fits a folder decides`(_ globs: [String], _ folder: String, _ isMember: Bool) throws {
        #expect(WorkspacePatterns(globs).claim(try SourcePath(parsing: folder)) == isMember)
    }

    @Test func `braces within braces and thousands of them answer at once`() throws {
        #expect(WorkspacePatterns(["{a,{b,c}}/x"]).claim(try SourcePath(parsing: "c/x")))
        let many = String(repeating: "{a,b}", count: 10_000)
        #expect(!WorkspacePatterns([many]).claim(try SourcePath(parsing: "aaa")))
        let open = String(repeating: "{", count: 100_000)
        #expect(!WorkspacePatterns([open]).claim(try SourcePath(parsing: "aaa")))
    }

    private func claims(_ manifest: String, _ text: String, _ member: String, own: String = "{}") throws -> Bool {
        let folder = try SourcePath(parsing: member)
        return try NodeDetector().workspaces.filter { $0.manifest == manifest }.contains { rule in
            try rule.claims(
                WorkspaceRule.Claim(
                    manifest: text, file: "/w/\(manifest)", member: folder, memberManifest: own,
                    memberFile: "/w/\(member)/\(rule.member)"))
        }
    }

    @Test(arguments: [
        ("package.json", #"{"workspaces": ["apps/*"]}"#, true),
        ("package.json", #"{"workspaces": {"packages": ["apps/*"], "nohoist": ["**/react"]}}"#, true),
        ("package.json", #"{"workspaces": {"nohoist": ["**/react"]}}"#, false),
        ("package.json", #"{"workspaces": ["libs/*"]}"#, false), ("package.json", "{}", false),
        ("pnpm-workspace.yaml", "packages:\n  - 'apps/*'\n  - '!**/test/**'\n", true),
        ("pnpm-workspace.yaml", "catalog:\n  react: 18\n", false), ("pnpm-workspace.yaml", "packages:\n", false),
        ("pnpm-workspace.yaml", "packages: []\n", false), ("lerna.json", #"{"packages": ["apps/*"]}"#, true),
        ("lerna.json", #"{"version": "1.0.0"}"#, false), ("nx.json", "{}", true),
    ])
    func `a folder's manifest claims a service below it`(_ file: String, _ text: String, _ claimed: Bool) throws {
        #expect(try claims(file, text, "apps/api") == claimed)
    }

    @Test func `a package that has workspaces itself is a root`() throws {
        #expect(try !claims("package.json", #"{"workspaces": ["apps/*"]}"#, "apps/api", own: #"{"workspaces": []}"#))
    }

    @Test(arguments: [
        ("package.json", "{\n\"workspaces\": \"apps/*\"}", "/w/package.json:2: 'workspaces' is not a list of folders"),
        ("package.json", #"{"workspaces": [1]}"#, "/w/package.json:1: 'workspaces' is not a list of folders"),
        ("pnpm-workspace.yaml", "packages: apps\n", "/w/pnpm-workspace.yaml:1: 'packages' is not a list of folders"),
        ("pnpm-workspace.yaml", "packages:\n  - [a]\n", "/w/pnpm-workspace.yaml:2: 'packages' is not a list"),
        ("lerna.json", "{", "/w/lerna.json:1"),
    ])
    func `a broken manifest above is named with its line`(_ file: String, _ text: String, _ message: String) throws {
        do {
            _ = try claims(file, text, "apps/api")
            Issue.record("no error")
        } catch { #expect("\(error)".hasPrefix(message), "\(error)") }
    }

    static let files = [
        "package.json": #"{"name": "shop", "private": true, "workspaces": ["apps/*", "packages/*"]}"#,
        "apps/api/package.json":
            #"{"name": "api", "version": "1.0.0", "dependencies": {"@shop/db": "*", "express": "^4"}, "devDependencies": {"@shop/config": "workspace:*"}}"#,
        "apps/web/package.json": #"{"name": "web", "dependencies": {"@shop/ui": "file:../../packages/ui"}}"#,
        "packages/db/package.json":
            #"{"name": "@shop/db", "version": "1.0.0", "dependencies": {"@shop/log": "^1.0.0"}}"#,
        "packages/log/package.json": #"{"name": "@shop/log", "version": "1.2.0"}"#,
        "packages/config/package.json": #"{"name": "@shop/config", "version": "1.0.0"}"#,
        "packages/ui/package.json": #"{"name": "@shop/ui", "version": "1.0.0", "dependencies": {"api": "npm:api@2"}}"#,
        "packages/ui/node_modules/x/package.json": #"{"name": "x"}"#,
        "packages/empty/readme": "",
    ]

    private func workspace(_ files: [String: String], service: String) throws -> NodeWorkspace? {
        try NodeWorkspace.read(MemorySourceTree(files, service: service))
    }

    @Test func `lists the members with a manifest and what each needs`() throws {
        let found = try #require(try workspace(Self.files, service: "apps/api"))
        #expect(found.root == .root)
        #expect("\(found.evidence)" == "package.json:1")
        #expect(
            found.members.map { "\($0.folder): \($0.needs.joined(separator: " "))" } == [
                "apps/api: @shop/config @shop/db", "apps/web: @shop/ui", "packages/config: ", "packages/db: @shop/log",
                "packages/log: ", "packages/ui: ",
            ])
    }

    @Test func `a member comes after all that it needs`() throws {
        let found = try #require(try workspace(Self.files, service: "apps/api"))
        let api = try SourcePath(parsing: "apps/api")
        #expect(found.closure(of: api).map(\.name) == ["@shop/config", "@shop/log", "@shop/db", "api"])
        #expect(found.runtimeClosure(of: api).map(\.name) == ["@shop/log", "@shop/db", "api"])
        #expect(found.closure(of: .root).map(\.name) == ["shop"])
        #expect(found.closure(of: try SourcePath(parsing: "none")).isEmpty)
    }

    @Test func `a service that nobody claims is in no workspace`() throws {
        var files = Self.files
        files["tools/gen/package.json"] = "{}"
        #expect(try workspace(files, service: "tools/gen") == nil)
        #expect(try workspace(files, service: ".")?.root == .root)
    }

    @Test func `two members of one name are an error`() throws {
        var files = Self.files
        files["apps/two/package.json"] = "{\n\"name\": \"api\"}"
        #expect(
            throws: PlanError.unusable(
                place: "apps/two/package.json:2",
                what: "two members of the workspace are named 'api', the other one is in apps/api",
                fix: "rename one of them")
        ) { try workspace(files, service: "apps/api") }
    }
}
