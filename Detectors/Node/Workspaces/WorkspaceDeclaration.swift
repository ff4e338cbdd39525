import Formats
import Planning

/// What a folder's manifest says about the packages below it that are installed together.
struct WorkspaceDeclaration: Sendable {
    let kind: Kind
    /// The line that says so.
    let evidence: Evidence
    let patterns: WorkspacePatterns

    /// Which manifest declares it; the first one that is there counts.
    enum Kind: String, Sendable, CaseIterable {
        /// https://pnpm.io/pnpm-workspace_yaml
        case pnpm = "pnpm-workspace.yaml"
        /// `workspaces` of npm, Yarn and Bun: an array, or an object with `packages`.
        case packages = "package.json"
        /// `packages` of Lerna, which links them itself up to version 6.
        case lerna = "lerna.json"
    }

    /// The declaration of a folder; nil where it has none.
    static func read(_ folder: SourcePath, of tree: any SourceTree) throws -> WorkspaceDeclaration? {
        for kind in Kind.allCases {
            let path = folder.appending(name: kind.rawValue)
            guard let text = try tree.text(at: path) else { continue }
            if let found = try parse(text, kind, file: "\(path)", path: path) { return found }
        }
        return nil
    }

    /// The declaration that a manifest's text holds; nil where it holds none.
    static func parse(_ text: String, _ kind: Kind, file: String, path: SourcePath) throws -> WorkspaceDeclaration? {
        switch kind {
        case .pnpm: try pnpm(YAMLDocument(parsing: text, file: file), path)
        case .packages: try packages(JSONDocument(parsing: text, file: file), path)
        case .lerna: try lerna(JSONDocument(parsing: text, file: file), path)
        }
    }

    /// Whether a folder, by its path below the declaration's, is a member's.
    func claims(_ member: SourcePath) -> Bool { member != .root && patterns.claim(member) }

    // MARK: The three manifests

    /// Without `packages` the file only holds pnpm's settings.
    private static func pnpm(_ document: YAMLDocument, _ path: SourcePath) throws -> WorkspaceDeclaration? {
        guard let member = document.root.members.first(where: { $0.key == "packages" }) else { return nil }
        let place = "\(document.file):\(member.line)"
        guard case .sequence(let nodes) = member.value.content else {
            // `packages:` with nothing below it.
            if case .scalar("") = member.value.content { return nil }
            throw notAList(place, "packages")
        }
        let globs = try nodes.map { node in
            guard let text = node.text else { throw notAList("\(document.file):\(node.line)", "packages") }
            return text
        }
        return WorkspaceDeclaration(
            kind: .pnpm, evidence: evidence(path, member.line, "packages", globs), patterns: WorkspacePatterns(globs))
    }

    private static func packages(_ document: JSONDocument, _ path: SourcePath) throws -> WorkspaceDeclaration? {
        guard case .object(let root) = document.root,
            let member = root.members.last(where: { $0.key == "workspaces" })
        else { return nil }
        if case .object(let object) = member.value {
            // `{"nohoist": […]}` alone declares nothing.
            guard let inner = object.members.last(where: { $0.key == "packages" }) else { return nil }
            return try declaration(.packages, inner, "workspaces.packages", document, path)
        }
        return try declaration(.packages, member, "workspaces", document, path)
    }

    private static func lerna(_ document: JSONDocument, _ path: SourcePath) throws -> WorkspaceDeclaration? {
        guard case .object(let root) = document.root, let member = root.members.last(where: { $0.key == "packages" })
        else { return nil }
        return try declaration(.lerna, member, "packages", document, path)
    }

    private static func declaration(
        _ kind: Kind, _ member: JSONMember, _ key: String, _ document: JSONDocument, _ path: SourcePath
    ) throws -> WorkspaceDeclaration {
        let place = "\(document.file):\(member.line)"
        guard case .array(let nodes) = member.value else { throw notAList(place, key) }
        let globs = try nodes.map { node in
            guard case .string(let text) = node else { throw notAList(place, key) }
            return text
        }
        return WorkspaceDeclaration(
            kind: kind, evidence: evidence(path, member.line, key, globs), patterns: WorkspacePatterns(globs))
    }

    private static func evidence(_ path: SourcePath, _ line: Int, _ key: String, _ globs: [String]) -> Evidence {
        Evidence(path: path, line: line, excerpt: "\(key): \(globs.joined(separator: ", "))")
    }

    private static func notAList(_ place: String, _ key: String) -> PlanError {
        .unusable(place: place, what: "'\(key)' is not a list of folders", fix: "write it as in [\"packages/*\"]")
    }
}

extension WorkspaceDeclaration {
    /// How a folder above a service says that the service belongs to it: for the edge, which roots the tree there.
    static let rules: [WorkspaceRule] =
        Kind.allCases.map { kind in
            WorkspaceRule(manifest: kind.rawValue, member: "package.json") { try claims($0, kind) }
        }

    private static func claims(_ claim: WorkspaceRule.Claim, _ kind: Kind) throws -> Bool {
        // A package that has workspaces itself is a root, not a member.
        guard try parse(claim.memberManifest, .packages, file: claim.memberFile, path: .root) == nil else {
            return false
        }
        return try parse(claim.manifest, kind, file: claim.file, path: .root)?.claims(claim.member) ?? false
    }
}
