import Planning
import SystemPackage
import Testing

extension Acceptance {
    /// Members of npm workspaces, without any package of a registry.
    @Suite struct NodeWorkspaceTests {
        @Test(.enabled(if: Tool.has("curl"), "needs curl"))
        func `an app of a workspace is built after the member that it needs, and ships nothing else`() async throws {
            let autoimage = try Autoimage()
            let service = try await Service(named: "harbour", Self.files)
            let folder = service["apps/api"].string
            try await autoimage.command(["build", folder, "-t", "node-member"]).succeed()
            let port = try FreePort()
            let run = autoimage.command(["run", "-e", "PORT=\(port)", "node-member"])
            try await run.running { server in
                let site = Site(port: port, server: server)
                try await #expect(site.get("/tide") == "spring")
                try await #expect(site.get("/files") == Self.shipped)
            }
            try service["apps/web/index.js"].write("// edited\n")
            try service["apps/web/package.json"].replace("node index.js", with: "node ./index.js")
            let again = try await autoimage.command(["build", folder, "-t", "node-member", "--progress", "json"]).run()
            #expect(again.status == 0, "\(again.errors)")
            let events = try Built(again).events()
            try #require(!events.isEmpty)
            for case .stepStarted(let step, _) in events { Issue.record("step '\(step)' ran again") }
        }

        @Test func `a workspace whose root starts nothing asks which app`() async throws {
            let service = try await Service(named: "harbour", Self.files)
            let refused = try await Autoimage().run("plan", service.folder.string)
            #expect(refused.status == 65)
            #expect(
                refused.errors.contains(
                    "several of its members do; choose with --app:\n  apps/api  (apps/api/package.json:4"))
            let planned = try await Autoimage().run("plan", service.folder.string, "--app", "web")
            #expect(planned.status == 0, "\(planned.errors)")
        }

        /// Every file and link below /app: no other app, no member for development, no lock.
        private static let shipped = [
            "apps/api/package.json", "apps/api/server.js", "node_modules/@harbour/tides", "package.json",
            "packages/tides/build.js", "packages/tides/dist/index.js", "packages/tides/package.json",
        ].joined(separator: " ")

        private static let files = [
            ".git/HEAD": "ref: refs/heads/main\n",
            "package.json": """
            {
              "name": "harbour",
              "private": true,
              "workspaces": ["apps/*", "packages/*"]
            }

            """,
            "package-lock.json": """
            {
              "name": "harbour",
              "lockfileVersion": 3,
              "requires": true,
              "packages": {
                "": {"name": "harbour", "workspaces": ["apps/*", "packages/*"]},
                "apps/api": {
                  "name": "@harbour/api",
                  "version": "1.0.0",
                  "dependencies": {"@harbour/tides": "*"},
                  "devDependencies": {"@harbour/moon": "*"}
                },
                "apps/web": {"name": "@harbour/web", "version": "1.0.0"},
                "node_modules/@harbour/api": {"resolved": "apps/api", "link": true},
                "node_modules/@harbour/moon": {"resolved": "packages/moon", "link": true},
                "node_modules/@harbour/tides": {"resolved": "packages/tides", "link": true},
                "node_modules/@harbour/web": {"resolved": "apps/web", "link": true},
                "packages/moon": {"name": "@harbour/moon", "version": "1.0.0", "dev": true},
                "packages/tides": {
                  "name": "@harbour/tides",
                  "version": "1.0.0",
                  "devDependencies": {"@harbour/moon": "*"}
                }
              }
            }

            """,
            "apps/api/package.json": """
            {
              "name": "@harbour/api",
              "version": "1.0.0",
              "scripts": {"start": "node server.js"},
              "dependencies": {"@harbour/tides": "*"},
              "devDependencies": {"@harbour/moon": "*"}
            }

            """,
            "apps/api/server.js": """
            const fs = require('node:fs')
            const path = require('node:path')
            const { tide } = require('@harbour/tides')

            const top = path.resolve(__dirname, '../..')
            function files(inner) {
              return fs.readdirSync(path.join(top, inner), { withFileTypes: true }).flatMap((entry) => {
                const name = path.join(inner, entry.name)
                return entry.isDirectory() ? files(name) : [name]
              })
            }
            const pages = { '/tide': () => tide, '/files': () => files('').sort().join(' ') }

            require('node:http').createServer((request, response) => {
              const page = pages[request.url]
              response.writeHead(page ? 200 : 404)
              response.end(page ? page() : '')
            }).listen(process.env.PORT || 3000)

            """,
            "apps/web/package.json": """
            {
              "name": "@harbour/web",
              "version": "1.0.0",
              "scripts": {"start": "node index.js"}
            }

            """,
            "apps/web/index.js": "require('node:http').createServer().listen(3000)\n",
            "packages/tides/package.json": """
            {
              "name": "@harbour/tides",
              "version": "1.0.0",
              "main": "dist/index.js",
              "scripts": {"build": "node build.js"},
              "devDependencies": {"@harbour/moon": "*"}
            }

            """,
            // What it writes is made with the other member, which has to be built first.
            "packages/tides/build.js": """
            const fs = require('node:fs')
            const { phase } = require('@harbour/moon')

            fs.mkdirSync('dist', { recursive: true })
            fs.writeFileSync('dist/index.js', `exports.tide = '${phase === 'full' ? 'spring' : 'neap'}'\\n`)

            """,
            "packages/moon/package.json": """
            {
              "name": "@harbour/moon",
              "version": "1.0.0",
              "main": "lib/phase.js",
              "scripts": {"build": "node make.js"}
            }

            """,
            "packages/moon/make.js": """
            const fs = require('node:fs')

            fs.mkdirSync('lib', { recursive: true })
            fs.writeFileSync('lib/phase.js', "exports.phase = 'full'\\n")

            """,
        ]
    }
}
