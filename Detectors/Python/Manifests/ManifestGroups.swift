import Formats
import Planning

/// `[dependency-groups]` (PEP 735), and the older `[tool.pdm.dev-dependencies]`.
struct ManifestGroups {
    private let manifest: PyProject
    /// Key paths by normalised name.
    private let tables: [String: [String]]

    init(_ manifest: PyProject) {
        self.manifest = manifest
        var tables: [String: [String]] = [:]
        for name in manifest.keys("tool", "pdm", "dev-dependencies") {
            tables[Requirement.normalized(name)] = ["tool", "pdm", "dev-dependencies", name]
        }
        for name in manifest.keys("dependency-groups") {
            tables[Requirement.normalized(name)] = ["dependency-groups", name]
        }
        self.tables = tables
    }

    /// Normalised, sorted.
    var names: [String] { tables.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    /// What a group holds with the groups that it includes; fails where it includes itself or one that is not there.
    func requirements(of name: String) throws -> [Requirement] { try requirements(of: name, within: []) }

    private func requirements(of name: String, within outer: [String]) throws -> [Requirement] {
        guard let keys = tables[name], let node = manifest.document.node(keys) else { return [] }
        let place = manifest.evidence(keys, name)
        guard !outer.contains(name) else {
            throw PlanError.unusable(
                place: "\(place)", what: "the group '\(name)' includes itself", fix: "remove the include-group")
        }
        guard case .array(let elements) = node else {
            throw PlanError.unusable(
                place: "\(place)", what: "the group '\(name)' is \(node.kind)", fix: "write an array of requirements")
        }
        return try elements.flatMap { element -> [Requirement] in
            switch element {
            case .string(let text): return [try manifest.requirement(text, manifest.evidence(of: text, in: keys))]
            case .table(let table):
                guard case .string(let other)? = table["include-group"], tables[Requirement.normalized(other)] != nil
                else {
                    throw PlanError.unusable(
                        place: "\(place)", what: "the group '\(name)' includes a group that is not there",
                        fix:
                            "write it as in {include-group = \"NAME\"}; the groups are \(names.joined(separator: ", "))"
                    )
                }
                return try requirements(of: Requirement.normalized(other), within: outer + [name])
            default:
                throw PlanError.unusable(
                    place: "\(place)", what: "\(element.kind) in the group '\(name)' is no requirement",
                    fix: "write each as in: \"flask>=3\"")
            }
        }
    }
}
