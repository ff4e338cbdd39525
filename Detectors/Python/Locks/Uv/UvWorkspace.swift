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

    func matches(_ path: SourcePath) -> Bool {
        Self.matches(path.components, components, isRun: { $0 == "**" }) { name, pattern in
            Self.matches(Array(name.unicodeScalars), Self.parts(of: pattern), isRun: { $0 == .run }) { $1.takes($0) }
        }
    }

    /// Whether items fit a pattern, parts of which stand for any run of items.
    ///
    /// Where something does not fit, only the last run is made longer: no pattern takes more than quadratic time.
    private static func matches<Item, Part>(
        _ items: [Item], _ pattern: [Part], isRun: (Part) -> Bool, fits: (Item, Part) -> Bool
    ) -> Bool {
        var (item, part) = (0, 0)
        var lastRun: (part: Int, item: Int)?
        while item < items.count {
            if part < pattern.count, isRun(pattern[part]) {
                lastRun = (part, item)
                part += 1
            } else if part < pattern.count, fits(items[item], pattern[part]) {
                item += 1
                part += 1
            } else if let run = lastRun {
                lastRun = (run.part, run.item + 1)
                (item, part) = (run.item + 1, run.part + 1)
            } else {
                return false
            }
        }
        return pattern[part...].allSatisfy(isRun)
    }

    /// A part of a pattern for one name: `*`, `?`, `[…]` or a character.
    private enum Part: Hashable {
        case run, one
        case scalar(Unicode.Scalar)
        case list([Unicode.Scalar], isNegated: Bool)

        /// Whether a character fits; never asked of `*`.
        func takes(_ scalar: Unicode.Scalar) -> Bool {
            switch self {
            case .run, .one: true
            case .scalar(let own): scalar == own
            case .list(let list, let isNegated): Self.holds(scalar, list[...]) != isNegated
            }
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

    private static func parts(of pattern: String) -> [Part] {
        var parts: [Part] = []
        var rest = Array(pattern.unicodeScalars)[...]
        while let first = rest.popFirst() {
            let isNegated = rest.first == "!"
            // A bracket right after the opening one stands for itself.
            if first == "[", let end = rest.dropFirst(isNegated ? 2 : 1).firstIndex(of: "]") {
                parts.append(.list(Array(rest[(rest.startIndex + (isNegated ? 1 : 0))..<end]), isNegated: isNegated))
                rest = rest[(end + 1)...]
            } else {
                parts.append(first == "*" ? .run : first == "?" ? .one : .scalar(first))
            }
        }
        return parts
    }
}
