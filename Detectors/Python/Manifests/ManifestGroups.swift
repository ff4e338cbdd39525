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
    func requirements(of name: String) throws -> [Requirement] {
        if let keys = tables[name], let node = manifest.document.node(keys), elements(at: keys) == nil {
            throw notArray(name, node)
        }
        let names: [String]
        do {
            names = try GroupIncludes(groups: tables.compactMapValues(elements)).names(below: name)
        } catch {
            throw unusable(error)
        }
        return try names.flatMap(ownRequirements)
    }

    private func elements(at keys: [String]) -> [TOMLNode]? {
        if case .array(let elements)? = manifest.document.node(keys) { elements } else { nil }
    }

    /// What a group itself names.
    private func ownRequirements(of name: String) throws -> [Requirement] {
        guard let keys = tables[name], let elements = elements(at: keys) else { return [] }
        return try elements.compactMap { element in
            switch element {
            case .string(let text): return try manifest.requirement(text, manifest.evidence(of: text, in: keys))
            case .table(let table):
                if case .string? = table["include-group"] { return nil }
                throw noInclude(name)
            default:
                throw PlanError.unusable(
                    place: place(of: name), what: "\(element.kind) in the group '\(name)' is no requirement",
                    fix: "write each as in: \"flask>=3\"")
            }
        }
    }

    private func place(of name: String) -> String { "\(manifest.evidence(tables[name] ?? [], name))" }

    private func noInclude(_ name: String) -> PlanError {
        .unusable(
            place: place(of: name), what: "the group '\(name)' includes a group that is not there",
            fix: "write it as in {include-group = \"NAME\"}; the groups are \(names.joined(separator: ", "))")
    }

    private func unusable(_ fault: GroupIncludes.Fault) -> PlanError {
        switch fault {
        case .circle(let names):
            return .unusable(
                place: place(of: names.last ?? ""), what: "the group '\(names.last ?? "")' includes itself",
                fix: "remove the include-group")
        case .missing(let other, let includer):
            // A group that is there and no array.
            if let keys = tables[other], let node = manifest.document.node(keys) {
                return notArray(other, node)
            }
            return noInclude(includer)
        }
    }

    private func notArray(_ name: String, _ node: TOMLNode) -> PlanError {
        .unusable(
            place: place(of: name), what: "the group '\(name)' is \(node.kind)", fix: "write an array of requirements")
    }
}
