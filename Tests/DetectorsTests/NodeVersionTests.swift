import BaseImages
import Planning
import Testing

@testable import Detectors

@Suite struct NodeVersionTests {
    private static func read(
        _ files: [String: String], service: SourcePath = .root, option: String? = nil
    ) throws -> NodeVersion {
        var options = PlanOptions(name: "service")
        if let option { options.versions["node"] = Requested(option, by: "--set node.version") }
        let tree = try MemoryTree.make(files)
        return try NodeVersion.read(NodeProject(tree: tree, options: options))
    }

    /// The base that the embedded catalog has for it.
    private static func choice(_ version: NodeVersion, _ family: String? = nil) throws -> BaseChoice {
        try BaseChoice.choose(
            BaseChoice.Wish(
                language: "node", version: version.request, family: family.map { Requested($0, by: "--bases") }),
            from: BaseImages.catalog())
    }

    private static let all = [
        ".nvmrc": "# chosen\nv18.17\n", ".node-version": "20\n", ".tool-versions": "python 3.12\nnodejs 22.1.0\n",
        "mise.toml": "[tools]\nnode = \"24\"\n",
        "package.json": """
        {"volta": {"node": "16.20.0"},
         "devEngines": {"runtime": [{"name": "bun", "version": "1"}, {"name": "node", "version": "^22.12"}]},
         "engines": {"node": ">=20"}}
        """,
    ]

    @Test(
        arguments: [
            (
                [".nvmrc", ".node-version", ".tool-versions", "mise.toml", "package.json"], "v18.17",
                ".nvmrc:2 'v18.17'"
            ),
            ([".node-version", ".tool-versions", "mise.toml", "package.json"], "20", ".node-version:1 '20'"),
            ([".tool-versions", "mise.toml", "package.json"], "22.1.0", ".tool-versions:2 'nodejs 22.1.0'"),
            (["mise.toml", "package.json"], "24", "mise.toml:2 'node = \"24\"'"),
            (["package.json"], "16.20.0", "package.json:1 'node: 16.20.0'"),
        ] as [([String], String, String)])
    func `takes the first file by rank`(_ names: [String], _ text: String, _ reason: String) throws {
        let found = try Self.read(Self.all.filter { names.contains($0.key) })
        #expect(found.request?.text == text)
        #expect(found.request?.reason.description == reason)
    }

    @Test func `asks for nothing where nothing does`() throws {
        for files in [
            ["package.json": "{}"], ["server.js": ""], [".nvmrc": "system\n"], [".node-version": "default"],
            ["package.json": #"{"engines": {"node": " "}}"#], [".tool-versions": "nodejs system\n"],
            ["package.json": #"{"devEngines": {"runtime": {"name": "deno", "version": "2"}}}"#],
        ] {
            #expect(try Self.read(files).request == nil, "\(files)")
        }
    }

    @Test(
        arguments: [
            ("20", "debian/trixie/node-20-builder"), ("18", "debian/bookworm/node-18-builder"),
            ("v24.1", "debian/testing/node-24-builder"), ("22", "official/trixie/node-22-builder"),
            ("21.x", "official/bookworm/node-21-builder"), ("23", "official/bookworm/node-23-builder"),
            (">=18", "debian/trixie/node-20-builder"), (">=20 <20.19.3", "debian/trixie/node-20-builder"),
            (">=20.19.2", "debian/trixie/node-20-builder"),
            // Debian's 20 is older, the other 20 may be: 24 surely suits.
            (">=20.19.3", "debian/testing/node-24-builder"), ("^20.19.3", "official/bookworm/node-20-builder"),
            ("^22.12", "official/trixie/node-22-builder"), (">=22.12 <24", "official/trixie/node-22-builder"),
            ("^18.17.0 || >=20.3", "debian/trixie/node-20-builder"), ("<20", "debian/bookworm/node-18-builder"),
            ("lts/*", "official/trixie/node-26-builder"), ("lts/-1", "debian/testing/node-24-builder"),
            ("lts/Iron", "debian/trixie/node-20-builder"), ("hydrogen", "debian/bookworm/node-18-builder"),
            ("lts/jod", "official/trixie/node-22-builder"), ("lts-gallium", "official/bookworm/node-16-builder"),
            ("node", "official/trixie/node-26-builder"), ("stable", "official/trixie/node-26-builder"),
            ("current", "official/trixie/node-26-builder"), ("latest", "official/trixie/node-26-builder"),
            ("lts", "official/trixie/node-26-builder"), ("latest:22", "official/trixie/node-22-builder"),
            ("20.11.1", "debian/trixie/node-20-builder"), ("*", "debian/trixie/node-20-builder"),
            ("node@20", "debian/trixie/node-20-builder"), ("18 - 19", "debian/bookworm/node-18-builder"),
        ]) func `solves a wish against the catalog`(_ wish: String, _ id: String) throws
    {
        #expect(try Self.choice(Self.read([".nvmrc": wish + "\n"])).builder.id == id)
        #expect(try Self.choice(Self.read([:], option: wish)).builder.id == id)
    }

    @Test(
        arguments: [
            ("^20.19.3", "official", []),
            (
                "20.11.1", nil,
                [
                    ".nvmrc:1 '20.11.1': asks for node 20.11.1; debian/trixie/node-20-builder gives the patch release of "
                        + "20 that its release maintains: 20.19.2 on 2026-11-20"
                ]
            ),
            (
                "24.99", "official",
                [
                    ".nvmrc:1 '24.99': asks for node 24.99; official/trixie/node-24-builder may have an older release of "
                        + "24: 24.19.0 on 2026-11-20"
                ]
            ),
        ] as [(String, String?, [String])])
    func `says where a base may not be what is asked for`(_ wish: String, _ family: String?, _ warnings: [String])
        throws
    {
        let choice = try Self.choice(Self.read([".nvmrc": wish]), family)
        #expect(choice.warnings.filter { $0.contains("asks for") } == warnings)
    }

    @Test func `offers no line that is known to be older`() throws {
        let wish = try Self.read([".nvmrc": "20.99"])
        #expect(throws: PlanError.self) { try Self.choice(wish) }
        let error = #expect(throws: PlanError.self) { try Self.choice(wish, "debian") }
        #expect(error?.description.contains("debian has 24 (24.21.0), 20 (20.19.2), 18 (18.20.4)") == true)
    }

    @Test func `narrows a pin by a range and warns where they exclude each other`() throws {
        let narrowed = try Self.read([".nvmrc": "20", "package.json": #"{"engines": {"node": ">=20.19.3"}}"#])
        #expect(narrowed.request?.text == "20, and >=20.19.3 (package.json:1 'node: >=20.19.3')")
        #expect(narrowed.warnings == [])
        #expect(try Self.choice(narrowed).builder.id == "official/bookworm/node-20-builder")
        let implied = try Self.read([".nvmrc": "20.5", "package.json": #"{"engines": {"node": ">=18"}}"#])
        #expect(implied.request?.text == "20.5")
        let excluded = try Self.read([".nvmrc": "18", "package.json": #"{"engines": {"node": ">=20"}}"#])
        #expect(
            excluded.warnings == [
                "package.json:1 'node: >=20' asks for Node >=20, but .nvmrc:1 '18' for 18, which wins"
            ])
        #expect(try Self.choice(excluded).builder.version == "18")
        let option = try Self.read([".nvmrc": "18"], option: "22")
        #expect(
            option.warnings == [".nvmrc:1 '18' asks for Node 18, requested by --set node.version for 22, which wins"])
    }

    @Test func `follows what Volta extends`() throws {
        let files = [
            "package.json": #"{"volta": {"extends": "./tools/base.json"}}"#,
            "tools/base.json": "{\n\"volta\": {\"node\": \"22.3.0\"}}",
        ]
        #expect(try Self.read(files).request?.reason.description == "tools/base.json:2 'node: 22.3.0'")
    }

    @Test(
        arguments: [
            (
                [".nvmrc": "\nblerg\n"],
                ".nvmrc:2: 'blerg' is no version of Node; write one as in 22, ^22.12 or lts/jod"
            ),
            ([".nvmrc": "# nothing\n"], ".nvmrc: is empty; write a version into it, as in 22, or remove it"),
            (
                [".node-version": "lts/unobtainium"],
                ".node-version:1: 'lts/unobtainium' is no version of Node; write one as in 22, ^22.12 or lts/jod"
            ),
            (
                ["package.json": "{\n\"engines\": {\n\"node\": \"twenty\"}}"],
                "package.json:3: 'twenty' is no version of Node; write one as in 22, ^22.12 or lts/jod"
            ),
            (
                ["package.json": #"{"engines": {"node": ">=20 <18"}}"#],
                "package.json:1: no version of Node is in the range '>=20 <18'; write one as in 22, ^22.12 or lts/jod"
            ),
            (
                [".nvmrc": "24.0.0-rc.1"],
                ".nvmrc:1: '24.0.0-rc.1' asks for a pre-release of Node, and only releases are offered; write one as in "
                    + "22, ^22.12 or lts/jod"
            ),
            (
                [".nvmrc": "lts/-40"],
                ".nvmrc:1: 'lts/-40' is no version of Node; write one as in 22, ^22.12 or lts/jod"
            ),
            (
                ["package.json": #"{"volta": {"extends": "../base.json"}}"#],
                "package.json:1: volta extends '../base.json', which is not among the sources; correct the path, or give "
                    + "volta.node here"
            ),
            (
                ["package.json": #"{"volta": {"extends": "package.json"}}"#],
                "package.json:1: volta extends 'package.json', which leads back here; give volta.node in one of them"
            ),
        ] as [([String: String], String)])
    func `names the place of what is no version`(_ files: [String: String], _ message: String) {
        let error = #expect(throws: PlanError.self) { try Self.read(files) }
        #expect(error?.description == message)
    }

    @Test func `knows the release lines that the catalog has`() throws {
        let catalog = try BaseImages.catalog()
        let offered = Set(catalog.entries(language: "node", role: .builder).compactMap { Int($0.version) })
        #expect(NodeReleases.newest == offered.max())
        let current = NodeReleases.codeNames.map(\.major).filter { $0 >= 14 }
        #expect(offered.isSuperset(of: current))
        for entry in catalog.entries(language: "node", role: .builder) {
            #expect(entry.exact?.hasPrefix(entry.version + ".") == true, "\(entry.id)")
        }
    }
}
