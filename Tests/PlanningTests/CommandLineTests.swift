import Planning
import Testing

@Suite struct CommandLineTests {
    @Test(
        arguments: [
            ("gunicorn app.wsgi:application", ["gunicorn", "app.wsgi:application"]),
            ("  python   main.py\t-v ", ["python", "main.py", "-v"]),
            (#"a 'b c' "d e" f\ g"#, ["a", "b c", "d e", "f g"]),
            (#"a "" '' "x\"y" 'it'"'"'s'"#, ["a", "", "", "x\"y", "it's"]), ("exec gunicorn app", ["gunicorn", "app"]),
            (#"echo '$HOME' "\$HOME" \$HOME"#, ["echo", "$HOME", "$HOME", "$HOME"]), ("a # comment", ["a"]),
            ("a b#c", ["a", "b#c"]), ("a \"b*c\" 'd|e'", ["a", "b*c", "d|e"]), ("a \\\n b", ["a", "b"]),
            (#"a "b\c""#, ["a", "b\\c"]), ("a=b", []),
        ] as [(String, [String])])
    func `splits plain commands into arguments`(_ text: String, _ words: [String]) throws {
        guard !words.isEmpty else {
            #expect(throws: CommandLineError.empty(text)) { try CommandLine.split(text) }
            return
        }
        #expect(try CommandLine.split(text).plainArguments == words)
    }

    @Test(arguments: [
        ("a && b", "&&"), ("a || b", "||"), ("a | b", "|"), ("a; b", ";"), ("a > f", ">"), ("a 2>&1", ">"),
        ("a < f", "<"),
        ("a *.py", "*"), ("a [x]", "["), ("a ~/x", "~"), ("a $(date)", "$(…)"), ("a `date`", "`"),
        ("a \"$(date)\"", "$(…)"),
        ("a ${X##y}", "${X##y}"), ("a $1", "$"), ("a &", "&"), ("(a)", "("), ("a ${X:-$Y}", "${X:-$Y}"), ("a $?", "$"),
    ])
    func `names what only a shell understands`(_ text: String, _ syntax: String) throws {
        #expect(try CommandLine.split(text).shellSyntax == syntax)
        #expect(try CommandLine.split(text).plainArguments == nil)
    }

    @Test func `keeps variables apart from text`() throws {
        let command = try CommandLine.split(#"A=1 B="x y" gunicorn app --bind "0.0.0.0:${PORT:-5000}" $OPTS '$X'"#)
        #expect(command.assignments.map(\.name) == ["A", "B"])
        #expect(command.assignments.map(\.value.plain) == ["1", "x y"])
        #expect(command.words.map(\.template) == ["gunicorn", "app", "--bind", "0.0.0.0:${PORT}", "${OPTS}", "$$X"])
        #expect(command.variables == ["OPTS", "PORT"])
        #expect(command.defaults == ["PORT": "5000"])
        #expect(command.shellSyntax == nil)
        #expect(command.plainArguments == nil)
    }

    @Test(arguments: [("a 'b", "'"), ("a \"b", "\""), ("a ${b", "${"), ("a \\", "\\")])
    func `says where a text is unfinished`(_ text: String, _ mark: String) {
        #expect(throws: CommandLineError.unfinished(text, mark)) { try CommandLine.split(text) }
    }
}
