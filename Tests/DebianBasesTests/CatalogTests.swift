import BaseImages
import OCI
import Planning
import Testing

@testable import DebianBases

struct CatalogTests {
    @Test func `offers a builder and a runtime for each Python`() throws {
        let catalog = try BaseImages.catalog()
        for role in [BaseEntry.Role.builder, .runtime] {
            #expect(catalog.entries(language: "python", role: role).map(\.version) == ["3.11", "3.13", "3.14"])
        }
    }

    @Test(arguments: try BaseImages.catalog().entries) func `is complete in every entry`(entry: BaseEntry) throws {
        let recipe = try #require(entry.debian)
        #expect(entry.id == "debian/\(recipe.suite)/\(entry.language)-\(entry.version)-\(entry.role.rawValue)")
        #expect(
            try Reference(parsing: entry.reference).tag == "\(entry.version)-\(recipe.suite)-\(entry.role.rawValue)")
        #expect(entry.interpreter?.description == "/usr/bin/python\(entry.version)")
        #expect(entry.abi == "cp" + entry.version.replacing(".", with: ""))
        #expect(entry.libc.family == .glibc)
        #expect(entry.libc.version != nil)
        #expect(entry.environment["LANG"] == "C.UTF-8")
        #expect(entry.endOfLife != nil)
        #expect((entry.note != nil) == (recipe.suite == "testing"))
        #expect(recipe.packages == recipe.packages.sorted())
        #expect(recipe.packages.allSatisfy(DebianName.isPackage))
        for package in ["base-files", "ca-certificates", "tzdata", "libc-bin"] {
            #expect(recipe.packages.contains(package), "\(package)")
        }
        for folder in recipe.bytecode { #expect(UnpackRules(drop: recipe.drop).place(folder) == folder) }
        switch entry.role {
        case .runtime:
            #expect(recipe.closed)
            #expect(entry.shell == nil)
            #expect(entry.user == "65532:65532")
            #expect(entry.tools.isEmpty)
        case .builder:
            #expect(!recipe.closed)
            #expect(entry.shell?.description == "/bin/sh")
            #expect(entry.tools.contains("pip"))
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
}
