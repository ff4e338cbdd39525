import OCI
import Planning
import Testing

@testable import Detectors

@Suite struct SystemPackagesTests {
    private static func set(_ requirements: [Requirement], isClosed: Bool = true) throws -> RequirementSet {
        var set = RequirementSet(root: try SourcePath(parsing: "uv.lock"))
        set.requirements = requirements
        set.isClosed = isClosed
        return set
    }

    private static func requirement(_ name: String, _ file: Requirement.File?) throws -> Requirement {
        let path = try SourcePath(parsing: "uv.lock")
        return Requirement(
            name: name, extras: [], specifier: "==1.0", marker: nil, source: .index, isEditable: false, hashes: [],
            evidence: Evidence(path: path, line: 7, excerpt: "name = \"\(name)\""), file: file)
    }

    private static func base(_ id: String) throws -> BaseEntry { try #require(TestCatalog.catalog.entry(id)) }

    @Test(arguments: [
        ("psycopg2", Requirement.File.source, ["libpq-dev"]), ("psycopg2-binary", .nativeWheel, []),
        ("lxml", .nativeWheel, []), ("lxml", .source, ["libxml2-dev", "libxslt1-dev", "zlib1g-dev"]),
        ("uwsgi", .source, []), ("django", .pureWheel, []),
        ("opencv-python", .nativeWheel, ["libgl1", "libglib2.0-0t64"]),
        ("opencv-python-headless", .nativeWheel, []), ("bcrypt", .source, ["cargo", "rustc"]),
        // A wheel that somebody made: what the table says of the index does not hold.
        ("mysqlclient", .nativeWheel, []),
    ])
    func `a lock decides what is compiled, and so what the builder takes`(
        name: String, file: Requirement.File, packages: [String]
    ) throws {
        let found = SystemPackages.needed(
            for: try Self.set([try Self.requirement(name, file)]), python: "3.13",
            builder: try Self.base("debian/trixie/python-3.13-builder"))
        #expect(found.map(\.value) == packages)
        #expect(found.allSatisfy { $0.reason.description.hasPrefix("uv.lock:7") })
    }

    @Test func `what a locked project brings is locked itself, and an open set looks it up`() throws {
        let svg = try Self.requirement("cairosvg", nil)
        let runtime = try Self.base("debian/trixie/python-3.13-runtime")
        let closed = SystemPackages.needed(for: try Self.set([svg]), django: nil, runtime: runtime)
        #expect(closed.map(\.value) == [])
        let open = SystemPackages.needed(for: try Self.set([svg], isClosed: false), django: nil, runtime: runtime)
        #expect(open.map(\.value) == ["libcairo2"])
    }

    @Test(arguments: [
        (["psycopg"], ["libpq5"]), (["psycopg", "psycopg-binary"], []), (["psycopg", "psycopg-c"], []),
        (["pyvips"], ["libvips42t64"]), (["pyvips", "pyvips-binary"], []),
    ])
    func `a project's own binary part takes the place of the system's library`(names: [String], packages: [String])
        throws
    {
        let found = SystemPackages.needed(
            for: try Self.set(names.map { try Self.requirement($0, .pureWheel) }), django: nil,
            runtime: try Self.base("debian/trixie/python-3.13-runtime"))
        #expect(found.map(\.value) == packages)
    }

    @Test(arguments: [
        ("libmagic1", "debian-12", "libmagic1"), ("libmagic1", "debian-13", "libmagic1t64"),
        ("libgdal32", "debian-12", "libgdal32"), ("libgdal32", "debian-13", "libgdal36"),
        ("libgdal32", "debian-14", "libgdal39"), ("libgdal32", "debian-15", "libgdal39"),
        ("libgdal32", "debian-testing", "libgdal39"),
        ("libpq-dev", "debian-13", "libpq-dev"), ("libmagic1", "alpine-edge", "libmagic1"),
    ])
    func `a package is called as its release calls it`(package: String, release: String, name: String) {
        #expect(DebianNames.name(package, in: release) == name)
    }

    @Test func `a table of projects, each once and by its normal name`() {
        let names = SystemPackages.table.map(\.project)
        #expect(Set(names).count == names.count)
        for row in SystemPackages.table {
            #expect(Requirement.normalized(row.project) == row.project)
            for other in row.brings { #expect(SystemPackages.row(other) != nil, "\(row.project) brings \(other)") }
            for other in row.unless where !other.hasPrefix("[") {
                #expect(Requirement.normalized(other) == other)
            }
        }
    }

    @Test(arguments: [
        ("cv2", "opencv-python-headless"), ("PIL", "pillow"), ("yaml", "pyyaml"), ("MySQLdb", "mysqlclient"),
    ])
    func `a module names the project that has it`(module: String, project: String) {
        #expect(SystemPackages.project(importing: module) == project)
    }

    @Test(arguments: [
        ([Requirement.File.pureWheel, .pureWheel], Portability.shared), ([.pureWheel, .nativeWheel], .native),
        ([.pureWheel, .source], .shared),
    ])
    func `a lock whose files are all for any platform is shared`(
        files: [Requirement.File], portability: Portability
    ) throws {
        // By name alone 'flask' would count as native, for what it brings.
        let set = try Self.set(zip(["flask", "docopt"], files).map { try Self.requirement($0.0, $0.1) })
        let found = PythonPortability.of(set, from: set)
        #expect(found.value == portability)
    }

    @Test func `files that differ from platform to platform are native, and their lines are named once`() throws {
        let there = try Self.set([try Self.requirement("greenlet", .nativeWheel)])
        var here = there
        here.requirements = [try Self.requirement("greenlet", .source)]
        let found = PythonPortability.of(there, from: here)
        #expect(found.value == .native)
        #expect(found.reason.description == "uv.lock:7 'name = \"greenlet\"'")
    }
}
