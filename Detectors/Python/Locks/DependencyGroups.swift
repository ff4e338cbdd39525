import Formats
import Planning

/// The `[dependency-groups]` of a `pyproject.toml` (PEP 735), with what they include.
enum DependencyGroups {
    /// Requirements by normalised group; `tool.uv.dev-dependencies` belong to `dev`.
    static func read(_ manifest: LockTable) throws -> [String: [String]] {
        var entries: [String: [TOMLNode]] = [:]
        let groups = try manifest.table("dependency-groups")
        for key in groups?.keys ?? [] {
            guard case .array(let elements)? = groups?.node(key) else { continue }
            entries[Requirement.normalized(key)] = elements
        }
        if let old = try manifest.table(at: ["tool", "uv"])?.strings("dev-dependencies"), !old.isEmpty {
            entries["dev", default: []] += old.map(TOMLNode.string)
        }
        var result: [String: [String]] = [:]
        for name in entries.keys { result[name] = try expand(name, entries, [], groups ?? manifest) }
        return result
    }

    private static func expand(
        _ name: String, _ entries: [String: [TOMLNode]], _ above: [String], _ owner: LockTable
    ) throws -> [String] {
        guard let elements = entries[name] else {
            throw owner.unusable(
                "the group '\(above.last ?? name)' includes '\(name)', which is no group",
                fix: "groups are \(entries.keys.sorted().joined(separator: ", "))", key: above.last)
        }
        guard !above.contains(name) else {
            throw owner.unusable(
                "the groups \((above + [name]).joined(separator: ", ")) include each other",
                fix: "take one of the includes out", key: name)
        }
        return try elements.flatMap { element -> [String] in
            switch element {
            case .string(let requirement): return [requirement]
            case .table(let table):
                guard case .string(let other)? = table["include-group"] else { return [] }
                return try expand(Requirement.normalized(other), entries, above + [name], owner)
            default: return []
            }
        }
    }
}
