import Planning
import Testing

@testable import Detectors

@Suite struct StartTests {
    private static let flask = "from flask import Flask\napp = Flask(__name__)\n"
    private static let fastapi = "import fastapi\napp = fastapi.FastAPI()\n"
    private static let uvicorn = ["--host", "0.0.0.0", "--port", "${PORT}"]

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let files: [String: String]
        let words: [String]
        var app: String?
        var testDescription: String { name }
    }

    static let rows = [
        Row(
            name: "Flask variable", files: ["requirements.txt": "flask==3\ngunicorn==23", "app.py": flask],
            words: ["gunicorn", "app:app"]),
        Row(
            name: "Flask with waitress", files: ["requirements.txt": "flask==3\nwaitress==3", "web.py": flask],
            words: ["waitress-serve", "--listen=*:${PORT}", "web:app"]),
        Row(
            name: "Flask factory",
            files: [
                "requirements.txt": "flask==3\ngunicorn==23",
                "shop/__init__.py":
                    "from flask import Flask\ndef make_app(*args, debug=False) -> Flask:\n    return Flask('x')\n",
            ],
            words: ["gunicorn", "shop:make_app()"]),
        Row(
            name: "variable made by a factory",
            files: [
                "requirements.txt": "flask==3\ngunicorn==23",
                "wsgi.py": "from shop import create_app\napplication = create_app()\n",
                "run.py": "from shop import create_app\napp = create_app()\n",
                "shop/__init__.py": "from flask import Flask\ndef create_app():\n    return Flask('x')\n",
            ],
            words: ["gunicorn", "wsgi:application"]),
        Row(
            name: "FastAPI", files: ["requirements.txt": "fastapi==1\nuvicorn[standard]==1", "main.py": fastapi],
            words: ["uvicorn", "main:app"] + uvicorn),
        Row(
            name: "FastAPI extras bring uvicorn",
            files: ["requirements.txt": "fastapi[all]==1", "src/api.py": fastapi],
            words: ["uvicorn", "api:app"] + uvicorn),
        Row(
            name: "FastAPI in a package",
            files: ["requirements.txt": "fastapi==1\nuvicorn==1", "app/main.py": fastapi],
            words: ["uvicorn", "app.main:app"] + uvicorn),
        Row(
            name: "FastAPI factory",
            files: [
                "requirements.txt": "fastapi==1\nuvicorn==1",
                "main.py": "from fastapi import FastAPI\ndef create_app():\n    return FastAPI()\n",
            ],
            words: ["uvicorn", "--factory", "main:create_app"] + uvicorn),
        Row(
            name: "Hypercorn",
            files: [
                "requirements.txt": "starlette==1\nhypercorn==1",
                "main.py": "from starlette.applications import Starlette\napp: Starlette = Starlette()\n",
            ],
            words: ["hypercorn", "main:app", "--bind", "0.0.0.0:${PORT}"]),
        Row(
            name: "names rank in one file",
            files: [
                "requirements.txt": "fastapi==1\nuvicorn==1",
                "main.py": "from fastapi import FastAPI\nadmin = FastAPI()\napp = FastAPI()\n",
            ],
            words: ["uvicorn", "main:app"] + uvicorn),
        Row(
            name: "--app by module and name",
            files: [
                "requirements.txt": "fastapi==1\nuvicorn==1",
                "main.py": "from fastapi import FastAPI\nadmin = FastAPI()\napp = FastAPI()\n",
            ],
            words: ["uvicorn", "main:admin"] + uvicorn, app: "main:admin"),
        Row(
            name: "--app by file",
            files: ["requirements.txt": "fastapi==1\nuvicorn==1", "one.py": fastapi, "two.py": fastapi],
            words: ["uvicorn", "two:app"] + uvicorn, app: "two.py"),
        Row(
            name: "the usual script", files: ["main.py": "", "other.py": "", "run.py": ""],
            words: ["python", "main.py"]),
        Row(
            name: "the only script", files: ["collect.py": "", "setup.py": "", "conftest.py": ""],
            words: ["python", "collect.py"]),
        Row(
            name: "--app for a script", files: ["main.py": "", "jobs/nightly.py": ""],
            words: ["python", "jobs/nightly.py"], app: "jobs/nightly.py"),
        Row(
            name: "documentation is no code",
            files: ["requirements.txt": "flask==3", "main.py": "'''\napp = Flask(__name__)\n'''\n"],
            words: ["python", "main.py"]),
        Row(
            name: ".flaskenv names the application",
            files: [
                "requirements.txt": "flask==3\ngunicorn==23", ".flaskenv": "FLASK_DEBUG=1\nFLASK_APP=two:create_app\n",
                "one.py": flask, "two.py": "",
            ], words: ["gunicorn", "two:create_app()"]),
        Row(
            name: ".flaskenv names the module",
            files: [
                "requirements.txt": "flask==3\ngunicorn==23", ".flaskenv": "FLASK_APP=two.py\n", "one.py": flask,
                "two.py": flask,
            ],
            words: ["gunicorn", "two:app"]),
        Row(
            name: "pyproject.toml names the application",
            files: [
                "requirements.txt": "fastapi==1\nuvicorn==1",
                "pyproject.toml": "[tool.fastapi]\nentrypoint = \"two:api\"\n",
                "one.py": fastapi, "two.py": "",
            ], words: ["uvicorn", "two:api"] + uvicorn),
        Row(
            name: "Procfile first",
            files: [
                "requirements.txt": "flask==3\ngunicorn==23", "app.py": flask, "Procfile": "web: gunicorn other:app\n",
            ], words: ["gunicorn", "other:app"]),
        Row(
            name: "--app above Procfile",
            files: [
                "requirements.txt": "flask==3\ngunicorn==23", "app.py": flask, "Procfile": "web: gunicorn other:app\n",
            ], words: ["gunicorn", "app:app"], app: "app.py"),
        Row(
            name: "the only process", files: ["bot.py": "", "Procfile": "bot: python bot.py -v\nrelease: x\n"],
            words: ["python", "bot.py", "-v"]),
    ]

    @Test(arguments: rows)
    func `finds the start command`(_ row: Row) throws {
        let made = try plan(row.files) { options in options.app = row.app.map { Requested($0, by: "--app") } }
        var words = made.runtime.config.entrypoint.value
        if words.count > 3, words[2] == "-c" || words[1] == "-I" { words.removeFirst(4) }
        words[0] = String(words[0].split(separator: "/").last ?? "")
        if words[0].hasPrefix("python3") { words[0] = "python" }
        #expect(words == row.words)
    }

    @Test(
        arguments: [
            (
                ["requirements.txt": "flask==3", "app.py": flask],
                "app.py:2: Flask needs a production server, and the requirements name none; add gunicorn to requirements.txt, or give the command yourself with --set start=\"python FILE.py\""
            ),
            (
                ["requirements.txt": "fastapi==1\ngunicorn==23", "app.py": fastapi],
                "app.py:2: FastAPI needs a production server, and the requirements name none; add uvicorn to requirements.txt, or give the command yourself with --set start=\"python FILE.py\""
            ),
            (
                ["requirements.txt": "flask==3\ngunicorn==23", "a.py": flask, "b.py": flask],
                "several web applications; choose with --app:\n  a:app  (a.py:2 'app = Flask(__name__)')\n  b:app  (b.py:2 'app = Flask(__name__)')"
            ),
            (
                ["one.py": "", "two.py": ""],
                "several scripts and none has a usual name; choose with --app:\n  one.py  (one.py)\n  two.py  (two.py)"
            ),
            (
                ["Procfile": "a: x\nb: y\n", "main.py": ""],
                "Procfile has several processes and none is called 'web'; choose with --process:\n  a  (Procfile:1 'x')\n  b  (Procfile:2 'y')"
            ),
            (
                ["Procfile": "# c\nnonsense\n", "main.py": ""],
                "Procfile:2: 'nonsense' is no process; write it as 'name: command'"
            ),
            (
                ["Procfile": "web: gunicorn 'x\n", "main.py": ""],
                "Procfile:1: 'gunicorn 'x' ends inside '; close it; write a program with its arguments"
            ),
            (
                ["requirements.txt": "x==1"],
                "no start command found: looked for a Procfile with a process 'web', an entrypoint in app.yaml, scripts in pyproject.toml, setup.cfg and setup.py, Django's manage.py, an application such as 'app = Flask(…)' or 'app = FastAPI(…)', main.py, app.py, run.py, server.py, start.py, bot.py, hello.py, __main__.py, a package with __main__.py, a worker of Celery, RQ or Dramatiq; add a Procfile with 'web: COMMAND', or give the command with --set start=\"python FILE.py\""
            ),
            (
                ["main.py": "import json\nimport requests, os\n"],
                "main.py:2: imports 'requests' and no requirements file names it; add a requirements.txt with the package that has it"
            ),
            (
                ["uv.lock": "", "main.py": ""],
                "uv.lock: there is no pyproject.toml beside the lock; put the pyproject.toml that it was made from into the service, or let it into the build if it is ignored"
            ),
            (
                ["README.md": "", "web/index.html": ""],
                "no language recognised in the service's folder: looked for go (go.mod, go.work, *.go); java (pom.xml, build.gradle, build.gradle.kts, settings.gradle, settings.gradle.kts, mvnw, gradlew, *.java, *.jar, *.war); node (package.json, server.js, index.js, index.html, public/index.html, Staticfile); python (requirements.txt, pyproject.toml, Pipfile, manage.py, *.py); found README.md, web/; point at the service's own folder or pass --language"
            ),
            (
                [:],
                "no language recognised in the service's folder: looked for go (go.mod, go.work, *.go); java (pom.xml, build.gradle, build.gradle.kts, settings.gradle, settings.gradle.kts, mvnw, gradlew, *.java, *.jar, *.war); node (package.json, server.js, index.js, index.html, public/index.html, Staticfile); python (requirements.txt, pyproject.toml, Pipfile, manage.py, *.py); the folder is empty; point at the service's own folder or pass --language"
            ),
        ] as [([String: String], String)])
    func `says what is missing`(_ files: [String: String], _ message: String) throws {
        #expect(try planError(files) == message)
    }

    @Test func `passes over a module that is too large to be read`() throws {
        let files = [
            "requirements.txt": "flask==3\ngunicorn==23", "app.py": Self.flask,
            "api.py": "DATA = \"" + String(repeating: "x", count: 4 << 20) + "\"\n",
        ]
        let project = PythonProject(tree: try MemoryTree.make(files), options: PlanOptions(name: "shop"))
        #expect(try project.source(SourcePath(parsing: "api.py")) == nil)
        #expect(try project.source(SourcePath(parsing: "app.py"))?.statements.count == 2)
    }

    @Test func `uses a shell only where the text needs one and the base has it`() throws {
        let files = ["requirements.txt": "gunicorn==23", "Procfile": "web: python manage.py migrate && gunicorn x\n"]
        let made = try plan(files)
        #expect(made.runtime.base.entry.id == "debian/trixie/python-3.13-runtime-shell")
        #expect(made.runtime.config.entrypoint.value == ["/bin/sh", "-c", "python manage.py migrate && gunicorn x"])
        var options = PlanOptions(name: "x")
        options.platform = made.platform
        let bare = BaseCatalog(
            date: "2026-11-20",
            entries: TestCatalog.catalog.entries.filter { !$0.id.hasSuffix("-shell") && $0.family == "debian" })
        #expect(
            throws: PlanError.needsShell(
                command: "python manage.py migrate && gunicorn x", place: "Procfile:1", syntax: "&&",
                base: "debian/trixie/python-3.13-runtime")
        ) { try Planner(detectors: Detectors.all, catalog: bare).plan(MemoryTree.make(files), options: options) }
    }

    @Test(arguments: [
        ("gunicorn x", 8000), ("gunicorn x --bind 0.0.0.0:9000", 9000), ("gunicorn -b :7000 x", 7000),
        ("uvicorn x --port 6000", 6000), ("uvicorn x --port=6001", 6001), ("gunicorn x --bind :${PORT:-5000}", 5000),
        ("PORT=4000 gunicorn x", 4000),
    ])
    func `takes the port from the command`(_ command: String, _ port: Int) throws {
        let made = try plan(["requirements.txt": "gunicorn==23", "Procfile": "web: \(command)\n"])
        #expect(made.runtime.config.ports.map(\.value) == [port])
        #expect(made.runtime.config.environment.first { $0.name == "PORT" }?.value.value == "\(port)")
    }

    @Test func `starts the process that is asked for`() throws {
        let files = ["requirements.txt": "celery==5", "Procfile": "web: a\nworker: C=$X celery -A x worker\n"]
        let made = try plan(files) { $0.process = Requested("worker", by: "--process") }
        #expect(
            made.runtime.config.entrypoint.value.suffix(5) == ["C=${X}", "/opt/venv/bin/celery", "-A", "x", "worker"])
        #expect(made.runtime.config.ports.isEmpty)
        #expect(
            try planError(files) { $0.process = Requested("cron", by: "--process") }
                == "--process: no process 'cron'; known are web, worker")
    }
}
