/// A JSON document (RFC 8259) whose members keep their order and know their line.
///
/// For files that people share with other programs: what we do not know is written back as it was.
package struct JSONDocument: Sendable, Hashable {
    /// How errors name the document.
    package let file: String
    package var root: JSONNode

    /// Parses a document; an error names its line.
    package init(parsing text: String, file: String, dialect: JSONDialect = .strict) throws(FormatError) {
        var parser = JSONParser(text, file: file, dialect: dialect)
        self.file = file
        root = try parser.document()
    }

    /// A document to be written; `file` is how errors name it.
    package init(root: JSONNode, file: String) {
        self.file = file
        self.root = root
    }

    /// The text with the members of objects on lines of their own, and a final line feed.
    ///
    /// `indent` is put before a line once for every level.
    package func text(indent: String = "\t") -> String {
        var result = ""
        root.write(to: &result, indent: indent, level: 0)
        return result + "\n"
    }
}

/// What of JSON's grammar a program is strict about.
package enum JSONDialect: Sendable, Hashable {
    /// RFC 8259 to the letter: `package.json`, `package-lock.json`.
    case strict
    /// With `//` and `/* */` comments, and a comma after the last member or element: `tsconfig.json`, `turbo.json`, `nx.json`,
    /// `bun.lock`.
    ///
    /// Comments are not kept.
    case lenient
}

/// One value of a JSON document.
package indirect enum JSONNode: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// A number as it was written, whatever its size.
    case number(String)
    case string(String)
    case array([JSONNode])
    case object(JSONObject)

    /// What people call the value: `a string`.
    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "true or false"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The value in one line without white space.
    package var compact: String {
        switch self {
        case .null: "null"
        case .boolean(let flag): flag ? "true" : "false"
        case .number(let digits): digits
        case .string(let value): Self.quoted(value)
        case .array(let elements): "[\(elements.map(\.compact).joined(separator: ","))]"
        case .object(let object):
            "{\(object.members.map { "\(Self.quoted($0.key)):\($0.value.compact)" }.joined(separator: ","))}"
        }
    }

    fileprivate func write(to text: inout String, indent: String, level: Int) {
        let inner = "\n" + String(repeating: indent, count: level + 1)
        let outer = "\n" + String(repeating: indent, count: level)
        switch self {
        case .null: text += "null"
        case .boolean(let flag): text += flag ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let value): text += Self.quoted(value)
        case .array(let elements):
            guard !elements.isEmpty else { return text += "[]" }
            for (index, element) in elements.enumerated() {
                text += (index == 0 ? "[" : ",") + inner
                element.write(to: &text, indent: indent, level: level + 1)
            }
            text += outer + "]"
        case .object(let object):
            guard !object.members.isEmpty else { return text += "{}" }
            for (index, member) in object.members.enumerated() {
                text += (index == 0 ? "{" : ",") + inner + Self.quoted(member.key) + ": "
                member.value.write(to: &text, indent: indent, level: level + 1)
            }
            text += outer + "}"
        }
    }

    private static func quoted(_ value: String) -> String {
        var result = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// The members of a JSON object in their order.
package struct JSONObject: Sendable, Hashable {
    package var members: [JSONMember]

    package init(_ members: [JSONMember] = []) { self.members = members }

    /// The value of a key, the last one where it is repeated.
    ///
    /// Setting replaces the value in its place, or adds a member at the end; nil removes it.
    package subscript(key: String) -> JSONNode? {
        get { members.last { $0.key == key }?.value }
        set {
            guard let newValue else { return members.removeAll { $0.key == key } }
            if let index = members.lastIndex(where: { $0.key == key }) {
                members[index].value = newValue
            } else {
                members.append(JSONMember(key: key, value: newValue, line: 0))
            }
        }
    }
}

/// A key with its value.
package struct JSONMember: Sendable, Hashable {
    package let key: String
    package var value: JSONNode
    /// Where the key stands, counted from 1; 0 for one that was never in a file.
    package let line: Int

    package init(key: String, value: JSONNode, line: Int) {
        self.key = key
        self.value = value
        self.line = line
    }
}
