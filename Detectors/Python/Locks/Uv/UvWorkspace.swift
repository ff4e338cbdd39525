import Formats
import Planning

/// The members of a uv workspace (`[tool.uv.workspace]`).
struct UvWorkspace: Sendable {
    /// The `pyproject.toml` that declares it.
    let manifest: SourcePath
    private let members: [FolderPattern]
    private let exclude: [FolderPattern]

    var folder: SourcePath { manifest.parent ?? .root }

    /// Reads the workspace that a `pyproject.toml` declares; nil where it declares none.
    init?(_ table: LockTable) throws(FormatError) {
        guard let workspace = try table.table(at: ["tool", "uv", "workspace"]) else { return nil }
        manifest = table.file
        members = try workspace.strings("members").map(FolderPattern.init)
        exclude = try workspace.strings("exclude").map(FolderPattern.init)
    }

    /// Whether a folder, by its path below the workspace's, is a member.
    func claims(_ member: SourcePath) -> Bool {
        member == .root
            || (members.contains { $0.matches(member) } && !exclude.contains { $0.matches(member) })
    }

    /// The folders of all members that are in a tree, the root not among them, sorted.
    func members(in tree: any SourceTree) -> [SourcePath] {
        tree.entries.filter { $0.isFile && $0.path.name == "pyproject.toml" && $0.path.isInside(folder) }
            .compactMap { $0.path.parent }.filter { $0 != folder }
            .filter { $0.relative(to: folder).map(claims) ?? false }.sorted()
    }

    /// The workspace that a folder belongs to: its own, else that of the nearest folder above that claims it.
    static func around(_ service: SourcePath, in tree: any SourceTree) throws -> UvWorkspace? {
        var folder: SourcePath? = service
        while let current = folder {
            let manifest = current.appending(name: "pyproject.toml")
            if let table = try LockTable.read(manifest, from: tree), let workspace = try UvWorkspace(table),
                let member = service.relative(to: current), workspace.claims(member)
            {
                return workspace
            }
            folder = current.parent
        }
        return nil
    }

    /// How a folder above a service says that the service belongs to it: for the edge, which roots the tree there.
    static let rule = WorkspaceRule(manifest: "pyproject.toml", member: "pyproject.toml") { claim in
        guard try UvWorkspace(LockTable(parsing: claim.memberManifest, file: claim.memberFile)) == nil else {
            return false
        }
        return try UvWorkspace(LockTable(parsing: claim.manifest, file: claim.file))?.claims(claim.member) ?? false
    }
}

/// A glob over folders: `packages/*`, `libs/**`, `./api`.
struct FolderPattern: Hashable, Sendable {
    private let components: [String]

    init(_ text: String) {
        components = text.split(separator: "/").map(String.init).filter { $0 != "." }
    }

    func matches(_ path: SourcePath) -> Bool { Self.matches(path.components[...], components[...]) }

    private static func matches(_ path: ArraySlice<String>, _ pattern: ArraySlice<String>) -> Bool {
        guard let first = pattern.first else { return path.isEmpty }
        if first == "**" {
            return (0...path.count).contains { matches(path.dropFirst($0), pattern.dropFirst()) }
        }
        guard let name = path.first, matches(Array(name.unicodeScalars)[...], Array(first.unicodeScalars)[...]) else {
            return false
        }
        return matches(path.dropFirst(), pattern.dropFirst())
    }

    /// One name against `*`, `?` and `[…]`.
    private static func matches(
        _ name: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>
    ) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        if first == "*" { return (0...name.count).contains { matches(name.dropFirst($0), rest) } }
        guard let scalar = name.first else { return false }
        if first == "?" { return matches(name.dropFirst(), rest) }
        // A bracket right after the opening one stands for itself.
        if first == "[", let end = rest.dropFirst(rest.first == "!" ? 2 : 1).firstIndex(of: "]") {
            let isNegated = rest.first == "!"
            let listed = holds(scalar, rest[(rest.startIndex + (isNegated ? 1 : 0))..<end])
            return listed != isNegated && matches(name.dropFirst(), pattern[(end + 1)...])
        }
        return scalar == first && matches(name.dropFirst(), rest)
    }

    private static func holds(_ scalar: Unicode.Scalar, _ list: ArraySlice<Unicode.Scalar>) -> Bool {
        var rest = list
        while let low = rest.popFirst() {
            if rest.first == "-", let high = rest.dropFirst().first {
                rest = rest.dropFirst(2)
                if low <= high, (low...high).contains(scalar) { return true }
            } else if low == scalar {
                return true
            }
        }
        return false
    }
}
