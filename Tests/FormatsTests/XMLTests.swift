import Formats
import Testing

@Suite struct XMLDocumentTests {
    @Test func `reads elements with lines, local names and text without white space`() throws {
        let document = try XMLDocument(
            parsing: """
                <?xml version="1.0"?>
                <m:project xmlns:m="urn:maven">
                  <m:artifactId>
                    shop
                  </m:artifactId>
                  <!-- a comment -->
                  <dependency scope="test"><![CDATA[a < b]]></dependency>
                  <dependency/>
                </m:project>
                """, file: "pom.xml")
        #expect(document.root.name == "project")
        #expect(document.root["artifactId"]?.text == "shop")
        #expect(document.root["artifactId"]?.line == 3)
        #expect(document.root.all("dependency").map(\.text) == ["a < b", ""])
        #expect(document.root["dependency"]?.attributes == ["scope": "test"])
        #expect(document.root[path: ["artifactId", "nothing"]] == nil)
    }

    @Test(arguments: [
        ("<a>\n<b>\n</a>", "not well-formed"), ("", "no XML document"), ("<a>\n<b>", "not well-formed"),
        ("plain text", "no XML document"), ("<a/><", "not well-formed"),
        ("<a>&unknown;</a>", "entity"),
    ])
    func `refuses what is broken, with its line`(_ text: String, _ reason: String) {
        let error = #expect(throws: FormatError.self) { try XMLDocument(parsing: text, file: "pom.xml") }
        #expect("\(error.map(String.init(describing:)) ?? "")".contains(reason))
        #expect("\(error.map(String.init(describing:)) ?? "")".hasPrefix("pom.xml:"))
    }

    @Test func `reads no entities of the document's own, so that none can grow or read files`() {
        let text = "<!DOCTYPE a [\n<!ENTITY x SYSTEM \"file:///etc/passwd\">]>\n<a>&x;</a>"
        let error = #expect(throws: FormatError.self) { try XMLDocument(parsing: text, file: "pom.xml") }
        #expect(error == .malformed(file: "pom.xml", line: 2, what: "entities of its own are not read"))
    }
}
