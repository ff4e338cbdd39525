import Planning
import TestSupport
import Testing

@testable import Detectors

@Suite struct DjangoTests {
    private static let manage = "import os\nos.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"shop.settings\")\n"

    private func files(
        _ settings: String, requirements: String = "django==4.2\ngunicorn==23", more: [String: String] = [:]
    ) -> [String: String] {
        [
            "manage.py": Self.manage, "shop/__init__.py": "", "shop/settings.py": settings,
            "requirements.txt": requirements,
            "shop/wsgi.py": "application = get_wsgi_application()\n",
            "shop/asgi.py": "application = get_asgi_application()\n",
        ].merging(more) { _, new in new }
    }

    private static let both =
        "WSGI_APPLICATION = 'shop.wsgi.application'\nASGI_APPLICATION = \"shop.asgi.application\"\n"

    @Test(arguments: [
        ("WSGI_APPLICATION = 'shop.wsgi.application'\n", "gunicorn==23", "gunicorn shop.wsgi:application"),
        ("ASGI_APPLICATION = 'shop.asgi.application'\n", "gunicorn==23\nuvicorn==1", "gunicorn shop.wsgi:application"),
        (both, "uvicorn==1", "uvicorn shop.asgi:application --host 0.0.0.0 --port ${PORT}"),
        (both, "daphne==4", "daphne -b 0.0.0.0 -p ${PORT} shop.asgi:application"),
        (both, "gunicorn==23\nuvicorn==1", "gunicorn shop.wsgi:application"),
        ("# WSGI_APPLICATION = 'old.wsgi.application'\n", "gunicorn==23", "gunicorn shop.wsgi:application"),
    ])
    func `serves what the settings name`(_ settings: String, _ servers: String, _ command: String) throws {
        let made = try plan(files(settings, requirements: "django==4.2\n" + servers))
        let text = made.runtime.config.entrypoint.value.joined(separator: " ")
        #expect(text.hasSuffix(command))
        #expect(made.decisions.first { $0.name == "framework" }?.decided.value == "Django")
    }

    @Test func `serves ASGI where --app names it`() throws {
        let made = try plan(files(Self.both, requirements: "django==4.2\ngunicorn==23\nuvicorn==1")) {
            $0.app = Requested("shop.asgi:application", by: "--app")
        }
        #expect(made.runtime.config.entrypoint.value.contains("shop.asgi:application"))
    }

    @Test(arguments: [
        ("INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT = BASE_DIR / 'static'\n", true),
        ("INSTALLED_APPS = ['django.contrib.staticfiles']\n", false), ("STATIC_ROOT = 'static'\n", false),
        ("INSTALLED_APPS = ['django.contrib.staticfiles']\nSTATIC_ROOT = None\n", false),
        ("from .base import *\nSTATIC_ROOT = os.path.join(BASE_DIR, 'static')\n", true),
        ("from shop.base import *\nSTATIC_ROOT = '/srv/static'\n", true),
    ])
    func `collects static files where the settings say where to`(_ settings: String, _ collects: Bool) throws {
        let made = try plan(
            files(settings, more: ["shop/base.py": "INSTALLED_APPS = [\n    'django.contrib.staticfiles',\n]\n"]))
        let step = made.builder.steps.first { $0.name == "build" }
        #expect((step != nil) == collects)
        guard collects, case .run(let command)? = step?.action else { return }
        #expect(command.arguments == ["/opt/venv/bin/python", "manage.py", "collectstatic", "--noinput"])
        #expect(command.network == .none)
        #expect(made.builder.artifacts.map(\.description).contains("/srv/static") == settings.contains("/srv/static"))
    }

    @Test func `gives variables without a default a harmless value in the build only`() throws {
        let settings = """
            INSTALLED_APPS = ["django.contrib.staticfiles"]
            STATIC_ROOT = BASE_DIR / "static"
            SECRET_KEY = os.environ["SECRET_KEY"]
            DEBUG = os.environ.get("DEBUG", "")
            DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
            WORKERS = int(os.environ["WORKERS"])
            TOKEN = env("API_TOKEN")
            OTHER = env("OTHER", default="x")
            """
        let made = try plan(files(settings))
        guard case .run(let command)? = made.builder.steps.first(where: { $0.name == "build" })?.action else {
            Issue.record("no build step")
            return
        }
        let own = command.environment.filter {
            !["HOME", "LANG"].contains($0.key) && !$0.key.hasPrefix("PYTHON") && $0.key != "SOURCE_DATE_EPOCH"
        }
        #expect(
            own == [
                "SECRET_KEY": "only-for-the-build", "DATABASE_URL": "sqlite://:memory:", "WORKERS": "1",
                "API_TOKEN": "only-for-the-build",
            ])
        #expect(!made.runtime.config.environment.contains { $0.name == "SECRET_KEY" })
    }

    @Test(arguments: [
        (
            "WSGI_APPLICATION = 'old.wsgi.application'\n", "gunicorn==23",
            "shop/settings.py:1: there is no module 'old.wsgi'; correct WSGI_APPLICATION or add the module"
        ),
        (
            "", "",
            "manage.py:2: Django needs a production server, and the requirements name none; add gunicorn to requirements.txt, or give the command yourself with --set start=\"python FILE.py\""
        ),
    ])
    func `says what a project lacks`(_ settings: String, _ servers: String, _ message: String) throws {
        #expect(try planError(files(settings, requirements: "django==4.2\n" + servers)) == message)
    }

    @Test func `says where settings are missing`() throws {
        #expect(
            try planError(["manage.py": Self.manage, "requirements.txt": "django==4\ngunicorn==1"])
                == "manage.py:2: there is no settings module 'shop.settings'; correct DJANGO_SETTINGS_MODULE, or let the file into the build if it is ignored"
        )
    }

    @Test func `starts in the folder of manage.py`() throws {
        let made = try plan([
            "requirements.txt": "django==4.2\ngunicorn==23", "src/manage.py": Self.manage, "src/shop/settings.py": "",
            "src/shop/wsgi.py": "application = 1\n",
        ])
        #expect("\(made.runtime.config.workingDirectory)" == "/app/src")
        #expect(made.runtime.config.entrypoint.value == ["/opt/venv/bin/gunicorn", "shop.wsgi:application"])
    }

    @Test func `asks which of two projects`() throws {
        let project = ["manage.py": Self.manage, "shop/settings.py": "", "shop/wsgi.py": "application = 1\n"]
        var files = ["requirements.txt": "django==4.2\ngunicorn==23"]
        for folder in ["a", "b"] { for (name, text) in project { files["\(folder)/\(name)"] = text } }
        #expect(
            try planError(files)
                == "several Django projects; choose with --app:\n  a  (a/manage.py:2)\n  b  (b/manage.py:2)")
        #expect(
            try plan(files) { $0.app = Requested("b", by: "--app") }.runtime.config.workingDirectory
                == ImagePath("/app/b"))
    }
}
