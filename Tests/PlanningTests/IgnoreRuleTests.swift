import Planning
import Testing

/// One row: the lines of a `.dockerignore`, a path, whether Docker ignores it.
struct IgnoreCase: CustomTestStringConvertible, Sendable {
    let lines: [String]
    let path: String
    let isIgnored: Bool

    init(_ lines: [String], _ path: String, _ isIgnored: Bool) {
        self.lines = lines
        self.path = path
        self.isIgnored = isIgnored
    }

    var testDescription: String { "\(lines) \(path) \(isIgnored)" }
}

private let matching: [IgnoreCase] = [
    // What one pattern matches, from the rules of moby's patternmatcher.
    .init(["**"], "file", true), .init(["**"], "dir/file", true), .init(["**/"], "file", true),
    .init(["**/**"], "dir/file", true), .init(["**/file"], "file", true), .init(["**/file"], "a/b/file", true),
    .init(["**file"], "a/file", true), .init(["**/file"], "a/files", false), .init(["dir/**"], "dir/file", true),
    .init(["dir/**"], "dir/a/b", true), .init(["dir/**"], "other/file", false),
    .init(["**/dir2/*"], "dir/dir2/file", true),
    .init(["**/dir2/**"], "dir/dir2/a/b", true), .init(["**/dir2/**"], "dir2/file", true),
    .init(["dir/**/file"], "dir/file", true), .init(["dir/**/file"], "dir/a/b/file", true),
    .init(["dir/*/file"], "dir/file", false), .init(["a**/*a"], "a/a", true), .init(["a**/*a"], "b/a", false),
    .init(["*"], "file", true), .init(["*"], ".hidden", true), .init(["*"], "dir/file", true),
    .init(["."], "file", false),
    .init(["/"], "file", false), .init(["*.md"], "README.md", true), .init(["*.md"], "docs/README.md", false),
    .init(["**/*.md"], "docs/README.md", true), .init(["*/*.md"], "docs/README.md", true),
    .init(["a?c"], "abc", true), .init(["a?c"], "a/c", false), .init(["a?c"], "a\u{E9}c", true),
    .init(["a?c"], "ac", false),
    .init(["[a-c]x"], "bx", true), .init(["[a-c]x"], "dx", false), .init(["[^a-c]x"], "dx", true),
    .init(["[^a-c]x"], "ax", false), .init(["a[\\]]"], "a]", true), .init(["a\\*b"], "a*b", true),
    .init(["a\\*b"], "axb", false), .init(["a.|)$(}+{bc"], "a.|)$(}+{bc", true), .init(["a.c"], "abc", false),
    .init(["\\#a"], "#a", true), .init(["x]"], "x]", true),
    // Slashes, spaces, dots, comments.
    .init(["/dir"], "dir/file", true), .init(["dir/"], "dir/file", true), .init(["dir/"], "dir", true),
    .init(["./dir"], "dir/file", true), .init(["dir//sub"], "dir/sub/x", true), .init(["a/../dir"], "dir", true),
    .init(["../dir"], "dir", false), .init(["  dir  "], "dir", true), .init(["#dir"], "dir", false),
    .init([""], "dir", false),
    .init(["dir"], "sub/dir", false), .init(["dir"], "dirs", false), .init(["dir/file\r"], "dir/file", true),
    .init(["\u{FEFF}dir"], "dir", true), .init([" # dir"], "# dir", true),
    // Exceptions: the last rule that matches wins, and a rule for a folder is a rule for what it holds.
    .init(["*", "!dir/file"], "dir/file", false), .init(["*", "!dir/file"], "dir/other", true),
    .init(["*", "!dir"], "dir/a/b", false), .init(["*", "!dir", "dir/a"], "dir/a/b", true),
    .init(["*", "!dir", "dir/a", "!dir/a/b"], "dir/a/b", false),
    .init(["*", "!dir", "dir/a", "!dir/a/b"], "dir/a/c", true),
    .init(["!dir", "dir"], "dir/a", true), .init(["*", "! dir/"], "dir/a", false),
    .init(["*", "!/dir"], "dir/a", false),
    .init(["*.md", "!README*.md", "README-secret.md"], "README-public.md", false),
    .init(["*.md", "!README*.md", "README-secret.md"], "README-secret.md", true),
    .init(["*", "!**/*.py"], "a/b/c.py", false), .init(["*", "!**/*.py"], "a/b/c.js", true),
    .init(["dir/file", "!dir"], "dir/file", false), .init(["**/tmp", "!keep/tmp"], "keep/tmp/x", false),
]

@Test(arguments: matching)
func `ignores what Docker ignores`(row: IgnoreCase) throws {
    let rules = try IgnoreRule.rules(inFile: row.lines.joined(separator: "\n"), named: ".dockerignore")
    #expect(IgnoreRules(rules, defaults: []).ignores(try SourcePath(parsing: row.path)) == row.isIgnored)
}

@Test(arguments: ["[", "a[]", "[a-", "[a-]", "[-x]", "[]a]", "a\\", "!", "![", "x/[^]"])
func `an invalid pattern names its line`(pattern: String) {
    #expect(throws: IgnoreError.invalidPattern(pattern, at: "api/.dockerignore:3")) {
        try IgnoreRule.rules(inFile: "# comment\r\n\r\n\(pattern)\r\n", named: "api/.dockerignore")
    }
}

@Test(arguments: [
    (".git", true), (".env", true), ("conf/.env.production", true), (".env.example", false), ("a/.env.sample", false),
    ("tls/server.pem", true), ("id_rsa", true), ("id_ed25519.pub", true), (".aws", true), (".netrc", true),
    ("web/node_modules", true), (".venv", true), ("app/__pycache__", true), ("app/x.pyc", true), (".DS_Store", true),
    ("Dockerfile", true), ("Dockerfile.dev", true), ("Dockerfiles", false), ("autoimage.toml", true),
    ("autoimage.lock", true), (".dockerignore", true), (".environment", false), ("environ.py", false),
    ("app.py", false),
    ("keys.key", false), (".github", false), (".gitignore", true),
])
func `secrets and products stay out unasked`(path: String, isIgnored: Bool) throws {
    #expect(IgnoreRules([]).ignores(try SourcePath(parsing: path)) == isIgnored)
}

@Test(arguments: [
    // An allow list lets a folder in, not what must be named.
    IgnoreCase(["*", "!src"], "src/app.py", false), .init(["*", "!src"], "src/.env", true),
    .init(["*", "!src/**"], "src/.env", true), .init(["*", "!**"], ".git/config", true),
    .init(["!*"], ".env", true), .init(["*", "!**/*.py"], "node_modules/x/y.py", true),
    .init(["*", "!*/*.py"], "node_modules/y.py", true),
    .init(["!.env"], ".env", false), .init(["!**/.env"], "a/.env", false), .init(["!.env"], "a/.env", true),
    .init(["!.env*"], ".env.local", false), .init(["!*.pem"], "ca.pem", false), .init(["!*.pem"], "a/ca.pem", true),
    .init(["!**/*.pem"], "a/ca.pem", false), .init(["!.env", ".env"], ".env", true),
    .init(["!node_modules"], "node_modules/a/index.js", false),
    .init(["!node_modules"], "node_modules/a/node_modules/b/index.js", false),
    .init(["!node_modules"], "node_modules/a/.env", true),
    .init(["!node_modules/keep"], "node_modules/keep/index.js", false),
    .init(["!node_modules/keep"], "node_modules/other/index.js", true),
    .init(["!**/node_modules/**/x.js"], "a/node_modules/b/c/x.js", false), .init(["!.git/HEAD"], ".git/HEAD", false),
    .init(["!.git/HEAD"], ".git/config", true),
])
func `a default yields only to an exception that names it`(row: IgnoreCase) throws {
    let rules = try IgnoreRule.rules(inFile: row.lines.joined(separator: "\n"), named: ".dockerignore")
    #expect(IgnoreRules(rules).ignores(try SourcePath(parsing: row.path)) == row.isIgnored)
}

@Test func `the conditions of a default are asked about the entry`() throws {
    let rules = IgnoreRules([])
    let venv = try SourcePath(parsing: "a/venv")
    #expect(rules.ignores(venv, isFolder: true) { $0 == .holdsFile("pyvenv.cfg") })
    #expect(!rules.ignores(venv, isFolder: true) { _ in false })
    #expect(!rules.ignores(venv, isFolder: false) { _ in true })
    #expect(rules.ignores(try SourcePath(parsing: ".npmrc")) { $0 == .holdsToken })
    #expect(!rules.ignores(try SourcePath(parsing: ".npmrc")) { _ in false })
}

@Test(arguments: [
    ("//registry.example/:_authToken=npm_abc", true), ("_auth = \"YWJj\"", true), ("//r.example/:_password=x\n", true),
    ("//registry.example/:_authToken=${NPM_TOKEN}", false), ("always-auth=true", false), ("# _auth=x", false),
    ("_authToken=", false), ("registry=https://registry.example/", false),
])
func `a token counts where it stands itself`(text: String, holds: Bool) {
    #expect(DefaultIgnore.holdsToken(text) == holds)
}

@Test func `a rule counts below its own folder`() throws {
    let folder = try SourcePath(parsing: "services/api")
    let rules = IgnoreRules(
        try IgnoreRule.rules(inFile: "/data\n*.md\n!**/.env", named: "services/api/.dockerignore", folder: folder))
    func ignores(_ path: String) throws -> Bool { rules.ignores(try SourcePath(parsing: path)) }
    #expect(try ignores("services/api/data/x"))
    #expect(try ignores("services/api/a.md"))
    #expect(try !ignores("services/api/.env"))
    #expect(try !ignores("data/x"))
    #expect(try !ignores("a.md"))
    #expect(try !ignores("services/web/data/x"))
    #expect(try ignores("services/web/.env"))
}

@Test func `a pattern of many stars is matched in bounded time`() throws {
    let pattern = "**/" + String(repeating: "a*", count: 30) + "b"
    let rules = IgnoreRules([try IgnoreRule(parsing: pattern, origin: "x:1")])
    #expect(!rules.ignores(try SourcePath(parsing: String(repeating: "a", count: 200))))
}
