import Formats
import OCI
import Planning
import Testing

@testable import Detectors

@Suite struct ManifestTests {
    private static let target = PythonTarget(
        version: "3.13", machine: "x86_64", libc: LibC(family: .glibc, version: "2.41"))

    private func project(_ files: [String: String]) throws -> PythonProject {
        PythonProject(tree: try MemoryTree.make(files), options: PlanOptions(name: "shop"))
    }

    @Test func `is written as Python writes JSON`() {
        let value = PythonJSON.object([
            "b": .array([.boolean(true), .null, .number("1")]), "a": .string("é😀\"\\\n\u{1}\u{7F}"), "Z": .object([:]),
        ])
        #expect(
            value.text() == #"{"Z": {}, "a": "\u00e9\ud83d\ude00\"\\\n\u0001"# + "\u{7F}" + #"", "b": [true, null, 1]}"#
        )
        #expect(value.text(isCompact: true).hasSuffix(#","b":[true,null,1]}"#))
    }

    @Test(arguments: [
        ("https://git.example/a.git", "v1", nil, "git+https://git.example/a.git@v1"),
        ("git@git.example:a/b.git", "abc", "lib", "git+ssh://git@git.example/a/b.git@abc#subdirectory=lib"),
        ("ssh://git@git.example/a", nil, nil, "git+ssh://git@git.example/a"),
    ])
    func `names a repository as pip reads it`(_ url: String, _ revision: String?, _ folder: String?, _ made: String) {
        #expect(GitAddress.make(url, revision: revision, folder: folder) == made)
    }

    @Test func `reads plain literals of Python and nothing else`() {
        #expect(PythonLiteral.strings(#"["a>=1", 'b[c]; x == "y"', "d" "e",]"#) == ["a>=1", #"b[c]; x == "y""#, "de"])
        #expect(PythonLiteral.strings("('a',)") == ["a"])
        #expect(PythonLiteral.strings("[]") == [])
        #expect(PythonLiteral.strings("['a', read('x')]") == nil)
        #expect(PythonLiteral.strings("['a'] + MORE") == nil)
        #expect(PythonLiteral.lists("{'x': ['a', 'b'], \"y\": []}")?["x"] == "['a', 'b']")
        #expect(PythonLiteral.lists("{**base}") == nil)
    }

    @Test(arguments: [
        ("setuptools.build_meta", ["shop/__init__.py", "app.py"], true),
        ("setuptools.build_meta", ["other/__init__.py", "tests/test_a.py", "app.py"], true),
        ("setuptools.build_meta", ["shop/__init__.py", "static/a.css"], false),
        ("setuptools.build_meta", ["app.py"], true), ("setuptools.build_meta", ["app.py", "more.py"], false),
        ("setuptools.build_meta", ["src/shop/a.py"], true), ("setuptools.build_meta", ["README.md"], false),
        ("hatchling.build", ["src/shop/__init__.py"], true), ("hatchling.build", ["app.py"], false),
        ("hatchling.build", ["shop/a.py"], false), ("poetry.core.masonry.api", ["shop/a.py"], true),
        ("poetry.core.masonry.api", ["other/__init__.py"], false), ("flit_core.buildapi", ["shop.py"], true),
        ("uv_build", ["src/shop/__init__.py"], true), ("pdm.backend", ["other/__init__.py"], true),
        ("maturin", ["src/lib.rs"], true), ("hatchling.build", ["manage.py", "shop/__init__.py"], false),
    ])
    func `installs itself where its build system finds something to pack`(
        _ backend: String, _ files: [String], _ isInstalled: Bool
    ) throws {
        var tree = [
            "pyproject.toml": """
            [project]
            name = "shop"
            version = "1"
            [build-system]
            requires = []
            build-backend = "\(backend)"
            """
        ]
        for file in files { tree[file] = "" }
        let own = try OwnProject.find(in: project(tree))
        #expect((own.project != nil) == isInstalled)
        #expect(own.warnings.isEmpty == isInstalled)
    }

    @Test func `reads repositories, addresses, archives and folders from a lock of Poetry`() throws {
        func package(_ name: String, _ source: String, files: String = "[]") -> String {
            """
            [[package]]
            name = "\(name)"
            version = "1.0"
            optional = false
            python-versions = "*"
            groups = ["main"]
            files = \(files)
            [package.source]
            \(source)

            """
        }
        let lock =
            package(
                "one",
                "type = \"git\"\nurl = \"https://git.example/one.git\"\nreference = \"main\"\nresolved_reference = \"abc\""
            )
            + package(
                "two", "type = \"url\"\nurl = \"https://files.example/two-1.0-py3-none-any.whl\"",
                files: "[{file = \"two-1.0-py3-none-any.whl\", hash = \"sha256:22\"}]")
            + package(
                "three", "type = \"file\"\nurl = \"libs/three-1.0.tar.gz\"",
                files: "[{file = \"three-1.0.tar.gz\", hash = \"sha256:33\"}]")
            + package("four", "type = \"directory\"\nurl = \"libs/four\"")
            + package(
                "five", "type = \"legacy\"\nurl = \"https://packages.example/simple\"\nreference = \"internal\"",
                files: "[{file = \"five-1.0-py3-none-any.whl\", hash = \"sha256:55\"}]")
            + "[metadata]\nlock-version = \"2.1\"\npython-versions = \">=3.11\"\n"
        let manifest = """
            [project]
            name = "shop"
            version = "1"
            [[tool.poetry.source]]
            name = "internal"
            url = "https://packages.example/simple"
            """
        let source = try #require(
            try PoetryLock.find(
                in: project([
                    "poetry.lock": lock, "pyproject.toml": manifest, "libs/three-1.0.tar.gz": "",
                    "libs/four/pyproject.toml": "[project]\nname = \"four\"\n",
                ])))
        let set = try source.requirements(for: Self.target)
        #expect(
            set.requirements.map(\.source) == [
                .index, .url("git+https://git.example/one.git@abc"),
                .local(try SourcePath(parsing: "libs/three-1.0.tar.gz")),
                .url("https://files.example/two-1.0-py3-none-any.whl"),
            ])
        #expect(set.requirements.map(\.hashes) == [["sha256:55"], [], ["sha256:33"], ["sha256:22"]])
        #expect(set.requirements.map(\.file) == [.pureWheel, .source, .source, .pureWheel])
        #expect(set.projects.map(\.name) == ["four"])
        #expect(set.indexes.map(\.isDefault) == [true])
        #expect(set.isClosed)
    }
}
