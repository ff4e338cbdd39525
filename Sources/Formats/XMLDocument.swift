import Foundation
import FoundationXML

/// An XML 1.0 document whose every element knows its line.
///
/// Names are local: `<m:version>` is `version`. Entities of the document's own and files outside it are never loaded.
package struct XMLDocument: Sendable {
    /// How errors name the document.
    package let file: String
    package let root: XMLElement

    /// Parses a document; an error names its line.
    package init(parsing text: String, file: String) throws(FormatError) {
        self.file = file
        // An entity that is defined by others can grow without bound; no manifest of the field defines one.
        guard text.range(of: "<!ENTITY") == nil else {
            let head = text.prefix(upTo: text.range(of: "<!ENTITY")?.lowerBound ?? text.startIndex)
            throw .malformed(
                file: file, line: head.count { $0.isNewline } + 1, what: "entities of its own are not read")
        }
        let builder = ElementBuilder()
        let parser = XMLParser(data: Data(text.utf8))
        parser.shouldResolveExternalEntities = false
        parser.delegate = builder
        // Where elements are left open the parser says both that all went well and what did not.
        guard parser.parse(), parser.parserError == nil, let root = builder.root, builder.isClosed
        else {
            throw .malformed(
                file: file, line: max(1, parser.lineNumber), what: Self.reason(parser.parserError))
        }
        self.root = root
    }

    private static func reason(_ error: (any Error)?) -> String {
        // Codes of libxml2, of which Foundation names a part only.
        switch error.map({ ($0 as NSError).code }) {
        case 26: return "names an entity that is not known"
        case 42: return "gives an attribute twice"
        case nil, 4: return "is no XML document"
        default: return "is not well-formed XML; is a tag not closed?"
        }
    }
}

/// One element of an XML document.
package struct XMLElement: Sendable, Hashable {
    /// The name without its prefix.
    package let name: String
    package let attributes: [String: String]
    package let children: [XMLElement]
    /// The characters of the element itself, without white space at both ends.
    package let text: String
    /// Where the opening tag ends, counted from 1.
    package let line: Int

    package init(name: String, attributes: [String: String], children: [XMLElement], text: String, line: Int) {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.text = text
        self.line = line
    }

    /// The first child of a name.
    package subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// The first element at a path of names from here.
    package subscript(path path: [String]) -> XMLElement? {
        path.reduce(XMLElement?.some(self)) { element, name in element?[name] }
    }

    /// The children of a name, in their order.
    package func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

/// Builds the tree from the parser's events.
private final class ElementBuilder: NSObject, XMLParserDelegate {
    private struct Open {
        let name: String
        let attributes: [String: String]
        let line: Int
        var children: [XMLElement] = []
        var text = ""
    }

    private var stack: [Open] = []
    private(set) var root: XMLElement?
    var isClosed: Bool { stack.isEmpty }

    private static func local(_ name: String) -> String {
        name.split(separator: ":").last.map(String.init) ?? name
    }

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        stack.append(Open(name: Self.local(name), attributes: attributes, line: parser.lineNumber))
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { append(string) }

    func parser(_ parser: XMLParser, foundCDATA data: Data) { append(String(decoding: data, as: UTF8.self)) }

    private func append(_ text: String) {
        guard !stack.isEmpty else { return }
        stack[stack.count - 1].text += text
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
        guard let open = stack.popLast() else { return }
        let element = XMLElement(
            name: open.name, attributes: open.attributes, children: open.children,
            text: open.text.trimmingCharacters(in: .whitespacesAndNewlines), line: open.line)
        if stack.isEmpty { root = element } else { stack[stack.count - 1].children.append(element) }
    }
}
