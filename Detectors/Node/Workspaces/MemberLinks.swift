import Formats
import Planning

/// Which members of a workspace need which others.
struct MemberLinks {
    private(set) var members: [NodeWorkspace.Member] = []

    /// Fails where two members have one name.
    init(_ manifests: [PackageJSON], root: PackageJSON?) throws {
        var places: [String: PackageJSON] = [:]
        for manifest in manifests {
            guard let name = manifest.name else { continue }
            if let other = places.updateValue(manifest, forKey: name) {
                let entry = manifest.string("name")?.evidence
                throw PlanError.unusable(
                    place: entry.map { "\($0)" } ?? "\(manifest.path)",
                    what: "two members of the workspace are named '\(name)', the other one is in \(other.folder)",
                    fix: "rename one of them")
            }
        }
        members = manifests.map { Self.member($0, among: places) }.sorted { $0.folder < $1.folder }
    }

    /// A package with what it needs of the members, which are given by their names.
    static func member(_ manifest: PackageJSON, among byName: [String: PackageJSON]) -> NodeWorkspace.Member {
        func needs(_ kinds: [PackageJSON.Kind]) -> [String] {
            var names: Set<String> = []
            for (name, entry) in kinds.flatMap(manifest.dependencies) {
                guard let other = byName[name], other.path != manifest.path,
                    isMet(entry.value, by: other, in: manifest.folder)
                else { continue }
                names.insert(name)
            }
            return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        }
        let runtime: [PackageJSON.Kind] = [.dependencies, .optionalDependencies, .peerDependencies]
        return NodeWorkspace.Member(
            folder: manifest.folder, manifest: manifest, needs: needs(runtime + [.devDependencies]),
            runtimeNeeds: needs(runtime))
    }

    /// Whether a declared range means the member and not a package of a registry.
    private static func isMet(_ range: String, by member: PackageJSON, in folder: SourcePath) -> Bool {
        let text = range.trimmingSpaces()
        if text.hasPrefix("workspace:") { return true }
        for scheme in ["file:", "link:", "portal:"] where text.hasPrefix(scheme) {
            return folder.resolving(String(text.dropFirst(scheme.count))) == member.folder
        }
        // Another package under this name, a repository, an address, a file; or a range, as a package of the registry has.
        if text.contains(":") || text.contains("/") { return false }
        if text.isEmpty || text == "*" { return true }
        guard let range = try? NodeRange(parsing: text), let version = member.version.flatMap(SemanticVersion.init)
        else { return false }
        return range.contains(version)
    }
}
