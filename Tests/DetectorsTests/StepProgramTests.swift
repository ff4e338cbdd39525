import Foundation
import Testing

@testable import Detectors

/// This machine's own Python.
private let hostPython = ["/usr/bin/python3", "/usr/local/bin/python3"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

/// The small programs of a build's steps, run by this machine's own Python in folders of their own.
@Suite(.enabled(if: hostPython != nil, "running a step's program takes a Python on this machine"))
struct StepProgramTests {
    /// A folder with these files, removed in the end.
    private final class Folder {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("programs-\(UUID().uuidString)").path

        init(_ files: [String: String]) throws {
            for (name, text) in files {
                let file = URL(fileURLWithPath: "\(path)/\(name)")
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try text.write(to: file, atomically: true, encoding: .utf8)
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var names: [String] {
            let all = FileManager.default.enumerator(atPath: path)?.compactMap { $0 as? String } ?? []
            return all.filter { name in
                var isFolder: ObjCBool = false
                return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                    && !isFolder.boolValue
            }.sorted()
        }
    }

    private func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(hostPython))
        process.arguments = ["-c", program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    private func library() throws -> String {
        let version = try run("import sys;print('%d.%d'%sys.version_info[:2],end='')", []).output
        return "lib/python\(version)/site-packages"
    }

    @Test func `prunes tests that nothing imports, and tools that nothing needs`() throws {
        let lib = try library()
        let kept = [
            "a/__init__.py": "from .test import helper", "a/test/__init__.py": "", "a/test/test_helper.py": "",
            "b/__init__.py": "", "b/core.py": "", "c/__init__.py": "def f():\n    from c.tests import data",
            "c/tests/__init__.py": "", "d/__init__.py": "import attach_stub\nattach_stub()", "d/x.pyi": "",
            "e/test/client.py": "", "e/__init__.py": "from d import x", "wheel/__init__.py": "",
            "wheel-1.dist-info/METADATA": "", "f/__init__.py": "import wheel.util",
        ]
        let removed = [
            "b/tests/__init__.py": "", "b/tests/test_core.py": "import b.tests", "b/sub/tests/conftest.py": "",
            "b/test/test_core.py": "", "b/fast.c": "", "b/x.pyi": "", "tests/__init__.py": "",
            "pip/__init__.py": "import pip",
            "pip-25.dist-info/METADATA": "", "setuptools/__init__.py": "import pkg_resources, distutils",
            "setuptools-80.1.dist-info/METADATA": "", "pkg_resources/__init__.py": "import setuptools",
            "distutils-precedence.pth": "", "b/l/x.po": "",
        ]
        var files = Dictionary(
            uniqueKeysWithValues: kept.merging(removed) { one, _ in one }.map { ("\(lib)/\($0)", $1) })
        files["\(lib)/b/l/x.mo"] = ""
        for name in ["pip", "pip3.13", "activate", "Activate.ps1", "flask"] { files["bin/\(name)"] = "" }
        let folder = try Folder(files)
        let program = StepPrograms.prune.replacing("/opt/venv", with: folder.path)
        let outcome = try run(program, [])
        #expect(outcome.status == 0, "\(outcome.output)")
        let expected = kept.keys.map { "\(lib)/\($0)" } + ["\(lib)/b/l/x.mo", "bin/flask"]
        #expect(folder.names == expected.sorted())
    }

    @Test func `keeps a tool that the service asks for`() throws {
        let lib = try library()
        let folder = try Folder(["\(lib)/setuptools/__init__.py": "", "\(lib)/setuptools-1.dist-info/METADATA": ""])
        let before = folder.names
        let outcome = try run(StepPrograms.prune.replacing("/opt/venv", with: folder.path), ["setuptools"])
        #expect(outcome.status == 0 && folder.names == before, "\(outcome.output)")
    }

    /// A `pip` that writes what it is given, and a report.
    private static let pip = #"""
        import json,os,sys
        args=sys.argv[1:]
        with open(os.environ['PIP_LOG'],'a') as log:
            log.write(' '.join('FILE' if '/tmp' in a else a for a in args)+'\n')
            if 'PYTHONPATH' in os.environ:log.write(f"{os.environ['PATH'].split(':')[0]} {os.environ['PYTHONPATH']}\n")
            for flag,path in zip(args,args[1:]):
                if flag in('-r','-c'):log.write(flag+open(path).read().replace('\n',';')+'\n')
            constraints=[open(p).read() for f,p in zip(args,args[1:]) if f=='-c']
        if any('old' in c for c in constraints):sys.exit(1)
        if '--report' in args:
            item=lambda name,version,direct,info:dict(metadata=dict(name=name,version=version),is_direct=direct,download_info=info)
            json.dump({'install':[
              item('Flask','3.1',False,{'url':'https://u:p@packages.example/f/flask-3.1-py3-none-any.whl','archive_info':{'hash':'sha256=aa'}}),
              item('x_y','1',True,{'url':'https://code.example/x','vcs_info':{'vcs':'git','commit_id':'0123'},'subdirectory':'s'}),
              item('lib','1',True,{'url':'file:///manifests/lib','dir_info':{}}),
              item('z','2',True,{'url':'https://files.example/z%2B1.tar.gz','archive_info':{'hashes':{'sha256':'bb'}}}),
            ]},open(args[args.index('--report')+1],'w'))
        """#

    /// Runs a program around that `pip` with its folders moved; returns what pip was given.
    private func runWithPip(_ program: String, _ arguments: [String], _ files: [String: String] = [:]) throws -> (
        folder: Folder, status: Int32, log: String
    ) {
        let folder = try Folder(files.merging(["pip.py": Self.pip]) { one, _ in one })
        var text = program.replacing("[sys.executable,'-m','pip']", with: "[sys.executable,'\(folder.path)/pip.py']")
        for place in ["/wheels", "/backends", "/tools", "/resolved", "/manifests"] {
            text = text.replacing("'\(place)", with: "'\(folder.path)\(place)")
        }
        text = "import os;os.environ['PIP_LOG']='\(folder.path)/log'\n" + text
        let outcome = try run(text, arguments)
        let log = (try? String(contentsOfFile: "\(folder.path)/log", encoding: .utf8)) ?? ""
        return (folder, outcome.status, outcome.status == 0 ? log : log + outcome.output)
    }

    @Test func `resolves into names, versions, files and hashes, and never an index's address`() throws {
        let made = try runWithPip(
            StepPrograms.resolve,
            ["--pre", "flask>=3", "--from req.txt:2", "--constraints", "a<2", "--previous", "old==1"],
            ["manifests/req.txt": "# x\n-e git+https://u:secret@code.example/x \\\n   --global-option=y\n"])
        #expect(made.status == 0, "\(made.log)")
        // With what was taken before, then without it.
        #expect(made.log.contains("-ca<2;old==1;") && made.log.contains("-ca<2;\n"))
        #expect(made.log.contains("-r--pre;flask>=3;git+https://u:secret@code.example/x     --global-option=y;"))
        let result = try String(contentsOfFile: "\(made.folder.path)/resolved/packages.json", encoding: .utf8)
        let packages = try JSONDecoder().decode([[String: String]].self, from: Data(result.utf8))
        #expect(
            packages == [
                ["name": "flask", "version": "3.1", "file": "flask-3.1-py3-none-any.whl", "sha256": "sha256:aa"],
                ["name": "x-y", "version": "1", "url": "git+https://code.example/x@0123#subdirectory=s"],
                [
                    "name": "z", "version": "2", "file": "z+1.tar.gz", "sha256": "sha256:bb",
                    "url": "https://files.example/z%2B1.tar.gz",
                ],
            ])
    }

    @Test func `fetches lines with hashes and lines without apart, and each build's tools apart`() throws {
        let made = try runWithPip(
            StepPrograms.wheels,
            [
                "--index-url https://packages.example", "--no-binary x", "a==1 --hash=sha256:aa",
                "b @ git+https://x.example",
                "--backends", "setuptools", "wheel", "--backends", "hatchling",
            ])
        #expect(made.status == 0, "\(made.log)")
        let target = "--wheel-dir"
        #expect(made.log.components(separatedBy: target).count == 5)
        #expect(made.log.contains("--no-deps --require-hashes"))
        #expect(made.log.contains("-r--index-url https://packages.example;--no-binary x;a==1 --hash=sha256:aa;\n"))
        #expect(made.log.contains("-r--index-url https://packages.example;--no-binary x;b @ git+https://x.example;\n"))
        #expect(made.log.contains("-r--index-url https://packages.example;setuptools;wheel;\n"))
        #expect(made.log.contains("-r--index-url https://packages.example;hatchling;\n"))
    }

    @Test func `fetches what the step before resolved`() throws {
        let made = try runWithPip(
            StepPrograms.wheels, ["--resolved", "--pre"],
            [
                "resolved/packages.json":
                    #"[{"name":"a","version":"1","sha256":"sha256:aa"},{"name":"b","version":"2","url":"git+x"}]"#
            ])
        #expect(made.status == 0, "\(made.log)")
        #expect(made.log.contains("-r--pre;a==1 --hash=sha256:aa;\n") && made.log.contains("-r--pre;b @ git+x;\n"))
    }

    @Test func `installs the tools of each list into a folder of its own`() throws {
        let made = try runWithPip(
            StepPrograms.tools,
            ["--backends", "setuptools<70", "wheel", "--backends", "--backends", "x @ file:///x"])
        #expect(made.status == 0, "\(made.log)")
        let pip = "install --no-index --find-links FILE --no-cache-dir --no-warn-script-location --target FILE"
        #expect(made.log == "\(pip) setuptools<70 wheel\n\(pip) x @ file:///x\n")
        #expect(
            made.folder.names.filter { $0.hasPrefix("tools") } == (0..<3).map { "tools/\($0)/sitecustomize.py" })
        let site = try String(contentsOfFile: "\(made.folder.path)/tools/2/sitecustomize.py", encoding: .utf8)
        #expect(site == "import site\nsite.addsitedir('\(made.folder.path)/tools/2')\n")
    }

    @Test func `builds each project with its own tools first on the path`() throws {
        let made = try runWithPip(StepPrograms.project, ["/projects/a", "/tools/0", "/projects/b", "/tools/1"])
        #expect(made.status == 0, "\(made.log)")
        let pip = "wheel --no-deps --no-index --no-build-isolation --use-pep517 --no-cache-dir --wheel-dir FILE"
        let builds = ["a\n/tools/0/bin /tools/0", "b\n/tools/1/bin /tools/1"]
        #expect(made.log.hasPrefix(builds.map { "\(pip) /projects/\($0)\n" }.joined()))
        // Installing sees no tools.
        #expect(made.log.components(separatedBy: "/tools/").count == 5)
    }
}
