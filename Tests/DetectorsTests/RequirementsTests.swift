import Planning
import TestSupport
import Testing

@testable import Detectors

@Suite struct RequirementsTests {
    private func read(_ text: String, more: [String: String] = [:], service: String = ".") throws -> RequirementSet {
        let prefix = service == "." ? "" : service + "/"
        let tree = try MemorySourceTree(
            more.merging(["\(prefix)requirements.txt": text]) { one, _ in one }, service: service)
        return try RequirementsParser.read(tree.service.appending("requirements.txt"), from: tree)
    }

    @Test(
        arguments: [
            ("Django==4.2", "django", [], "==4.2"),
            ("Flask_SQLAlchemy >= 3.0, < 4", "flask-sqlalchemy", [], ">=3.0,<4"),
            ("uvicorn[standard]~=0.30", "uvicorn", ["standard"], "~=0.30"),
            ("zope.interface", "zope-interface", [], ""),
            ("requests (>=2.0)", "requests", [], ">=2.0"), ("a [b, C] == 1.* # why", "a", ["b", "c"], "==1.*"),
            (#"gunicorn==23 ; python_version >= "3.8""#, "gunicorn", [], "==23"),
            ("psycopg2==2.9.9 --hash=sha256:aa --hash=sha256:bb", "psycopg2", [], "==2.9.9"),
            ("pip @ https://example.org/pip.whl", "pip", [], ""),
            ("lib @ git+https://example.org/lib.git@v1", "lib", [], ""),
            ("-e git+https://example.org/x.git#egg=Some_Name", "some-name", [], ""),
        ] as [(String, String, [String], String)])
    func `reads a requirement`(_ line: String, _ name: String, _ extras: [String], _ specifier: String) throws {
        let found = try #require(try read(line).requirements.first)
        #expect(found.name == name)
        #expect(found.extras == extras)
        #expect(found.specifier == specifier)
    }

    @Test func `joins continued lines and counts hashes`() throws {
        let set = try read("# head\na==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nb==2\n")
        #expect(set.requirements.map(\.evidence.line) == [2, 5])
        #expect(set.requirements[0].hashes == ["sha256:aa", "sha256:bb"])
    }

    @Test func `follows includes and constraints`() throws {
        let set = try read(
            "-r requirements/base.txt\n-c constraints.txt\na\n",
            more: [
                "requirements/base.txt": "-r common.txt\nb==1\n", "requirements/common.txt": "-r base.txt\nc\n",
                "constraints.txt": "d==1\n",
            ])
        #expect(
            set.files.map(\.description) == [
                "requirements.txt", "requirements/base.txt", "requirements/common.txt", "constraints.txt",
            ])
        #expect(set.requirements.compactMap(\.name) == ["c", "b", "a"])
    }

    @Test(arguments: [
        ("-e .", "."), ("./libs/a[x]", "libs/a"), ("-e libs/a", "libs/a"), ("file:./libs/a", "libs/a"),
        ("--editable=./libs/a ; python_version > '3'", "libs/a"),
        ("./wheels/x-1-py3-none-any.whl", "wheels/x-1-py3-none-any.whl"),
        ("a @ file:libs/a", "libs/a"),
    ])
    func `finds local paths`(_ line: String, _ path: String) throws {
        let set = try read(line, more: ["libs/a/setup.py": "", "wheels/x-1-py3-none-any.whl": ""])
        #expect(set.localPaths.map(\.description) == [path])
    }

    @Test func `reads local paths from the service's folder`() throws {
        let set = try read("-e ../common\n", more: ["common/setup.py": ""], service: "shop")
        #expect(set.localPaths.map(\.description) == ["common"])
    }

    @Test(arguments: [
        ("-i https://example.org/simple\n--extra-index-url=https://example.org/b\n--pre\n--trusted-host x\na", 1),
        ("--no-binary :all:\n--only-binary=b\n--prefer-binary\n--require-hashes\n-f ./links\na\nb", 2),
    ])
    func `takes the options of pip`(_ text: String, _ count: Int) throws {
        #expect(try read(text, more: ["links/x.whl": ""]).requirements.count == count)
    }

    @Test(arguments: [
        (
            "a\nflask=3.0\n",
            "requirements.txt:2: 'flask=3.0' is no requirement: '=3.0' has no comparison such as >= or ==; "
                + "write it as in: name[extra]>=1.2,<2; python_version > \"3.8\""
        ),
        (
            "???",
            "requirements.txt:1: '???' is no requirement; write it as in: name[extra]>=1.2,<2; python_version > \"3.8\""
        ),
        (
            "\n\n-r missing.txt",
            "requirements.txt:3: there is no file 'missing.txt'; correct the path, or let the file into "
                + "the build if it is ignored"
        ),
        (
            "-r ../../x.txt",
            "requirements.txt:1: '../../x.txt' lies outside the source tree; move it into the service's "
                + "folder, or build from the folder that holds both"
        ),
        (
            "-e ../lib",
            "requirements.txt:1: '../lib' lies outside the source tree; move it into the service's folder, or "
                + "build from the folder that holds both"
        ),
        (
            "/opt/x",
            "requirements.txt:1: '/opt/x' lies outside the source tree; move it into the service's folder, or build "
                + "from the folder that holds both"
        ),
        (
            "./nothing",
            "requirements.txt:1: there is nothing at 'nothing'; correct the path, or let it into the build if it "
                + "is ignored"
        ),
        (
            "--no-binry x",
            "requirements.txt:1: pip knows no option '--no-binry' in a requirements file; did you mean "
                + "--no-binary?"
        ),
        ("-r", "requirements.txt:1: '-r' needs a value; correct the line"),
        ("--pre yes", "requirements.txt:1: '--pre' takes no value; correct the line"),
        (
            "-r https://example.org/r.txt",
            "requirements.txt:1: includes 'https://example.org/r.txt' from the network; put "
                + "the file into the service, so that a build depends on nothing else"
        ),
        (
            "a @ nowhere",
            "requirements.txt:1: 'a @ nowhere' has no address after '@'; write it as in: "
                + "name[extra]>=1.2,<2; python_version > \"3.8\""
        ),
    ])
    func `names file and line of what is broken`(_ text: String, _ message: String) {
        #expect { try read(text) } throws: { error in
            #expect("\(error)" == message)
            return error is PlanError
        }
    }

    @Test func `drops what another platform needs`() throws {
        let set = try read("a; sys_platform == 'win32'\nb; sys_platform == 'linux'\n")
        #expect(try set.applying(pythonVersion: "3.11", machine: "x86_64").requirements.compactMap(\.name) == ["b"])
    }

    @Test func `names the line of a broken marker`() throws {
        let message = try planError(["requirements.txt": "a; colour == 'red'\n", "main.py": ""])
        #expect(
            message == "requirements.txt:1: 'colour == 'red'' is no environment marker; write one as in: "
                + "python_version >= \"3.11\"")
    }

    @Test func `asks for variables that nothing sets`() throws {
        let files = ["requirements.txt": "-i https://u:${INDEX_TOKEN}@example.org/simple\na==1\n", "main.py": ""]
        #expect(
            try planError(files)
                == "requirements.txt:1: reads the variable 'INDEX_TOKEN' and nothing sets it; pass it with "
                + "--secret id=INDEX_TOKEN,env=INDEX_TOKEN, or with --build-env where it is no secret")
        let made = try plan(files) { $0.offeredSecrets = [.init(id: "INDEX_TOKEN", isVariable: true)] }
        let steps = made.builder.steps.filter { step in
            guard case .run(let command) = step.action else { return false }
            return command.mounts.contains(
                .secret(id: "INDEX_TOKEN", target: nil, variable: "INDEX_TOKEN", required: true))
        }
        #expect(steps.map(\.name) == ["resolve", "wheels"])
    }

    @Test func `warns of a password in the file`() throws {
        let made = try plan(["requirements.txt": "-i https://u:secret@example.org/simple\na==1\n", "main.py": ""])
        #expect(
            made.warnings.first
                == "requirements.txt:1: holds a password; keep it in a secret: --secret id=pip.conf,src=FILE")
        // The plan names the line; the step reads it in the copied file.
        #expect(made.builder.steps.first?.name == "manifests")
        let arguments = made.builder.steps.flatMap { step -> [String] in
            guard case .run(let command) = step.action else { return [] }
            return command.arguments
        }
        #expect(arguments.contains("--from requirements.txt:1"))
        #expect(!arguments.contains { $0.contains("secret@") })
    }
}
