import OCI
import Planning
import TestSupport
import Testing

@testable import Detectors

@Suite struct GoTests {
    private static let main =
        "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n"
    private static let program = "package main\n\nfunc main() {}\n"
    private static let service = ["go.mod": "module example.com/shop/v2\n\ngo 1.22\n", "main.go": main]

    private func build(_ plan: BuildPlan) throws -> RunCommand {
        let step = try #require(plan.builder.steps.last)
        guard case .run(let command) = step.action else { throw PlanError.noStart(lookedFor: [], fix: "") }
        return command
    }

    @Test func `a static program goes onto a base without a C library`() throws {
        let made = try plan(Self.service)
        #expect(made.builder.base.entry.id == "debian/trixie/go-1.24-builder")
        #expect(made.runtime.base.entry.id == "debian/trixie/static-net-runtime")
        #expect(made.isStatic)
        #expect(made.runtime.config.entrypoint.value == ["/app/shop"])
        #expect(made.runtime.config.ports.map(\.value) == [8080])
        // The address is written out, so nobody reads PORT.
        #expect(!made.runtime.config.environment.contains { $0.name == "PORT" })
        #expect(made.runtime.config.user.value == .nonroot)
        #expect(made.builder.portability.value == .crossCompiled)
        #expect(PlanRule.all.filter { !$0.needsPins }.flatMap { $0.problems(made) } == [])
    }

    @Test func `only the last step knows the target`() throws {
        let here = try plan(Self.service)
        let there = try plan(Self.service) { $0.platform = Platform(architecture: "arm64") }
        #expect(there.builder.base == here.builder.base)
        #expect(there.runtime.base.platform == Platform(architecture: "arm64"))
        #expect(there.builder.steps.dropLast() == here.builder.steps.dropLast())
        let (own, other) = (try build(here), try build(there))
        #expect(own.environment["GOARCH"] == "amd64" && own.environment["GOAMD64"] == "v1")
        #expect(other.environment["GOARCH"] == "arm64" && other.environment["GOAMD64"] == nil)
        #expect(own.arguments == other.arguments)
        #expect(
            own.arguments == [
                "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", "/out/shop", ".",
            ])
    }

    @Test(arguments: [
        ("go 1.22", "debian/trixie/go-1.24-builder"), ("go 1.24.0", "debian/trixie/go-1.24-builder"),
        ("go 1.16", "debian/trixie/go-1.24-builder"), ("go 1.25", "debian/testing/go-1.27-builder"),
        // A base stands for all patches of its version, so a newer version is surer.
        ("go 1.24.7", "debian/testing/go-1.27-builder"),
        ("go 1.22\ntoolchain go1.24.9", "debian/trixie/go-1.24-builder"),
        ("go 1.22\ntoolchain go1.26.1", "debian/testing/go-1.27-builder"),
        ("go 1.22\ntoolchain default", "debian/trixie/go-1.24-builder"), ("", "debian/trixie/go-1.24-builder"),
    ])
    func `takes the newest stable version that is enough`(lines: String, builder: String) throws {
        let made = try plan(["go.mod": "module x\n\(lines)\n", "main.go": Self.program])
        #expect(made.builder.base.entry.id == builder)
    }

    @Test func `a toolchain that no base has gives way to the go line`() throws {
        let made = try plan(["go.mod": "module x\ngo 1.22\ntoolchain go1.99.1\n", "main.go": Self.program])
        #expect(made.builder.base.entry.version == "1.24")
        #expect(
            made.warnings.first
                == "go.mod:3: no base has go1.99.1; built with what satisfies the go line")
    }

    @Test(arguments: [("1.24", "1.24"), (">=1.20", "1.24"), ("1.19", "1.19"), ("1.22", "1.22")])
    func `an option names a version or the least`(option: String, version: String) throws {
        let made = try plan(Self.service) { $0.versions["go"] = Requested(option, by: "--set go.version") }
        #expect(made.builder.base.entry.version == version)
    }

    @Test(arguments: [
        (
            ["go.mod": "module x\ngo soon\n", "main.go": program],
            "go.mod:2: 'soon' is no version of Go; write one as in 1.24"
        ),
        (["go.mod": "go 1.22\n", "main.go": program], "go.mod: has no module line; write one with 'go mod init NAME'"),
        (
            ["go.mod": "module x\n", "lib.go": "package lib\n"],
            "no start command found: looked for 'package main' with 'func main()' in any folder of x"
        ),
        (
            ["go.mod": "module x\nrequire example.com/y v1.0.0\n", "main.go": program],
            "go.mod:2: modules are required and there is no go.sum; make it with 'go mod tidy', and keep it under version control"
        ),
        (
            ["go.mod": "module x\nrequire y v0.0.0\nreplace y => ../y\n", "go.sum": "", "main.go": program],
            "go.mod:3: '../y' is outside the service's folder"
        ),
        (
            ["go.mod": "module x\n", "cmd/a/main.go": program, "cmd/b/main.go": program],
            "x has several programs; choose with --app:\n  cmd/a  (cmd/a/main.go:3)\n  cmd/b  (cmd/b/main.go:3)"
        ),
    ])
    func `says what is wrong and where`(files: [String: String], message: String) throws {
        let error = try planError(files)
        #expect(error.hasPrefix(message), "\(error)")
    }

    @Test func `one version too new is refused with what is on offer`() throws {
        let error = try planError(["go.mod": "module x\ngo 1.99\n", "main.go": Self.program])
        #expect(
            error
                == "no base image has go >=1.99 (go.mod:2 'go 1.99'); debian has 1.27, 1.24, 1.19; official has 1.22; "
                + "change it, or override with --set go.version=1.24")
    }

    @Test(arguments: [
        (["main.go": program, "cmd/a/main.go": program], "."),
        (["cmd/a/main.go": program, "tools/gen.go": program], "cmd/a"),
        (["cmd/x/main.go": program, "cmd/b/main.go": program], "cmd/x"), (["server/main.go": program], "server"),
        (["server/main.go": program, "examples/e/main.go": program], "server"),
        // What takes no part in the build is no program.
        (["cmd/a/main.go": program, "cmd/b/main_windows.go": program], "cmd/a"),
        (["cmd/a/main.go": program, "gen.go": "//go:build ignore\n\n" + program], "cmd/a"),
        (["cmd/a/main.go": program, "vendor/v/main.go": program, "testdata/main.go": program], "cmd/a"),
        (["cmd/a/main.go": program, "other/go.mod": "module other\n", "other/main.go": program], "cmd/a"),
        (["cmd/a/main.go": program, "text.go": "package x\n// package main\nvar s = `func main() {}`\n"], "cmd/a"),
    ])
    func `ranks programs`(files: [String: String], folder: String) throws {
        let made = try plan(files.merging(["go.mod": "module example.com/x\n"]) { one, _ in one })
        #expect(made.decisions.first { $0.name == "program" }?.decided.value == folder)
    }

    @Test(arguments: [("cmd/b", "/app/b"), ("./cmd/b/", "/app/b"), ("b", "/app/b"), ("a", "/app/a")])
    func `the user chooses a program by its folder or its name`(app: String, started: String) throws {
        let files = ["go.mod": "module x\n", "cmd/a/main.go": Self.program, "cmd/b/main.go": Self.program]
        let made = try plan(files) { $0.app = Requested(app, by: "--app") }
        #expect(made.runtime.config.entrypoint.value == [started])
        #expect(try build(made).arguments.last == "./cmd/\(started.last ?? " ")")
    }

    @Test func `modules come before the sources, by network; vendored ones need none`() throws {
        let files = [
            "go.mod": "module x\n\nrequire (\n\texample.com/y v1.0.0 // indirect\n)\n",
            "go.sum": "example.com/y v1.0.0 h1:AAAA=\nexample.com/y v1.0.0/go.mod h1:AAAA=\n",
            "main.go": Self.program,
        ]
        let made = try plan(files)
        #expect(made.builder.steps.map(\.name) == ["manifests", "download", "sources", "build"])
        guard case .run(let download) = made.builder.steps[1].action else { return }
        #expect(download.network == .host && download.environment["GOARCH"] == nil)
        #expect(try build(made).network == .none)
        let vendored = try plan(files.merging(["vendor/modules.txt": ""]) { one, _ in one })
        #expect(vendored.builder.steps.map(\.name) == ["sources", "build"])
        #expect(try build(vendored).arguments.contains("-mod=vendor"))
    }

    @Test func `a C file that has a stand-in is left out as go does`() throws {
        let made = try plan([
            "go.mod": "module x\n", "main.go": Self.program,
            "fast.go": "//go:build cgo\n\npackage main\n\nimport \"C\"\n",
            "slow.go": "//go:build !cgo\n\npackage main\n",
        ])
        #expect(made.isStatic)
    }

    @Test func `C in a package that the program does not import is not its affair`() throws {
        let files = [
            "go.mod": "module x\n", "main.go": "package main\n\nimport \"x/a\"\n\nfunc main() { a.A() }\n",
            "a/a.go": "package a\n", "b/b.go": "package b\n\nimport \"C\"\n",
        ]
        #expect(try plan(files).isStatic)
        let reached = files.merging(["a/a.go": "package a\n\nimport _ \"x/b\"\n"]) { _, new in new }
        let made = try plan(reached)
        #expect(!made.isStatic)
        #expect(made.decisions.first { $0.name == "linking" }?.decided.reason.description == "b/b.go:3 'import \"C\"'")
        #expect(made.runtime.base.entry.id == "debian/trixie/cc-runtime")
        #expect(made.builder.base.packages.map(\.value) == ["gcc", "libc6-dev"])
        #expect(made.builder.portability.value == .native)
        #expect(try build(made).environment["CGO_ENABLED"] == "1")
    }

    @Test(arguments: [
        ("linux", true), ("windows", false), ("linux && !cgo", true), ("!linux || (amd64 && go1.18)", true),
        ("go1.99", false), ("(", true), ("unix", true), ("arm64", false), ("ignore", false),
    ])
    func `reads build constraints`(expression: String, holds: Bool) {
        #expect(GoConstraint(platform: Platform(architecture: "amd64")).holds(expression) == holds)
    }

    @Test(arguments: [
        ("a.go", true), ("a_linux.go", true), ("a_windows.go", false), ("a_arm64.go", false),
        ("a_linux_amd64.go", true),
        ("a_windows_amd64.go", false), ("a_test.go", false), ("linux.go", true), ("windows.go", true), ("_a.go", false),
        ("a.txt", false), ("a_b.go", true),
    ])
    func `reads file names`(name: String, takesPart: Bool) {
        #expect(GoConstraint(platform: Platform(architecture: "amd64")).allows(fileName: name) == takesPart)
    }

    @Test func `finds package, imports and main among comments and strings`() {
        let source = GoSource(
            """
            /* package no
               import "no" */
            // import "never"
            package main // and nothing else

            import (
            \tf "fmt"
            \t_ "net/http"; "os"
            )
            import . "strings"

            var s = "func main() {" + `
            func main() {` + string('"')

            func (t T) main() {}

            func main() { f.Println(s) }
            """)
        #expect(source.package == "main")
        #expect(source.imports.map(\.path) == ["fmt", "net/http", "os", "strings"])
        #expect(source.imports.map(\.line) == [7, 8, 8, 10])
        #expect(source.main == 17)
    }

    @Test func `a start command names the program, its arguments, and no shell`() throws {
        let made = try plan(Self.service) { $0.startCommand = Requested(["shop", "-v"], by: "--set start") }
        #expect(made.runtime.config.entrypoint.value == ["/app/shop", "-v"])
        let error = try planError(Self.service) {
            $0.startCommand = Requested(["shop", "${LEVEL}"], by: "--set start")
        }
        #expect(error.hasPrefix("--set start: 'shop ${LEVEL}' needs a shell"))
    }
}
