import Planning
import Testing

@testable import Detectors

@Suite struct NodeStartTests {
    private func application(_ files: [String: String]) throws -> NodeApplication {
        let project = try NodeProject(tree: MemoryTree.make(files), options: PlanOptions(name: "service"))
        return try NodeApplication.read(project, nil)
    }

    private func manifest(_ start: String, _ more: String = "") -> String {
        let text = start.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return
            "{\"scripts\": {\"start\": \"\(text)\"\(more)}, \"dependencies\": {\"express\": \"4\", \"prisma\": \"5\"}}"
    }

    private static let server = "require('http').createServer().listen(process.env.PORT || 4000)\n"

    /// Scripts and the words that start; what begins with `sh:` is for a shell.
    static let scripts = [
        ("node server.js", "node server.js"),
        ("node server", "node server.js"),
        ("node .", "node index.js"),
        ("node ./server.js --port 80", "node ./server.js --port 80"),
        ("node --max-old-space-size=512 server.js", "node --max-old-space-size=512 server.js"),
        ("node --watch --inspect=0.0.0.0 server.js", "node server.js"),
        ("node -r ./tracing.js server.js", "node -r ./tracing.js server.js"),
        ("node --require=./tracing.js server.js", "node --require=./tracing.js server.js"),
        ("node --env-file .env server.js", "node server.js"),
        ("NODE_ENV=production node server.js", "node server.js"),
        ("cross-env A=b C=d node server.js", "node server.js"),
        ("env A=b node server.js", "node server.js"),
        ("cross-env-shell A=b \"node server.js\"", "node server.js"),
        ("env-cmd -f .env.production node server.js", "node server.js"),
        ("dotenv -e .env -- node server.js", "node server.js"),
        ("dotenvx run -f .env -- node server.js", "node server.js"),
        ("npx nodemon --watch src server.js", "node server.js"),
        ("nodemon --exec \"node server.js\"", "node server.js"),
        ("nodemon --exec node server.js", "node server.js"),
        ("pm2 start server.js -i max --no-daemon", "node server.js"),
        ("pm2-runtime server.js -- --fast", "node server.js --fast"),
        ("forever server.js", "node server.js"),
        ("exec node server.js", "node server.js"),
        ("dumb-init node server.js", "node server.js"),
        ("npm run other", "node server.js --other"),
        ("yarn other", "node server.js --other"),
        ("yarn run other", "node server.js --other"),
        ("pnpm -s other", "node server.js --other"),
        ("npm run other -- --more", "node server.js --other --more"),
        ("npm run --silent other", "node server.js --other"),
        ("node --run other", "node server.js --other"),
        ("bun run server.js", "node server.js"),
        ("./node_modules/.bin/json-server db.json", "json-server db.json"),
        ("npx json-server@0.17 db.json", "json-server db.json"),
        ("sh -c 'node server.js'", "node server.js"),
        ("cd . && node server.js", "node server.js"),
        ("export A=b && node server.js", "node server.js"),
        ("echo starting && node server.js", "node server.js"),
        ("npm run build && node server.js", "node server.js"),
        ("npm install && node server.js", "node server.js"),
        ("node server.js $FLAGS", "node server.js ${FLAGS}"),
        (
            "node prepare.js && node server.js",
            "sh:node prepare.js && exec node server.js"
        ),
        ("node server.js | cat", "sh:node server.js | cat"),
        (
            "A=b node prepare.js; C=d node server.js",
            "sh:A=b node prepare.js && exec node server.js"
        ),
    ]

    @Test(arguments: scripts)
    func `follows a script to its program`(_ script: String, _ words: String) throws {
        let more = ", \"other\": \"node server.js --other\", \"build\": \"node make.js\""
        let found = try application([
            "package.json": manifest(script, more), "server.js": Self.server, "index.js": Self.server,
            "prepare.js": "", "tracing.js": "", "make.js": "",
        ])
        guard case .server(let start) = found.kind else {
            Issue.record("no server: \(found.kind)")
            return
        }
        #expect(start.shell.map { "sh:\($0.text)" } ?? start.words.joined(separator: " ") == words)
    }

    /// Scripts that no image can start, and a piece of the error.
    static let refused = [
        ("concurrently \"node a.js\" \"node b.js\"", "several programs at once"),
        ("node a.js & node b.js", "several programs at once"),
        ("npm-run-all -p one two", "several programs at once"),
        ("npm run missing", "runs the script 'missing'"),
        ("npm start", "runs itself"),
        ("wrangler dev", "Cloudflare"),
        ("node 'server.js", "ends inside '"),
        ("node ../../outside.js", "outside of the sources"),
        ("node missing.js", "no build script makes"),
        ("node", "waits for somebody to type"),
    ]

    @Test(arguments: refused)
    func `refuses a script with its reason`(_ script: String, _ part: String) {
        let error = #expect(throws: PlanError.self) {
            _ = try application(["package.json": manifest(script)])
        }
        #expect(error.map { "\($0)".contains(part) } == true, "\(String(describing: error))")
    }

    /// Texts of a server and the port that it listens on; 0 where nothing says one.
    static let ports = [
        ("app.listen(3456)", 3456),
        ("app.listen(process.env.PORT || 8001)", 8001),
        ("const port = process.env.PORT ?? 8002;\napp.listen(port)", 8002),
        ("const port = Number(process.env.PORT) || 8003;\napp.listen(port)", 8003),
        ("const port = parseInt(process.env.PORT || '8004', 10);\napp.listen(port)", 8004),
        ("const { PORT = 8005 } = process.env;\napp.listen(PORT)", 8005),
        ("const port = 8006;\napp.listen(port, () => {})", 8006),
        ("await app.listen({ port: 8007, host: '0.0.0.0' })", 8007),
        ("serve({ fetch: app.fetch, port: 8008 })", 8008),
        ("const port = process.env['PORT'] || 8009;\napp.listen(port)", 8009),
        ("const port = process.env.API_PORT || 8010;\nserver.listen(port)", 8010),
        ("// app.listen(9999)\napp.listen(8011)", 8011),
        ("app.listen(process.env.PORT)", 3000),
        ("console.log('no server')", 0),
    ]

    @Test(arguments: ports)
    func `reads the port from calls that listen`(_ text: String, _ port: Int) throws {
        let found = try application(["package.json": "{\"scripts\": {\"start\": \"node index.js\"}}", "index.js": text])
        guard case .server(let start) = found.kind else {
            Issue.record("no server: \(found.kind)")
            return
        }
        #expect((start.port?.value ?? 0) == port)
        #expect(start.isWeb == (port != 0))
    }

    /// tsconfig.json and where `src/main.ts` comes to lie.
    static let configurations = [
        ("{\"compilerOptions\": {\"outDir\": \"dist\"}, \"include\": [\"src\"]}", "dist/main.js"),
        ("{\"compilerOptions\": {\"outDir\": \"./lib/\", \"rootDir\": \".\"}}", "lib/src/main.js"),
        ("{\"compilerOptions\": {\"outDir\": \"dist\",}, /* all */}", "dist/src/main.js"),
        ("{\"compilerOptions\": {\"outDir\": \"dist\"}, \"exclude\": [\"**/*.test.ts\", \"test\"]}", "dist/main.js"),
        ("{\"extends\": \"./tsconfig.base\"}", "out/main.js"),
        ("{}", "src/main.js"),
    ]

    @Test(arguments: configurations)
    func `knows where the compiler writes`(_ text: String, _ output: String) throws {
        let tree = try MemoryTree.make([
            "tsconfig.json": text, "src/main.ts": "", "src/deep/other.ts": "", "test/main.test.ts": "",
            "tsconfig.base.json": "{\"compilerOptions\": {\"outDir\": \"out\", \"rootDir\": \"src\"}}",
        ])
        let types = try #require(try TypeScriptProject.read(.root, of: tree))
        let source = try SourcePath(parsing: "src/main.ts")
        let made = try #require(types.output(of: source))
        #expect("\(made)" == output)
        #expect(types.source(of: made, in: tree) == source)
    }

    @Test func `a server's configuration never falls back where there is a page for what is not found`() {
        func site(_ fallback: StaticSite.Fallback) -> StaticSite {
            StaticSite(
                output: Decided("dist", .usual(why: "")), fallback: Decided(fallback, .usual(why: "")),
                immutable: ["/assets/*"])
        }
        #expect(site(.index).caddyfile.contains("rewrite @route /index.html"))
        #expect(site(.index).caddyfile.contains("not file /404.html"))
        for fallback in [StaticSite.Fallback.notFound, .none] {
            #expect(!site(fallback).caddyfile.contains("@route"))
        }
        #expect(site(.none).caddyfile.hasPrefix("{\n\tadmin off\n"))
    }
}
