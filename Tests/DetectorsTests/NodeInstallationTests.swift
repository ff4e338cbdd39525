import Planning
import TestSupport
import Testing

@testable import Detectors

/// Which manager installs, in which release, from which files.
@Suite struct NodeInstallationTests {
    static func read(
        _ files: [String: String], _ change: (inout PlanOptions) -> Void = { _ in }
    ) throws -> NodeInstallation? {
        var options = PlanOptions(name: "api")
        change(&options)
        return try NodeInstallation.read(NodeProject(tree: MemoryTree.make(files), options: options))
    }

    static func installation(
        _ files: [String: String], _ change: (inout PlanOptions) -> Void = { _ in }
    ) throws -> NodeInstallation { try #require(try read(files, change)) }

    static let express = "{\"dependencies\": {\"express\": \"^4.18.2\"}}"
    static let npmLock = """
        {
          "lockfileVersion": 3,
          "packages": {
            "": {"dependencies": {"express": "^4.18.2"}},
            "node_modules/express": {"version": "4.18.2"}
          }
        }
        """
    static let pnpmLock = """
        lockfileVersion: '9.0'
        importers:
          .:
            dependencies:
              express:
                specifier: ^4.18.2
                version: 4.18.2
        packages:
          express@4.18.2:
            resolution: {integrity: sha512-x}
        snapshots:
          express@4.18.2: {}
        """
    static let yarnLock = """
        # yarn lockfile v1


        express@^4.18.2:
          version "4.18.2"
        """
    static let berryLock = """
        __metadata:
          version: 8

        "api@workspace:.":
          version: 0.0.0-use.local
          resolution: "api@workspace:."
          dependencies:
            express: "npm:^4.18.2"

        "express@npm:^4.18.2":
          version: 4.18.2
          resolution: "express@npm:4.18.2"
        """
    static let bunLock = """
        {
          "lockfileVersion": 1,
          "workspaces": {"": {"dependencies": {"express": "^4.18.2",},},},
          "packages": {"express": ["express@4.18.2", "", {}, "sha512-x"],}
        }
        """

    static func manifest(_ fields: String) -> String { "{\(fields), \"dependencies\": {\"express\": \"^4.18.2\"}}" }

    @Test(
        arguments: [
            (["package.json": express], NodeManager.npm, nil, "no lock file and no field names a manager"),
            (["package.json": express, "package-lock.json": npmLock], .npm, nil, "package-lock.json"),
            (["package.json": express, "npm-shrinkwrap.json": npmLock], .npm, nil, "npm-shrinkwrap.json"),
            (["package.json": express, "pnpm-lock.yaml": pnpmLock], .pnpm, "9.15.9", "pnpm-lock.yaml"),
            (["package.json": express, "yarn.lock": yarnLock], .yarn, "1.22.22", "yarn.lock"),
            (["package.json": express, "yarn.lock": berryLock], .berry, "4.10.3", "yarn.lock"),
            (["package.json": express, "bun.lock": bunLock], .bun, "1.3.2", "bun.lock"),
            (["package.json": express, "bun.lockb": "x"], .bun, "1.1.45", "bun.lockb"),
            (["package.json": express, ".yarnrc.yml": "nodeLinker: pnp"], .berry, "4.10.3", ".yarnrc.yml"),
            (
                ["package.json": manifest("\"packageManager\": \"pnpm@9.15.4+sha512.ab\"")], .pnpm, "9.15.4",
                "package.json:1"
            ),
            (["package.json": manifest("\"packageManager\": \"yarn@1.22.19\"")], .yarn, "1.22.19", "package.json:1"),
            (["package.json": manifest("\"packageManager\": \"yarn@4.1.0\"")], .berry, "4.1.0", "package.json:1"),
            (["package.json": manifest("\"packageManager\": \"npm@10.8.2\"")], .npm, "10.8.2", "package.json:1"),
            (
                [
                    "package.json": manifest(
                        "\"devEngines\": {\"packageManager\": {\"name\": \"pnpm\", \"version\": \"^9.0.0\"}}")
                ],
                .pnpm, "9.15.9", "package.json:1 'devEngines.packageManager: pnpm@^9.0.0'"
            ),
            (
                ["package.json": manifest("\"engines\": {\"pnpm\": \"8.x\"}")], .pnpm, "8.15.9",
                "package.json:1 'engines.pnpm: 8.x'"
            ),
            (["package.json": manifest("\"engines\": {\"yarn\": \">=3 <4\"}")], .berry, "3.8.7", "package.json:1"),
            (
                ["package.json": manifest("\"engines\": {\"npm\": \">=10\"}")], .npm, nil,
                "package.json:1 'engines.npm: >=10'"
            ),
            (
                ["package.json": manifest("\"volta\": {\"yarn\": \"1.22.10\"}")], .yarn, "1.22.10",
                "package.json:1 'volta.yarn"
            ),
            // `engines` with words forbids a manager, as many write it.
            (
                ["package.json": manifest("\"engines\": {\"npm\": \"please-use-pnpm\", \"pnpm\": \">=9\"}")], .pnpm,
                "10.33.4", "package.json:1"
            ),
            (
                [
                    "package.json": manifest("\"packageManager\": \"pnpm@9.1.0\""), "pnpm-lock.yaml": pnpmLock,
                    "yarn.lock": yarnLock,
                ],
                .pnpm, "9.1.0", "package.json:1"
            ),
        ] as [([String: String], NodeManager, String?, String)])
    func `fields, locks and files choose the manager and its release`(
        files: [String: String], manager: NodeManager, version: String?, reason: String
    ) throws {
        let found = try Self.installation(files)
        #expect(found.manager.value == manager)
        #expect(found.version?.value == version)
        #expect(found.manager.reason.description.hasPrefix(reason), "\(found.manager.reason)")
        #expect(found.drift == nil)
    }

    @Test(
        arguments: [
            (
                ["package.json": express, "package-lock.json": npmLock, "yarn.lock": yarnLock],
                [
                    "locks of several package managers", "npm  (package-lock.json)", "yarn  (yarn.lock)",
                    "--set node.manager=NAME",
                ]
            ),
            (
                ["package.json": manifest("\"packageManager\": \"pnpm@9.1.0\""), "package-lock.json": npmLock],
                [
                    "package.json:1: names pnpm, and the only lock is package-lock.json", "pnpm import",
                    "--set node.manager=npm",
                ]
            ),
            (
                ["package.json": manifest("\"packageManager\": \"yarn@4.1.0\""), "yarn.lock": yarnLock],
                ["names Yarn, and the only lock is yarn.lock, Yarn 1's", "refuses"]
            ),
            (
                ["package.json": manifest("\"packageManager\": \"pnpm\"")],
                ["package.json:1: 'pnpm' is no 'NAME@VERSION'"]
            ),
            (["package.json": manifest("\"packageManager\": \"cnpm@9.0.0\"")], ["no package manager 'cnpm' is known"]),
            (
                ["package.json": manifest("\"engines\": {\"pnpm\": \"9.0.x\"}")],
                ["package.json:1", "none of the known releases of pnpm is in '9.0.x'", "packageManager"]
            ),
            (
                [
                    "package.json": express, "yarn.lock": berryLock,
                    ".yarnrc.yml": "yarnPath: .yarn/releases/yarn-4.1.0.cjs",
                ],
                [".yarnrc.yml:1", "which is not in the sources"]
            ),
            (
                ["package.json": "{\"dependencies\": {\"lib\": \"file:../lib\"}}"],
                ["package.json:1: 'file:../lib' lies outside"]
            ),
            (
                ["package.json": "{\"dependencies\": {\"lib\": \"file:./lib\"}}"],
                ["package.json:1: 'file:./lib' names 'lib', which is not in the sources"]
            ),
        ] as [([String: String], [String])])
    func `what contradicts itself is an error with the way out`(files: [String: String], parts: [String]) {
        #expect {
            try Self.read(files)
        } throws: { error in
            for part in parts { #expect("\(error)".contains(part), "\(error)") }
            return true
        }
    }

    @Test(
        arguments: [
            ("npm", NodeManager.npm, nil), ("pnpm", .pnpm, "10.33.4"), ("pnpm@9", .pnpm, "9.15.9"),
            ("yarn", .yarn, "1.22.22"),
            ("yarn@4.1.0", .berry, "4.1.0"), ("berry", .berry, "4.10.3"), ("bun", .bun, "1.3.2"),
        ] as [(String, NodeManager, String?)])
    func `an option chooses against every file`(asked: String, manager: NodeManager, version: String?) throws {
        let found = try Self.installation(["package.json": Self.express]) {
            $0.settings["node.manager"] = Requested(asked, by: "--set node.manager")
        }
        #expect(found.manager.value == manager)
        #expect(found.version?.value == version)
    }

    @Test func `an unknown manager is refused with the list`() {
        #expect {
            try Self.read(["package.json": Self.express]) {
                $0.settings["node.manager"] = Requested("cnpm", by: "--set node.manager")
            }
        } throws: {
            "\($0)".contains("--set node.manager: no package manager 'cnpm'; known are npm, pnpm, yarn, berry, bun")
        }
    }

    @Test func `nothing is installed where nothing is declared`() throws {
        #expect(try Self.read(["package.json": "{\"scripts\": {\"build\": \"node build.js\"}}"]) == nil)
        #expect(try Self.read(["server.js": ""]) == nil)
    }

    @Test func `no lock is a warning, and an error where everything has to be locked`() throws {
        let found = try Self.installation(["package.json": Self.express])
        #expect(found.warnings.count == 1)
        #expect(found.warnings[0].contains("npm install --package-lock-only"))
        #expect {
            try Self.read(["package.json": Self.express]) { $0.isLocked = true }
        } throws: { "\($0)".hasPrefix("package.json: no lock of npm") }
    }

    // MARK: Files

    @Test func `the installation reads manifests, locks, settings and patches`() throws {
        let found = try Self.installation([
            "package.json": Self.express, "pnpm-lock.yaml": Self.pnpmLock, ".npmrc": "save-exact=true",
            "patches/express@4.18.2.patch": "x", ".pnpmfile.cjs": "", "index.js": "", "src/a.js": "",
        ])
        #expect(
            found.files.map(\.description) == [
                ".npmrc", ".pnpmfile.cjs", "package.json", "patches/express@4.18.2.patch", "pnpm-lock.yaml",
            ])
        #expect(found.needsSources == nil)
    }

    @Test func `folders of the sources that are dependencies are read, and Prisma's schema`() throws {
        let found = try Self.installation([
            "package.json": "{\"dependencies\": {\"lib\": \"file:./lib\", \"@prisma/client\": \"^5\"}}",
            "lib/package.json": "{}", "lib/src/a.js": "", "prisma/schema.prisma": "", "prisma/migrations/1.sql": "",
            "b.js": "",
        ])
        #expect(
            found.files.map(\.description) == [
                "lib/package.json", "lib/src/a.js", "package.json", "prisma/schema.prisma",
            ])
    }

    @Test func `zero-install needs no network`() throws {
        let found = try Self.installation([
            "package.json": Self.express, "yarn.lock": Self.berryLock, ".pnp.cjs": "",
            ".yarn/cache/express-npm-4.18.2-bb15ff679a-75af556306.zip": "x",
        ])
        #expect(found.isOffline?.description == ".yarn/cache")
        #expect(found.isPlugAndPlay)
        #expect(found.files.contains { $0.name == ".pnp.cjs" })
    }

    @Test func `an offline mirror of Yarn 1 needs no network`() throws {
        let found = try Self.installation([
            "package.json": Self.express, "yarn.lock": Self.yarnLock, ".yarnrc": "yarn-offline-mirror \"./mirror\"\n",
            "mirror/express-4.18.2.tgz": "x",
        ])
        #expect(found.isOffline?.description == "mirror")
    }

    @Test func `Yarn's own program in the sources is run`() throws {
        let found = try Self.installation([
            "package.json": Self.express, "yarn.lock": Self.berryLock,
            ".yarnrc.yml": "nodeLinker: node-modules\nyarnPath: .yarn/releases/yarn-4.1.0.cjs\n",
            ".yarn/releases/yarn-4.1.0.cjs": "x",
        ])
        #expect(found.vendored?.description == ".yarn/releases/yarn-4.1.0.cjs")
        #expect(found.version == nil)
        #expect(found.major == 4)
        #expect(!found.isPlugAndPlay)
    }

    @Test(arguments: [
        ("husky", true), ("husky install", true), ("is-ci || husky install", true), ("npx only-allow pnpm", true),
        ("patch-package && prisma generate", true), ("prisma migrate deploy", false), ("npm run build", false),
        ("node scripts/setup.js", false), ("tsc", false), ("NODE_ENV=x husky", true),
    ])
    func `scripts for a developer's own machine need no sources`(script: String, isHarmless: Bool) throws {
        #expect(LifecycleScripts.isHarmless(script) == isHarmless)
        let found = try Self.installation([
            "package.json": Self.manifest("\"scripts\": {\"postinstall\": \"\(script)\"}")
        ])
        #expect((found.needsSources == nil) == isHarmless)
    }

    // MARK: Machine code

    @Test func `packages of the lock that compile bring the compiler and libraries`() throws {
        let lock = """
            {
              "lockfileVersion": 3,
              "packages": {
                "": {"dependencies": {"libpq": "^1", "sharp": "^0.33", "@prisma/client": "^5"}, "devDependencies": {"canvas": "^2"}},
                "node_modules/libpq": {"version": "1.8.13", "hasInstallScript": true},
                "node_modules/sharp": {"version": "0.33.5", "hasInstallScript": false},
                "node_modules/@prisma/client": {"version": "5.22.0", "hasInstallScript": true},
                "node_modules/canvas": {"version": "2.11.2", "dev": true, "hasInstallScript": true},
                "node_modules/fsevents": {"version": "2.3.3", "optional": true, "os": ["darwin"], "hasInstallScript": true}
              }
            }
            """
        let found = try Self.installation([
            "package.json":
                "{\"dependencies\": {\"libpq\": \"^1\", \"sharp\": \"^0.33\", \"@prisma/client\": \"^5\"}, \"devDependencies\": {\"canvas\": \"^2\"}}",
            "package-lock.json": lock,
        ])
        let builder = try #require(TestCatalog.catalog.entry("debian/trixie/node-20-builder"))
        let runtime = try #require(TestCatalog.catalog.entry("debian/trixie/node-20-runtime"))
        #expect(
            found.native.builderPackages(builder, needsDevelopment: false).map(\.value) == [
                "g++", "libpq-dev", "openssl",
            ])
        #expect(
            found.native.builderPackages(builder, needsDevelopment: true).map(\.value).contains("libcairo2-dev"))
        #expect(found.native.runtimePackages(runtime).map(\.value) == ["dash", "openssl"])
        #expect(found.native.machineCode(isShipped: true)?.description == "package-lock.json:5")
        #expect(!found.native.found.contains { $0.name == "fsevents" })
    }

    @Test func `each package of the table is there once`() {
        let names = NativePackages.table.map(\.name)
        #expect(Set(names).count == names.count)
    }
}
