import OCI
import Testing

@Suite struct DigestTests {
    static let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    @Test func `of no bytes is the well-known value`() {
        #expect(Digest(of: []).description == Self.empty)
    }

    @Test func `is the same over one piece and over many`() {
        var hasher = DigestHasher()
        for byte in "autoimage".utf8 { hasher.update([byte]) }
        #expect(hasher.finalize() == Digest(of: "autoimage".utf8))
    }

    @Test func `survives its text form`() throws {
        #expect(try Digest(parsing: Self.empty).description == Self.empty)
    }

    @Test(arguments: [
        "", "sha256:", "e3b0c442", "sha512:" + String(repeating: "a", count: 64),
        "sha256:" + String(repeating: "A", count: 64), "sha256:" + String(repeating: "a", count: 63),
        "sha256:" + String(repeating: "a", count: 65), "sha256:../../../../etc/passwd",
    ])
    func `refuses what could be a path or another algorithm`(text: String) {
        #expect(throws: DigestError.malformed(text)) { try Digest(parsing: text) }
    }
}
