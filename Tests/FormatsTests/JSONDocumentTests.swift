import Formats
import Testing

@Suite struct JSONDocumentTests {
    private func root(_ text: String) throws -> JSONNode {
        try JSONDocument(parsing: text, file: "f.json").root
    }

    @Test(arguments: [
        ("null", JSONNode.null), (" true\n", .boolean(true)), ("false", .boolean(false)),
        ("-1.5e+3", .number("-1.5e+3")),
        ("0", .number("0")), (#""a\"\\\/\b\f\n\r\té\u00e9""#, .string("a\"\\/\u{8}\u{c}\n\r\té\u{e9}")),
        (#""\ud83d\ude00""#, .string("😀")), ("[]", .array([])), ("{ }", .object(JSONObject())),
    ])
    func `reads every kind of value`(text: String, value: JSONNode) throws {
        #expect(try root(text) == value)
    }

    @Test func `keys keep their order and know their lines`() throws {
        guard case .object(let object) = try root("{\n  \"b\": 1,\n  \"a\": [\n    2]\n}") else {
            Issue.record("not an object")
            return
        }
        #expect(object.members.map(\.key) == ["b", "a"])
        #expect(object.members.map(\.line) == [2, 3])
        #expect(object["a"] == .array([.number("2")]))
    }

    @Test(arguments: [
        ("", 1, "column 1: is not JSON: it ends where a value is expected"),
        ("{\"a\" 1}", 1, "column 6: is not JSON: it has no ':' after the key 'a'"),
        ("[1,\n 2,]", 2, "column 4: is not JSON: it has no value where one is expected"),
        ("[1]\n\nx", 3, "column 1: is not JSON: it has something after its end"),
        ("\"ä\u{1}\"", 1, "column 4: is not JSON: it has a control character in a string"),
        ("\"abc", 1, "column 5: is not JSON: it ends inside a string"),
        ("{\"é\": é}", 1, "column 7: is not JSON: it has no value where one is expected"),
        ("{\n\"a\":1,\n}", 3, "column 1: is not JSON: it has no key in double quotes where one is expected"),
    ])
    func `an error names line and column`(text: String, line: Int, what: String) {
        #expect(throws: FormatError.malformed(file: "f.json", line: line, what: what)) { try root(text) }
    }

    @Test func `nesting has an end`() {
        #expect(throws: FormatError.self) { try root(String(repeating: "[", count: 100_000)) }
    }
}
