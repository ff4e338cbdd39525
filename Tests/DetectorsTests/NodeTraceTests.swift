import Planning
import TestSupport
import Testing

@testable import Detectors

@Suite struct NodeTraceTests {
    private func names(_ text: String, isTyped: Bool = false) -> String {
        ModuleReferences(text, isTyped: isTyped).all.map { "\($0.specifier):\($0.line)" }.joined(separator: " ")
    }

    @Test(arguments: [
        ("const a = require('a')\nconst b = require(\"b\")", "a:1 b:2"), ("import 'a'", "a:1"),
        ("import a from 'a'", "a:1"), ("import * as a from 'a'", "a:1"),
        ("import a, {\n  b as c,\n} from 'a'", "a:3"), ("export * from 'a'\nexport { b } from 'b'", "a:1 b:2"),
        ("export * as ns from 'a'", "a:1"), ("await import('a')", "a:1"), ("import(`a`)", "a:1"),
        ("import(`a${b}`)", ""), ("require(name)", ""), ("require.resolve('a/b')", "a/b:1"),
        ("import data from 'a' with { type: 'json' }", "a:1"), ("import type from 'a'", "a:1"),
        ("new Worker(new URL('./w.js', import.meta.url))", "./w.js:1"), ("new URL('/x', base)", ""),
        ("loader.require('a'); x.import('b')", ""), ("// require('a')\n/* import 'b' */", ""),
        ("const s = \"require('a')\"", ""), ("const s = `require('a')`", ""),
        ("const s = `x ${require('a')} require('b')`", "a:1"), ("`${`${require('a')}`}`; require('b')", "a:1 b:1"),
        ("const r = /require('a')/; require('b')", "b:1"), ("const r = /['\"`]/g\nrequire('b')", "b:2"),
        ("x = a / b; y = 'c' / require('d')", "d:1"), ("return /[/'\"]/.test(x)\nrequire('b')", "b:2"),
        ("const it = 'don\\'t'; require('b')", "b:1"), ("const it = 'open\nrequire('b')", "b:2"),
        ("#!/usr/bin/env node 'x\nrequire('b')", "b:2"), ("import.meta.resolve('a')", ""),
        ("const { createRequire } = require('module')", "module:1"), ("export default { a: 1 }", ""),
        ("export const a = 1, b = { from: 'c' }", ""), ("import = 3", ""), ("import('a', { with: {} })", "a:1"),
    ])
    func `names what a file loads, with its line`(_ text: String, _ found: String) {
        #expect(names(text) == found)
    }

    @Test(arguments: [
        ("import type { A } from 'a'", ""), ("import type A from 'a'", ""), ("import type * as A from 'a'", ""),
        ("import { type A, type B } from 'a'", ""), ("export type { A } from 'a'", ""),
        ("export { type A } from 'a'", ""), ("import { A } from 'a'\nconst x: A = y", ""),
        ("import { A } from 'a'\nnew A()", "a:1"), ("import a from 'a'\na.get()", "a:1"),
        ("import { a } from 'a'\na()", "a:1"), ("import { B } from 'a'\nclass C extends B {}", "a:1"),
        ("import { B } from 'a'\nfunction f(x: B.C) {}", ""), ("import { D } from 'a'\n@D() class C {}", "a:1"),
        ("import { m } from 'a'\nuse(m)", "a:1"), ("import 'a'", "a:1"), ("let x: import('a').T", ""),
        ("type X = typeof import('a')", ""), ("import a = require('a')", "a:1"), ("import {} from 'a'", "a:1"),
    ])
    func `types alone load nothing`(_ text: String, _ found: String) {
        #expect(names(text, isTyped: true) == found)
    }

    @Test(arguments: [
        ("try { require('a') } catch {}", true), ("try { x() } catch { require('a') }", false),
        ("if (process.env.NODE_ENV !== 'production') { require('a') }", true),
        ("process.env.NODE_ENV === 'development' && require('a')", true),
        ("const e = process.env.NODE_ENV; require('a')", false), ("try { } finally { }\nimport 'a'", false),
    ])
    func `a program survives without what it tries`(_ text: String, _ isGuarded: Bool) {
        #expect(ModuleReferences(text, isTyped: false).all.map(\.isGuarded) == [isGuarded])
    }

    @Test(arguments: [
        "/", "`${", "import {", "export {", "'", "(/[", "\\", "{", "}", "/*", "import a from ", "require(", "`", "try{",
    ])
    func `a file of one sign a hundred thousand times ends at once`(_ sign: String) {
        let text = String(repeating: sign, count: 100_000)
        #expect(ModuleReferences(text, isTyped: true).all.isEmpty)
        #expect(ModuleReferences(text + "\n", isTyped: false).all.isEmpty)
    }

    private static let start = NodeStart(
        words: ["node", "server.js"], folder: .root, reason: .usual(why: "test"), files: ["server.js"])

    private func trace(
        _ files: [String: String], service: String = ".", file: String = "server.js", builds: [String] = []
    ) throws -> ImportTrace {
        let project = try NodeProject(
            tree: MemorySourceTree(files, service: service), options: PlanOptions(name: "test"))
        var start = Self.start
        start.files = [file]
        let application = NodeApplication(
            framework: nil,
            builds: builds.map {
                .init(
                    name: $0, command: .script($0), folder: project.tree.service, environment: [:], caches: [],
                    reason: .usual(why: "test"))
            }, kind: .server(start), processes: [], warnings: [])
        return ImportTrace(project, nil, application)
    }

    private static let manifest =
        "{\n\"name\": \"api\",\n\"dependencies\": {\"express\": \"4\"},\n\"devDependencies\": {\n\"pino\": \"9\"},"
        + "\n\"imports\": {\"#db\": {\"node\": \"./lib/db.js\", \"default\": \"./web.js\"}, \"#x/*\": \"./x/*.mjs\"}}"

    @Test func `a package for development that runs is said with both places`() throws {
        let found = try trace([
            "package.json": Self.manifest,
            "server.js":
                "require('express')\nrequire('node:fs')\nrequire('fs/promises')\nrequire('pino')\nrequire('pino/file')\n",
        ])
        #expect(
            found.warnings == [
                "server.js:4 (and 1 more): loads 'pino', which package.json:5 declares for development only, so the image "
                    + "lacks it; move it to dependencies in package.json"
            ])
    }

    @Test func `files are followed through folders, internal names and loops`() throws {
        let found = try trace([
            "package.json": Self.manifest,
            "server.js": "require('./lib'); require('#db'); require('#x/y'); require('./none')",
            "lib/index.js": "require('..'); require('./deep/a'); require('./data.json')",
            "lib/db.js": "require('../server')",
            "lib/deep/a.cjs": "require('lost')", "x/y.mjs": "import '@scope/lost/part'", "lib/data.json": "{}",
            "unused.js": "require('nothing')", "index.js": "",
        ])
        #expect(
            found.files.map(\.description) == [
                "server.js", "lib/index.js", "lib/db.js", "x/y.mjs", "index.js", "lib/deep/a.cjs",
            ])
        #expect(
            found.warnings == [
                "lib/deep/a.cjs:1: loads 'lost', which no package.json declares, so the image lacks it; add it to "
                    + "dependencies in package.json",
                "x/y.mjs:1: loads '@scope/lost', which no package.json declares, so the image lacks it; add it to "
                    + "dependencies in package.json",
            ])
    }

    @Test func `sources stand for what the compiler makes of them, and bundles bring their packages`() throws {
        let files = [
            "package.json": #"{"name": "api", "scripts": {"build": "tsc", "bundle": "esbuild --bundle src/main.ts"}}"#,
            "tsconfig.json":
                #"{"compilerOptions": {"outDir": "dist", "rootDir": "src", "paths": {"@/*": ["./src/*"]}}}"#,
            "src/main.ts": "import { a } from './a.js'\nimport { b } from '@/b'\na(b())", "src/a.ts": "import 'lost'",
            "src/b.ts": "",
        ]
        let found = try trace(files, file: "dist/main.js", builds: ["build"])
        #expect(found.files.map(\.description) == ["src/main.ts", "src/a.ts", "src/b.ts"])
        #expect(found.warnings.count == 1)
        #expect(try trace(files, file: "dist/main.js", builds: ["bundle"]).files.isEmpty)
    }

    @Test func `members are followed by their entries, each with its own manifest`() throws {
        let found = try trace(
            [
                "package.json":
                    #"{"name": "shop", "workspaces": ["apps/*", "packages/*"], "dependencies": {"shared": "1"}}"#,
                "apps/api/package.json": #"{"name": "api", "dependencies": {"@shop/db": "*"}}"#,
                "apps/api/server.js":
                    "require('@shop/db'); require('@shop/db/extra'); require('shared')\nrequire('@shop/log')",
                "packages/db/package.json":
                    #"{"name": "@shop/db", "exports": {".": {"types": "./t.d.ts", "default": "./dist/index.js"}, "./extra": "./extra.js"}}"#,
                "packages/db/src/index.ts": "import pg from 'pg'\npg.connect()",
                "packages/db/extra.js": "require('shared')",
                "packages/log/package.json": #"{"name": "@shop/log"}"#, "packages/log/index.js": "",
            ], service: "apps/api")
        #expect(
            found.files.map(\.description) == [
                "apps/api/server.js", "packages/db/src/index.ts", "packages/db/extra.js", "packages/log/index.js",
            ])
        #expect(
            found.warnings == [
                "apps/api/server.js:2: loads '@shop/log', which no package.json declares, so the image lacks it; add it to "
                    + "dependencies in apps/api/package.json",
                "packages/db/src/index.ts:1: loads 'pg', which no package.json declares, so the image lacks it; add it to "
                    + "dependencies in packages/db/package.json",
            ])
    }

    @Test func `a chain of thousands of files ends at a limit`() throws {
        var files = ["package.json": "{}", "server.js": "require('./m0')"]
        for number in 0..<5000 { files["m\(number).js"] = "require('./m\(number + 1)')" }
        #expect(try trace(files).files.count == 4000)
    }
}
