import Planning
import Testing

@Suite struct EvidenceTests {
    @Test(arguments: [
        ("uvicorn @ git+https://user:token@example.org/x", "uvicorn @ git+https://***@example.org/x"),
        ("git+https://token@example.org/x", "git+https://***@example.org/x"),
        ("see https://example.org/a@b", "see https://example.org/a@b"),
        ("app = 'x@y'", "app = 'x@y'"),
    ])
    func `an excerpt holds no credentials of an address`(text: String, excerpt: String) throws {
        #expect(Evidence(path: try SourcePath(parsing: "requirements.txt"), excerpt: text).excerpt == excerpt)
    }
}
