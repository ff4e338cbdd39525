import Formats
import Testing

@Suite struct JSONTests {
    @Test func `keeps order, numbers and unknown members, and knows lines`() throws {
        let text = """
            {
            	"z": [1, 2.50e3, -0, 12345678901234567890],
            	"a": {"b": null, "c": true},
            	"empty": {},
            	"none": []
            }
            """
        let document = try JSONDocument(parsing: text, file: "x.json")
        guard case .object(let root) = document.root else {
            Issue.record("no object")
            return
        }
        #expect(root.members.map(\.key) == ["z", "a", "empty", "none"])
        #expect(root.members.map(\.line) == [2, 3, 4, 5])
        #expect(
            document.text() == """
                {
                	"z": [
                		1,
                		2.50e3,
                		-0,
                		12345678901234567890
                	],
                	"a": {
                		"b": null,
                		"c": true
                	},
                	"empty": {},
                	"none": []
                }

                """)
    }

    @Test(arguments: [
        (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"), (#""\u00e9\ud83d\ude00""#, "é😀"),
        (#""\ud83d""#, "\u{FFFD}"), (#""\ud83dx\u0041""#, "\u{FFFD}xA"), (#""\u0000""#, "\0"),
    ])
    func `reads escapes`(text: String, value: String) throws {
        let document = try JSONDocument(parsing: text, file: "x")
        #expect(document.root == .string(value))
        #expect(try JSONDocument(parsing: document.text(), file: "x") == document)
    }

    @Test(arguments: [
        ("", 1, 1, "ends where a value is expected"), ("{\n\"a\" 1}", 2, 5, "has no ':' after the key 'a'"),
        ("{\"a\": 1\n\"b\": 2}", 2, 1, "has neither ',' nor '}' after a member of an object"),
        ("{\"é\": 1,}", 1, 9, "has no key in double quotes where one is expected"),
        ("[1\n\n 2]", 3, 2, "has neither ',' nor ']' after an element of an array"), ("[1,]", 1, 4, nil),
        ("{} {}", 1, 4, "has something after its end"), ("01", 1, 3, nil), ("+1", 1, 3, nil), (".5", 1, 3, nil),
        ("tru", 1, 1, nil), ("\"a", 1, 3, "ends inside a string"),
        ("\"\\x\"", 1, 4, "has an unknown escape in a string"),
        ("\"\\u12g4\"", 1, 4, "has a \\u without four hexadecimal digits"),
        ("\"\\", 1, 3, "ends inside a string"), ("\"a\nb\"", 1, 4, "has a control character in a string"),
        ("'a'", 1, 1, nil),
        (String(repeating: "[", count: 100_000), 1, 201, "is nested more than 200 levels deep"),
    ])
    func `says what is wrong in which line and column`(text: String, line: Int, column: Int, problem: String?) {
        let what = "column \(column): is not JSON: it \(problem ?? "has no value where one is expected")"
        #expect(throws: FormatError.malformed(file: "x.json", line: line, what: what)) {
            try JSONDocument(parsing: text, file: "x.json")
        }
    }

    @Test func `sets in place, adds at the end, removes`() {
        var object = JSONObject([
            JSONMember(key: "a", value: .number("1"), line: 1), JSONMember(key: "b", value: .number("2"), line: 2),
        ])
        object["a"] = .null
        object["c"] = .boolean(false)
        object["b"] = nil
        #expect(object.members.map(\.key) == ["a", "c"])
        #expect(object["a"] == .null)
        #expect(object["b"] == nil)
    }
}

@Suite struct LenientJSONTests {
    @Test func `takes comments and a comma after the last one, and still knows lines`() throws {
        let text = """
            // bun lockfile
            {
              /* two
                 lines */ "a": [1, 2,], // "b": 3
              "c": {"d": "// no comment /* */",},
            }
            // the end
            """
        let document = try JSONDocument(parsing: text, file: "bun.lock", dialect: .lenient)
        guard case .object(let root) = document.root else {
            Issue.record("no object")
            return
        }
        #expect(root.members.map(\.key) == ["a", "c"])
        #expect(root.members.map(\.line) == [4, 5])
        #expect(root["a"] == .array([.number("1"), .number("2")]))
        guard case .object(let inner)? = root["c"] else {
            Issue.record("no object in it")
            return
        }
        #expect(inner["d"] == .string("// no comment /* */"))
    }

    @Test(arguments: [
        "[,]", "{,}", "[1,,2]", "{\"a\": 1,,}", "[1", "{\"a\": 1,", "/* [1]", "[1 / 2]", "{'a': 1}", "[01]", "[] x", "",
    ])
    func `is lenient in nothing else`(text: String) {
        #expect(throws: FormatError.self) { try JSONDocument(parsing: text, file: "x", dialect: .lenient) }
    }

    @Test(arguments: ["// a\n{}", "/* a */ {}", "[1,]", "{\"a\": 1,}"])
    func `without being asked it is strict`(text: String) {
        #expect(throws: FormatError.self) { try JSONDocument(parsing: text, file: "x") }
    }

    @Test func `an error after comments names its own line`() {
        #expect(
            throws: FormatError.malformed(
                file: "x", line: 3, what: "column 2: is not JSON: it has no value where one is expected")
        ) {
            try JSONDocument(parsing: "/*\n*/ [ // one\n ?]", file: "x", dialect: .lenient)
        }
    }
}
