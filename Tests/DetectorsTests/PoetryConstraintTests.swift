import Planning
import Testing

@testable import Detectors

@Suite struct PoetryConstraintTests {
    @Test(arguments: [
        ("^1.2.3", ">=1.2.3,<2"), ("^0.2.3", ">=0.2.3,<0.3"), ("^0.0.3", ">=0.0.3,<0.0.4"), ("^0.0", ">=0.0,<0.1"),
        ("^0", ">=0,<1"), ("^3.11", ">=3.11,<4"), ("~1", ">=1,<2"), ("~1.2", ">=1.2,<1.3"), ("~1.2.3", ">=1.2.3,<1.3"),
        ("~=1.4", "~=1.4"), ("*", ""), ("1.2.*", "==1.2.*"), ("1.2", "==1.2"), ("=1.2", "==1.2"),
        (">= 1.2, < 2", ">=1.2,<2"), (">=1.2 <2", ">=1.2,<2"), ("!=1.3,^1", "!=1.3,>=1,<2"),
    ])
    func `is read as one specifier`(_ written: String, _ specifier: String) throws {
        #expect(try PoetryConstraint.specifier(written).text == specifier)
    }

    @Test func `takes any of its alternatives`() throws {
        let constraint = try PoetryConstraint(parsing: "^1.2 || >=3")
        let number = { (text: String) in PythonVersionNumber(text) }
        #expect(number("1.9").map(constraint.allows) == true)
        #expect(number("2.0").map(constraint.allows) == false)
        #expect(number("3.1").map(constraint.allows) == true)
        #expect(throws: VersionSpecifierError.self) { try PoetryConstraint.specifier("^1.2 || >=3") }
    }

    @Test(arguments: [("^3.11", ["3.11", "3.13"]), ("3.11.* || 3.13.*", ["3.11", "3.13"]), ("~3.12", ["3.12"])])
    func `says which Pythons it takes`(_ written: String, _ versions: [String]) throws {
        let specifier = try PoetryConstraint.specifier(python: written)
        let all = ["3.10", "3.11", "3.12", "3.13"]
        let taken = all.filter { PythonVersion.match($0, specifier) != .none }
        #expect(taken.first == versions.first)
        #expect(Set(versions).isSubset(of: taken))
        #expect(!(written.contains("||") && taken.contains("3.12")))
    }

    @Test(arguments: ["^", "^x", "~", "1.2.x"])
    func `refuses what is no constraint`(_ written: String) {
        #expect(throws: VersionSpecifierError.self) { try PoetryConstraint.specifier(written) }
    }
}
