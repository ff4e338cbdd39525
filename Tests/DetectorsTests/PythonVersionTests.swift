import Planning
import Testing

@Suite struct PythonVersionTests {
    private static let all = [
        ".python-version": "# chosen\n3.11\n", ".tool-versions": "nodejs 20\npython 3.12.1\n",
        "mise.toml": "[tools]\npython = \"3.13\"\n", "runtime.txt": "python-3.12.3\n",
        "Pipfile": "[requires]\npython_version = \"3.13\"\n",
        "app.yaml": "runtime: python311\n",
        "pyproject.toml": "[project]\nrequires-python = \">=3.12\"\n",
        "setup.cfg": "[options]\npython_requires = >=3.9\n",
    ]

    @Test(
        arguments: [
            ([".python-version", ".tool-versions", "mise.toml"], "3.11", ".python-version:2 '3.11'"),
            ([".tool-versions", "mise.toml"], "3.12", ".tool-versions:2 'python 3.12.1'"),
            (["mise.toml", "runtime.txt"], "3.13", "mise.toml:2 'python = \"3.13\"'"),
            (["runtime.txt", "Pipfile"], "3.12", "runtime.txt:1 'python-3.12.3'"),
            (["app.yaml", "pyproject.toml"], "3.11", "app.yaml:1 'runtime: python311'"),
            (["Pipfile", "app.yaml", "pyproject.toml"], "3.13", "Pipfile:2 'python_version = \"3.13\"'"),
            (["pyproject.toml", "setup.cfg"], "3.13", "pyproject.toml:2 'requires-python = \">=3.12\"'"),
            (["setup.cfg"], "3.13", "setup.cfg:2 'python_requires = >=3.9'"),
            ([], "3.13", "the newest that a stable release of debian has"),
        ] as [([String], String, String)])
    func `takes the first file by rank`(_ names: [String], _ version: String, _ reason: String) throws {
        var files = Self.all.filter { names.contains($0.key) }
        files["requirements.txt"] = ""
        files["main.py"] = ""
        let decided = try #require(try plan(files).decisions.first { $0.name == "python" }?.decided)
        #expect(decided.value == version)
        #expect(decided.reason.description == reason)
    }

    @Test(arguments: [
        ("3.11", "3.11"), ("3.13.7", "3.13"), ("3", "3.13"), ("python-3.11.4", "3.11"), ("3.14", "3.14"),
        ("3.12", "3.12"),
        (">=3.10,<3.13", "3.11"), ("~=3.12.0", "3.12"), (">=3.14", "3.14"), ("<3.11", "3.9"), ("!=3.13.*", "3.11"),
        ("3.13-dev", "3.13"),
    ])
    func `solves a wish against the catalog`(_ wish: String, _ version: String) throws {
        let made = try plan(["main.py": ""]) { $0.versions["python"] = Requested(wish, by: "--set python.version") }
        #expect(made.decisions.first?.decided.value == version)
        #expect(made.decisions.first?.decided.reason == .requested(option: "--set python.version"))
    }

    @Test func `names file, range and offer where nothing satisfies`() throws {
        let files = ["pyproject.toml": "[project]\nrequires-python = \">=3.15\"\n", "main.py": ""]
        #expect(
            try planError(files)
                == "no base image has python >=3.15 (pyproject.toml:2 'requires-python = \">=3.15\"'); debian has "
                + "3.14, 3.13, 3.11; official has 3.13, 3.12, 3.9; change it, or override with "
                + "--set python.version=3.13")
    }

    @Test(arguments: [
        (
            "pypy3.10",
            ".python-version:1: 'pypy3.10' asks for pypy, and only CPython is offered; write a version of CPython, as in 3.13"
        ),
        ("shop-env", ".python-version:1: 'shop-env' is no version of CPython; write one as in 3.13"),
        ("# nothing", ".python-version: is empty; write a version into it, as in 3.13, or remove it"),
        ("newest", ".python-version:1: 'newest' is no version of CPython; write one as in 3.13"),
        (">=3.x", ".python-version:1: '>=3.x' is no version clause; write a range as in >=3.11,<3.14"),
    ])
    func `refuses what is no version`(_ text: String, _ message: String) throws {
        #expect(try planError([".python-version": text, "main.py": ""]) == message)
    }

    @Test(arguments: [
        ("^3.11", "3.13"), ("~3.11", "3.11"), (">=3.9,<3.12", "3.11"), ("3.11.*", "3.11"), ("~3.9 || 3.11.*", "3.11"),
        ("^3.14", "3.14"), ("*", "3.13"),
    ])
    func `reads Poetry's constraint`(_ constraint: String, _ version: String) throws {
        let text = "[tool.poetry.dependencies]\npython = \"\(constraint)\"\n"
        let made = try plan(["pyproject.toml": text, "requirements.txt": "", "main.py": ""])
        #expect(made.decisions.first { $0.name == "python" }?.decided.value == version)
    }

    @Test(arguments: [
        ("runtime: python312\n", "3.12"), ("runtime: \"python311\" # old\n", "3.11"),
        (
            "runtime: python\nenv: flex\nruntime_config:\n  operating_system: ubuntu22\n  runtime_version: \"3.11\"\n",
            "3.11"
        ),
        ("runtime: nodejs20\n", "3.13"), ("runtime: python\n", "3.13"), ("name: x\n", "3.13"),
    ])
    func `reads App Engine's runtime`(_ text: String, _ version: String) throws {
        let made = try plan(["app.yaml": text, "main.py": ""])
        #expect(made.decisions.first { $0.name == "python" }?.decided.value == version)
    }

    @Test func `refuses a Poetry constraint that is none`() throws {
        let text = "[tool.poetry.dependencies]\npython = \"^three\"\n"
        #expect(
            try planError(["pyproject.toml": text, "requirements.txt": "", "main.py": ""])
                == "pyproject.toml:2: '^three' is no version clause; write a range as in ^3.11")
    }

    @Test func `warns where files exclude each other`() throws {
        let made = try plan([
            ".python-version": "3.11", "pyproject.toml": "[project]\nrequires-python = \">=3.12\"\n", "main.py": "",
        ])
        #expect(
            made.warnings == [
                "pyproject.toml:2 'requires-python = \">=3.12\"' asks for Python >=3.12, but .python-version:1 '3.11' for 3.11, "
                    + "which wins"
            ])
    }

    @Test func `warns of an end of life by the catalog's date`() throws {
        let made = try plan(["main.py": "", ".python-version": "3.9"])
        #expect(
            made.warnings == [
                "python 3.9 is past its end of life (2025-10)",
                "the image will hold pip: official/python-3.9-runtime has no variant without",
            ])
    }
}
