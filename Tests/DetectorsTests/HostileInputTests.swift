import Formats
import OCI
import Planning
import TestSupport
import Testing

@testable import Detectors

/// Repositories that are written to do harm: to crash or stall the planner, to give pip options, to show secrets.
@Suite struct HostileInputTests {
    private static let deep = 100_000

    // MARK: Nesting and size

    @Test func `a marker of endless brackets is no marker`() {
        let brackets = String(repeating: "(", count: Self.deep)
        let text = brackets + "os_name == 'posix'" + String(repeating: ")", count: Self.deep)
        #expect(Marker(parsing: text) == nil)
        #expect(Marker(parsing: "((((os_name == 'posix'))))") != nil)
    }

    @Test(arguments: ["(", "!"])
    func `a build constraint of endless signs ends`(_ sign: String) {
        let signs = String(repeating: sign, count: Self.deep)
        let constraint = GoConstraint(platform: Platform(architecture: "amd64"))
        #expect(constraint.holds(signs + "linux") == constraint.holds("((("))
        #expect(constraint.holds("!!((linux))"))
    }

    @Test func `joins within joins are followed as far as anybody writes them`() {
        func paths(_ depth: Int) -> [String] {
            let text =
                String(repeating: "filepath.Join(", count: depth) + "\"a\", \"b\""
                + String(repeating: ")", count: depth)
            return GoCalls(GoSource("package main\n\nfunc f() { os.Open(\(text)) }\n").tokens).calls.flatMap(\.paths)
        }
        #expect(paths(1) == ["a/b"])
        #expect(paths(2_000).isEmpty)
    }

    @Test(arguments: [
        "^9223372036854775807", "~9223372036854775807", "~1.9223372036854775807", "^0.9223372036854775807",
    ])
    func `a version without a next one is no constraint`(_ written: String) {
        #expect(throws: VersionSpecifierError.self) { try PoetryConstraint.specifier(written) }
    }

    @Test func `a wheel's name for everything is no wheel's`() {
        let many = Array(repeating: "a", count: 2000).joined(separator: ".")
        #expect(WheelName(parsing: "a-1-\(many)-\(many)-\(many).whl") == nil)
    }

    @Test func `a pattern of many stars answers at once`() throws {
        let name = String(repeating: "a", count: 200)
        let stars = FolderPattern(String(repeating: "*a", count: 60) + "b")
        #expect(try !stars.matches(SourcePath(parsing: name)))
        #expect(!GoPattern.matches(name, String(repeating: "*a", count: 60) + "b"))
        #expect(GoPattern.matches(name, String(repeating: "*a", count: 60)))
        let path = Array(repeating: "a", count: 60).joined(separator: "/")
        let runs = FolderPattern(String(repeating: "**/a/", count: 30) + "b")
        #expect(try !runs.matches(SourcePath(parsing: path)))
        #expect(try FolderPattern(String(repeating: "**/a/", count: 30)).matches(SourcePath(parsing: path)))
    }

    /// Groups each of which includes the next twice: two to the power of their number, for who reads each every time.
    private static let doubling =
        "[dependency-groups]\n"
        + (0..<60).map { "g\($0) = [{include-group = \"g\($0 + 1)\"}, {include-group = \"G\($0 + 1)\"}]\n" }.joined()
        + "g60 = [\"idna>=3\"]\n"

    @Test func `groups that include each other twice are read once`() throws {
        let tree = try MemoryTree.make(["pyproject.toml": Self.doubling])
        let table = try #require(try LockTable.read(.root.appending(name: "pyproject.toml"), from: tree))
        #expect(try DependencyGroups.read(table)["g0"] == ["idna>=3"])
        let manifest = try #require(try PyProject.read(in: .root, of: tree))
        #expect(try ManifestGroups(manifest).requirements(of: "g0").map(\.name) == ["idna"])
    }

    @Test func `a chain of includes that nobody writes is an error`() {
        var groups: [String: [TOMLNode]] = [:]
        for number in 0..<Self.deep { groups["g\(number)"] = [.table(["include-group": .string("g\(number + 1)")])] }
        #expect(throws: GroupIncludes.Fault.self) { try GroupIncludes(groups: groups).names(below: "g0") }
    }

    @Test func `a long chain of imports is left alone`() throws {
        var files = ["requirements.txt": "flask\ngunicorn\n", "main.py": "from m0 import app\n"]
        for number in 0..<1500 { files["m\(number).py"] = "from m\(number + 1) import app\n" }
        files["m1500.py"] = "from flask import Flask\napp = Flask(__name__)\n"
        // Whatever starts: planning ends.
        _ = try? plan(files)
    }

    @Test func `an annotation of spaces answers at once`() throws {
        let spaces = String(repeating: " ", count: 20_000)
        let made = try plan([
            "requirements.txt": "flask\ngunicorn\n",
            "main.py": "from flask import Flask\nx:\(spaces)y\napp : Flask = Flask(__name__)\n",
        ])
        #expect(made.runtime.config.entrypoint.value.contains("main:app"))
    }

    @Test func `a long chain of requirements files is an error`() throws {
        var files = ["requirements.txt": "-r r0.txt\n", "main.py": ""]
        for number in 0..<300 { files["r\(number).txt"] = "-r r\(number + 1).txt\n" }
        files["r300.txt"] = "idna\n"
        #expect(try planError(files).contains("more than 200 files include each other"))
    }

    // MARK: What pip is given

    private func poetry(_ package: String) throws -> String {
        try planError([
            "main.py": "", "pyproject.toml": "[tool.poetry]\nname = \"a\"\npackage-mode = false\n",
            "poetry.lock": """
            [[package]]
            \(package)
            groups = ["main"]

            [metadata]
            lock-version = "2.1"
            """,
        ])
    }

    private static let file = "files = [{file = \"a-1-py3-none-any.whl\", hash = \"sha256:aa\"}]"

    @Test(arguments: [
        "name = \"a\"\nversion = \"1\\n--index-url https://evil.example\"\n\(file)",
        "name = \"a --index-url https://evil.example\"\nversion = \"1\"\n\(file)",
        "name = \"a\"\nversion = \"1\"\nfiles = [{file = \"a-1-py3-none-any.whl\", hash = \"sha256:aa\\n--pre\"}]",
        "name = \"a\"\nversion = \"1\"\nsource = {type = \"url\", url = \"https://e.example/a.whl\\n--pre\"}\n\(file)",
        "name = \"a\"\nversion = \"1\"\nsource = {type = \"url\", url = \"https://e.example/a.whl --pre\"}\n\(file)",
    ])
    func `a lock gives pip no options`(_ package: String) throws {
        #expect(try poetry(package).hasPrefix("poetry.lock:1"))
    }

    @Test func `a lock without harm is planned`() throws {
        #expect(try poetry("name = \"a\"\nversion = \"1!1.0rc1.post2+cpu\"\n\(Self.file)") == "")
    }

    @Test func `an address with a password is refused and not shown`() throws {
        let address = "https://e.example/a.whl".replacing("//", with: "//u:hush@")
        let message = try poetry(
            "name = \"a\"\nversion = \"1\"\nsource = {type = \"url\", url = \"\(address)\"}\n\(Self.file)")
        #expect(message.hasPrefix("poetry.lock:1: the address holds a password"))
        #expect(!message.contains("hush"))
    }

    private func manifest(_ more: String) throws -> String {
        try planError(["main.py": "", "pyproject.toml": "[project]\nname = \"a\"\ndependencies = [\"idna\"]\n\(more)"])
    }

    @Test(arguments: [
        ("https://u:hush@e.example/simple", "holds a password"),
        ("https://e.example/simple --trusted-host x", "is no address"),
        ("https://e.example/simple\\n--pre", "has a line break"),
    ])
    func `an index is an address without a secret`(_ url: String, _ what: String) throws {
        let message = try manifest("[[tool.uv.index]]\nurl = \"\(url)\"\n")
        #expect(message.hasPrefix("pyproject.toml:5") && message.contains(what))
        #expect(!message.contains("hush"))
    }

    @Test(arguments: ["-r /run/secrets/pip.conf", "--backends", "hatchling\\n--pre"])
    func `a build system gives pip no options`(_ text: String) throws {
        let message = try planError([
            "main.py": "", "requirements.txt": ".\n",
            "pyproject.toml":
                "[build-system]\nrequires = [\"\(text)\"]\nbuild-backend = \"hatchling.build\"\n[project]\nname = \"a\"\n",
        ])
        #expect(message.hasPrefix("requirements.txt:1: "))
    }

    @Test(arguments: [
        ("https://u:p@e.example", true), ("https://u:pa$$word@e.example", true), ("https://u:${PASS}@e.example", false),
        ("https://${USER}:${PASS}@e.example", false), ("https://user@e.example", false),
        ("git+ssh://git@e.example/x", false),
        ("https://ghp_0123456789abcdefghij@e.example", true), ("https://${TOKEN}@e.example", false),
        ("https://u:@e.example", false), ("https://e.example/a:b@c", false),
    ])
    func `a password is known where it stands`(_ text: String, _ isThere: Bool) {
        #expect(WrittenLine.hasPassword(text) == isThere)
    }

    @Test func `of several default indexes one takes its place`() {
        let evidence = Evidence(path: .root.appending(name: "pyproject.toml"), excerpt: "")
        var set = RequirementSet(root: evidence.path)
        set.indexes = ["a", "b"].map { PackageIndex(url: "https://\($0)", isDefault: true, evidence: evidence) }
        #expect(PipArguments(wanted: set).options == ["--index-url https://a", "--extra-index-url https://b"])
    }

    @Test(arguments: [("", true), ("[[tool.poetry.source]]\nname = \"PyPI\"\npriority = \"primary\"\n", false)])
    func `Poetry keeps the default index where it is named`(_ more: String, _ isDefault: Bool) throws {
        let text = "[[tool.poetry.source]]\nname = \"ours\"\nurl = \"https://packages.example\"\n\(more)"
        let tree = try MemoryTree.make(["pyproject.toml": text])
        let manifest = try #require(try PyProject.read(in: .root, of: tree))
        #expect(try PoetrySources.read(manifest).map(\.isDefault) == [isDefault])
    }

    @Test func `a Go file is no option of the go command`() throws {
        let made = try plan([
            "-toolexec=x.go": "package main\n", "main.go": "package main\n\nfunc main() {}\n",
        ])
        let step = try #require(made.builder.steps.first { $0.name == "build" })
        let command: RunCommand? = if case .run(let command) = step.action { command } else { nil }
        #expect(command?.arguments.suffix(2) == ["./-toolexec=x.go", "main.go"])
    }
}
