import OCI
import Planning

/// The plan of a Django service with psycopg2 from source, as the Python detector writes it: good in every rule.
enum Driftwood {
    static let platform = Platform(architecture: "amd64")
    static let app = ImagePath("/app")
    static let venv = ImagePath("/opt/venv")

    static func evidence(_ path: String, _ line: Int?, _ excerpt: String) throws -> Reason {
        .found(evidence: [Evidence(path: try SourcePath(parsing: path), line: line, excerpt: excerpt)])
    }

    static func entry(
        role: BaseEntry.Role, family: String = "debian", libc: LibC = LibC(family: .glibc, version: "2.36"),
        release: String = "debian-12", abi: String? = "cp311", shell: ImagePath? = nil, tools: [String] = []
    ) -> BaseEntry {
        BaseEntry(
            id: "debian/bookworm/python-3.11-\(role.rawValue)", family: family, language: "python", version: "3.11",
            role: role, reference: "autoimage.local/debian/python-3.11-\(role.rawValue):bookworm", libc: libc,
            release: release, interpreter: ImagePath("/usr/bin/python3.11"), abi: abi, shell: shell,
            user: role == .runtime ? "65532:65532" : "0:0", tools: tools, environment: ["LANG": "C.UTF-8"],
            endOfLife: "2027-10", note: nil, debian: nil)
    }

    static let debianPin = Pin.debian(
        packages: DebianPin(
            suite: "bookworm", architecture: "amd64",
            packages: [PinnedPackage(name: "libc6", version: "2.36-9+deb12u7", sha256: digest("libc6"))]))

    static func digest(_ text: String) -> Digest { Digest(of: Array(text.utf8)) }

    static func base(
        _ entry: BaseEntry, packages: [Decided<String>] = [], pin: Pin? = debianPin,
        platform: Platform = platform, reason: Reason = .usual(why: "Debian has Python 3.11")
    ) -> Base {
        Base(
            entry: entry, reason: reason,
            alternatives: [Alternative("official", why: "the debian family offers Python 3.11")], packages: packages,
            platform: platform, pin: pin)
    }

    static func run(
        _ arguments: [String], environment: [String: String] = [:], mounts: [Mount] = [], network: NetworkAccess = .none
    ) -> RunCommand {
        RunCommand(
            arguments: arguments, environment: environment, workingDirectory: app, mounts: mounts, network: network)
    }

    static func plan() throws -> BuildPlan {
        let psycopg = try evidence("requirements.txt", 3, "psycopg2==2.9.9")
        return BuildPlan(
            name: "driftwood", language: Decided("python", try evidence("requirements.txt", nil, "")),
            platform: platform,
            decisions: [
                Decision(
                    "python version",
                    Decided(
                        "3.11", try evidence(".python-version", 1, "3.11"),
                        alternatives: [Alternative("3.13", why: "not what .python-version asks for")])),
                Decision("framework", Decided("Django 4.2.16", try evidence("requirements.txt", 1, "Django==4.2.16"))),
            ],
            builder: BuilderStage(
                name: "builder",
                base: base(
                    entry(role: .builder, shell: ImagePath("/bin/sh"), tools: ["gcc", "pip"]),
                    packages: [Decided("libpq-dev", psycopg)]),
                steps: try steps(), artifacts: [venv, app]),
            runtime: try runtime(), warnings: ["Python 3.11 has no support from upstream after 2027-10"])
    }

    private static func steps() throws -> [Step] {
        let requirements = try SourcePath(parsing: "requirements.txt")
        let wheels = ImagePath("/tmp/wheels")
        return [
            Step(
                name: "manifests", needs: [],
                action: .copy(source: SourceCopy(paths: [requirements], base: .root, destination: app)),
                reason: try evidence("requirements.txt", nil, "")),
            Step(
                name: "wheels", needs: ["manifests"],
                action: .run(
                    command: run(
                        ["python3", "-m", "pip", "wheel", "-r", "requirements.txt", "-w", wheels.description],
                        environment: ["CFLAGS": "-g0 -O2"],
                        mounts: [
                            .cache(id: "pip", target: ImagePath("/root/.cache/pip")),
                            .secret(id: "index", target: nil, variable: "PIP_INDEX_URL", required: false),
                        ], network: .host)), reason: try evidence("requirements.txt", 3, "psycopg2==2.9.9")),
            Step(
                name: "install", needs: ["wheels"],
                action: .run(
                    command: run([
                        "python3", "-m", "pip", "install", "--no-index", "-r", "requirements.txt", "--prefix",
                        venv.description,
                    ])), reason: .usual(why: "the wheels are all that is installed")),
            Step(
                name: "sources", needs: ["install"],
                action: .copy(source: SourceCopy(paths: [.root], base: .root, destination: app)),
                reason: .usual(why: "code changes more often than dependencies")),
            Step(
                name: "build", needs: ["sources"],
                action: .run(command: run(["python3", "manage.py", "collectstatic", "--noinput"])),
                reason: try evidence("driftwood/settings.py", 41, "STATIC_ROOT = BASE_DIR / \"static\"")),
            Step(
                name: "bytecode", needs: ["build"],
                action: .run(
                    command: run([
                        "python3", "-c",
                        "import compileall, py_compile, sys\nfor path in sys.argv[1:]: compileall.compile_dir(path, quiet=1)",
                        "/opt/venv", "/app",
                    ])), reason: .usual(why: "start-up is faster with bytecode")),
        ]
    }

    private static func runtime() throws -> RuntimeStage {
        RuntimeStage(
            base: base(entry(role: .runtime)),
            copies: [
                ArtifactCopy(
                    from: "builder", path: app, destination: app, group: .application,
                    reason: .usual(why: "the service's own code")),
                ArtifactCopy(
                    from: "builder", path: venv, destination: venv, group: .dependencies,
                    reason: .usual(why: "the installed packages")),
            ],
            files: [
                PlanFile(
                    path: ImagePath("/etc/driftwood.conf"), contents: "workers = \"2\"\n", mode: 0o644, owner: .root,
                    group: .application, reason: .usual(why: "settings of the start"))
            ],
            config: RuntimeConfig(
                entrypoint: Decided(
                    ["/usr/bin/python3", "-m", "gunicorn", "driftwood.wsgi", "--bind", "0.0.0.0:8000"],
                    try evidence("driftwood/settings.py", 12, "WSGI_APPLICATION = 'driftwood.wsgi.application'"),
                    alternatives: [Alternative("manage.py runserver", why: "for development only")]),
                environment: [
                    EnvironmentVariable("PYTHONUNBUFFERED", Decided("1", .usual(why: "logs appear at once"))),
                    EnvironmentVariable(
                        "GREETING", Decided("a \"b\" $HOME", .requested(option: "autoimage.toml:3 env"))),
                ],
                workingDirectory: app, user: Decided(.nonroot, .usual(why: "not root")),
                ports: [Decided(8000, .usual(why: "gunicorn's own"))],
                labels: ["org.opencontainers.image.title": "driftwood"],
                stopSignal: Decided("SIGTERM", .usual(why: "gunicorn ends gracefully")),
                writable: [Decided(ImagePath("/app/media"), try evidence("driftwood/settings.py", 44, "MEDIA_ROOT"))],
                processes: [
                    "worker": Decided(
                        ["/usr/bin/python3", "manage.py", "work"], try evidence("Procfile", 2, "worker: …"))
                ]))
    }
}
