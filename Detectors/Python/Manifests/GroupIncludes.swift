import Formats

/// Walks the groups of a `pyproject.toml` along their `{include-group = "NAME"}` (PEP 735).
struct GroupIncludes {
    /// Elements by normalised name.
    let groups: [String: [TOMLNode]]

    /// What keeps a group from being read.
    enum Fault: Error, Hashable {
        /// A group that is included is not there.
        case missing(String, in: String)
        /// Groups that include each other, the last the first again; or more of them in a row than anybody writes.
        case circle([String])
    }

    /// No project has as long a chain of includes, and the stack is not endless.
    private static let depthLimit = 100

    /// A group and those that it includes, each once, in the order in which they are met; empty where there is no such group.
    func names(below name: String) throws(Fault) -> [String] {
        var found: [String] = []
        var seen: Set<String> = []
        try visit(name, [], &found, &seen)
        return found
    }

    private func visit(
        _ name: String, _ above: [String], _ found: inout [String], _ seen: inout Set<String>
    ) throws(Fault) {
        guard let elements = groups[name] else {
            guard let includer = above.last else { return }
            throw .missing(name, in: includer)
        }
        guard !above.contains(name), above.count < Self.depthLimit else { throw .circle(above + [name]) }
        // A group that two others include is read once: each of them twice would double with every level.
        guard seen.insert(name).inserted else { return }
        found.append(name)
        for case .table(let table) in elements {
            guard case .string(let other)? = table["include-group"] else { continue }
            try visit(Requirement.normalized(other), above + [name], &found, &seen)
        }
    }
}
