import Planning
import Testing

@testable import Detectors

/// Rules of the start command, each on the smallest service that shows it.
@Suite struct StartRulesTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let needs: String
        let files: [String: String]
        let start: String
        var port: Int? = 8000
        var folder = "/app"
        var testDescription: String { name }
    }

    private static let place = "--host 0.0.0.0 --port ${PORT}"
    private static let api = "from fastapi import FastAPI\napp = FastAPI()\n"
    private static let flask = "from flask import Flask\napp = Flask(__name__)\n"

    static let rows = [
        Row(
            name: "main.py before app.py", needs: "fastapi uvicorn", files: ["app.py": api, "main.py": api],
            start: "uvicorn main:app \(place)"),
        Row(
            name: "the top folder before a package", needs: "fastapi uvicorn",
            files: ["zoo.py": api, "shop/main.py": api], start: "uvicorn zoo:app \(place)"),
        Row(
            name: "a file that its server names", needs: "fastapi uvicorn",
            files: [
                "one.py": api, "two.py": api + "import uvicorn\nif True:\n    uvicorn.run(\"two:app\", port=7000)\n",
            ],
            start: "uvicorn two:app \(place)", port: 7000),
        Row(
            name: "an object that only the server names", needs: "uvicorn lib",
            files: [
                "main.py":
                    "from lib import build\nimport uvicorn\nif __name__ == '__main__':\n    uvicorn.run(site)\nsite = build()\n"
            ],
            start: "uvicorn main:site \(place)"),
        Row(
            name: "a relative import through two modules", needs: "flask gunicorn",
            files: [
                "shop/__init__.py": "from .web.site import application\n", "shop/web/__init__.py": "",
                "shop/web/site.py": "import flask\napplication = flask.Flask('x')\n",
            ], start: "gunicorn shop:application"),
        Row(
            name: "a circular import", needs: "flask gunicorn",
            files: [
                "app.py": "from flask import Flask\nfrom views import page\napp = Flask('x')\n",
                "views.py": "from app import app\npage = 1\n",
            ], start: "gunicorn app:app"),
        Row(
            name: "extensions are no applications", needs: "flask gunicorn",
            files: ["main.py": flask + "server = SQLAlchemy(app)\napplication = Migrate(app, server)\n"],
            start: "gunicorn main:app"),
        Row(
            name: "an adapter changes the interface", needs: "flask gunicorn uvicorn asgiref",
            files: [
                "asgi.py": "from asgiref.wsgi import WsgiToAsgi\n" + flask + "application = WsgiToAsgi(app)\n",
                "x.py": "",
            ],
            start: "uvicorn asgi:application \(place)"),
        Row(
            name: "a factory in an unusual module", needs: "flask gunicorn",
            files: [
                "shop/site/setup_site.py":
                    "from flask import Flask\ndef site():\n    app = Flask('x')\n    return app\n"
            ],
            start: "gunicorn shop.site.setup_site:site()"),
        Row(
            name: "a nested function's return is not the factory's", needs: "flask gunicorn",
            files: [
                "main.py":
                    "from flask import Flask\ndef helper():\n    def inner():\n        return Flask('x')\n    return inner\n"
                    + "def create_app():\n    app = Flask('x')\n    @app.get('/')\n    def index():\n        return 'x'\n    return app\n"
            ], start: "gunicorn main:create_app()"),
        Row(
            name: "a tool's folder below backend", needs: "fastapi uvicorn",
            files: ["backend/app/main.py": "from app.core import x\n" + api, "backend/app/core.py": "x = 1\n"],
            start: "uvicorn app.main:app \(place)", folder: "/app/backend"),
        Row(
            name: "backend as a package", needs: "fastapi uvicorn",
            files: ["backend/main.py": "from backend.core import x\n" + api, "backend/core.py": "x = 1\n"],
            start: "uvicorn backend.main:app \(place)"),
        Row(
            name: "one Django file", needs: "django gunicorn",
            files: [
                "site.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n"
            ],
            start: "gunicorn site:application"),
        Row(
            name: "uwsgi", needs: "flask uwsgi", files: ["app.py": flask],
            start: "uwsgi --http-socket 0.0.0.0:${PORT} --master --die-on-term --need-app --module app:app"),
        Row(
            name: "cheroot", needs: "flask cheroot", files: ["app.py": flask],
            start: "cheroot --bind 0.0.0.0:${PORT} app:app"),
        Row(
            name: "uvicorn before gunicorn for ASGI", needs: "fastapi gunicorn uvicorn", files: ["app.py": api],
            start: "uvicorn app:app \(place)"),
        Row(
            name: "a factory for granian", needs: "starlette granian",
            files: [
                "app.py":
                    "from starlette.applications import Starlette\ndef create_app(): return Starlette()\ndef make_app():\n    return Starlette()\n"
            ],
            start: "granian --interface asgi --factory --host 0.0.0.0 --port ${PORT} app:make_app"),
        Row(
            name: "Robyn", needs: "robyn",
            files: [
                "app.py":
                    "from robyn import Robyn\napp = Robyn(__file__)\nif __name__ == '__main__':\n    app.start(port=8080)\n"
            ],
            start: "ROBYN_HOST=0.0.0.0 ROBYN_PORT=${PORT} python app.py", port: 8080),
        Row(
            name: "streamlit_app.py", needs: "streamlit",
            files: ["streamlit_app.py": "import streamlit\n", "main.py": "import streamlit as st\n"],
            start:
                "streamlit run streamlit_app.py --server.port ${PORT} --server.address 0.0.0.0 --server.headless true"),
        Row(
            name: "a script's default of PORT", needs: "x",
            files: ["main.py": "import os\nport = int(os.environ.get('PORT', 5001))\n"], start: "python main.py",
            port: 5001),
        Row(
            name: "a script with PORT alone", needs: "x", files: ["main.py": "import os\nport = os.environ['PORT']\n"],
            start: "python main.py"),
        Row(
            name: "a server of the standard library", needs: "x",
            files: [
                "main.py":
                    "import http.server as h\nh.HTTPServer(('', 8081), h.BaseHTTPRequestHandler).serve_forever()\n"
            ],
            start: "python main.py", port: 8081),
        Row(
            name: "__main__.py of the folder", needs: "x", files: ["__main__.py": "print(1)\n", "lib.py": ""],
            start: "python __main__.py", port: nil),
        Row(
            name: "the project's script module", needs: "x",
            files: [
                "setup.cfg":
                    "[metadata]\nname = tide-watch\n[options.entry_points]\nconsole_scripts =\n    tide-watch = tide:main\n    other = tide.other:main\n",
                "tide/__init__.py": "", "tide/__main__.py": "print(1)\n",
            ], start: "python -m tide", port: nil),
        Row(
            name: "Poetry's script as a table", needs: "x",
            files: [
                "pyproject.toml":
                    "[tool.poetry]\nname = \"x\"\n[tool.poetry.scripts]\nserve = {reference = \"tide:main\", type = \"console\"}\n",
                "tide.py": "if __name__ == '__main__':\n    print(1)\n",
            ], start: "python -m tide", port: nil),
        Row(
            name: "Huey", needs: "huey", files: ["jobs.py": "from huey import RedisHuey\nhuey = RedisHuey('x')\n"],
            start: "huey_consumer jobs.huey", port: nil),
        Row(
            name: "ARQ", needs: "arq", files: ["jobs.py": "import arq\nclass WorkerSettings:\n    functions = []\n"],
            start: "arq jobs.WorkerSettings", port: nil),
        Row(
            name: "App Engine's folded entrypoint", needs: "gunicorn",
            files: ["app.yaml": "runtime: python313\nentrypoint: >-\n  gunicorn\n  -b :${PORT:-8090}\n  main:app\n"],
            start: "gunicorn -b :${PORT} main:app", port: 8090),
    ]

    @Test(arguments: rows)
    func `starts`(_ row: Row) throws {
        var files = row.files
        files["requirements.txt"] = row.needs.split(separator: " ").map { "\($0)==1\n" }.joined()
        let made = try plan(files)
        #expect(Self.text(made.runtime.config.entrypoint.value) == row.start)
        #expect(made.runtime.config.ports.first?.value == row.port)
        #expect("\(made.runtime.config.workingDirectory)" == row.folder)
    }

    private static func text(_ arguments: [String]) -> String {
        let words = arguments.count > 4 && arguments[2] == "-c" ? Array(arguments.dropFirst(4)) : arguments
        return words.map { $0.replacing("/opt/venv/bin/", with: "") }.joined(separator: " ")
    }

    @Test func `a script of the installed service is started by its name`() throws {
        let finder = try finder(
            [
                "pyproject.toml": "[project]\nname = \"orders\"\n[project.scripts]\norders = \"orders.cli:main\"\n",
                "src/orders/__init__.py": "", "src/orders/cli.py": "def main():\n    print(1)\n",
            ], needs: [], isInstalled: true)
        let start = try finder.find()
        #expect(start.words == ["orders"])
        #expect(start.folder == .root)
    }

    @Test func `an installed module is found from the service's own folder`() throws {
        let files = ["src/orders/__init__.py": "", "src/orders/main.py": Self.api]
        let installed = try finder(files, needs: ["uvicorn"], isInstalled: true).find()
        #expect(installed.words.prefix(2) == ["uvicorn", "orders.main:app"])
        #expect(installed.folder == .root)
        let copied = try finder(files, needs: ["uvicorn"], isInstalled: false).find()
        #expect(copied.folder == (try SourcePath(parsing: "src")))
    }

    private func finder(_ files: [String: String], needs: [String], isInstalled: Bool) throws -> StartFinder {
        let tree = try MemoryTree.make(files)
        let file = try SourcePath(parsing: "uv.lock")
        var set = RequirementSet(root: file)
        set.isClosed = true
        set.requirements = needs.map {
            Requirement(
                name: $0, extras: [], specifier: "==1", marker: nil, source: .index, isEditable: false, hashes: [],
                evidence: Evidence(path: file, line: 1, excerpt: $0))
        }
        if isInstalled {
            set.projects = [
                LocalProject(
                    path: .root, name: "orders", buildRequires: [], evidence: Evidence(path: file, excerpt: "."))
            ]
        }
        return StartFinder(
            project: PythonProject(tree: tree, options: PlanOptions(name: "orders")), requirements: set, procfile: nil)
    }

    @Test(
        arguments: [
            (
                ["requirements.txt": "sanic-ext==1", "app.py": "from sanic import Sanic\napp = Sanic('x')\n"],
                "app.py:2: Sanic is what starts this, and the requirements do not name it; add sanic to requirements.txt"
            ),
            (
                ["requirements.txt": "aiohttp==1", "app.py": "from aiohttp import web\napp = web.Application()\n"],
                "app.py:2: aiohttp needs a production server, and the requirements name none; add gunicorn to requirements.txt, or give the command yourself with --set start=\"python FILE.py\""
            ),
            (
                ["requirements.txt": "flask==3\ngunicorn==1", ".flaskenv": "FLASK_APP=shop\n", "main.py": ""],
                ".flaskenv:1: there is no module 'shop'; correct the name or add the module"
            ),
            (
                ["requirements.txt": "flask==3\ngunicorn==1", ".flaskenv": "FLASK_APP=shop\n", "shop.py": "x = 1\n"],
                ".flaskenv:1: 'shop' has no application that can be seen; name it as in shop:app"
            ),
            (
                ["requirements.txt": "x==1", "a/__main__.py": "", "b/__main__.py": ""],
                "several packages with a __main__.py; choose with --app:\n  a  (a/__main__.py)\n  b  (b/__main__.py)"
            ),
            (
                ["requirements.txt": "streamlit==1", "a.py": "import streamlit\n", "b.py": "import streamlit\n"],
                "several web applications; choose with --app:\n  a.py  (a.py:1 'import streamlit')\n  b.py  (b.py:1 'import streamlit')"
            ),
            (
                [
                    "requirements.txt": "pyramid==2\nwaitress==3",
                    "app.py":
                        "import pyramid.config as c\ndef main(global_config, **settings):\n    return c.Configurator().make_wsgi_app()\n",
                ],
                "app.py:2: waitress cannot call 'main' to make the application; add a module-level 'app = main(…)', or use gunicorn"
            ),
        ] as [([String: String], String)])
    func `says why it cannot be started`(_ files: [String: String], _ message: String) throws {
        #expect(try planError(files) == message)
    }

    @Test(
        arguments: [
            (
                "import uvicorn\nfrom lib import make\nuvicorn.run(make(), host=\"127.0.0.1\", port=9000)\n",
                [
                    "main.py:3: listens on the loopback address only; nothing outside can reach it",
                    "main.py:3: listens on 9000 whatever the variable PORT says",
                ]
            ),
            ("print('port=9000')\n", []), ("# uvicorn.run(app, port=9000)\n", []),
        ] as [(String, [String])])
    func `warns of a script that nothing reaches`(_ text: String, _ warnings: [String]) throws {
        let made = try plan(["requirements.txt": "uvicorn==1\nlib==1\n", "main.py": text])
        #expect(made.warnings.filter { $0.hasPrefix("main.py") } == warnings)
    }

    @Test func `a worker starts from the folder of its module`() throws {
        let made = try plan([
            "requirements.txt": "celery==5\nflask==3\ngunicorn==23\n", "app.py": Self.flask,
            "src/shop/__init__.py": "", "src/shop/celery.py": "from celery import Celery\napp = Celery('x')\n",
        ])
        #expect(
            made.runtime.config.processes["worker"]?.value == [
                "/opt/venv/bin/celery", "--workdir", "/app/src", "-A", "shop.celery", "worker", "-l", "INFO",
            ])
        #expect(made.runtime.config.processes["beat"] == nil)
    }

    @Test(
        arguments: [
            ("bind = \"0.0.0.0:9000\"\n", 9000, ["--bind", "0.0.0.0:${PORT}"]),
            ("import os\nbind = f\"0.0.0.0:{os.environ.get('PORT', '9001')}\"\n", 9001, []),
            ("workers = 2\n", 8000, []),
        ] as [(String, Int, [String])])
    func `gunicorn's own configuration says the port`(_ text: String, _ port: Int, _ words: [String]) throws {
        let made = try plan([
            "requirements.txt": "flask==3\ngunicorn==23\n", "app.py": Self.flask, "gunicorn.conf.py": text,
        ])
        #expect(made.runtime.config.ports.map(\.value) == [port])
        #expect(made.runtime.config.entrypoint.value.suffix(words.count + 1) == words + ["app:app"])
    }
}
