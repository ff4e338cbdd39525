import Glibc
import OCI
import SystemPackage
import Testing

extension Acceptance {
    /// Go services of every kind: built, proven, started and asked.
    @Suite struct GoTests {
        /// The bytes of all files of an image.
        private func size(of image: Layout) async throws -> Int64 {
            try await image.entries().reduce(0) { $0 + $1.size }
        }

        /// An image of files, in a folder.
        private func layout(of service: Service, _ options: [String] = []) async throws -> Layout {
            let folder = try Workspace.here().makeFolder("go").appending("layout")
            _ = try await Autoimage().build(service, ["--output", "oci:\(folder)"] + options)
            return try Layout(folder)
        }

        @Test func `an image is its program and data: at most 1.15 times the stripped program`() async throws {
            let server = try await layout(of: Service(copying: .goHello))
            let program = try await Int64(server.contents(of: "app/go-hello").count)
            let whole = try await size(of: server)
            #expect(whole * 100 <= program * 115, "\(whole) for \(program)")
            let printer = try await layout(
                of: Service(
                    named: "tide",
                    [
                        "go.mod": "module example.com/tide\n\ngo 1.22\n",
                        "main.go": "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"high\") }\n",
                    ]), ["-t", "tide"])
            let small = try await Int64(printer.contents(of: "app/tide").count)
            let all = try await size(of: printer)
            #expect(all * 100 <= small * 115, "\(all) for \(small)")
            let temporary = try #require(try await printer.entries().first { $0.path == "/tmp" })
            #expect(temporary.mode == "rwxrwxrwt")
            let accounts = try await String(decoding: printer.contents(of: "etc/passwd"), as: UTF8.self)
            #expect(accounts.contains("nonroot:x:65532:65532:"))
            let outcome = try await Autoimage().run("run", "tide")
            #expect(outcome.output == "high\n", "\(outcome.errors)")
        }

        @Test(.enabled(if: Tool.has("git", "curl"), "needs git and curl"))
        func
            `a member of a workspace is built with what it needs, and its two programs, page, template and tag arrive`()
            async throws
        {
            let service = try await Service(copying: .goWorkspace)
            let script = """
                cd "$1" && git init --quiet && git add . && git -c user.name=a -c user.email=a@example.com commit --quiet \
                --message first && git tag v1.2.0
                """
            try await Command("sh", "-c", script, "sh", service.folder.string).succeed()
            let member = service["site"].string
            let outcome = try await Autoimage().run(
                "build", member, "-t", "harbour", "--set", "go.stamp=main.version=version")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let port = try FreePort()
            // The program itself reads PORT; its argument was fixed when the image was planned.
            try await Autoimage().command(["run", "-e", "PORT=\(port)", "harbour"]).running {
                let site = Site(port: port, server: $0)
                let greeting = try await site.get("/hello/Ann")
                #expect(greeting == "<p>Hello Ann</p>\n")
                let about = try await site.get("/about")
                #expect(about == "About the harbour, version v1.2.0\n")
                let temporary = try await site.get("/temporary")
                #expect(temporary == "written\n")
            }
            let worker = try await Autoimage().run("run", "--entrypoint", "worker", "harbour", "ships")
            #expect(worker.output == "Hello ships\n", "\(worker.errors)")
            let files = try await Autoimage().command(["inspect", "harbour", "--files"]).succeed()
            #expect(files.contains("app/templates/hello.html\n") && files.contains("app/worker\n"))
            #expect(!files.contains(".go\n") && !files.contains("about.txt\n"))
        }

        private static let router = """
            package main

            import (
            \t"fmt"
            \t"net/http/httptest"

            \t"github.com/gorilla/mux"
            )

            func main() {
            \trouter := mux.NewRouter()
            \tvar route mux.RouteMatch
            \trouter.HandleFunc("/ships/{name}", nil)
            \tfmt.Println(router.Match(httptest.NewRequest("GET", "/ships/Ann", nil), &route), route.Vars["name"])
            }

            """

        @Test(
            .enabled(
                if: Tool.has("python3", "curl", "\(GoProxy.sources)/github.com/gorilla/mux/mux.go") || Tool.isCI,
                "needs python3, curl and golang-github-gorilla-mux-dev"))
        func `modules come from a company's proxy, whose address stays secret`() async throws {
            let proxy = try await GoProxy(of: "github.com/gorilla/mux", version: "v1.8.0")
            let service = try await Service(
                named: "ships",
                [
                    "go.mod": "module example.com/ships\n\ngo 1.22\n\nrequire github.com/gorilla/mux v1.8.0\n",
                    "go.sum": proxy.sums, "main.go": Self.router,
                ])
            try await proxy.serving { address in
                var autoimage = try Autoimage()
                autoimage.environment["COMPANY_PROXY"] = address
                let options = ["--secret", "id=GOPROXY,env=COMPANY_PROXY", "--build-env", "GONOSUMDB=github.com/*"]
                _ = try await autoimage.build(service, ["-t", "ships"] + options)
                let outcome = try await autoimage.run("run", "ships")
                #expect(outcome.output == "true Ann\n", "\(outcome.errors)")
                for format in ["json", "dockerfile"] {
                    let plan = try await autoimage.command(
                        ["plan", service.folder.string, "--format", format] + options
                    ).succeed()
                    #expect(plan.contains("GOPROXY") && !plan.contains(address))
                }
                // What the proxy does not have gets a way out.
                try service["go.mod"].write(
                    "module example.com/ships\n\ngo 1.22\n\nrequire github.com/gorilla/mux v1.9.9\n")
                try service["go.sum"].write(proxy.sums.replacing("v1.8.0", with: "v1.9.9"))
                let failed = try await autoimage.command(["build", service.folder.string] + options).run()
                #expect(failed.status == 1)
                #expect(failed.errors.contains("--build-env GOPRIVATE=HOST/TEAM/*"), "\(failed.errors)")
            }
        }

        private static let database = """
            package main

            import (
            \t"database/sql"
            \t"fmt"

            \t_ "github.com/mattn/go-sqlite3"
            )

            func main() {
            \tdb, err := sql.Open("sqlite3", "/tmp/tides.db")
            \tif err != nil {
            \t\tpanic(err)
            \t}
            \tvar depth float64
            \tif err := db.QueryRow("select 1.5 * 2").Scan(&depth); err != nil {
            \t\tpanic(err)
            \t}
            \tfmt.Println("depth", depth)
            }

            """

        @Test(
            .enabled(
                if: access("\(GoProxy.sources)/github.com/mattn/go-sqlite3/sqlite3.go", R_OK) == 0 || Tool.isCI,
                "needs golang-github-mattn-go-sqlite3-dev"))
        func `C of a vendored module is compiled, and its library comes along to a base with a C library`() async throws
        {
            let service = try await Service(
                named: "tides",
                [
                    "go.mod":
                        "module example.com/tides\n\ngo 1.22\n\nrequire github.com/mattn/go-sqlite3 v1.14.16\n",
                    "vendor/modules.txt":
                        "# github.com/mattn/go-sqlite3 v1.14.16\n## explicit\ngithub.com/mattn/go-sqlite3\n",
                    "main.go": Self.database,
                ])
            let vendor = service["vendor/github.com/mattn"].string
            try await Command(
                "sh", "-c", "mkdir -p \"$1\" && cp -R \"$2\" \"$1\"", "sh", vendor,
                "\(GoProxy.sources)/github.com/mattn/go-sqlite3"
            ).succeed()
            let image = try await layout(of: service, ["-t", "tides"])
            let paths = try await image.entries().map(\.path)
            #expect(paths.contains { $0.contains("/libsqlite3.so.0") })
            #expect(!paths.contains { $0.hasSuffix("/bin/gcc") || $0.hasSuffix(".h") })
            let outcome = try await Autoimage().run("run", "tides")
            #expect(outcome.output == "depth 3\n", "\(outcome.errors)")
        }

        @Test func `a program that asks for a loader does not go onto a base without a C library`() async throws {
            let service = try await Service(
                named: "loader",
                ["go.mod": "module example.com/loader\n\ngo 1.22\n", "main.go": "package main\n\nfunc main() {}\n"])
            let build = "go build -trimpath -buildmode=pie -ldflags=-linkmode=internal -o /out/loader ."
            let outcome = try await Autoimage().run("build", service.folder.string, "--set", "build=\(build)")
            #expect(outcome.status == 80, "\(outcome.errors)")
            #expect(outcome.errors.contains("/app/loader") && outcome.errors.contains("ld-linux"), "\(outcome.errors)")
        }

        @Test(
            .enabled(
                if: Tool.has("qemu-aarch64", "curl") && Platform.host.architecture == "amd64",
                "needs qemu-user and curl, on amd64"))
        func `the program for the other machine runs there`() async throws {
            let image = try await layout(of: Service(copying: .goHello), ["--platform", "linux/arm64"])
            #expect(image.config.architecture == "arm64")
            let program = try Workspace.here().makeFolder("arm64").appending("go-hello")
            let bytes = try await image.contents(of: "app/go-hello")
            let file = try FileDescriptor.open(
                program, .writeOnly, options: .create, permissions: [.ownerReadWriteExecute])
            try file.closeAfter { _ = try file.writeAll(bytes) }
            let port = try FreePort()
            var command = Command("qemu-aarch64", program.string)
            command.environment["PORT"] = "\(port)"
            try await command.running {
                let state = try await Site(port: port, server: $0).get("/health")
                #expect(state.contains("\"architecture\":\"arm64\""))
            }
        }
    }
}
