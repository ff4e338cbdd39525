import OCI
import SystemPackage
import Testing

extension Acceptance {
    /// Static sites: built by a script, or only files; sent by the base's own server as user 65532.
    @Suite struct NodeSiteTests {
        private static let page =
            "<!doctype html><title>Tide</title><p>\(String(repeating: "high water ", count: 200))</p>\n"

        /// A script of no framework that writes a site of one page, and a file with a hash in its name.
        private static let script = """
            const fs = require('node:fs');
            fs.mkdirSync('dist/assets', { recursive: true });
            fs.copyFileSync('page.html', 'dist/index.html');
            fs.writeFileSync('dist/about.html', '<p>About</p>\\n');
            fs.writeFileSync('dist/.hidden', 'nobody reads this\\n');
            fs.writeFileSync('dist/assets/app-1a2b3c.js', 'console.log(1);\\n');
            """

        private func answer(_ site: Site, _ path: String, _ options: String...) async throws -> (
            head: String, body: String
        ) {
            let text = try await Command(
                ["curl", "-sS", "--noproxy", "*", "--path-as-is", "--include"] + options + [
                    "http://127.0.0.1:\(site.port)\(path)"
                ]
            ).succeed()
            let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]).lowercased(), parts.count > 1 ? String(parts[1]) : "")
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a site that a script builds is sent with its fallback, compressed, and ends with its signal`()
            async throws
        {
            let service = try await Service(
                named: "tide",
                [
                    "package.json": #"{"name": "tide", "private": true, "scripts": {"build": "node build.js"}}"#,
                    "build.js": Self.script, "page.html": Self.page,
                ])
            let built = try await Autoimage().build(
                service, ["--set", "node.spa=true", "--set", "node.output=dist", "-t", "tide"])
            #expect(built.reference.hasPrefix("tide"))
            let port = try FreePort()
            try await Autoimage().command(["run", "-e", "PORT=\(port)", "tide"]).running { server in
                let site = Site(port: port, server: server)
                #expect(try await site.get("/health") == "ok")
                #expect(try await site.get("/") == Self.page)
                #expect(try await site.get("/about") == "<p>About</p>\n")
                // A path of the application is its page; a file that is not there is not.
                #expect(try await site.get("/boats/12") == Self.page)
                #expect(try await answer(site, "/assets/none.js").head.hasPrefix("http/1.1 404"))
                #expect(try await answer(site, "/.hidden").head.hasPrefix("http/1.1 404"))
                #expect(try await answer(site, "/../../../etc/passwd").body == Self.page)
                #expect(try await answer(site, "/", "-X", "POST").head.hasPrefix("http/1.1 405"))
                for coding in ["gzip", "zstd"] {
                    let head = try await answer(
                        site, "/", "-o", "/dev/null", "-D", "-", "-H", "Accept-Encoding: \(coding)"
                    ).head
                    #expect(head.contains("content-encoding: \(coding)"), "\(head)")
                }
                let head = try await answer(site, "/").head
                #expect(head.contains("cache-control: no-cache") && !head.contains("last-modified"), "\(head)")
            }
            // The signal that ends run reaches the server, which ends well.
            var command = try Autoimage().command([])
            let script = """
                "$1" run -e PORT=$2 tide & server=$!
                until curl -fs --noproxy '*' http://127.0.0.1:$2/health > /dev/null; do sleep 0.2; done
                kill -TERM $server; wait $server; echo "ended with $?"
                """
            command.words = ["sh", "-c", script, "sh", command.words[0], "\(try FreePort())"]
            let ended = try await command.succeed()
            #expect(ended.hasSuffix("ended with 0\n"), "\(ended)")
            try await Leavings.expectNone(ofProcess: "/etc/caddy/Caddyfile", seconds: 15)
        }

        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `a folder of pages is sent as it is, with its own page for what is not found`() async throws {
            let service = try await Service(
                named: "quay",
                [
                    "index.html": Self.page, "404.html": "<p>No such quay</p>\n", "boats/index.html": "<p>Boats</p>\n",
                    "Staticfile": "root: .\n",
                ])
            _ = try await Autoimage().build(service, ["-t", "quay"])
            let port = try FreePort()
            try await Autoimage().command(["run", "-e", "PORT=\(port)", "quay"]).running { server in
                let site = Site(port: port, server: server)
                #expect(try await site.get("/") == Self.page)
                #expect(try await site.get("/boats/") == "<p>Boats</p>\n")
                let missing = try await answer(site, "/nothing")
                #expect(missing.head.hasPrefix("http/1.1 404") && missing.body == "<p>No such quay</p>\n", "\(missing)")
                #expect(try await answer(site, "/Staticfile").head.hasPrefix("http/1.1 404"))
            }
            let outcome = try await Autoimage().run("inspect", "quay", "--files")
            #expect(
                !outcome.output.contains("usr/bin/node") && !outcome.output.contains("bin/sh\n"), "\(outcome.output)")
        }
    }
}
