import Foundation
import OCI
import TestSupport
import Testing

@Suite struct FixtureTests {
    private static let folder =
        "\(#filePath)".split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Fixtures"

    @Test func `has fixtures`() throws {
        #expect(try FixtureFolder.names(in: Self.folder).count >= 7)
    }

    /// `AUTOIMAGE_RECORD=1 swift test` writes the files that are expected; read them before you commit them.
    @Test(arguments: try FixtureFolder.names(in: folder))
    func `plans a fixture as expected`(_ name: String) throws {
        let folder = "\(Self.folder)/\(name)"
        let fixture = try Fixture(folder: folder)
        // What cannot be planned has its error in the facts, and no snapshot.
        guard fixture.facts?.error == nil else { return }
        let found = try PlanSummary(fixture.plan())
        if ProcessInfo.processInfo.environment["AUTOIMAGE_RECORD"] == "1" {
            try Data(CanonicalJSON.encodePretty(found)).write(to: URL(filePath: "\(folder)/expected.json"))
        }
        let text = try #require(FixtureFolder.text("\(folder)/expected.json"), "no expected.json in \(folder)")
        #expect(try CanonicalJSON.decode(PlanSummary.self, from: Array(text.utf8)) == found)
    }

    @Test func `gives the same bytes twice`() throws {
        for name in try FixtureFolder.names(in: Self.folder) {
            let fixture = try Fixture(folder: "\(Self.folder)/\(name)")
            guard fixture.facts?.error == nil else { continue }
            #expect(try CanonicalJSON.encode(fixture.plan()) == CanonicalJSON.encode(fixture.plan()))
        }
    }
}
