import BaseImages
import Files
import OCI
import Planning
import Testing

@testable import DebianBases
@testable import Detectors

/// The packages that Python and Node projects take, held against what Debian has: no name is a guess.
@Suite(.tags(.endToEnd), .enabled("a Debian mirror has to answer", { await Machine.mirrorAnswers() }))
struct SystemPackageNamesTests {
    /// The runtimes of Python that are made of Debian's packages, one for each suite.
    private static func runtimes() throws -> [BaseEntry] {
        try BaseImages.catalog().entries.filter { $0.language == "python" && $0.role == .runtime && $0.debian != nil }
    }

    @Test(arguments: try runtimes().map(\.id))
    func `every package of the table is in the suite by the name that it has there`(id: String) async throws {
        let scratch = try Scratch()
        let entry = try #require(try BaseImages.catalog().entry(id))
        let recipe = try #require(entry.debian)
        let mirror = try DebianMirror.discover(option: nil, environment: [:])
        // The indexes of a suite that is not released are older than they should be on many mirrors.
        let root = try AptRoot(
            state: State(home: scratch.path), mirror: mirror,
            settings: mirror.usesHostSettings ? await AptSettings.ofHost() : [:], recipe: recipe,
            architecture: Platform.host.debianName, access: DebianAccess(acceptsExpired: true))
        try await root.update()
        let names = Set(
            SystemPackages.allPackages(in: entry.release) + NativePackages.allPackages(in: entry.release)
        ).sorted()
        #expect(names.count > 130)
        // Fails for a name that the suite has not, or has only as another package's second name.
        let found = Set(try await root.files(of: names).map(\.name))
        #expect(names.filter { !found.contains($0) } == [])
    }
}
