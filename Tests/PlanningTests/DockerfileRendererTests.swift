import OCI
import Planning
import Testing

@Suite struct DockerfileRendererTests {
    @Test func `libraries of the lock are gathered with their links and copied at once`() throws {
        let pins = Pins(libraries: [
            ".@linux/amd64": [
                LibraryAddition(
                    package: "libpq5", version: "15.8",
                    files: [ImagePath("/usr/lib/libpq.so.5.15"), ImagePath("/usr/lib/libpq.so.5")],
                    neededBy: [ImagePath("/opt/venv/p.so")])
            ]
        ])
        let lines = renderDockerfile(try Driftwood.plan().applying(pins)).split(separator: "\n").map(String.init)
        #expect(
            lines.contains(
                #"RUN ["env", "install", "-d", "-m", "0755", "/autoimage/libraries", "/autoimage/libraries/usr", "#
                    + #""/autoimage/libraries/usr/lib"]"#))
        let gather = try #require(lines.firstIndex(of: "WORKDIR /autoimage/libraries"))
        #expect(
            lines[gather + 1]
                == #"RUN ["env", "cp", "--archive", "--parents", "/usr/lib/libpq.so.5", "/usr/lib/libpq.so.5.15", "."]"#
        )
        #expect(
            lines.filter { $0.hasPrefix("COPY --from=") && $0.contains("librar") } == [
                "COPY --from=builder /autoimage/libraries/ /"
            ])
    }

    @Test func `writes both stages, whole`() throws {
        let text = renderDockerfile(try Driftwood.plan())
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) == Self.driftwood)
    }

    @Test func `takes the references it is given and appends registry pins`() throws {
        var plan = try Driftwood.plan()
        let digest = Driftwood.digest("index")
        plan.runtime.base.pin = .digest(digest: digest)
        let text = renderDockerfile(plan, baseReferences: [plan.builder.base.key: "localhost/builder:1"])
        let from = text.split(separator: "\n").filter { $0.hasPrefix("FROM ") }
        #expect(
            from == [
                "FROM localhost/builder:1 AS builder",
                "FROM autoimage.local/debian/python-3.11-runtime:bookworm@\(digest) AS runtime",
            ])
    }

    @Test func `adds accounts to the file that the runtime's image has, by its pin`() throws {
        var plan = try Driftwood.plan()
        let digest = Driftwood.digest("image")
        plan.runtime.base = Driftwood.base(
            Driftwood.entry(role: .runtime, family: "official"), pin: .digest(digest: digest))
        plan.runtime.files = [
            PlanFile(
                path: ImagePath("/etc/passwd"), contents: "me:x:7:7::/:/bin/false\n", mode: 0o644, owner: .root,
                group: .systemLibraries, reason: .usual(why: "test"), addsToBase: true)
        ]
        let lines = renderDockerfile(plan).split(separator: "\n").map(String.init)
        let copy = try #require(
            lines.firstIndex(
                of: "COPY --from=autoimage.local/debian/python-3.11-runtime:bookworm@\(digest) /etc/passwd ./"))
        #expect(lines[copy - 1] == "WORKDIR /autoimage/file0")
        #expect(lines[copy + 1].hasSuffix(#""sh", "passwd", "0644", "me:x:7:7::/:/bin/false"]"#))
        #expect(lines.contains("COPY --from=builder --chown=0:0 /autoimage/file0/passwd /etc/passwd"))
    }

    @Test(arguments: [
        ("a.txt", "COPY a.txt /to/a.txt"),
        ("a b.txt", #"COPY ["a b.txt", "/to/a b.txt"]"#),
        ("a*?.txt", "COPY a[*][?].txt /to/a*?.txt"),
        ("$x'y z", #"COPY ["\\$x\\'y z", "/to/\\$x\\'y z"]"#),
        ("--from", "COPY ./--from /to/--from"),
        ("[id].tsx", "COPY [\"[[]id].tsx\", \"/to/[id].tsx\"]"),
        (".", "COPY . /to"),
    ]) func `writes every name so that it is read back`(path: String, line: String) throws {
        var plan = try Driftwood.plan()
        plan.builder.steps = [
            Step(
                name: "files", needs: [],
                action: .copy(
                    source: SourceCopy(
                        paths: [try SourcePath(parsing: path)], base: .root, destination: ImagePath("/to"))),
                reason: .usual(why: "test"))
        ]
        #expect(renderDockerfile(plan).split(separator: "\n").contains { $0 == line })
    }

    @Test(arguments: [
        (Mount.cache(id: "pip", target: ImagePath("/c")), "type=cache,id=pip,target=/c"),
        (.secret(id: "a", target: nil, variable: nil, required: true), "type=secret,id=a,required=true"),
        (.secret(id: "a", target: ImagePath("/s"), variable: nil, required: false), "type=secret,id=a,target=/s"),
        (.ssh, "type=ssh"), (.tmpfs(target: ImagePath("/t")), "type=tmpfs,target=/t"),
    ]) func `writes every mount`(mount: Mount, flag: String) throws {
        let lines = try lines(running: Driftwood.run(["make", "\"all\"\t\u{1}"], mounts: [mount]))
        #expect(lines.contains(#"RUN --mount=\#(flag) ["env", "make", "\"all\"\t\u0001"]"#))
    }

    @Test func `reads a required secret into a variable`() throws {
        let mount = Mount.secret(id: "a", target: nil, variable: "TOKEN", required: true)
        let lines = try lines(running: Driftwood.run(["make"], mounts: [mount]))
        #expect(
            lines.contains(
                #"RUN --mount=type=secret,id=a,required=true ["env", "sh", "-c", "#
                    + #""export TOKEN=\"$(cat /run/secrets/a)\"; exec \"$@\"", "sh", "make"]"#))
    }

    @Test func `says what it cannot, and keeps comments on one line and without passwords`() throws {
        var plan = try Driftwood.plan()
        plan.runtime.config.environment = [EnvironmentVariable("CERT", Decided("a\nb", .usual(why: "test")))]
        plan.builder.steps[0].reason = .usual(why: "x\nRUN https://me:s3cret@host/")
        let lines = renderDockerfile(plan).split(separator: "\n").map(String.init)
        #expect(lines.contains("# CERT holds a line break, which ENV cannot say: set it when the container starts"))
        #expect(lines.contains("# manifests: x\\nRUN https://me:***@host/"))
    }

    @Test func `the first line is never a parser directive`() throws {
        var plan = try Driftwood.plan()
        plan.name = "syntax=evil"
        #expect(renderDockerfile(plan).hasPrefix("# Written by 'autoimage plan --format dockerfile' for syntax=evil: "))
    }

    private func lines(running command: RunCommand) throws -> [String] {
        var plan = try Driftwood.plan()
        plan.builder.steps = [Step(name: "it", needs: [], action: .run(command: command), reason: .usual(why: "test"))]
        return renderDockerfile(plan).split(separator: "\n").map(String.init)
    }

    private static let driftwood = #"""
        # Written by 'autoimage plan --format dockerfile' for driftwood: python on linux/amd64.
        # Build it in the root of the source tree, with a .dockerignore that keeps out what autoimage keeps out.
        #
        # What a Dockerfile cannot say, and 'autoimage build' does:
        # - no network in: install, build, bytecode
        # - shared libraries that the runtime lacks are looked up and recorded: the first 'autoimage build' does; print this file again after it
        # - times, owners and modes are normalised, so that the digest is the same on every machine
        # - which packages the bases hold, to the version: autoimage.lock has them
        #
        # The bases are assembled from Debian packages. To have them here:
        #   autoimage bases save PATH --output DIR
        # then 'docker load --input FILE' or 'podman load --input FILE' for each archive in DIR.

        FROM autoimage.local/debian/python-3.11-builder:bookworm AS builder

        # manifests: requirements.txt
        COPY requirements.txt /app/requirements.txt

        # wheels: requirements.txt:3 'psycopg2==2.9.9'
        WORKDIR /app
        RUN --mount=type=cache,id=pip,target=/root/.cache/pip --mount=type=secret,id=index ["env", "CFLAGS=-g0 -O2", "sh", "-c", "[ ! -f /run/secrets/index ] || export PIP_INDEX_URL=\"$(cat /run/secrets/index)\"; exec \"$@\"", "sh", "python3", "-m", "pip", "wheel", "-r", "requirements.txt", "-w", "/tmp/wheels"]

        # install: the wheels are all that is installed
        WORKDIR /app
        RUN ["env", "python3", "-m", "pip", "install", "--no-index", "-r", "requirements.txt", "--prefix", "/opt/venv"]

        # sources: code changes more often than dependencies
        COPY . /app

        # build: driftwood/settings.py:41 'STATIC_ROOT = BASE_DIR / "static"'
        WORKDIR /app
        RUN ["env", "python3", "manage.py", "collectstatic", "--noinput"]

        # bytecode: start-up is faster with bytecode
        WORKDIR /app
        RUN ["env", "python3", "-c", "import compileall, py_compile, sys\nfor path in sys.argv[1:]: compileall.compile_dir(path, quiet=1)", "/opt/venv", "/app"]

        # folders of the image, made here because the runtime has nothing to make them with
        WORKDIR /autoimage/folder0
        RUN ["env", "mkdir", "-m", "0755", "media"]

        # files of the image, made here because the runtime has nothing to make them with
        WORKDIR /autoimage/file0
        RUN ["env", "sh", "-c", "printf %s \"$3\" >\"$2\" && chmod \"$1\" \"$2\"", "sh", "0644", "driftwood.conf", "workers = \"2\"\n"]

        FROM autoimage.local/debian/python-3.11-runtime:bookworm AS runtime
        COPY --from=builder --chown=0:0 /opt/venv /opt/venv
        COPY --from=builder --chown=0:0 /app /app
        COPY --from=builder --chown=65532:65532 /autoimage/folder0/ /app/
        COPY --from=builder --chown=0:0 /autoimage/file0/driftwood.conf /etc/driftwood.conf
        ENV PYTHONUNBUFFERED="1"
        ENV GREETING="a \"b\" \$HOME"
        LABEL org.opencontainers.image.title="driftwood"
        EXPOSE 8000
        WORKDIR /app
        USER 65532:65532
        STOPSIGNAL SIGTERM
        ENTRYPOINT ["/usr/bin/python3", "-m", "gunicorn", "driftwood.wsgi", "--bind", "0.0.0.0:8000"]

        """#.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}
