import Testing

@testable import Detectors

@Suite struct VersionTests {
    /// In ascending order, from PEP 440.
    private static let ordered = [
        "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
        "1.0b2.post345.dev456",
        "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0.post456.dev34", "1.0.post456", "1.1.dev1", "1.10",
        "2!0.1",
    ]

    @Test func `orders versions as PEP 440 does`() throws {
        let versions = try Self.ordered.map { try #require(PythonVersionNumber($0), "\($0)") }
        #expect(versions.shuffled().sorted().map(\.text) == Self.ordered)
    }

    @Test(arguments: [
        ("1.0", "1"), ("1.0-alpha.1", "1a1"), ("v1.2", "1.2.0"), ("1.0-1", "1.0.post1"), ("1.0RC2", "1.0c2"),
    ])
    func `takes spellings as equal`(_ one: String, _ other: String) throws {
        #expect(try #require(PythonVersionNumber(one)) == #require(PythonVersionNumber(other)))
    }

    @Test(arguments: ["", "abc", "1.x", "1..2", ">=1", "1.0 beta", "pypy3.9"])
    func `refuses what is no version`(_ text: String) { #expect(PythonVersionNumber(text) == nil) }

    @Test(arguments: [
        (">=3.11", "3.11.0", true), (">=3.11", "3.10.9", false), (">=3.11,<3.13", "3.12.7", true),
        (">=3.11,<3.13", "3.13.0", false), ("~=3.11", "3.13", true), ("~=3.11", "4.0", false),
        ("~=3.11.2", "3.11.9", true),
        ("~=3.11.2", "3.12", false), ("==3.11.*", "3.11.4", true), ("==3.11.*", "3.1.1", false),
        ("==3.11", "3.11.0", true),
        ("==3.11", "3.11.1", false), ("!=3.12.*", "3.12.1", false), ("!=3.12.*", "3.13", true),
        ("!=3.12", "3.12.1", true),
        (">3.11", "3.11", false), (">3.11", "3.11.1", true), (">1.0", "1.0.post1", false), ("<3.13", "3.13rc1", false),
        ("<3.13rc2", "3.13rc1", true), ("<=3.12", "3.12", true), ("===3.11", "3.11", true),
        ("===3.11", "3.11.0", false),
        (" >= 3.8 , != 3.9.* ", "3.9.1", false), ("", "3.1", true), ("==1.0+local", "1.0", true),
    ])
    func `tests versions against clauses`(_ text: String, _ version: String, _ allowed: Bool) throws {
        #expect(try VersionSpecifier(parsing: text).allows(#require(PythonVersionNumber(version))) == allowed)
    }

    @Test(arguments: [
        ("3.11", VersionSpecifierError.noComparison("3.11")), (">=x", .malformed(">=x")), ("~=3", .malformed("~=3")),
        (">=3.*", .malformed(">=3.*")), ("^3.11", .noComparison("^3.11")), ("=3", .noComparison("=3")),
    ])
    func `refuses a broken clause`(_ text: String, _ error: VersionSpecifierError) {
        #expect(throws: error) { try VersionSpecifier(parsing: text) }
    }

    @Test(arguments: [
        (#"python_version >= "3.8""#, true), (#"python_version < "3.11""#, false), (#"sys_platform == 'win32'"#, false),
        (#"sys_platform != "win32" and python_version >= "3.10""#, true),
        (#"(os_name == "nt" or platform_system == "Linux") and python_version == "3.11""#, true),
        (#"os_name == "nt" or platform_system == "Linux" and python_version == "2.7""#, false),
        (#"platform_machine in "x86_64 aarch64""#, true), (#"platform_machine not in "x86_64""#, false),
        (#"extra == "test""#, false), (#""3.9" < python_version"#, true), (#"python_version in "3.10, 3.11""#, true),
        (#"implementation_name == "cpython""#, true), (#"platform_python_implementation=="PyPy""#, false),
    ])
    func `answers markers for Linux`(_ text: String, _ holds: Bool) {
        #expect(Marker.holds(text, pythonVersion: "3.11", machine: "x86_64") == holds)
    }

    @Test(arguments: [
        (#"extra == 'fast'"#, true), (#"extra == 'Fast'"#, true), (#"extra == 'slow'"#, false),
        (#"extra != 'fast'"#, false), (#"'fast' == extra"#, true), (#"'fast' in extras"#, true),
        (#"'slow' not in extras"#, true), (#"'dev' in dependency_groups"#, true),
        (#"'docs' in dependency_groups or 'dev' not in dependency_groups"#, false),
        (#"extra == 'slow' or (extra == 'fast' and os_name == 'posix')"#, true),
    ])
    func `knows which extras and groups are asked for`(_ text: String, _ holds: Bool) throws {
        let marker = try #require(Marker(parsing: text))
        let asked = MarkerEnvironment(pythonVersion: "3.11", machine: "x86_64", extras: ["fast"], groups: ["dev"])
        #expect(marker.holds(in: asked) == holds)
    }

    @Test(arguments: [
        ("python_full_version < '3.11.4'", true, false), ("python_full_version >= '3.11.4'", true, true),
        ("python_full_version >= '3.12'", false, false), ("python_full_version == '3.11.*'", true, true),
        ("'3.11.2' <= python_full_version", true, true), ("python_full_version === '3.11.3'", true, false),
        ("python_full_version > '3.11.2' and python_full_version < '3.11.1'", false, false),
        ("python_full_version < '3.10.9'", false, false), ("implementation_version ~= '3.11.3'", true, true),
        ("python_version === '3.11'", true, true), ("python_version in '3.10 3.12'", false, false),
        ("python_version not in '3.10, 3.12'", true, true), ("python_version in '3.111'", false, false),
    ])
    func `takes a version for all its patches, or for the newest`(_ text: String, _ any: Bool, _ newest: Bool) throws {
        let marker = try #require(Marker(parsing: text))
        var environment = MarkerEnvironment(pythonVersion: "3.11", machine: "x86_64")
        #expect(marker.holds(in: environment) == any)
        environment.patch = MarkerEnvironment.newestPatch
        #expect(marker.holds(in: environment) == newest)
    }

    @Test(arguments: [
        "", "python_version", "python_version >=", "colour == 'red'", "(os_name == 'nt'", "os_name = 'nt'",
    ])
    func `refuses what is no marker`(_ text: String) {
        #expect(Marker.holds(text, pythonVersion: "3.11", machine: "x86_64") == nil)
    }
}
