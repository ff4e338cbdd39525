import Formats
import Planning

/// The files in the folder where the manager runs that belong to one manager.
struct ManagerFiles: Sendable {
    let tree: any SourceTree
    let folder: SourcePath

    init(_ project: NodeProject) {
        tree = project.tree
        folder = project.top
    }

    /// A lock and whose it is.
    struct Lock: Sendable, Hashable {
        let path: SourcePath
        let manager: NodeManager

        var sign: ManagerChoice.Sign {
            ManagerChoice.Sign(manager: manager, evidence: Evidence(path: path, excerpt: path.name))
        }
    }

    /// The path of a file in the folder; nil where it is not there.
    func path(_ name: String) -> SourcePath? {
        let path = folder.appending(name: name)
        return tree.hasFile(path) ? path : nil
    }

    /// Yarn's settings from 2 on.
    var yarnSettings: SourcePath? { path(".yarnrc.yml") ?? path(".yarnrc.yaml") }

    /// Every lock that is there, in the order of `NodeManager` and of what it prefers.
    func locks() throws -> [Lock] {
        var result: [Lock] = []
        for manager in NodeManager.allCases where manager != .yarn {
            for name in manager.locks {
                guard let path = path(name) else { continue }
                result.append(Lock(path: path, manager: manager == .berry ? try yarn(path) : manager))
            }
        }
        return result
    }

    /// Yarn 1 or Berry, by what heads the lock.
    private func yarn(_ path: SourcePath) throws -> NodeManager {
        guard let text = try tree.text(at: path, limit: NodeLock.sizeLimit) else { return .yarn }
        for line in text.split(separator: "\n").prefix(40) {
            if line.hasPrefix("__metadata:") { return .berry }
            if line.hasPrefix("# yarn lockfile v1") { return .yarn }
        }
        // An empty lock says nothing; Yarn's settings do.
        return text.contains("\n__metadata:") || (text.trimmingSpaces().isEmpty && yarnSettings != nil) ? .berry : .yarn
    }
}
