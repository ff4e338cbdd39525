import Testing

@testable import Detectors

/// npm's ranges, case by case as its own tests have them.
@Suite struct NodeRangeTests {
    @Test(
        arguments: [
            ("1.0.0 - 2.0.0", "1.2.3"), ("1.2 - 3.4.5", "3.4.5"), ("1.2.3 - 3.4", "3.4.9"), ("1.2.3 - 3", "3.9.9"),
            ("^1.2.3+build", "1.2.3"), ("1.0.0", "1.0.0"), (">=*", "0.2.4"), ("", "1.0.0"), ("*", "1.2.3"),
            ("||", "1.3.4"), (">=1.0.0", "1.0.1"), (">1.0.0", "1.1.0"), ("<=2.0.0", "0.2.9"), ("<2.0.0", "1.9999.9999"),
            (">= 1.0.0", "1.0.0"), (">=  1.0.0", "1.0.1"), ("<    2.0.0", "0.2.9"), ("0.1.20 || 1.2.4", "1.2.4"),
            (">=0.2.3 || <0.0.1", "0.0.0"), (">=0.2.3||<0.0.1", "0.2.4"), ("2.x.x", "2.1.3"), ("1.2.x", "1.2.3"),
            ("1.2.x || 2.x", "2.1.3"), ("x", "1.2.3"), ("X", "7.0.1"), ("2", "2.1.2"), ("2.3", "2.3.1"),
            ("~0.0.1", "0.0.2"),
            ("~x", "0.0.9"), ("~2", "2.0.9"), ("~2.4", "2.4.5"), ("~> 3.2.1", "3.2.2"), ("~1", "1.2.3"),
            ("~1.0", "1.0.2"),
            (">=1", "1.0.0"), ("<1.2", "1.1.1"), ("~v0.5.4-pre", "0.5.5"), ("=0.7.x", "0.7.2"), ("<=0.7.x", "0.6.2"),
            ("~1.2.1 >=1.2.3", "1.2.3"), ("~1.2.1 =1.2.3", "1.2.3"), (">=1.2.1 1.2.3", "1.2.3"), ("^1.2.3", "1.8.1"),
            ("^0.1.2", "0.1.2"), ("^0.1", "0.1.2"), ("^0.0.1", "0.0.1"), ("^1.2 ^1", "1.4.2"),
            ("^1.2.3-alpha", "1.2.3-pre"),
            ("^1.2.0-alpha", "1.2.0-pre"), ("^0.0.1-alpha", "0.0.1-beta"), ("^0.0.1-alpha", "0.0.1"), ("^x", "1.2.3"),
            ("<=7.x", "7.9.9"), ("v20", "20.11.0"), ("^18.17.0 || >=20.3", "22.1.0"), (">1.2.3-a", "1.2.3-b"),
            ("1.2.3-rc.2", "1.2.3-rc.2"), (">=1.2.3-rc.2", "1.2.3-rc.10"), ("== 1.2", "1.2.9"),
        ]) func `has a version in a range`(range: String, version: String) throws
    {
        #expect(try NodeRange(parsing: range).contains(#require(SemanticVersion(version))))
    }

    @Test(
        arguments: [
            ("1.0.0 - 2.0.0", "2.2.3"), ("1.2.3+asdf - 2.4.3+asdf", "2.4.4"), ("^1.2.3", "2.0.0-pre"),
            ("^1.2.3", "2.0.0-0"),
            ("^1.2.3-alpha", "1.2.4-alpha"), (">1.2", "1.2.8"), (">1", "1.9.0"), ("^0.0.1", "0.0.2-alpha"),
            ("^0.0.1", "0.0.2"),
            ("^1.2.3-beta.4", "1.2.3-beta.3"), ("1.0.0", "1.0.1"), (">=1.0.0", "0.1.0"), (">1.0.0", "0.0.1"),
            ("<2.0.0", "2.9999.9"),
            ("0.1.20 || 1.2.4", "1.2.3"), (">=0.2.3 || <0.0.1", "0.0.3"), ("2.x.x", "1.1.3"), ("1.2.x || 2.x", "3.1.3"),
            ("2", "1.1.2"), ("2.3", "2.4.1"), ("~0.0.1", "0.1.0"), ("~2.4", "2.5.0"), ("~1.0", "1.1.0"),
            ("<1", "1.0.0"),
            (">=1.2", "1.1.1"), ("~v0.5.4-beta", "0.5.4-alpha"), ("=0.7.x", "0.8.2"), ("<0.7.x", "0.7.2"),
            ("^1.2.3", "1.2.2"),
            ("^0.1.2", "0.2.0"), ("<*", "1.0.0"), (">*", "1.0.0"), ("*", "1.2.3-foo"), (">=1.2.3", "1.2.4-rc"),
            ("^18.17.0 || >=20.3", "19.0.0"), ("<1.2.3-rc.2", "1.2.3-rc.10"),
        ]) func `leaves a version out of a range`(range: String, version: String) throws
    {
        #expect(try !NodeRange(parsing: range).contains(#require(SemanticVersion(version))))
    }

    @Test(arguments: [
        "blerg", "^^20", "20.y", ">=", "1.2.3.4", "20 - ", "1.2.3-", "=>20", "lts", "01.2.3", "99999999999999999999",
    ])
    func `refuses what is no range`(text: String) {
        #expect(throws: NodeRangeError.self) { try NodeRange(parsing: text) }
    }

    @Test func `orders versions as semver.org says`() throws {
        let texts = [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0", "1.0.1", "1.10.0", "2.0.0",
        ]
        let versions = try texts.map { try #require(SemanticVersion($0)) }
        #expect(versions.shuffled().sorted() == versions)
        #expect(versions.map(\.description) == texts)
    }

    @Test(
        arguments: [
            ("18", "18 || 20", true), ("18 || 20", "20", false), ("18.x || 20 - 21", "^18 || >=20 <22", true),
            (">=18 <20 || >=20", ">=18", true), (">=18", ">=18 <20 || >=20", true), ("*", ">=0.0.0", true),
            ("1.2.3-rc.1", "<0.0.0", true), ("<1", ">=1", false), ("<=20.11.0", "<20.11.1", true),
            (">20.11.0", ">=20.11.1", true), ("^20.11", "20", true), ("^20.11", "20.12.x", false),
        ]) func `knows whether all releases of a range are in another`(one: String, other: String, isSubset: Bool)
        throws
    {
        let (left, right) = (try NodeRange(parsing: one).releases, try NodeRange(parsing: other).releases)
        #expect(left.isSubset(of: right) == isSubset)
        #expect(left.intersection(right) == right.intersection(left))
        #expect(left.isSubset(of: left.union(right)) && right.isSubset(of: left.union(right)))
    }
}
