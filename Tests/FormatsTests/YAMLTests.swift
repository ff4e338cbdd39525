import Formats
import Testing

@Suite struct YAMLDocumentTests {
    @Test func `keeps scalars as written, in order, with their lines`() throws {
        let document = try YAMLDocument(
            parsing: "lockfileVersion: '9.0'\n\npackages:\n  b@1.0: {os: [linux, '!win32']}\n  a@1.0:\n    dev: true\n",
            file: "pnpm-lock.yaml")
        #expect(document.root["lockfileVersion"]?.text == "9.0")
        let packages = try #require(document.root["packages"])
        #expect(packages.members.map(\.key) == ["b@1.0", "a@1.0"])
        #expect(packages.members.map(\.line) == [4, 5])
        #expect(packages[path: ["b@1.0", "os"]]?.elements.compactMap(\.text) == ["linux", "!win32"])
        #expect(packages[path: ["a@1.0", "dev"]]?.line == 6)
    }

    @Test func `lets the mapping's own keys win over merged ones`() throws {
        let document = try YAMLDocument(parsing: "base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\n", file: "a.yml")
        #expect(document.root[path: ["use", "x"]]?.text == "1")
        #expect(document.root[path: ["use", "y"]]?.text == "3")
    }

    @Test(arguments: [
        ("a: b: c\n", 1), ("a:\n  - x\n y: 1\n", 3), ("a: 1\na: 2\n", 1), ("k: \"open\n", 1),
    ])
    func `names the line of what is broken`(_ text: String, _ least: Int) {
        let error = #expect(throws: FormatError.self) { try YAMLDocument(parsing: text, file: "x.yml") }
        guard case .malformed(let file, let line, _)? = error else { return }
        #expect(file == "x.yml")
        #expect(line >= least)
    }

    @Test func `is empty where the text holds nothing`() throws {
        #expect(try YAMLDocument(parsing: "# nothing\n", file: "x.yml").root.text == nil)
    }
}
