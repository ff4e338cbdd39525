import Glibc
import SystemPackage
import Testing

extension Acceptance {
    /// Node services: installed from a registry for real, started and asked.
    @Suite(
        .enabled(
            if: NpmRegistry.isThere && Tool.has("python3", "curl", "hadolint"),
            "\(NpmRegistry.lack), python3, curl and hadolint"))
    struct NodeTests {
        private func paths(of image: String) async throws -> [String] {
            try await Autoimage().command(["inspect", image, "--files"]).succeed().split(separator: "\n").compactMap {
                $0.split(separator: " ").last.map(String.init)
            }
        }

        /// Layers by what they hold.
        private func layer(_ folder: String, of image: String) async throws -> String? {
            try await Autoimage().command(["inspect", image, "--files"]).succeed().split(separator: "\n").first {
                $0.split(separator: " ").last.map(String.init) == folder
            }?.split(separator: " ").first.map(String.init)
        }

        /// Asks a service once, ends it with SIGTERM and answers with its exit status.
        private static let asking = """
            port=$1; shift; "$@" & until curl --silent --fail http://127.0.0.1:$port/; do sleep 0.1; done
            kill -TERM $!; wait $!
            """

        @Test func `express is installed from its lock, starts as a small image and ends when it is told`() async throws
        {
            let registry = try NpmRegistry()
            try await registry.add("only-for-tests", ["index.js": "module.exports = 1;\n", "README.md": "# Tests\n"])
            try await registry.serving { address in
                let service = try await Service(copyingFolder: "node-shop")
                try service[".npmrc"].write("registry=\(address)\n")
                try await NpmRegistry.lock(service, at: address)
                let built = try await Autoimage().build(service, ["-t", "node-shop"])
                try await Hadolint.check(service)
                let files = try await paths(of: "node-shop")
                #expect(files.contains("app/node_modules/express/lib/express.js"))
                for part in [
                    "only-for-tests", "/npm", "usr/include/", "README", ".d.ts", "package-lock.json", ".npmrc",
                    "bin/sh",
                ] { #expect(!files.contains { $0.contains(part) }, "\(part)") }
                let size = try #require(built.errors.firstMatch(of: /image: ([0-9.]+) MB unpacked/)?.output.1)
                #expect(try #require(Double(size)) <= 150)
                let port = try FreePort()
                var asked = try Autoimage().command(["run", "-e", "PORT=\(port)", "node-shop"])
                asked.words = ["sh", "-c", Self.asking, "sh", "\(port)"] + asked.words
                asked.seconds = 60
                let outcome = try await asked.run()
                #expect(outcome.output == #"{"hello":"shop","mode":"production"}"#, "\(outcome.errors)")
                #expect(outcome.status == 7, "the service's own answer to SIGTERM: \(outcome.errors)")
                let modules = try await layer("app/node_modules/express", of: "node-shop")
                let script = try service["server.js"].text()
                try service["server.js"].write(script.replacing("shop", with: "market"))
                let edited = try await Autoimage().build(service, ["-t", "node-shop-edited"])
                #expect(edited.digest != built.digest)
                #expect(try await layer("app/node_modules/express", of: "node-shop-edited") == modules)
                #expect(
                    edited.errors.contains("[install] cached\n[prune] cached\n[sources] copy"), "\(edited.errors)")
            }
        }

        private static let addon = [
            "index.js": "module.exports = require(\"./build/Release/addon.node\");\n",
            "binding.gyp": "{\"targets\": [{\"target_name\": \"addon\", \"sources\": [\"addon.c\"]}]}\n",
            "addon.c": """
            #include <node_api.h>
            static napi_value answer(napi_env env, napi_callback_info info) {
              napi_value value;
              napi_create_int32(env, 42, &value);
              return value;
            }
            static napi_value init(napi_env env, napi_value exports) {
              napi_value function;
              napi_create_function(env, "answer", NAPI_AUTO_LENGTH, answer, NULL, &function);
              napi_set_named_property(env, exports, "answer", function);
              return exports;
            }
            NAPI_MODULE(NODE_GYP_MODULE_NAME, init)

            """,
        ]

        @Test func `a private registry's addon is compiled, TypeScript built, and neither ships its sources`()
            async throws
        {
            let registry = try NpmRegistry(token: "s3cret-token")
            try await registry.add(
                "addon", manifest: "\"gypfile\": true, \"scripts\": {\"install\": \"node-gyp rebuild\"}", Self.addon)
            try await registry.serving { address in
                let host = address.dropFirst("http:".count)
                let service = try await Service(
                    named: "answers",
                    [
                        "package.json": """
                        {
                          "name": "answers", "version": "1.0.0",
                          "scripts": { "build": "tsc", "start": "node dist/server.js" },
                          "dependencies": { "addon": "*" }, "devDependencies": { "typescript": "*" }
                        }

                        """,
                        "tsconfig.json": """
                        {"compilerOptions": {"outDir": "dist", "rootDir": "src", "module": "commonjs", "types": []}}

                        """,
                        "src/server.ts": """
                        declare function require(name: string): any;
                        declare const process: any;
                        const addon = require("addon");
                        const answer: number = addon.answer();
                        require("http").createServer((_: any, r: any) => r.end(`${answer}`)).listen(process.env.PORT);

                        """,
                        ".npmrc": "registry=\(address)\n\(host):_authToken=${COMPANY_TOKEN}\n",
                    ])
                try await NpmRegistry.lock(service, at: address)
                var autoimage = try Autoimage()
                let refused = try await autoimage.command(["build", service.folder.string]).run()
                #expect(refused.status == 65 && refused.errors.contains("COMPANY_TOKEN"), "\(refused.errors)")
                autoimage.environment["COMPANY_TOKEN"] = "s3cret-token"
                _ = try await autoimage.build(
                    service, ["-t", "answers", "--secret", "id=COMPANY_TOKEN,env=COMPANY_TOKEN"])
                let files = try await paths(of: "answers")
                #expect(files.filter { $0.hasPrefix("app/node_modules/") && $0.hasSuffix("addon.node") }.count == 1)
                for end in [".ts", ".c", ".o", ".gyp", "Makefile", "config.gypi", "/typescript", ".d"] {
                    #expect(!files.contains { $0.hasPrefix("app/") && $0.hasSuffix(end) }, "\(end)")
                }
                let port = try FreePort()
                try await autoimage.command(["run", "-e", "PORT=\(port)", "answers"]).running {
                    let text = try await Site(port: port, server: $0).get("/")
                    #expect(text == "42")
                }
            }
        }

        @Test(arguments: [
            ("yarn@1.22.19", ""), ("yarn@4.1.0", "nodeLinker: node-modules\n"), ("yarn@4.1.0", "nodeLinker: pnp\n"),
        ])
        func `Yarn of the pinned release installs, and what only development needs stays behind`(
            _ manager: String, _ linker: String
        ) async throws {
            let registry = try NpmRegistry()
            try await registry.add("only-for-tests", ["index.js": "module.exports = 1;\n"])
            try await registry.addYarn()
            try await registry.serving { address in
                let service = try await Service(copyingFolder: "node-shop")
                let manifest = try service["package.json"].text()
                try service["package.json"].write(
                    manifest.replacing("\"version\"", with: "\"packageManager\": \"\(manager)\",\n  \"version\""))
                try service[".npmrc"].write("registry=\(address)\n")
                if linker.isEmpty {
                    try service[".yarnrc"].write("registry \"\(address)\"\n")
                    try await NpmRegistry.lock(service, "yarn.lock", at: address)
                } else {
                    try service[".yarnrc.yml"].write(
                        "npmRegistryServer: \"\(address)\"\nunsafeHttpWhitelist: [\"127.0.0.1\"]\n\(linker)")
                }
                _ = try await Autoimage().build(service, ["-t", "yarn-shop"])
                let files = try await paths(of: "yarn-shop")
                #expect(!files.contains { $0.contains("only-for-tests") || $0.contains("/yarn.lock") })
                #expect(files.contains { $0.contains("/express") && $0.hasPrefix("app/") })
                let port = try FreePort()
                try await Autoimage().command(["run", "-e", "PORT=\(port)", "yarn-shop"]).running {
                    let text = try await Site(port: port, server: $0).get("/")
                    #expect(text == #"{"hello":"shop","mode":"production"}"#)
                }
            }
        }

        /// A manager of whose command line only what its documentation says is known: anything else fails.
        private func double(_ name: String, install: String) -> [String: String] {
            [
                "bin/\(name).js": """
                #!/usr/bin/env node
                const fs = require("fs"), words = process.argv.slice(2).join(" ");
                if (words === "\(install)") {
                  for (const one of ["greet", "only-for-tests"]) {
                    fs.mkdirSync(`node_modules/.store/${one}/node_modules/${one}`, { recursive: true });
                    const at = `node_modules/.store/${one}/node_modules/${one}`;
                    fs.writeFileSync(`${at}/package.json`, JSON.stringify({ name: one, version: "1.0.0", bin: "run.js" }));
                    fs.writeFileSync(`${at}/run.js`, "require('http').createServer((_, r) => r.end('greeted')).listen(process.env.PORT)");
                    fs.symlinkSync(`.store/${one}/node_modules/${one}`, `node_modules/${one}`);
                  }
                } else if (words === "run build") {
                  fs.writeFileSync("built.txt", process.env.NODE_ENV);
                } else {
                  console.error(`unexpected: ${words}`);
                  process.exit(9);
                }

                """
            ]
        }

        @Test(arguments: [
            ("pnpm", "9.15.4", "install --frozen-lockfile", "pnpm-lock.yaml"),
            ("bun", "1.1.38", "install --frozen-lockfile", "bun.lock"),
        ])
        func `the pinned manager is fetched and does what the plan says`(
            _ name: String, _ version: String, _ install: String, _ lock: String
        ) async throws {
            let registry = try NpmRegistry()
            try await registry.add(
                name, version: version, manifest: "\"bin\": {\"\(name)\": \"bin/\(name).js\"}",
                double(name, install: install))
            let locks = [
                "pnpm-lock.yaml": """
                lockfileVersion: '9.0'

                settings:
                  autoInstallPeers: true
                  excludeLinksFromLockfile: false

                importers:

                  .:
                    dependencies:
                      greet:
                        specifier: 1.0.0
                        version: 1.0.0
                    devDependencies:
                      only-for-tests:
                        specifier: 1.0.0
                        version: 1.0.0

                packages:

                  greet@1.0.0:
                    resolution: {integrity: sha512-AAAA}

                  only-for-tests@1.0.0:
                    resolution: {integrity: sha512-AAAA}

                snapshots:

                  greet@1.0.0: {}

                  only-for-tests@1.0.0: {}

                """,
                "bun.lock": """
                {
                  "lockfileVersion": 1,
                  "workspaces": {
                    "": {
                      "name": "greeter",
                      "dependencies": { "greet": "1.0.0" },
                      "devDependencies": { "only-for-tests": "1.0.0" },
                    },
                  },
                  "packages": {
                    "greet": ["greet@1.0.0", "", {}, "sha512-AAAA"],
                    "only-for-tests": ["only-for-tests@1.0.0", "", {}, "sha512-AAAA"],
                  }
                }

                """,
            ]
            try await registry.serving { address in
                let service = try await Service(
                    named: "greeter-\(name)",
                    [
                        "package.json": """
                        {
                          "name": "greeter", "version": "1.0.0", "packageManager": "\(name)@\(version)",
                          "scripts": { "build": "touch built.txt", "start": "greet" },
                          "dependencies": { "greet": "1.0.0" }, "devDependencies": { "only-for-tests": "1.0.0" }
                        }

                        """,
                        lock: locks[lock] ?? "", ".npmrc": "registry=\(address)\n",
                    ])
                _ = try await Autoimage().build(service, ["-t", "greeter-\(name)"])
                let files = try await paths(of: "greeter-\(name)")
                #expect(files.contains("app/built.txt") && !files.contains { $0.contains("only-for-tests") })
                let port = try FreePort()
                try await Autoimage().command(["run", "-e", "PORT=\(port)", "greeter-\(name)"]).running {
                    let text = try await Site(port: port, server: $0).get("/")
                    #expect(text == "greeted")
                }
            }
        }
    }
}
