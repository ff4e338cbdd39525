import Planning
import TestSupport
import Testing

@testable import Detectors

/// Locks of every manager and version, read as lists of packages.
@Suite struct NodeLockTests {
    private static func lock(
        _ name: String, _ manager: NodeManager, _ text: String, manifest: String = "{\"name\": \"api\"}"
    ) throws -> NodeLock {
        let tree = try MemoryTree.make([name: text, "package.json": manifest])
        let path = try SourcePath(parsing: name)
        let manifests = [try #require(try PackageJSON.read(.root, of: tree))]
        return try #require(try NodeLock.read(path, manager, of: tree, manifests: manifests))
    }

    /// `name@version`, with a mark for what only development needs and what may be missing.
    private static func shown(_ lock: NodeLock) -> [String] {
        lock.packages.map {
            "\($0.importedAs == $0.name ? "" : "\($0.importedAs)=")\($0.name)@\($0.version)\($0.isDevelopment ? " dev" : "")\($0.isOptional ? " optional" : "") :\($0.line)"
        }
    }

    // MARK: npm

    @Test func `reads npm's lock of version 3 with members, links, aliases and machines`() throws {
        let lock = try Self.lock(
            "package-lock.json", .npm,
            """
            {
              "name": "api",
              "lockfileVersion": 3,
              "packages": {
                "": {"name": "api", "dependencies": {"express": "^4.18.2"}, "devDependencies": {"tap": "^18"}},
                "apps/web": {"version": "1.0.0", "dependencies": {"lib": "*"}},
                "node_modules/express": {"version": "4.18.2", "resolved": "https://packages.invalid/express/-/express-4.18.2.tgz", "dependencies": {"debug": "2.6.9"}},
                "node_modules/express/node_modules/debug": {"version": "2.6.9"},
                "node_modules/tap": {"version": "18.0.0", "dev": true},
                "node_modules/lodash4": {"name": "lodash", "version": "4.17.21"},
                "node_modules/@esbuild/linux-x64": {"version": "0.20.0", "optional": true, "os": ["linux"], "cpu": ["x64"]},
                "node_modules/bcrypt": {"version": "5.1.1", "hasInstallScript": true},
                "node_modules/inner": {"version": "1.0.0", "inBundle": true},
                "node_modules/web": {"resolved": "apps/web", "link": true},
                "node_modules/tool": {"version": "1.0.0", "resolved": "git+ssh://git@git.invalid/a/tool.git#abc"}
              }
            }
            """)
        #expect(lock.version == "3")
        #expect(lock.versionLine == 3)
        #expect(
            Self.shown(lock) == [
                "express@4.18.2 :7", "debug@2.6.9 :8", "tap@18.0.0 dev :9", "lodash4=lodash@4.17.21 :10",
                "@esbuild/linux-x64@0.20.0 optional :11", "bcrypt@5.1.1 :12", "inner@1.0.0 :13", "web@ :14",
                "tool@1.0.0 :15",
            ])
        #expect(lock.importers.map(\.folder) == [".", "apps/web"])
        #expect(lock.importers[0].entries.map(\.specifier) == ["^4.18.2", "^18"])
        let byName = Dictionary(uniqueKeysWithValues: lock.packages.map { ($0.importedAs, $0) })
        #expect(byName["bcrypt"]?.hasInstallScript == true)
        #expect(byName["express"]?.hasInstallScript == false)
        #expect(byName["express"]?.dependencies == ["debug"])
        #expect(byName["debug"]?.place == "node_modules/express/node_modules/debug")
        #expect(byName["@esbuild/linux-x64"]?.cpu == ["x64"])
        #expect(byName["inner"]?.isBundled == true)
        #expect(byName["web"]?.origin == .link("apps/web"))
        #expect(byName["tool"]?.origin == .git("git+ssh://git@git.invalid/a/tool.git#abc"))
    }

    @Test func `reads npm's lock of version 1 as a tree`() throws {
        let lock = try Self.lock(
            "npm-shrinkwrap.json", .npm,
            """
            {
              "lockfileVersion": 1,
              "dependencies": {
                "express": {
                  "version": "4.17.1",
                  "requires": {"debug": "2.6.9"},
                  "dependencies": {
                    "debug": {"version": "2.6.9", "bundled": true}
                  }
                },
                "old": {"version": "npm:lodash@3.10.1", "dev": true},
                "tool": {"version": "git+https://git.invalid/a/tool.git#abc"}
              }
            }
            """)
        #expect(lock.version == "1")
        #expect(
            Self.shown(lock) == [
                "express@4.17.1 :4", "debug@2.6.9 :8", "old=lodash@3.10.1 dev :11",
                "tool@git+https://git.invalid/a/tool.git#abc :12",
            ])
        #expect(lock.packages[1].place == "node_modules/express/node_modules/debug")
    }

    // MARK: pnpm

    @Test(arguments: [
        (
            """
            lockfileVersion: 5.4
            specifiers:
              express: ^4.18.2
              tap: ^16.0.0
            dependencies:
              express: 4.18.2
            devDependencies:
              tap: 16.3.4_peer@1.0.0
            packages:
              /express/4.18.2:
                resolution: {integrity: sha512-x}
                dependencies:
                  '@scope/debug': 2.6.9
                dev: false
              /@scope/debug/2.6.9:
                resolution: {integrity: sha512-x}
                requiresBuild: true
                dev: false
              /tap/16.3.4_peer@1.0.0:
                resolution: {integrity: sha512-x}
                dev: true
            """, "5.4", ["@scope/debug@2.6.9 :15", "express@4.18.2 :10", "tap@16.3.4 dev :19"]
        ),
        (
            """
            lockfileVersion: '6.0'
            dependencies:
              express:
                specifier: ^4.18.2
                version: 4.18.2
            devDependencies:
              tap:
                specifier: ^16.0.0
                version: 16.3.4(peer@1.0.0)
            packages:
              /express@4.18.2:
                resolution: {integrity: sha512-x}
                dev: false
              /@scope/debug@2.6.9:
                resolution: {integrity: sha512-x}
                dev: false
                optional: true
              /tap@16.3.4(peer@1.0.0):
                resolution: {integrity: sha512-x}
                dev: true
            """, "6.0", ["@scope/debug@2.6.9 optional :14", "express@4.18.2 :11", "tap@16.3.4 dev :18"]
        ),
        (
            """
            lockfileVersion: '9.0'
            importers:
              .:
                dependencies:
                  express:
                    specifier: ^4.18.2
                    version: 4.18.2(peer@1.0.0)
                  old:
                    specifier: npm:lodash@^3
                    version: lodash@3.10.1
                devDependencies:
                  tap:
                    specifier: ^16.0.0
                    version: 16.3.4
            packages:
              express@4.18.2:
                resolution: {integrity: sha512-x}
              lodash@3.10.1:
                resolution: {integrity: sha512-x}
              tap@16.3.4:
                resolution: {integrity: sha512-x}
              fast@1.0.0:
                resolution: {integrity: sha512-x}
                cpu: [x64]
                os: [linux]
            snapshots:
              express@4.18.2(peer@1.0.0):
                optionalDependencies:
                  fast: 1.0.0
              lodash@3.10.1: {}
              tap@16.3.4: {}
              fast@1.0.0:
                optional: true
            """, "9.0",
            ["express@4.18.2 :16", "fast@1.0.0 optional :22", "lodash@3.10.1 :18", "tap@16.3.4 dev :20"]
        ),
    ])
    func `reads pnpm's locks`(text: String, version: String, packages: [String]) throws {
        let lock = try Self.lock("pnpm-lock.yaml", .pnpm, text)
        #expect(lock.version == version)
        #expect(Self.shown(lock) == packages)
        #expect(lock.importers.map(\.folder) == ["."])
        #expect(lock.importers[0].entry("express")?.specifier == "^4.18.2")
        #expect(lock.importers[0].entry("tap")?.kind == .devDependencies)
    }

    @Test func `reads what else pnpm's lock fixes`() throws {
        let lock = try Self.lock(
            "pnpm-lock.yaml", .pnpm,
            """
            lockfileVersion: '9.0'
            catalogs:
              default:
                react:
                  specifier: ^18.2.0
                  version: 18.2.0
            overrides:
              debug@<3: 2.6.9
            patchedDependencies:
              express@4.18.2:
                hash: 0123456789012345678901234567890123456789012345678901234567890123
                path: patches/express@4.18.2.patch
            pnpmfileChecksum: sha256-abc
            importers: {}
            packages:
              lib@file:vendor/lib:
                resolution: {directory: vendor/lib, type: directory}
              tool@https://codeload.git.invalid/a/tool/tar.gz/abc:
                resolution: {tarball: https://codeload.git.invalid/a/tool/tar.gz/abc}
                version: 1.2.3
            """)
        #expect(lock.details.catalogs == [.init(catalog: "default", name: "react", range: "^18.2.0", line: 4)])
        #expect(lock.details.overrides == [.init(name: "debug@<3", range: "2.6.9", line: 8)])
        #expect(lock.details.patches.map(\.file) == ["patches/express@4.18.2.patch"])
        #expect(lock.details.hookChecksum == "sha256-abc")
        #expect(
            lock.packages.map(\.origin) == [
                .file("vendor/lib"), .git("https://codeload.git.invalid/a/tool/tar.gz/abc"),
            ])
        #expect(lock.packages.map(\.version) == ["file:vendor/lib", "1.2.3"])
        #expect(ManagerReleases.release(for: lock, isSettingsPnpm: false) == "10.33.4")
    }

    // MARK: Yarn

    @Test func `reads Yarn 1's lock, which is no YAML`() throws {
        let lock = try Self.lock(
            "yarn.lock", .yarn,
            """
            # THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.
            # yarn lockfile v1


            "@scope/debug@2.6.9", "@scope/debug@^2.6.0":
              version "2.6.9"
              resolved "https://packages.invalid/@scope/debug/-/debug-2.6.9.tgz#abc"
              integrity sha512-x

            express@^4.18.2:
              version "4.18.2"
              resolved "https://packages.invalid/express/-/express-4.18.2.tgz#abc"
              dependencies:
                "@scope/debug" "2.6.9"
              optionalDependencies:
                fast "~1.0.0"

            fast@~1.0.0:
              version "1.0.0"

            "lib@file:./lib":
              version "0.0.0"

            "old@npm:lodash@^3":
              version "3.10.1"

            tap@^16.0.0:
              version "16.3.4"
              dependencies:
                "@scope/debug" "^2.6.0"
            """,
            manifest: """
                {"dependencies": {"express": "^4.18.2", "lib": "file:./lib", "old": "npm:lodash@^3"}, "devDependencies": {"tap": "^16.0.0"}}
                """)
        #expect(lock.version == "1")
        #expect(
            Self.shown(lock) == [
                "@scope/debug@2.6.9 :5", "express@4.18.2 :10", "fast@1.0.0 optional :18", "lib@0.0.0 :21",
                "old=lodash@3.10.1 :24", "tap@16.3.4 dev :27",
            ])
        #expect(lock.packages[3].origin == .file("./lib"))
        #expect(lock.patterns["@scope/debug@^2.6.0"]?.version == "2.6.9")
    }

    @Test(arguments: [
        ("express@^4:\n  version \"4.18.2\n", 2, "has no closing quote"), ("express@^4\n", 1, "is no block"),
        ("  version \"1\"\n", 1, "stands before any package"),
        ("a@1:\n  version \"1\" \"2\"\n", 2, "is no value"),
    ])
    func `a line of Yarn 1's lock that fits nowhere is named`(text: String, line: Int, what: String) throws {
        let path = try SourcePath(parsing: "yarn.lock")
        let error = #expect(throws: PlanError.self) { try YarnLock.parse(text, path) }
        let shown = error.map { "\($0)" } ?? ""
        #expect(shown.hasPrefix("yarn.lock:\(line): "))
        #expect(shown.contains(what))
    }

    @Test func `reads the lock of Yarn from 2 on`() throws {
        let lock = try Self.lock(
            "yarn.lock", .berry,
            """
            __metadata:
              version: 8
              cacheKey: 10c0

            "api@workspace:.":
              version: 0.0.0-use.local
              resolution: "api@workspace:."
              dependencies:
                express: "npm:^4.18.2"
                tap: "npm:^16.0.0"
              languageName: unknown
              linkType: soft

            "express@npm:^4.18.2, express@npm:^4.18.0":
              version: 4.18.2
              resolution: "express@npm:4.18.2"
              dependencies:
                fast: "npm:~1.0.0"
              dependenciesMeta:
                fast:
                  optional: true
              checksum: 10c0/abc
              languageName: node
              linkType: hard

            "fast@npm:~1.0.0":
              version: 1.0.0
              resolution: "fast@npm:1.0.0"
              conditions: os=linux & cpu=x64 & libc=glibc
              languageName: node
              linkType: hard

            "old@npm:lodash@^3":
              version: 3.10.1
              resolution: "lodash@npm:3.10.1"
              languageName: node
              linkType: hard

            "tap@npm:^16.0.0":
              version: 16.3.4
              resolution: "tap@npm:16.3.4"
              languageName: node
              linkType: hard
            """,
            manifest: """
                {"name": "api", "dependencies": {"express": "^4.18.2", "old": "npm:lodash@^3"}, "devDependencies": {"tap": "^16.0.0"}}
                """)
        #expect(lock.version == "8")
        #expect(
            Self.shown(lock) == [
                "express@4.18.2 :14", "fast@1.0.0 optional :26", "old=lodash@3.10.1 :33", "tap@16.3.4 dev :39",
            ])
        #expect(lock.importers.map(\.folder) == ["."])
        #expect(lock.packages[1].libc == ["glibc"])
    }

    // MARK: Bun

    @Test func `reads Bun's text lock with its trailing commas`() throws {
        let lock = try Self.lock(
            "bun.lock", .bun,
            """
            {
              "lockfileVersion": 1,
              "workspaces": {
                "": {
                  "name": "api",
                  "dependencies": { "express": "^4.18.2", "old": "npm:lodash@^3", },
                  "devDependencies": { "tap": "^16.0.0", },
                },
                "apps/web": { "name": "web", "dependencies": { "lib": "workspace:*", }, },
              },
              "trustedDependencies": ["fast"],
              "packages": {
                "express": ["express@4.18.2", "", { "dependencies": { "debug": "2.6.9" }, "optionalDependencies": { "fast": "1.0.0" } }, "sha512-x"],
                "express/debug": ["debug@2.6.9", "", {}, "sha512-x"],
                "debug": ["debug@4.0.0", "", {}, "sha512-x"],
                "fast": ["fast@1.0.0", "", { "os": "linux", "cpu": "x64" }, "sha512-x"],
                "lib": ["lib@workspace:lib"],
                "old": ["lodash@3.10.1", "", {}, "sha512-x"],
                "tap": ["tap@16.3.4", "", { "dependencies": { "debug": "^4.0.0" } }, "sha512-x"],
              }
            }
            """)
        #expect(lock.version == "1")
        #expect(
            Self.shown(lock) == [
                "express@4.18.2 :13", "debug@2.6.9 :14", "debug@4.0.0 dev :15", "fast@1.0.0 optional :16",
                "lib@workspace:lib :17", "old=lodash@3.10.1 :18", "tap@16.3.4 dev :19",
            ])
        #expect(lock.importers.map(\.folder) == [".", "apps/web"])
        #expect(lock.details.trusted == ["fast"])
        #expect(lock.packages[4].origin == .link("lib"))
    }

    @Test func `Bun's binary lock is known, and its packages are not`() throws {
        let lock = try Self.lock("bun.lockb", .bun, "#!/usr/bin/env bun\nbun-lockfile-format-v0\n")
        #expect(!lock.isReadable)
        #expect(lock.packages.isEmpty)
    }

    // MARK: Bad ones

    @Test(arguments: [
        (
            "package-lock.json", NodeManager.npm, "{\n<<<<<<< HEAD\n}",
            "package-lock.json:2: is in the middle of a merge"
        ),
        (
            "pnpm-lock.yaml", .pnpm, "lockfileVersion: '9.0'\n>>>>>>> main\n",
            "pnpm-lock.yaml:2: is in the middle of a merge"
        ),
        (
            "package-lock.json", .npm, "{\"lockfileVersion\": 9}",
            "package-lock.json:1: has the version '9'; known are 1, 2 and 3"
        ),
        ("package-lock.json", .npm, "[]", "package-lock.json:1: is an array"),
        ("package-lock.json", .npm, "{\n\"a\": 1,\n}", "package-lock.json:3: column 1: is not JSON"),
        ("pnpm-lock.yaml", .pnpm, "packages: {}", "pnpm-lock.yaml:1: has no 'lockfileVersion'"),
        ("pnpm-lock.yaml", .pnpm, "\nlockfileVersion: 12.0", "pnpm-lock.yaml:2: has the version '12.0'"),
        ("yarn.lock", .berry, "a: 1", "yarn.lock:1: has no '__metadata'"),
        ("bun.lock", .bun, "{}", "bun.lock:1: has no 'lockfileVersion'"),
    ])
    func `a lock that is none is refused at its line`(name: String, manager: NodeManager, text: String, error: String) {
        #expect {
            try Self.lock(name, manager, text)
        } throws: { found in
            "\(found)".hasPrefix(error)
        }
    }
}
