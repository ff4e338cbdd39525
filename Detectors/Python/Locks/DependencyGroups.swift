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
        let includes = GroupIncludes(groups: entries)
        var result: [String: [String]] = [:]
        for name in entries.keys.sorted() {
            do {
                result[name] = try includes.names(below: name).flatMap { group in
                    (entries[group] ?? []).compactMap { if case .string(let text) = $0 { text } else { nil } }
                }
            } catch {
                throw unusable(error, of: groups ?? manifest, known: entries.keys.sorted())
            }
        }
        return result
    }

    private static func unusable(_ fault: GroupIncludes.Fault, of owner: LockTable, known: [String]) -> PlanError {
        switch fault {
        case .missing(let name, let includer):
            owner.unusable(
                "the group '\(includer)' includes '\(name)', which is no group",
                fix: "groups are \(known.joined(separator: ", "))", key: includer)
        case .circle(let names):
            owner.unusable(
                "the groups \(names.joined(separator: ", ")) include each other",
                fix: "take one of the includes out", key: names.last)
        }
    }
}
