import Formats
import Planning

/// A table of a TOML file, read key by key: every error names the file and the line.
struct LockTable: Sendable {
    let file: SourcePath
    private let document: TOMLDocument
    /// From the root of the document; elements of arrays by their index.
    let path: [String]
    private let values: [String: TOMLNode]

    /// Parses a file of the tree; nil where there is none.
    static func read(_ file: SourcePath, from tree: any SourceTree) throws -> LockTable? {
        guard let text = try tree.text(at: file) else { return nil }
        let document = try TOMLDocument(parsing: text, file: "\(file)")
        return LockTable(file: file, document: document, path: [], values: document.root)
    }

    /// Parses a text; `file` is how errors name it.
    init(parsing text: String, file: String) throws(FormatError) {
        let document = try TOMLDocument(parsing: text, file: file)
        self.init(file: .root.appending(name: "pyproject.toml"), document: document, path: [], values: document.root)
    }

    private init(file: SourcePath, document: TOMLDocument, path: [String], values: [String: TOMLNode]) {
        self.file = file
        self.document = document
        self.path = path
        self.values = values
    }

    var keys: [String] { values.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    /// The line on which the table begins.
    var line: Int { document.line(of: path) }

    func line(of key: String) -> Int { document.line(of: path + [key]) }

    func node(_ key: String) -> TOMLNode? { values[key] }

    func evidence(_ excerpt: String, key: String? = nil) -> Evidence {
        Evidence(path: file, line: key.map(line(of:)) ?? line, excerpt: excerpt)
    }

    func string(_ key: String) throws(FormatError) -> String? {
        try value(key, "a string") { if case .string(let text) = $0 { text } else { nil } }
    }

    func integer(_ key: String) throws(FormatError) -> Int? {
        try value(key, "an integer") { if case .integer(let number) = $0 { number } else { nil } }
    }

    func boolean(_ key: String) throws(FormatError) -> Bool? {
        try value(key, "true or false") { if case .boolean(let flag) = $0 { flag } else { nil } }
    }

    /// The texts of an array; empty where the key is not there.
    func strings(_ key: String) throws(FormatError) -> [String] {
        try value(key, "an array of strings") { node in
            guard case .array(let elements) = node else { return nil }
            let texts = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
            return texts.count == elements.count ? texts : nil
        } ?? []
    }

    /// A table below this one; nil where there is none.
    func table(_ key: String) throws(FormatError) -> LockTable? {
        try value(key, "a table") { node in
            guard case .table(let table) = node else { return nil }
            return LockTable(file: file, document: document, path: path + [key], values: table)
        }
    }

    /// A table some levels below; nil where one of them is not there.
    func table(at keys: [String]) throws(FormatError) -> LockTable? {
        var current = self
        for key in keys {
            guard let next = try current.table(key) else { return nil }
            current = next
        }
        return current
    }

    /// The tables of an array; empty where the key is not there.
    func tables(_ key: String) throws(FormatError) -> [LockTable] {
        try value(key, "an array of tables") { node in
            guard case .array(let elements) = node else { return nil }
            let tables = elements.enumerated().compactMap { index, element -> LockTable? in
                guard case .table(let table) = element else { return nil }
                return LockTable(file: file, document: document, path: path + [key, String(index)], values: table)
            }
            return tables.count == elements.count ? tables : nil
        } ?? []
    }

    /// The line that holds a text somewhere below this table: `pyproject.toml:9`; the file alone where none does.
    func place(ofText text: String) -> String {
        func find(_ node: TOMLNode, _ path: [String]) -> Int? {
            switch node {
            case .string(text): return document.line(of: path)
            case .array(let elements):
                return elements.enumerated().lazy.compactMap { find($1, path + [String($0)]) }.first
            case .table(let table):
                return table.keys.compactMap { key in table[key].flatMap { find($0, path + [key]) } }.min()
            default: return nil
            }
        }
        return find(.table(values), path).map { "\(file):\($0)" } ?? "\(file)"
    }

    /// An error at this table, or at one of its keys.
    func unusable(_ what: String, fix: String, key: String? = nil) -> PlanError {
        .unusable(place: "\(file):\(key.map(line(of:)) ?? line)", what: what, fix: fix)
    }

    private func value<Value>(
        _ key: String, _ expected: String, _ read: (TOMLNode) -> Value?
    ) throws(FormatError) -> Value? {
        guard let node = values[key] else { return nil }
        if let value = read(node) { return value }
        throw .wrongKind(
            file: document.file, line: line(of: key), key: (path + [key]).joined(separator: "."), expected: expected,
            found: node.kind)
    }
}
