import TOMLKit

/// A TOML 1.0 document whose every key knows its line.
///
/// A key path names tables and keys from the root; an element of an array of tables is named by its index: `"tool",
/// "uv", "index", "0", "url"`.
package struct TOMLDocument: Sendable {
    /// How errors name the document.
    package let file: String
    package let root: [String: TOMLNode]
    private let lines: [[String]: Int]

    /// Parses a document; an error names its line.
    package init(parsing text: String, file: String) throws(FormatError) {
        do {
            let table = try TOMLTable(string: text)
            // The parser's values point into the document, which must outlive the walk.
            root = withExtendedLifetime(table) { TOMLNode.table(table) }
        } catch let error as TOMLParseError {
            throw .malformed(file: file, line: error.source.begin.line, what: "is not TOML: \(error.description)")
        } catch {
            throw .malformed(file: file, line: 1, what: "is not TOML: \(error)")
        }
        self.file = file
        lines = TOMLLocator.lines(of: text)
    }

    /// The value at a key path; nil where there is none.
    package func node(_ path: [String]) -> TOMLNode? {
        var node = TOMLNode.table(root)
        for key in path {
            switch node {
            case .table(let table):
                guard let next = table[key] else { return nil }
                node = next
            case .array(let elements):
                guard let index = Int(key), elements.indices.contains(index) else { return nil }
                node = elements[index]
            default: return nil
            }
        }
        return node
    }

    /// The line of a key path, or of the nearest parent that is written out.
    package func line(of path: [String]) -> Int {
        var path = path
        while !path.isEmpty {
            if let line = lines[path] { return line }
            path.removeLast()
        }
        return 1
    }

    /// The text at a key path; fails where it is no text.
    package func string(_ path: String...) throws(FormatError) -> Located<String>? {
        try value(path, expected: "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    /// The whole number at a key path; fails where it is none.
    package func integer(_ path: String...) throws(FormatError) -> Located<Int>? {
        try value(path, expected: "an integer") { if case .integer(let number) = $0 { number } else { nil } }
    }

    /// The truth value at a key path; fails where it is none.
    package func boolean(_ path: String...) throws(FormatError) -> Located<Bool>? {
        try value(path, expected: "true or false") { if case .boolean(let flag) = $0 { flag } else { nil } }
    }

    /// The array of texts at a key path; fails where it is none.
    package func strings(_ path: String...) throws(FormatError) -> Located<[String]>? {
        try value(path, expected: "an array of strings") { node in
            guard case .array(let elements) = node else { return nil }
            let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
            return texts.count == elements.count ? texts : nil
        }
    }

    /// The table at a key path; fails where it is none.
    package func table(_ path: String...) throws(FormatError) -> Located<[String: TOMLNode]>? {
        try value(path, expected: "a table") { if case .table(let table) = $0 { table } else { nil } }
    }

    /// The array of tables at a key path; fails where it is none.
    package func tables(_ path: String...) throws(FormatError) -> Located<[[String: TOMLNode]]>? {
        try value(path, expected: "an array of tables") { node in
            guard case .array(let elements) = node else { return nil }
            let tables = elements.compactMap { if case .table(let table) = $0 { table } else { nil } }
            return tables.count == elements.count ? tables : nil
        }
    }

    /// Every key that holds something other than a table, in the order of the lines: what a strict reader checks.
    package var keys: [Located<[String]>] {
        var found: [Located<[String]>] = []
        func walk(_ node: TOMLNode, _ path: [String]) {
            switch node {
            case .table(let table) where !table.isEmpty || path.isEmpty:
                for (key, value) in table { walk(value, path + [key]) }
            case .array(let elements) where elements.contains(where: \.isTable):
                for (index, value) in elements.enumerated() { walk(value, path + [String(index)]) }
            default: found.append(Located(path, line: line(of: path)))
            }
        }
        walk(.table(root), [])
        return found.sorted {
            ($0.line, $0.value.joined(separator: ".")) < ($1.line, $1.value.joined(separator: "."))
        }
    }

    private func value<Value>(
        _ path: [String], expected: String, _ read: (TOMLNode) -> Value?
    ) throws(FormatError) -> Located<Value>? {
        guard let node = node(path) else { return nil }
        let line = line(of: path)
        guard let value = read(node) else {
            throw .wrongKind(
                file: file, line: line, key: path.joined(separator: "."), expected: expected, found: node.kind)
        }
        return Located(value, line: line)
    }
}

/// One value of a TOML document.
package indirect enum TOMLNode: Sendable, Hashable {
    case string(String)
    case integer(Int)
    case double(Double)
    case boolean(Bool)
    /// A date, a time or both, as written by the parser.
    case time(String)
    case array([TOMLNode])
    case table([String: TOMLNode])

    /// What people call the value: `a string`.
    package var kind: String {
        switch self {
        case .string: "a string"
        case .integer: "an integer"
        case .double: "a number"
        case .boolean: "true or false"
        case .time: "a date or time"
        case .array: "an array"
        case .table: "a table"
        }
    }

    /// Whether this is a table.
    package var isTable: Bool { if case .table = self { true } else { false } }

    fileprivate static func table(_ table: TOMLTable) -> [String: TOMLNode] {
        var result: [String: TOMLNode] = [:]
        for key in table.keys { if let value = table[key] { result[key] = node(value) } }
        return result
    }

    private static func node(_ value: any TOMLValueConvertible) -> TOMLNode {
        if let text = value.string { return .string(text) }
        if let flag = value.bool { return .boolean(flag) }
        if let number = value.int { return .integer(number) }
        if let number = value.double { return .double(number) }
        if let array = value.array { return .array(array.map { node($0) }) }
        if let table = value.table { return .table(Self.table(table)) }
        return .time(value.debugDescription)
    }
}
