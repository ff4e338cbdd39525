import Formats
import Planning

/// Extras and dependency groups that options ask for, held against those that a manifest or a lock knows.
struct LockSelection: Sendable {
    let extras: Set<String>
    let groups: Set<String>

    /// Fails at a name that is not known, with the list of those that are.
    init(_ options: PlanOptions, extras: some Sequence<String>, groups: some Sequence<String>, in file: SourcePath)
        throws
    {
        self.extras = try Self.names(options.extras, known: extras.sorted(), "optional dependencies", "extras", file)
        self.groups = try Self.names(options.groups, known: groups.sorted(), "dependency group", "groups", file)
    }

    private static func names(
        _ asked: [Requested<String>], known: [String], _ what: String, _ list: String, _ file: SourcePath
    ) throws -> Set<String> {
        var names: Set<String> = []
        for request in asked {
            let name = Requirement.normalized(request.value)
            guard known.contains(name) else {
                throw PlanError.unusable(
                    place: request.option, what: "\(file) has no \(what) '\(request.value)'",
                    fix: known.isEmpty ? "it has no \(list) at all" : "its \(list) are \(known.joined(separator: ", "))"
                )
            }
            names.insert(name)
        }
        return names
    }
}
