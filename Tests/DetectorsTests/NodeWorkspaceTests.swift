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
        ("lerna.json", #"{"version": "1.0.0"}"#, false),
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

    // MARK: Build order

    private static let builds: [String: String] = {
        var files = Self.files
        for (path, text) in files where path.hasSuffix("package.json") && path != "package.json" {
            files[path] = String(text.dropLast()) + #", "scripts": {"build": "tsc", "codegen": "gen"}}"#
        }
        return files
    }()

    private func order(_ more: [String: String] = [:], of service: String = "apps/api") throws -> BuildOrder {
        let tree = try MemorySourceTree(Self.builds.merging(more) { $1 }, service: service)
        let found = try #require(try NodeWorkspace.read(tree))
        return try BuildOrder(found, of: tree.service, in: tree)
    }

    private static let upstream = "build-packages/config build-packages/log build-packages/db"

    @Test(arguments: [
        ("", "", upstream), ("turbo.json", #"{"tasks": {"build": {"dependsOn": ["^build"]}}}"#, upstream),
        ("turbo.json", #"{"pipeline": {"build": {"dependsOn": ["^build", "$TOKEN"]}}}"#, upstream),
        ("turbo.json", #"{"tasks": {"build": {"outputs": ["dist/**"]}}}"#, ""),
        (
            "turbo.jsonc",
            "{ // tasks\n\"tasks\": {\"build\": {\"dependsOn\": [\"codegen\", \"@shop/log#build\",],},}, }",
            "codegen-apps/api codegen-packages/log build-packages/log"
        ),
        (
            "turbo.json", #"{"tasks": {"build": {"dependsOn": ["^build"]}, "@shop/db#build": {"dependsOn": []}}}"#,
            "build-packages/config build-packages/db"
        ),
        ("turbo.json", #"{"tasks": {"build": {"dependsOn": ["//#setup"]}}}"#, "setup-."),
        ("nx.json", #"{"targetDefaults": {"build": {"dependsOn": ["^build"]}}}"#, upstream),
        (
            "nx.json", #"{"targetDefaults": {"build": {"dependsOn": ["^codegen"]}}}"#,
            "codegen-packages/config codegen-packages/db"
        ),
        (
            "nx.json",
            #"{"targetDefaults": {"build": {"dependsOn": [{"target": "codegen"}, {"target": "build", "projects": ["@shop/log"]}, "@shop/db:codegen"]}}}"#,
            "codegen-apps/api codegen-packages/log codegen-packages/db build-packages/log"
        ),
        ("lerna.json", "{}", upstream),
    ])
    func `scripts of other members run before the service's own build`(_ file: String, _ text: String, _ steps: String)
        throws
    {
        let root =
            #"{"name": "shop", "workspaces": ["apps/*", "packages/*"], "scripts": {"setup": "x"}}"#
        let more = file.isEmpty ? [:] : [file: text, "package.json": root]
        #expect(try order(more).before.map(\.name).joined(separator: " ") == steps)
    }

    @Test(arguments: [
        (
            "nx", "project.json",
            "{\"name\": \"shop-api\",\n\"targets\": {\n\"build\": {\"executor\": \"@nx/esbuild:esbuild\"}}}",
            "nx run shop-api:build", 3
        ),
        (
            "@moonrepo/cli", "moon.yml", "language: javascript\ntasks:\n  build:\n    command: tsc\n",
            "moon run api:build", 3
        ),
    ])
    func `a tool builds a service that has no script`(
        _ package: String, _ file: String, _ text: String, _ command: String, _ line: Int
    ) throws {
        let made = try order([
            "package.json":
                #"{"name": "shop", "workspaces": ["apps/*", "packages/*"], "devDependencies": {"\#(package)": "1"}}"#,
            "apps/api/package.json": #"{"name": "api", "dependencies": {"@shop/db": "*"}}"#, "apps/api/\(file)": text,
        ])
        #expect(made.before.isEmpty)
        let build = try #require(made.byTool)
        #expect(build.command == .program(command.split(separator: " ").map(String.init)))
        #expect(build.folder == .root)
        #expect(build.reason.description.hasPrefix("apps/api/\(file):\(line)"))
    }

    @Test func `a package's own turbo.json goes before the root's`() throws {
        let more = [
            "turbo.json": #"{"tasks": {"build": {"dependsOn": ["^build"]}}}"#,
            "packages/db/turbo.json": #"{"extends": ["//"], "tasks": {"build": {"dependsOn": ["codegen", "^build"]}}}"#,
            "packages/log/turbo.json": #"{"extends": ["//"], "tasks": {"build": {"outputs": ["lib/**"]}}}"#,
        ]
        #expect(
            try order(more).before.map(\.name) == [
                "build-packages/config", "codegen-packages/db", "build-packages/log", "build-packages/db",
            ])
        #expect(try order(more).before.first?.reason.description.contains("packages/config/package.json:1") == true)
    }

    @Test func `members that need each other are said, and each is built once`() throws {
        let made = try order([
            "packages/log/package.json":
                "{\"name\": \"@shop/log\", \"version\": \"1.2.0\", \"scripts\": {\"build\": \"tsc\"},\n\"dependencies\": {\n\"@shop/db\": \"*\"}}"
        ])
        #expect(made.before.map(\.name) == ["build-packages/config", "build-packages/log", "build-packages/db"])
        #expect(
            made.warnings == [
                "packages/log/package.json:3: members need each other: @shop/log -> @shop/db -> @shop/log; which of them "
                    + "is built first is not defined: move what both need into a member of its own"
            ])
        #expect(try order().warnings == [])
    }

    @Test func `a long chain of members is ordered`() throws {
        var files = ["package.json": #"{"workspaces": ["m/*"]}"#]
        for number in 0..<3000 {
            files["m/m\(number)/package.json"] =
                #"{"name": "m\#(number)", "version": "1.0.0", "scripts": {"build": "b"}, "dependencies": {"m\#(number + 1)": "*"}}"#
        }
        let tree = try MemorySourceTree(files, service: "m/m0")
        let found = try #require(try NodeWorkspace.read(tree))
        #expect(try BuildOrder(found, of: tree.service, in: tree).before.first?.name == "build-m/m2999")
    }

    @Test(arguments: [
        ("*", "1.0.0", true), ("", "1.0.0", true), ("^1.0.0", "1.4.2", true), ("^2.0.0", "1.4.2", false),
        ("workspace:^2.0.0", "1.4.2", true), ("npm:other@1", "1.4.2", false), ("latest", "1.4.2", false),
        ("file:../packages/db", "1.4.2", false), ("link:../../packages/db", "1.4.2", true), ("^1", "", false),
    ])
    func `a member is meant where its version is in the range`(_ range: String, _ version: String, _ isMet: Bool) throws
    {
        let own = version.isEmpty ? "" : #", "version": "\#(version)""#
        let found = try #require(
            try workspace(
                [
                    "package.json": #"{"workspaces": ["*/*"]}"#,
                    "apps/api/package.json": #"{"name": "api", "dependencies": {"db": "\#(range)"}}"#,
                    "packages/db/package.json": #"{"name": "db"\#(own)}"#,
                ], service: "apps/api"))
        #expect(found.members.first?.needs == (isMet ? ["db"] : []))
    }
}
