import BaseImages
import OCI
import Planning
import Testing

@testable import DebianBases

struct CatalogTests {
    static let debian = (try? BaseImages.catalog().entries.filter { $0.family == "debian" }) ?? []

    @Test func `offers a builder and a runtime for each Python`() throws {
        for role in [BaseEntry.Role.builder, .runtime] {
            let entries = Self.debian.filter { $0.language == "python" && $0.role == role }
            #expect(entries.map(\.version) == ["3.11", "3.13", "3.14"])
        }
    }

    @Test func `offers a Node and a Java of every suite with both stages`() throws {
        func kinds(_ language: String) -> [String] {
            Self.debian.filter { $0.language == language }.map { String($0.id.dropFirst("debian/".count)) }
        }
        let node = ["builder", "runtime", "runtime-shell"]
        #expect(
            kinds("node")
                == ["bookworm/node-18", "trixie/node-20", "testing/node-24"].flatMap { id in node.map { "\(id)-\($0)" }
                })
        let java = ["builder", "gradle-builder", "runtime", "runtime-shell"]
        #expect(
            kinds("java")
                == ["bookworm/java-17", "trixie/java-21", "trixie/java-25"].flatMap { id in java.map { "\(id)-\($0)" } }
        )
        #expect(kinds("jlink") == ["bookworm/jlink-12-runtime", "trixie/jlink-13-runtime"])
        #expect(kinds("web") == ["bookworm/web-2.6-runtime", "trixie/web-2.6-runtime", "testing/web-2.11-runtime"])
    }

    /// The interpreter of a language's bases and its ABI.
    private static func interpreter(_ entry: BaseEntry) -> (path: String?, abi: String?) {
        switch entry.language {
        case "python": ("/usr/bin/python\(entry.version)", "cp" + entry.version.replacing(".", with: ""))
        case "node": ("/usr/bin/node", "node\(entry.version)")
        case "java": ("/usr/bin/java", nil)
        case "web": ("/usr/bin/caddy", nil)
        default: (nil, nil)
        }
    }

    @Test(arguments: debian) func `is complete in every entry`(entry: BaseEntry) throws {
        let recipe = try #require(entry.debian)
        let kind = try #require(entry.id.split(separator: "/").last).dropFirst(
            "\(entry.language)-\(entry.version)-".count)
        #expect(entry.id == "debian/\(recipe.suite)/\(entry.language)-\(entry.version)-\(kind)")
        #expect(try Reference(parsing: entry.reference).tag == "\(entry.version)-\(recipe.suite)-\(kind)")
        #expect(entry.interpreter?.description == Self.interpreter(entry).path)
        #expect(entry.abi == Self.interpreter(entry).abi)
        let isStatic = ["static", "static-net", "scratch"].contains(entry.language)
        // What needs no interpreter has no language whose support could end.
        let isBare = isStatic || ["cc", "jlink", "web"].contains(entry.language)
        #expect(entry.libc.family == (isStatic ? .none : .glibc))
        #expect((entry.libc.version == nil) == isStatic)
        #expect((entry.environment["LANG"] == "C.UTF-8") == !isStatic)
        #expect(entry.endOfLife != nil || (isBare && recipe.suite == "testing"))
        #expect((entry.note != nil) == (recipe.suite == "testing"))
        #expect(recipe.packages == recipe.packages.sorted())
        #expect(recipe.packages.allSatisfy(DebianName.isPackage))
        let certificates = entry.language == "scratch" ? [] : ["ca-certificates"]
        let zones = ["static-net", "scratch"].contains(entry.language) ? [] : ["tzdata"]
        for package in ["base-files"] + certificates + zones + (isStatic ? [] : ["libc-bin"]) {
            #expect(recipe.packages.contains(package), "\(package)")
        }
        for folder in recipe.bytecode { #expect(UnpackRules(drop: recipe.drop).place(folder) == folder) }
        #expect((recipe.trustStore != nil) == ["java", "jlink"].contains(entry.language))
        switch entry.role {
        case .runtime:
            #expect(recipe.closed)
            let hasShell = kind == "runtime-shell"
            #expect(kind == "runtime" || hasShell)
            #expect(entry.shell?.description == (hasShell ? "/bin/sh" : nil))
            #expect(recipe.packages.contains("dash") == hasShell)
            #expect(entry.user == "65532:65532")
            #expect(entry.tools == (hasShell ? ["sh"] : []))
        case .builder:
            #expect(kind == "builder" || kind == "gradle-builder")
            #expect(!recipe.closed)
            #expect(entry.shell?.description == "/bin/sh")
            let tool = ["go": "go", "java": kind == "builder" ? "mvn" : "gradle", "node": "npm", "python": "pip"]
            #expect(try entry.tools.contains(#require(tool[entry.language])))
            #expect(entry.tools == entry.tools.sorted())
        }
    }

    @Test(arguments: [
        ("{", "x.json: is not a base catalog: The given data was not valid JSON."),
        (#"{"date": "2026-01-01"}"#, "x.json: is not a base catalog: key 'entries' is missing"),
        (
            #"{"date": "2026-01-01", "entries": [{"id": "mine", "family": 3}]}"#,
            "x.json: entry 'mine', key 'family': is not a text"
        ),
        (
            #"{"date": "2026-01-01", "entries": [{"family": "official"}]}"#,
            "x.json: entry 'number 1', key 'id': is missing"
        ),
    ])
    func `names the entry and the key that are wrong`(text: String, message: String) {
        let error = #expect(throws: BaseCatalogError.self) {
            try BaseImages.decode(file: Array(text.utf8), name: "x.json")
        }
        #expect(error?.description == message + "; see BaseImages/README.md")
    }

    @Test func `refuses two entries of one id`() throws {
        let catalog = try BaseImages.catalog()
        let id = try #require(catalog.entries.first?.id)
        #expect(throws: BaseCatalogError.twice(entry: id)) { try BaseImages.merge([catalog, catalog]) }
    }

    /// The first recipe of the embedded catalog with other suites, packages, patterns or links.
    private func decode(
        suite: String? = nil, extra: [String] = [], packages: [String]? = nil, drop: [String] = [],
        links: [String: String] = [:]
    ) throws -> BaseCatalog {
        let entry = try #require(try BaseImages.catalog().entries.first)
        let old = try #require(entry.debian)
        let recipe = DebianRecipe(
            suite: suite ?? old.suite, extraSuites: extra, packages: packages ?? old.packages, closed: true, drop: drop,
            links: links, bytecode: [])
        let changed = BaseEntry(
            id: "mine", family: "debian", language: "python", version: "3.11", role: .runtime,
            reference: entry.reference, libc: entry.libc, release: entry.release, interpreter: nil, abi: nil,
            shell: nil, user: entry.user, tools: [], environment: [:], endOfLife: nil, note: nil, debian: recipe)
        let bytes = try CanonicalJSON.encode(BaseCatalog(date: "2026-01-01", entries: [changed]))
        return try BaseImages.decode(file: bytes, name: "x.json")
    }

    private func refused(_ key: String, _ problem: String) -> BaseCatalogError {
        .invalid(file: "x.json", entry: "mine", key: key, problem: problem)
    }

    @Test func `takes suites, packages, patterns and links that are names`() throws {
        let catalog = try decode(
            suite: "bookworm", extra: ["bookworm-backports"], packages: ["g++"], drop: ["/usr/bin/*", "!/usr/bin/x"],
            links: ["/usr/bin/cc": "gcc", "/usr/bin/cc1": "/gcc"])
        #expect(catalog.entries.map(\.id) == ["mine"])
    }

    @Test func `refuses what means more than a name to apt or the host`() {
        let letters = "lower-case letters, digits, '-' and '.'"
        #expect(throws: refused("debian.suite", #""../../x" is not the name of a suite: \#(letters)"#)) {
            try decode(suite: "../../x")
        }
        let line = "x main\ndeb [trusted=yes] file:/"
        #expect(
            throws: refused("debian.extraSuites", "\(line.debugDescription) is not the name of a suite: \(letters)")
        ) { try decode(extra: [line]) }
        #expect(throws: refused("debian.packages", #""-oDir=/x" is not the name of a package: \#(letters) and '+'"#)) {
            try decode(packages: ["libc6", "-oDir=/x"])
        }
        #expect(throws: refused("debian.drop", #""/a/../b" is not / or !/ and a path without '..'"#)) {
            try decode(drop: ["/a/../b"])
        }
        #expect(throws: refused("debian.links", "/a/cron.d lies below /a, which is a link itself")) {
            try decode(links: ["/a": "/etc", "/a/cron.d": "x"])
        }
        #expect(throws: refused("debian.links", #""a" is not an absolute path"#)) { try decode(links: ["a": "b"]) }
        #expect(throws: refused("debian.links", #"/a has the target "", which is not a path"#)) {
            try decode(links: ["/a": ""])
        }
    }
}
