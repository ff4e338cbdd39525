import OCI
import Planning
import Testing

@Suite struct TextRendererTests {
    @Test func `explains both stages, whole`() throws {
        let text = renderText(try Driftwood.plan())
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) == Self.driftwood)
    }

    @Test(arguments: [false, true]) func `no line is wider than 120 columns`(full: Bool) throws {
        var plan = try Driftwood.plan()
        let long = String(repeating: "x", count: 300)
        plan.warnings = [long, String(repeating: "word ", count: 60)]
        plan.builder.steps.append(
            Step(
                name: "long", needs: [], action: .run(command: Driftwood.run([long, long])), reason: .usual(why: long)))
        let widest = renderText(plan, full: full).split(separator: "\n").map(\.count).max()
        #expect(widest == 120)
    }

    @Test func `shortens long arguments unless all is wanted`() throws {
        let plan = try Driftwood.plan()
        #expect(renderText(plan).contains("compileall…' /opt/venv"))
        #expect(!renderText(plan, full: true).contains("…'  "))
        #expect(renderText(plan, full: true).contains("compile_dir(path,"))
    }

    @Test func `a plan without pins says what is checked at build`() throws {
        var plan = try Driftwood.plan()
        plan.builder.base.pin = nil
        plan.runtime.base.pin = nil
        let lines = renderText(plan).split(separator: "\n").map(String.init)
        #expect(lines.filter { $0 == "  pin          checked at build" }.count == 2)
        #expect(
            lines.contains(
                "  waits   bases pinned                          checked at build: bases and images are fixed to exact bytes"
            )
        )
    }

    @Test func `a broken rule shows its problem`() throws {
        var plan = try Driftwood.plan()
        plan.runtime.config.ports = [Decided(0, .usual(why: "test"))]
        #expect(
            renderText(plan).contains(
                "  BROKEN  ports from 1 to 65535                 port 0 is not between 1 and 65535; choose another\n"))
    }

    @Test func `libraries of the lock are artifacts`() throws {
        let file = ImagePath("/usr/lib/libpq.so.5")
        let pins = Pins(libraries: [
            ".@linux/amd64": [
                LibraryAddition(
                    package: "libpq5", version: "15.8", files: [file], neededBy: [ImagePath("/opt/venv/p.so")])
            ]
        ])
        let text = renderText(try Driftwood.plan().applying(pins))
        #expect(
            text.contains(
                "  shared libraries: 1 file of the builder, as autoimage.lock says; see the artifacts above\n"))
        #expect(
            text.contains(
                """
                  artifact     /usr/lib/libpq.so.5 → /usr/lib/libpq.so.5
                               system libraries layer, owner 0:0
                               because needed by /opt/venv/p.so, from libpq5 15.8

                """))
    }

    @Test func `a text of the source tree cannot steer the terminal nor show a password`() throws {
        var plan = try Driftwood.plan()
        plan.warnings = ["\u{1B}[2Jgone\r\u{202E}evil", "index https://me:s3cret@host/simple"]
        let lines = renderText(plan).split(separator: "\n").suffix(2).map(String.init)
        #expect(lines == ["  \\u{1b}[2Jgone\\u{d}\\u{202e}evil", "  index https://me:***@host/simple"])
    }

    @Test func `colour adds to the lines and changes no word`() throws {
        let plan = try Driftwood.plan()
        let colored = renderText(plan, color: true)
        #expect(colored.contains("\u{1B}[1mlibraries\u{1B}[0m\n"))
        let plain = ["\u{1B}[0m", "\u{1B}[1m", "\u{1B}[2m", "\u{1B}[33m"].reduce(colored) { $0.replacing($1, with: "") }
        #expect(plain == renderText(plan))
    }

    private static let driftwood = #"""
        driftwood: python for linux/amd64
          language        python
                          because requirements.txt
          python version  3.11
                          because .python-version:1  '3.11'
                          not 3.13: not what .python-version asks for
          framework       Django 4.2.16
                          because requirements.txt:1  'Django==4.2.16'

        stage builder: thrown away, only its artifacts leave it
          artifacts    native: made on the platform that they are for
                       because what it makes is for its own platform
          base         debian/bookworm/python-3.11-builder
                       family debian, debian-12, libc glibc 2.36, /usr/bin/python3.11 with ABI cp311, shell /bin/sh, supported
                       until 2027-10
                       because Debian has Python 3.11
                       not official: the debian family offers Python 3.11
          package      libpq-dev
                       because requirements.txt:3  'psycopg2==2.9.9'
          pin          1 packages of bookworm for amd64, by version and SHA-256 in autoimage.lock
          step 1       manifests: copies source files
                       copy     requirements.txt → /app
                       because requirements.txt
          step 2       wheels: runs a program, after manifests
                       run      python3 -m pip wheel -r requirements.txt -w /tmp/wheels
                       in       /app
                       env      CFLAGS=-g0 -O2
                       mount    cache pip at /root/.cache/pip
                       mount    secret index as variable PIP_INDEX_URL, where it is given
                       network  host
                       because requirements.txt:3  'psycopg2==2.9.9'
          step 3       install: runs a program, after wheels
                       run      python3 -m pip install --no-index -r requirements.txt --prefix /opt/venv
                       in       /app
                       network  none
                       because the wheels are all that is installed
          step 4       sources: copies source files, after install
                       copy     . → /app
                       because code changes more often than dependencies
          step 5       build: runs a program, after sources
                       run      python3 manage.py collectstatic --noinput
                       in       /app
                       network  none
                       because driftwood/settings.py:41  'STATIC_ROOT = BASE_DIR / "static"'
          step 6       bytecode: runs a program, after build
                       run      python3 -c 'import compileall, py_compile, sys\nfor path in sys.argv[1:]: compileall…' /opt/venv
                                /app
                       in       /app
                       network  none
                       because start-up is faster with bytecode

        stage runtime: what ships
          base         debian/bookworm/python-3.11-runtime
                       family debian, debian-12, libc glibc 2.36, /usr/bin/python3.11 with ABI cp311, no shell, supported until
                       2027-10
                       because Debian has Python 3.11
                       not official: the debian family offers Python 3.11
          pin          1 packages of bookworm for amd64, by version and SHA-256 in autoimage.lock
          artifact     /opt/venv → /opt/venv
                       dependencies layer, owner 0:0
                       because the installed packages
          artifact     /app → /app
                       application layer, owner 0:0
                       because the service's own code
          file         /etc/driftwood.conf
                       14 bytes, mode 0644, application layer, owner 0:0
                       because settings of the start
          entrypoint   /usr/bin/python3 -m gunicorn driftwood.wsgi --bind 0.0.0.0:8000
                       because driftwood/settings.py:12  'WSGI_APPLICATION = 'driftwood.wsgi.application''
                       not manage.py runserver: for development only
          env          PYTHONUNBUFFERED=1
                       because logs appear at once
          env          GREETING=a "b" $HOME
                       because requested by autoimage.toml:3 env
          user         65532:65532
                       because not root
          workdir      /app
          port         8000
                       because gunicorn's own
          stop signal  SIGTERM
                       because gunicorn ends gracefully
          writable     /app/media
                       because driftwood/settings.py:44  'MEDIA_ROOT'
          process      worker: /usr/bin/python3 manage.py work
                       because Procfile:2  'worker: …'
          label        org.opencontainers.image.title=driftwood

        libraries
          libc: glibc 2.36 in builder and runtime: what was built finds the C library that it was built against
          shared libraries: completed by the first build, which records them in autoimage.lock

        rules checked
          holds   known platform                        the image is for linux/amd64 or linux/arm64, and its builder fits it
          holds   bases pinned                          bases and images are fixed to exact bytes
          holds   one libc family                       what is built against one C library never meets another
          holds   libc of the builder no newer          the runtime's C library has every symbol version the builder offers
          holds   no libc only for static artifacts     a runtime without a C library gets static programs only
          holds   one distribution release              shared libraries of the builder are those that the runtime's release
                                                        ships
          holds   one interpreter ABI                   extension modules load in the interpreter that runs them
          holds   no toolchain in the runtime base      no compiler and no package manager ships
          holds   source paths inside their base        every source path has its place in the builder
          holds   steps named and in order              every step has one name and comes after those it needs
          holds   every run step names a program        commands are argument arrays that start with a program
          holds   a shell where steps use one           every step that runs a shell finds it in the builder
          holds   mounts hold no artifact               what a mount hides or throws away is not shipped
          holds   every copy names a declared artifact  only declared paths leave the builder
          holds   no artifact is a system folder        no copy takes along a whole system folder or toolchain
          holds   no two files at one path              every path of the image has one origin
          holds   a named user that is not root         the service runs as a numeric user with a line in /etc/passwd
          holds   entrypoint inside the image           every program the image starts lies in an artifact, a file of the plan
                                                        or the base
          holds   a shell where the image starts one    no program is started through a shell that is not there
          holds   working directory inside the image    the folder the service starts in exists
          holds   ports from 1 to 65535                 every port can be listened on, and is named once
          holds   variables can be set                  every variable has a name that programs accept, once
          holds   no secret in the plan                 secrets reach steps as mounts only, never as text

        warnings
          Python 3.11 has no support from upstream after 2027-10

        """#.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
}
