import Testing

@testable import autoimage

@Suite struct TextTests {
    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (104_249_999, "104.2 MB"), (1_100_000_000, "1.1 GB"),
        ] as [(Int64, String)])
    func `sizes are told in decimal units`(bytes: Int64, text: String) {
        #expect(Size.text(bytes) == text)
    }

    @Test func `columns line up and lines do not end in spaces`() {
        #expect(Table.text([["A", "BB"], ["aaa", ""]]) == "A    BB\naaa\n")
    }

    @Test func `control characters of a service's files do not reach the terminal`() {
        #expect(Terminal.safe("a\u{1B}[31mb\n") == "a\\u{1b}[31mb\n")
    }
}
