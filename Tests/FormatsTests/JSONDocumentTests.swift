import Formats
import Testing

@Suite struct JSONDocumentTests {
    private func root(_ text: String) throws -> JSONNode {
        try JSONDocument(parsing: Array(text.utf8), file: "f.json").root
    }

    @Test(arguments: [
        ("null", JSONNode.null), (" true\n", .boolean(true)), ("false", .boolean(false)),
        ("-1.5e+3", .number("-1.5e+3")),
        ("0", .number("0")), (#""a\"\\\/\b\f\n\r\té\u00e9""#, .string("a\"\\/\u{8}\u{c}\n\r\té\u{e9}")),
        (#""\ud83d\ude00""#, .string("😀")), ("[]", .array([])), ("{ }", .object([])),
    ])
    func `reads every kind of value`(text: String, value: JSONNode) throws {
        #expect(try root(text) == value)
    }

    @Test func `keys keep their order and know their lines`() throws {
        guard case .object(let members) = try root("{\n  \"b\": 1,\n  \"a\": [\n    2]\n}") else {
            Issue.record("not an object")
            return
        }
        #expect(members.map(\.key) == ["b", "a"])
        #expect(members.map(\.line) == [2, 3])
        #expect(members[1].value == .array([Located(.number("2"), line: 4)]))
    }

    @Test(arguments: [
        ("", 1, "column 1: ends where a value should be"),
        ("{\"a\" 1}", 1, "column 6: has \"1\" where ':' after the key 'a' should be"),
        ("[1,\n 2,]", 2, "column 4: has \"]\" where a value should be"),
        ("[1]\n\nx", 3, "column 1: has \"x\" where the end of the file should be"),
        ("\"ä\u{1}\"", 1, "column 3: has a control character in a string"), ("\"abc", 1, "column 5: ends in a string"),
        ("{\"é\": é}", 1, "column 7: has \"é\" where a value should be"),
        ("01", 1, "column 2: has \"1\" where the end of the file should be"),
        (#""\ud83d""#, 1, "column 8: has half of a surrogate pair"),
        (#""\x""#, 1, "column 3: has \"x\" where an escape should be"),
        ("1.", 1, "column 3: ends where a digit should be"),
        ("{\"a\":1,\"a\":2}", 1, "column 11: the key 'a' is there twice, first on line 1"),
    ])
    func `an error names line and column`(text: String, line: Int, what: String) {
        #expect(throws: FormatError.malformed(file: "f.json", line: line, what: what)) { try root(text) }
    }

    @Test func `nesting has an end`() {
        #expect(throws: FormatError.self) { try root(String(repeating: "[", count: 100_000)) }
    }
}
