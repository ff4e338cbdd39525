import OCI
import Planning
import Testing

@testable import Detectors

@Suite struct PlannerTests {
    private static let script = ["main.py": ""]
    private static let service = ["requirements.txt": "flask==3\ngunicorn==23", "app.py": "app = Flask(__name__)\n"]

    @Test(
        arguments: [
            (
                nil, "debian/trixie/python-3.13-builder",
                "the newest stable one; debian bases need no container registry"
            ),
            (
                "auto", "debian/trixie/python-3.13-builder",
                "the newest stable one; debian bases need no container registry"
            ),
            ("debian", "debian/trixie/python-3.13-builder", "requested by --bases"),
            ("official", "official/python-3.13-builder", "requested by --bases"),
        ] as [(String?, String, String)])
    func `chooses a family of bases`(_ family: String?, _ id: String, _ reason: String) throws {
        let base = try plan(Self.script) { $0.bases = family.map { Requested($0, by: "--bases") } }.builder.base
        #expect(base.entry.id == id)
        #expect(base.reason.description == reason)
    }

    @Test func `takes another family only where debian has no version`() throws {
        let made = try plan(["main.py": "", ".python-version": "3.12"])
        #expect(made.builder.base.entry.id == "official/python-3.12-builder")
        #expect(made.builder.base.reason.description == "no debian suite has python 3.12")
        #expect(made.runtime.files.map(\.path) == [ImagePath("/etc/group"), ImagePath("/etc/passwd")])
        #expect(made.runtime.files.map(\.contents) == ["nonroot:x:65532:\n", Self.nonroot])
        #expect(made.runtime.files.map(\.addsToBase) == [true, true])
        let rule = try #require(PlanRule.all.first { $0.name == "no toolchain in the runtime base" })
        #expect(
            rule.outcome(for: made) == .waived(by: .usual(why: "official images have no variant without pip")))
    }

    private static let nonroot = "nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"

    @Test(arguments: [
        ("root:x:0:0::/:\n", "root:x:0:0::/:\n\(nonroot)"), ("root:x:0:0::/:", "root:x:0:0::/:\n\(nonroot)"),
        ("", nonroot), ("me:x:65532:1::/:\n", "me:x:65532:1::/:\n"),
    ])
    func `adds a user to those that the base has`(_ base: String, _ whole: String) throws {
        let made = try plan(["main.py": "", ".python-version": "3.12"])
        #expect(made.runtime.files.last?.contents(over: base) == whole)
    }

    @Test(
        arguments: [
            ("psycopg2==2.9.9", nil),
            (
                "python-ldap",
                "requirements.txt:1 'python-ldap': needs libldap-dev, libsasl2-dev, and official/python-3.12-builder is an "
                    + "image that lacks them; packages are added to bases of --bases debian; or describe a base that has "
                    + "them in a file for --bases FILE"
            ),
        ] as [(String, String?)])
    func `needs what an image has`(_ requirement: String, _ message: String?) throws {
        let files = ["requirements.txt": requirement, "main.py": "", ".python-version": "3.12"]
        if let message {
            #expect(try planError(files) == message)
        } else {
            #expect(try plan(files).builder.base.packages == [])
        }
    }

    @Test func `adds no package to an image`() throws {
        let error = try planError(Self.script) {
            $0.bases = Requested("official", by: "--bases")
            $0.runtimePackages = [Requested("dash", by: "--set runtime-packages")]
        }
        #expect(
            error
                == "requested by --set runtime-packages: needs dash, and official/python-3.13-runtime is an image that "
                + "lacks it; packages are added to bases of --bases debian; or describe a base that has it in a file "
                + "for --bases FILE")
    }

    @Test func `takes testing only where nothing released will do`() throws {
        let made = try plan(["main.py": "", ".python-version": "3.14"])
        #expect(made.builder.base.entry.id == "debian/testing/python-3.14-builder")
        #expect(made.warnings == ["debian/testing/python-3.14-builder: Debian testing, not yet released"])
    }

    @Test func `names families where one is unknown`() throws {
        #expect(
            try planError(Self.script) { $0.bases = Requested("alpine", by: "--bases") }
                == "no base images of 'alpine' for python; known are debian, official; choose with --bases")
    }

    @Test func `names languages where one is unknown`() throws {
        #expect(
            try planError(Self.script) { $0.language = Requested("cobol", by: "--language") }
                == "--language: no language 'cobol'; known are go, java, node, python")
    }

    @Test func `applies what is asked for whatever the language`() throws {
        let made = try plan(Self.service) { options in
            options.user = Requested(Owner(uid: 1000, gid: 1000), by: "--set user")
            options.environment = [
                "MODE": Requested("live", by: "autoimage.toml:3 env.MODE"), "LANG": Requested("C", by: "x"),
            ]
            options.buildEnvironment = ["FLAG": Requested("1", by: "--build-env")]
            options.writable = [Requested(ImagePath("/app/data"), by: "autoimage.toml:4 writable")]
            options.artifacts = [
                Requested(
                    .init(path: ImagePath("/usr/share/x"), destination: ImagePath("/opt/x")),
                    by: "autoimage.toml:5 artifacts")
            ]
            options.processes = ["worker": Requested(["/opt/venv/bin/celery"], by: "autoimage.toml:6 processes")]
            options.labels = ["team": Requested("shop", by: "autoimage.toml:8 labels.team")]
            options.secretMounts = [
                Requested(.init(id: "key", step: "wheels", target: nil, variable: "KEY"), by: "autoimage.toml:7")
            ]
            options.port = Requested(9090, by: "--set port")
            options.ssh = true
        }
        let config = made.runtime.config
        #expect(config.user.value == Owner(uid: 1000, gid: 1000))
        #expect(config.environment.first { $0.name == "MODE" }?.value.value == "live")
        #expect(config.environment.filter { $0.name == "LANG" }.map(\.value.value) == ["C"])
        #expect(config.environment.map(\.name) == config.environment.map(\.name).sorted())
        #expect(config.ports.map(\.value) == [9090])
        #expect(config.processes["worker"]?.value == ["/opt/venv/bin/celery"])
        #expect(
            config.labels == [
                "team": "shop"
            ])
        #expect(
            made.runtime.files.map { "\($0.path) \($0.owner)" } == [
                "/etc/group 0:0", "/etc/passwd 0:0", "/app/data 1000:1000",
            ])
        #expect(made.builder.artifacts.contains(ImagePath("/usr/share/x")))
        #expect(made.runtime.copies.last?.destination == ImagePath("/opt/x"))
        #expect(made.warnings == [])
        for step in made.builder.steps {
            guard case .run(let command) = step.action else { continue }
            let reaches = ["resolve", "wheels"].contains(step.name)
            #expect(command.environment["FLAG"] == "1")
            #expect(command.mounts.contains(.ssh) == reaches)
            // The secret was asked for in 'wheels'.
            #expect(
                command.mounts.contains(.secret(id: "key", target: nil, variable: "KEY", required: true)) == reaches)
        }
    }

    @Test func `names the steps where a secret's step is unknown`() throws {
        #expect(
            try planError(Self.service) {
                $0.secretMounts = [
                    Requested(.init(id: "k", step: "instal", target: nil, variable: nil), by: "autoimage.toml:2")
                ]
            } == "autoimage.toml:2: no step 'instal'; the steps are resolve, wheels, venv, "
                + "install, prune, compile, bytecode")
    }

    @Test(
        arguments: [
            ("psycopg2==2.9.9", ["libpq-dev"]), ("psycopg2-binary==2.9.9", []),
            ("mysqlclient", ["default-libmysqlclient-dev", "pkg-config"]),
            ("lxml==5", []), ("--no-binary lxml\nlxml==5", ["libxml2-dev", "libxslt1-dev", "zlib1g-dev"]),
            ("--no-binary :all:\nlxml", ["libxml2-dev", "libxslt1-dev", "zlib1g-dev"]),
            ("x @ git+https://example.org/x.git", ["git"]), ("psycopg2; sys_platform == 'win32'", []),
        ] as [(String, [String])])
    func `adds the packages that compile a requirement`(_ text: String, _ packages: [String]) throws {
        let made = try plan(["requirements.txt": text, "main.py": ""])
        #expect(made.builder.base.packages.map(\.value) == packages)
        #expect(made.runtime.base.packages.isEmpty)
    }

    @Test func `shows an index's secrets to the steps of pip`() throws {
        let made = try plan(Self.service) {
            $0.offeredSecrets = [
                .init(id: "pip.conf", isVariable: false), .init(id: "netrc", isVariable: false),
                .init(id: "PIP_INDEX_URL", isVariable: true),
            ]
        }
        for step in made.builder.steps {
            guard case .run(let command) = step.action else { continue }
            let secrets = command.mounts.filter { if case .secret = $0 { true } else { false } }
            let reaches = ["resolve", "wheels"].contains(step.name)
            #expect(secrets.count == (reaches ? 3 : 0))
            #expect(command.network == (reaches ? .host : .none))
        }
    }

    @Test func `takes the user's own commands`() throws {
        let made = try plan(Self.service) {
            $0.installCommand = Requested(["pip", "install", "-r", "requirements.txt"], by: "--set install")
            $0.buildCommand = Requested(["python", "make.py"], by: "--set build")
            $0.startCommand = Requested(["gunicorn", "x", "--bind", ":$PORT"], by: "--set start")
        }
        #expect(
            made.builder.steps.map(\.name) == [
                "manifests", "venv", "install", "prune", "compile", "sources", "build", "bytecode",
            ])
        #expect(
            made.runtime.config.entrypoint.value.suffix(4) == ["/opt/venv/bin/gunicorn", "x", "--bind", ":${PORT}"])
        #expect(made.runtime.config.entrypoint.reason == .requested(option: "--set start"))
    }

    @Test func `gives a command of an option to a shell where it asks for one`() throws {
        let made = try plan(Self.service) {
            $0.startCommand = Requested(["/bin/sh", "-c", "a && b --port $PORT"], by: "--set start")
        }
        #expect(made.runtime.base.entry.id == "debian/trixie/python-3.13-runtime-shell")
        #expect(made.runtime.config.entrypoint.value == ["/bin/sh", "-c", "a && b --port $PORT"])
        #expect(made.runtime.config.ports.map(\.value) == [8000])
    }

    @Test func `puts programs of an option's processes at their paths`() throws {
        let made = try plan(Self.service) {
            $0.startCommand = Requested(["python", "job.py"], by: "--set start")
            $0.processes = ["beat": Requested(["celery", "-A", "${APP}"], by: "--set processes.beat")]
        }
        #expect(made.runtime.config.entrypoint.value == ["/opt/venv/bin/python", "job.py"])
        #expect(made.runtime.config.ports.isEmpty)
        #expect(made.runtime.config.processes["beat"]?.value.suffix(3) == ["/opt/venv/bin/celery", "-A", "${APP}"])
        #expect(made.runtime.config.processes["beat"]?.value.first == "/usr/bin/python3.13")
    }
}
