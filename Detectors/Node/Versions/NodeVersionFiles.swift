import Formats
import Planning

/// The files of a folder that name a version of Node.
enum NodeVersionFiles {
    /// What pins one version, in the order of their rank.
    static func pins(
        in folder: SourcePath, _ manifest: PackageJSON?, of tree: any SourceTree
    ) throws -> [NodeVersion.Wish] {
        let names = ["nodejs", "node", "core:node"]
        return try [
            versionFile(".nvmrc", in: folder, of: tree), versionFile(".node-version", in: folder, of: tree),
            ToolVersions.asdf(names, in: folder, of: tree).flatMap { try wish($0.version, $0.evidence) },
            ToolVersions.mise(names, in: folder, of: tree).flatMap { try wish($0.version, $0.evidence) },
            manifest.flatMap { try volta($0, of: tree) },
        ].compactMap(\.self)
    }

    /// What limits the choice, in the order of their rank.
    static func ranges(of manifest: PackageJSON?) throws -> [NodeVersion.Wish] {
        guard let manifest else { return [] }
        let engine = try manifest.string("engines", "node").flatMap {
            $0.value.allSatisfy(\.isWhitespace) ? nil : try wish($0.value, $0.evidence)
        }
        return [try devEngine(manifest), engine].compactMap(\.self)
    }

    private static func wish(_ text: String, _ evidence: Evidence) throws(PlanError) -> NodeVersion.Wish? {
        try NodeVersion.wish(text, reason: .found(evidence: [evidence]), place: "\(evidence)")
    }

    /// A file whose first line that says something is the version; nil where there is none.
    private static func versionFile(
        _ name: String, in folder: SourcePath, of tree: any SourceTree
    ) throws -> NodeVersion.Wish? {
        let path = folder.appending(name: name)
        guard let text = try tree.text(at: path) else { return nil }
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.prefix { $0 != "#" }.trimmingSpaces()
            // nvm leaves `key=value` lines for later use.
            guard !line.isEmpty, !line.contains("=") || line.first == "=" || line.contains(where: "<>".contains) else {
                continue
            }
            return try wish(line, Evidence(path: path, line: index + 1, excerpt: line))
        }
        throw PlanError.unusable(
            place: "\(path)", what: "is empty", fix: "write a version into it, as in 22, or remove it")
    }

    /// Volta's pin, in the manifest or in one that its `extends` leads to.
    ///
    /// https://docs.volta.sh/advanced/workspaces
    private static func volta(_ manifest: PackageJSON, of tree: any SourceTree) throws -> NodeVersion.Wish? {
        var current = manifest
        var seen: Set<SourcePath> = [manifest.path]
        while true {
            if let node = current.string("volta", "node") { return try wish(node.value, node.evidence) }
            guard let next = current.string("volta", "extends") else { return nil }
            let place = "\(next.evidence)"
            guard let path = current.folder.resolving(next.value), let text = try tree.text(at: path) else {
                throw PlanError.unusable(
                    place: place, what: "volta extends '\(next.value)', which is not among the sources",
                    fix: "correct the path, or give volta.node here")
            }
            guard seen.insert(path).inserted else {
                throw PlanError.unusable(
                    place: place, what: "volta extends '\(next.value)', which leads back here",
                    fix: "give volta.node in one of them")
            }
            current = try PackageJSON(parsing: text, path: path)
        }
    }

    /// The runtime that developers are to use, where it is Node: `devEngines.runtime`, an object or a list of them.
    private static func devEngine(_ manifest: PackageJSON) throws -> NodeVersion.Wish? {
        guard let node = manifest.node(["devEngines", "runtime"])?.0 else { return nil }
        let objects: [JSONObject]
        switch node {
        case .object(let object): objects = [object]
        case .array(let elements):
            objects = elements.compactMap { if case .object(let object) = $0 { object } else { nil } }
        default: return nil
        }
        for object in objects {
            func member(_ key: String) -> (value: String, line: Int)? {
                guard let found = object.members.last(where: { $0.key == key }), case .string(let text) = found.value
                else { return nil }
                return (text, found.line)
            }
            guard member("name")?.value == "node", let version = member("version") else { continue }
            let evidence = Evidence(
                path: manifest.path, line: version.line, excerpt: "devEngines.runtime: node \(version.value)")
            return try wish(version.value, evidence)
        }
        return nil
    }
}
