import Planning

extension ConfigKey {
    /// The JSON Schema of autoimage.toml (draft 2020-12), for editors.
    static func jsonSchema() -> SchemaNode {
        var root: [String: SchemaNode] = [:]
        var groups: [String: [String: SchemaNode]] = [:]
        for key in all {
            let parts = key.path.split(separator: ".").map(String.init)
            if parts.count == 1 {
                root[parts[0]] = key.node
            } else {
                groups[parts[0], default: [:]][parts[1]] = key.node
            }
        }
        for (name, members) in groups {
            root[name] =
                members["*"].map { SchemaNode(type: "object", additional: .node($0)) }
                ?? SchemaNode(type: "object", properties: members, additional: .no)
        }
        return SchemaNode(
            schema: "https://json-schema.org/draft/2020-12/schema", title: "autoimage.toml", type: "object",
            properties: root, additional: .no)
    }

    private var node: SchemaNode {
        switch kind {
        case .string: SchemaNode(description: documentation, type: "string")
        case .integer: SchemaNode(description: documentation, type: "integer")
        case .boolean: SchemaNode(description: documentation, type: "boolean")
        case .command: SchemaNode(description: documentation + " A string, or a list of words.")
        case .strings: SchemaNode(description: documentation, type: "array", items: SchemaNode(type: "string"))
        case .tables(let keys):
            SchemaNode(
                description: documentation, type: "array",
                items: SchemaNode(
                    type: "object",
                    properties: Dictionary(
                        uniqueKeysWithValues: keys.map {
                            ($0.hasSuffix("?") ? String($0.dropLast()) : $0, SchemaNode(type: "string"))
                        }),
                    required: keys.filter { !$0.hasSuffix("?") }, additional: .no))
        }
    }
}

/// A part of a JSON Schema.
final class SchemaNode: Encodable, Sendable {
    let schema: String?
    let title: String?
    let description: String?
    let type: String?
    let properties: [String: SchemaNode]?
    let items: SchemaNode?
    let required: [String]?
    let additional: Additional?

    /// Whether keys beyond `properties` are welcome.
    enum Additional: Encodable, Sendable {
        case no
        case node(SchemaNode)

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .no:
                var container = encoder.singleValueContainer()
                try container.encode(false)
            case .node(let node): try node.encode(to: encoder)
            }
        }
    }

    init(
        schema: String? = nil, title: String? = nil, description: String? = nil, type: String? = nil,
        properties: [String: SchemaNode]? = nil, items: SchemaNode? = nil, required: [String]? = nil,
        additional: Additional? = nil
    ) {
        self.schema = schema
        self.title = title
        self.description = description
        self.type = type
        self.properties = properties
        self.items = items
        self.required = required
        self.additional = additional
    }

    enum CodingKeys: String, CodingKey {
        case schema = "$schema"
        case title, description, type, properties, items, required
        case additional = "additionalProperties"
    }
}
