import Formats
import Planning

/// How a lock left the manifests that it was made from.
///
/// What is compared is what the managers compare: npm, whether the locked version is in the range; pnpm, Yarn and Bun,
/// whether the declared ranges are those that the lock records.
struct NodeLockDrift: Sendable, Hashable {
    /// One thing that differs, with both places.
    struct Difference: Sendable, Hashable {
        let place: Evidence
        let text: String
    }

    let lock: SourcePath
    let differences: [Difference]

    /// What differs; nil where the lock fits, or cannot be read.
    static func find(_ lock: NodeLock, _ project: NodeProject) -> NodeLockDrift? {
        guard lock.isReadable else { return nil }
        let check = DriftCheck(lock: lock, project: project)
        let differences =
            project.presentManifests(lock.manager, focus: [""]).flatMap(check.differences) + check.settings()
        return differences.isEmpty ? nil : NodeLockDrift(lock: lock.path, differences: differences)
    }

    /// All of it in one line: the first differences, and how many more there are.
    var description: String {
        let shown = differences.prefix(3).map { "\($0.place): \($0.text)" }.joined(separator: "; ")
        let more = differences.count - 3
        return "\(lock) does not fit its manifests: \(shown)" + (more > 0 ? "; and \(more) more" : "")
    }
}
