import OCI
import Testing

@Suite struct ReferenceTests {
    static let digest = "sha256:" + String(repeating: "a", count: 64)

    @Test(
        arguments: [
            ("driftwood", nil, "driftwood", nil),
            ("driftwood:1.2", nil, "driftwood", "1.2"),
            ("team/driftwood", nil, "team/driftwood", nil),
            ("localhost/driftwood", "localhost", "driftwood", nil),
            ("127.0.0.1:5000/a/b:x", "127.0.0.1:5000", "a/b", "x"),
            ("registry.example/a__b/c-d.e", "registry.example", "a__b/c-d.e", nil),
        ] as [(String, String?, String, String?)])
    func `splits a name into its parts`(text: String, registry: String?, repository: String, tag: String?) throws {
        let reference = try Reference(parsing: text)
        #expect(reference.registry == registry)
        #expect(reference.repository == repository)
        #expect(reference.tag == tag)
        #expect(reference.description == text)
    }

    @Test func `keeps tag and digest beside each other`() throws {
        let reference = try Reference(parsing: "a/b:c@" + Self.digest)
        #expect(reference.tag == "c")
        #expect(reference.digest?.description == Self.digest)
        #expect(reference.tagged == "a/b:c")
    }

    @Test func `is latest where nobody gave a tag`() throws {
        #expect(try Reference(parsing: "driftwood").tagged == "driftwood:latest")
    }

    @Test(arguments: ["Driftwood", "a//b", "/a", "a/", "", "a___b", "-a", "a..b", "ä"])
    func `refuses a repository that registries refuse`(text: String) {
        #expect(throws: ReferenceError.invalidRepository(text)) { try Reference(parsing: text) }
    }

    @Test(arguments: ["a:", "a:.x", "a:-x", "a:" + String(repeating: "x", count: 129), "a:b c"])
    func `refuses a tag that registries refuse`(text: String) {
        #expect(throws: ReferenceError.invalidTag(text)) { try Reference(parsing: text) }
    }

    @Test func `refuses a digest that is none`() {
        #expect(throws: ReferenceError.invalidDigest("a@sha256:x")) { try Reference(parsing: "a@sha256:x") }
    }
}

@Test(arguments: [
    "joe:s3cret@localhost:5000/shop/api:1.4", "joe:s3cret@host/api@sha256:\(String(repeating: "a", count: 64))",
])
func `a user in a name is refused without being shown`(text: String) throws {
    let error = try #require(throws: ReferenceError.self) { try Reference(parsing: text) }
    #expect(!"\(error)".contains("s3cret") && "\(error)".contains("'autoimage login'"), "\(error)")
}
