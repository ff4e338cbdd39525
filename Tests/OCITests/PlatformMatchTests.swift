import OCI
import Testing

@Suite struct PlatformMatchTests {
    /// What is wanted, what there is, and what is taken.
    @Test(
        arguments: [
            ("linux/amd64", ["linux/arm64", "linux/amd64"], "linux/amd64"),
            ("linux/amd64", ["windows/amd64", "linux/arm64/v8"], nil),
            ("linux/amd64", ["linux/x86_64"], "linux/x86_64"),
            ("linux/x86_64", ["linux/amd64"], "linux/amd64"),
            ("linux/aarch64", ["linux/arm64/v8"], "linux/arm64/v8"),
            // Without a variant: the best that every usual machine of the architecture runs.
            ("linux/arm", ["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"], "linux/arm/v7"),
            ("linux/arm", ["linux/arm/v5", "linux/arm/v6"], "linux/arm/v6"),
            ("linux/arm", ["linux/arm/v8"], nil),
            ("linux/arm64", ["linux/arm64"], "linux/arm64"),
            ("linux/arm64", ["linux/arm64/v8"], "linux/arm64/v8"),
            ("linux/arm64", ["linux/arm64/v9", "linux/arm64"], "linux/arm64"),
            ("linux/amd64", ["linux/amd64/v3", "linux/amd64/v2"], nil),
            ("linux/amd64", ["linux/amd64/v3", "linux/amd64/v1"], "linux/amd64/v1"),
            ("linux/s390x", ["linux/s390x"], "linux/s390x"),
            // With a variant: that one.
            ("linux/arm/v6", ["linux/arm/v7", "linux/arm/v6"], "linux/arm/v6"),
            ("linux/arm/v6", ["linux/arm/v7", "linux/arm/v5"], nil),
            ("linux/arm/v7", ["linux/arm"], "linux/arm"),
            ("linux/arm/7", ["linux/arm/v7"], "linux/arm/v7"),
            ("linux/arm64/v8", ["linux/arm64"], "linux/arm64"),
            ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v3"], "linux/amd64/v3"),
            ("linux/amd64/v2", ["linux/amd64"], nil),
            // Among equals the first.
            ("linux/arm64", ["linux/arm64", "linux/arm64/v8"], "linux/arm64"),
        ] as [(String, [String], String?)])
    func `the best platform wins`(_ wanted: String, _ offered: [String], _ expected: String?) throws {
        let candidates = try offered.map { try Platform(parsing: $0) }
        let best = PlatformMatch.best(for: try Platform(parsing: wanted), among: candidates)
        #expect(best.map { offered[$0] } == expected)
    }

    @Test func `an entry without a platform is passed over`() {
        #expect(PlatformMatch.best(for: Platform(architecture: "amd64"), among: [nil, nil]) == nil)
        #expect(
            PlatformMatch.best(for: Platform(architecture: "amd64"), among: [nil, Platform(architecture: "amd64")]) == 1
        )
    }
}
