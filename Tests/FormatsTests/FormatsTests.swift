import Formats
import Testing

@Suite struct TOMLDocumentTests {
    private static let text = """
        # a comment with [brackets]
        title = "autoimage"
        [project]
        name = "x"  # name = "y"
        requires-python = ">=3.11"
        description = \"\"\"
        [fake]
        key = 1
        \"\"\"
        dependencies = [
            "django",  # first
            "gunicorn]",
        ]
        inline = { a = 1, b = "two" }
        "quoted.key" = true

        [tool.uv]
        a.b = 3

        [[artifacts]]
        path = "/a"
        [[artifacts]]
        path = "/b"
        [artifacts.more]
        deep = 1979-05-27
        """

    private func document() throws -> TOMLDocument { try TOMLDocument(parsing: Self.text, file: "f.toml") }

    @Test(arguments: [
        (["title"], 2), (["project"], 3), (["project", "requires-python"], 5), (["project", "dependencies"], 10),
        (["project", "dependencies", "1"], 12), (["project", "inline", "b"], 14), (["project", "quoted.key"], 15),
        (["tool", "uv", "a", "b"], 18), (["artifacts", "0", "path"], 21), (["artifacts", "1", "path"], 23),
        (["artifacts", "1", "more", "deep"], 25), (["nowhere"], 1),
    ])
    func `knows the line of a key`(_ path: [String], _ line: Int) throws {
        #expect(try document().line(of: path) == line)
    }

    @Test func `reads values by kind`() throws {
        let document = try document()
        #expect(try document.string("project", "requires-python") == Located(">=3.11", line: 5))
        #expect(try document.strings("project", "dependencies") == Located(["django", "gunicorn]"], line: 10))
        #expect(try document.integer("tool", "uv", "a", "b") == Located(3, line: 18))
        #expect(try document.boolean("project", "quoted.key") == Located(true, line: 15))
        #expect(try document.tables("artifacts")?.value.count == 2)
        #expect(try document.string("project", "missing") == nil)
    }

    @Test func `names the line where a value is of another kind`() throws {
        #expect(
            throws: FormatError.wrongKind(
                file: "f.toml", line: 5, key: "project.requires-python", expected: "an integer", found: "a string")
        ) { try document().integer("project", "requires-python") }
    }

    @Test func `names the line of broken text`() {
        #expect { try TOMLDocument(parsing: "a = 1\nb = = 2\n", file: "x.toml") } throws: { error in
            "\(error)".hasPrefix("x.toml:2: is not TOML: ")
        }
    }

    @Test func `lists every key in the order of lines`() throws {
        let document = try TOMLDocument(
            parsing: "port = 1\n[env]\nA = \"x\"\n[[artifacts]]\npath = \"/a\"\n", file: "f")
        #expect(
            document.keys == [
                Located(["port"], line: 1), Located(["env", "A"], line: 3),
                Located(["artifacts", "0", "path"], line: 5),
            ])
    }
}

@Suite struct ConfigFileTests {
    @Test func `joins continuation lines and keeps the line of the key`() throws {
        let file = try ConfigFile(
            parsing: "[options]\npython_requires = >=3.9\ninstall_requires =\n    django\n    gunicorn\n# end\n",
            file: "setup.cfg")
        #expect(file.value("options", "python_requires") == Located(">=3.9", line: 2))
        #expect(file.value("options", "install_requires") == Located("django\ngunicorn", line: 3))
    }

    @Test(arguments: [
        ("key = 1\n", 1, "'key = 1' stands before any [section]"),
        ("[a\n", 1, "the section header '[a' has no ']'"), ("[a]\nword\n", 2, "'word' is not 'key = value'"),
    ])
    func `rejects a broken line`(_ text: String, _ line: Int, _ what: String) {
        #expect(throws: FormatError.malformed(file: "x.cfg", line: line, what: what)) {
            try ConfigFile(parsing: text, file: "x.cfg")
        }
    }
}

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("prot", "port"), ("prot", "port"), ("enviroment", "environment"), ("PORT", "port"), ("verison", "version"),
    ])
    func `finds what was meant`(_ typed: String, _ meant: String) {
        #expect(Suggestion.nearest(typed, in: ["port", "environment", "version", "user"]) == meant)
    }

    @Test func `finds nothing for a word that is like none`() {
        #expect(Suggestion.nearest("banana", in: ["port", "user"]) == nil)
    }
}
