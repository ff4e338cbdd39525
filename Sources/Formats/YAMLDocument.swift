import Yams

/// A YAML 1.1 document whose every value knows its line.
package struct YAMLDocument: Sendable {
    /// How errors name the document.
    package let file: String
    /// The first document of the stream; an empty scalar where the text holds nothing.
    package let root: YAMLNode

    /// Parses the first document of a text; an error names its line.
    ///
    /// Merge keys (`<<`) are resolved and tags are left alone. A key that is there twice in a mapping is an error.
    package init(parsing text: String, file: String) throws(FormatError) {
        self.file = file
        do {
            root = try Yams.compose(yaml: text).map { try YAMLNode($0, in: file) } ?? YAMLNode(.scalar(""), line: 1)
        } catch let error as FormatError {
            throw error
        } catch let error as YamlError {
            throw Self.malformed(error, file)
        } catch {
            throw .malformed(file: file, line: 1, what: "\(error)")
        }
    }

    private static func malformed(_ error: YamlError, _ file: String) -> FormatError {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            .malformed(file: file, line: mark.line, what: problem)
        default: .malformed(file: file, line: 1, what: "\(error)")
        }
    }
}

/// One value of a YAML document and the line where it begins, counted from 1.
package struct YAMLNode: Sendable, Hashable {
    package let content: Content
    package let line: Int

    package indirect enum Content: Sendable, Hashable {
        /// A scalar as it is written, without quotes: `9.0`, `true`, `text`.
        case scalar(String)
        case sequence([YAMLNode])
        case mapping([YAMLMember])
    }

    package init(_ content: Content, line: Int) {
        self.content = content
        self.line = line
    }

    /// What a scalar says; nil for other values and for an empty one, which is null.
    package var text: String? {
        if case .scalar(let text) = content, !text.isEmpty { text } else { nil }
    }

    /// The values of a sequence; empty for what is none.
    package var elements: [YAMLNode] {
        if case .sequence(let elements) = content { elements } else { [] }
    }

    /// The members of a mapping in their order; empty for what is none.
    package var members: [YAMLMember] {
        if case .mapping(let members) = content { members } else { [] }
    }

    /// The value of a key of a mapping.
    package subscript(key: String) -> YAMLNode? { members.first { $0.key == key }?.value }

    /// The value at a path of keys from here.
    package subscript(path path: [String]) -> YAMLNode? {
        path.reduce(YAMLNode?.some(self)) { node, key in node?[key] }
    }
}

/// A key with its value; `line` is the key's.
package struct YAMLMember: Sendable, Hashable {
    package let key: String
    package let value: YAMLNode
    package let line: Int
}

extension YAMLNode {
    fileprivate init(_ node: Yams.Node, in file: String) throws(FormatError) {
        let line = node.mark?.line ?? 1
        switch node {
        case .scalar(let scalar): self.init(.scalar(scalar.string), line: line)
        case .sequence(let sequence):
            var elements: [YAMLNode] = []
            for element in sequence { elements.append(try YAMLNode(element, in: file)) }
            self.init(.sequence(elements), line: line)
        case .mapping(let mapping):
            var members: [YAMLMember] = []
            var known: Set<String> = []
            for (key, value) in mapping {
                let name = key.scalar?.string ?? ""
                let place = key.mark?.line ?? line
                guard known.insert(name).inserted || name == "<<" else {
                    throw .malformed(file: file, line: place, what: "the key '\(name)' is there twice")
                }
                members.append(YAMLMember(key: name, value: try YAMLNode(value, in: file), line: place))
            }
            self.init(.mapping(Self.merged(members)), line: line)
        }
    }

    /// The members with those of `<<` after the mapping's own, which win.
    private static func merged(_ members: [YAMLMember]) -> [YAMLMember] {
        guard let merge = members.first(where: { $0.key == "<<" }) else { return members }
        let own = members.filter { $0.key != "<<" }
        let sources = merge.value.elements.isEmpty ? [merge.value] : merge.value.elements
        var known = Set(own.map(\.key))
        return own + sources.flatMap(\.members).filter { known.insert($0.key).inserted }
    }
}
