import Formats
import Planning

/// Which packages of a uv.lock one project needs on one target.
struct UvGraph {
    let lock: UvLockFile
    let root: UvLockFile.Package
    let selection: LockSelection
    private var environment: MarkerEnvironment

    init(_ lock: UvLockFile, root: UvLockFile.Package, selection: LockSelection, target: PythonTarget) {
        self.lock = lock
        self.root = root
        self.selection = selection
        // Where a lock declares conflicts, uv writes what is chosen into markers as extras of these names.
        func tagged(_ kind: String, _ name: String) -> String {
            "\(kind)-\(root.name.utf8.count)-\(root.name)-\(name)"
        }
        let tags =
            selection.extras.map { tagged("extra", $0) } + selection.groups.map { tagged("group", $0) }
            + ["project-\(root.name.utf8.count)-\(root.name)"]
        environment = target.markers(extras: selection.extras.union(tags))
    }

    /// A package that is installed, with the extras that something asks for.
    struct Node {
        let package: UvLockFile.Package
        var extras: Set<String> = []
    }

    /// The packages that the root needs, the root not among them, in the lock's order.
    ///
    /// Where any patch of the Python would take one version and another patch another, the newest patch decides.
    func packages() throws -> [Node] {
        let found = try walk()
        guard let double = Self.repeated(found) else { return found }
        var exact = self
        exact.environment.patch = MarkerEnvironment.newestPatch
        let narrowed = try exact.walk()
        guard let still = Self.repeated(narrowed) else { return narrowed }
        throw still.table.unusable(
            "\(double.name) is needed in several versions at once",
            fix: "write the lock anew with 'uv lock', or ask for fewer extras and groups")
    }

    private static func repeated(_ nodes: [Node]) -> UvLockFile.Package? {
        var names: Set<String> = []
        return nodes.first { !names.insert($0.package.name).inserted }?.package
    }

    private func walk() throws -> [Node] {
        var extras: [Int: Set<String>] = [:]
        var pending = [root.dependencies]
        for name in selection.extras.sorted() { pending.append(root.optional[name] ?? []) }
        for name in selection.groups.sorted() { pending.append(root.groups[name] ?? []) }
        while let edges = pending.popLast() {
            for edge in edges where edge.marker?.holds(in: environment) ?? true {
                let index = try target(of: edge)
                let package = lock.packages[index]
                if extras[index] == nil {
                    extras[index] = []
                    pending.append(package.dependencies)
                }
                for extra in edge.extras where extras[index, default: []].insert(extra).inserted {
                    pending.append(package.optional[extra] ?? [])
                }
            }
        }
        return extras.keys.sorted().map { Node(package: lock.packages[$0], extras: extras[$0] ?? []) }
            .filter { !($0.package.name == root.name && $0.package.source == root.source) }
    }

    /// The package that an edge names: by version and source where it says them, else the only one for this target.
    private func target(of edge: UvLockFile.Edge) throws -> Int {
        let named = (lock.positions[edge.name] ?? []).filter { position in
            let package = lock.packages[position]
            return (edge.version == nil || edge.version == package.version)
                && (edge.source == nil || edge.source == package.source)
        }
        let fitting =
            named.count > 1
            ? named.filter { position in
                let forks = lock.packages[position].forks
                return forks.isEmpty || forks.contains { $0.holds(in: environment) }
            } : named
        if fitting.count == 1, let only = fitting.first { return only }
        throw edge.table.unusable(
            fitting.isEmpty
                ? "there is no package '\(edge.name)'\(edge.version.map { " \($0)" } ?? "") in the lock"
                : "'\(edge.name)' may be any of several packages of the lock",
            fix: "write the lock anew with 'uv lock'")
    }
}
