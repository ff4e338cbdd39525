import BaseImages
import OCI
import Planning
import Testing

/// The images that are pulled by reference.
struct OfficialCatalogTests {
    static let catalog = (try? BaseImages.catalog()) ?? BaseCatalog(date: "", entries: [])
    static let official = catalog.entries.filter { $0.family == "official" }

    @Test(arguments: official) func `says everything about every image`(entry: BaseEntry) throws {
        let reference = try Reference(parsing: entry.reference)
        #expect(reference.registry == (entry.id.contains("distroless") ? "gcr.io" : "docker.io"))
        #expect(reference.tag != nil)
        #expect(reference.digest == nil, "the catalog invents no digest")
        #expect(entry.id.hasPrefix("official/"))
        #expect(!entry.id.contains("{") && !entry.reference.contains("{"))
        #expect(entry.debian == nil)
        #expect(entry.source?.isEmpty == false)
        #expect(entry.environment["PATH"]?.contains("/usr/bin") == true)
        #expect(entry.packages == entry.packages?.sorted())
        #expect(entry.tools == entry.tools.sorted())
        let end = try #require(entry.endOfLife)
        #expect(end.wholeMatch(of: /20(2[2-9]|3[0-2])-(0[1-9]|1[0-2])/) != nil)
        #expect(Self.catalog.isPastEnd(entry) == (entry.note != nil), "\(entry.id)")
        switch entry.libc.family {
        case .musl: #expect(entry.release.hasPrefix("alpine-") && entry.reference.contains("-alpine"))
        case .glibc: #expect(entry.release.hasPrefix("debian-") || entry.release.hasPrefix("ubuntu-"))
        case .none: #expect(["static", "web"].contains(entry.language))
        }
        if entry.role == .runtime {
            #expect(Set(entry.tools).isDisjoint(with: ["gcc", "cc", "make", "go", "javac", "git"]))
        }
    }

    @Test func `gives one release one C library`() {
        let releases = Dictionary(grouping: Self.catalog.entries.filter { $0.libc.family != .none }, by: \.release)
        for (release, entries) in releases where release != "debian-testing" {
            #expect(Set(entries.map(\.libc)).count == 1, "\(release)")
        }
    }

    @Test func `names no image twice for one role`() {
        let names = Self.official.map { "\($0.role) \($0.reference)" }
        #expect(Set(names).count == names.count)
    }

    @Test(
        arguments: [
            ("python", ["3.15", "3.14", "3.13", "3.12", "3.11", "3.10", "3.9", "3.8"]),
            ("node", ["26", "25", "24", "23", "22", "21", "20", "19", "18", "17", "16", "14"]),
            ("go", ["1.27", "1.26", "1.25", "1.24", "1.23", "1.22", "1.21", "1.20"]),
            ("java", ["25", "21", "17", "11", "8"]),
        ] as [(String, [String])])
    func `has a pair for each version, with glibc and with musl`(language: String, versions: [String]) throws {
        for version in versions {
            for libc in [LibC.Family.glibc, .musl] {
                let wish = BaseChoice.Wish(
                    language: language,
                    version: VersionRequest(text: version, reason: .usual(why: "test")) {
                        $0 == version ? .all : .none
                    },
                    family: Requested("official", by: "--bases"), libc: Requested(libc, by: "--set libc"),
                    runtime: language == "go" ? "static" : nil)
                let choice = try BaseChoice.choose(wish, from: Self.catalog)
                #expect(choice.builder.version == version)
                #expect(choice.builder.libc.family == libc)
                #expect([libc, .none].contains(choice.runtime.libc.family))
            }
        }
    }

    @Test(
        arguments: [
            ("debian", "python", nil), ("official", "python", "3.15"), ("official", "node", "26"),
            ("debian", "java", "25"), ("debian", "node", "24"), ("official", "java", "11"),
        ] as [(String, String, String?)])
    func `pulls nothing where Debian has the language`(family: String, language: String, version: String?) throws {
        let request = version.map { version in
            VersionRequest(text: version, reason: .usual(why: "test")) { $0 == version ? .all : .none }
        }
        let choice = try BaseChoice.choose(BaseChoice.Wish(language: language, version: request), from: Self.catalog)
        #expect(choice.builder.family == family)
    }

    @Test func `gives a compiled program the smallest runtime that fits it`() throws {
        func runtime(_ kind: String) throws -> String {
            try BaseChoice.choose(
                BaseChoice.Wish(
                    language: "go",
                    version: VersionRequest(text: "1.25", reason: .usual(why: "test")) {
                        $0 == "1.25" ? .all : .none
                    }, family: Requested("official", by: "--bases"), runtime: kind), from: Self.catalog
            ).runtime.reference
        }
        #expect(try runtime("static") == "gcr.io/distroless/static-debian13:nonroot")
        #expect(try runtime("base") == "gcr.io/distroless/base-debian13:nonroot")
        #expect(try runtime("cc") == "gcr.io/distroless/cc-debian13:nonroot")
    }

    @Test(arguments: [("mvn", "noble/maven-3.9-java-17"), ("gradle", "noble/gradle-8-java-17")])
    func `takes a builder that has the program`(tool: String, id: String) throws {
        let wish = BaseChoice.Wish(
            language: "java",
            version: VersionRequest(text: "17", reason: .usual(why: "test")) { $0 == "17" ? .all : .none },
            family: Requested("official", by: "--bases"), tools: [tool])
        let choice = try BaseChoice.choose(wish, from: Self.catalog)
        #expect(choice.builder.id == "official/\(id)-builder")
        #expect(choice.runtime.id == "official/noble/java-17-runtime")
    }

    // MARK: - The schema's templates

    private static let template = #"""
        {"family": "x", "language": "python", "role": "builder", "reference": "x/python:{version}", "user": "0:0",
         "release": "debian-13", "libc": {"family": "glibc", "version": "2.41"}, "tools": [], "environment": {},
         "abi": "cp{digits}"}
        """#

    private func decode(_ entries: String, more: String = "") throws -> BaseCatalog {
        let text = #"{"date": "2026-01-01", "templates": {"a": \#(Self.template)\#(more)}, "entries": [\#(entries)]}"#
        return try BaseImages.decode(file: Array(text.utf8), name: "x.json")
    }

    @Test func `fills an entry from its templates`() throws {
        let catalog = try decode(
            #"{"version": "3.9", "note": "old", "templates": ["b", "c"]}"#,
            more: #", "b": {"template": "a", "id": "b-{version}"}, "c": {"template": "b", "id": "c", "note": "new"}"#)
        #expect(catalog.entries.map(\.id) == ["b-3.9", "c"])
        #expect(catalog.entries.map(\.reference) == ["x/python:3.9", "x/python:3.9"])
        #expect(catalog.entries.map(\.abi) == ["cp39", "cp39"])
        #expect(catalog.entries.map(\.note) == ["old", "old"])
        let again = try BaseImages.decode(file: CanonicalJSON.encode(catalog), name: "x.json")
        #expect(again == catalog)
    }

    @Test(arguments: [
        (#"{"id": "e", "version": "1", "templates": ["z"]}"#, "", "'z' names no template"),
        (
            #"{"id": "e", "version": "1", "templates": ["b"]}"#, #", "b": {"template": "b"}"#,
            "'b' builds on itself"
        ),
    ])
    func `refuses a template that leads nowhere`(entry: String, more: String, problem: String) throws {
        #expect(throws: BaseCatalogError.invalid(file: "x.json", entry: "e", key: "templates", problem: problem)) {
            try decode(entry, more: more)
        }
    }

    @Test func `names the key that no template has`() throws {
        #expect(throws: BaseCatalogError.invalid(file: "x.json", entry: "number 1", key: "id", problem: "is missing")) {
            try decode(#"{"version": "1", "templates": ["a"]}"#)
        }
    }
}
