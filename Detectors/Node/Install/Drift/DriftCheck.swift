import Formats
import Planning

/// Holds manifests against one lock.
struct DriftCheck {
    let lock: NodeLock
    let project: NodeProject
    /// Names whose versions the root forces: what manifests ask for does not count.
    private let forced: Set<String>
    /// Names of members of the workspace, which are linked and not locked.
    private let members: [String: String]

    init(lock: NodeLock, project: NodeProject) {
        self.lock = lock
        self.project = project
        let root = project.workspace?.rootManifest ?? project.manifest
        let keys = [["overrides"], ["resolutions"], ["pnpm", "overrides"]]
        let named = keys.flatMap { keys -> [String] in
            guard case .object(let object)? = root?.node(keys)?.0 else { return [] }
            return object.members.map { Self.target($0.key) }
        }
        forced = Set(named + lock.details.overrides.map { Self.target($0.name) })
        members = Dictionary(
            (project.workspace?.members ?? []).map { ($0.name, $0.manifest.version ?? "") },
            uniquingKeysWith: { one, _ in one })
    }

    /// The package that a key of overrides is about: `a>b@1`, `**/b`, `a/b`.
    private static func target(_ key: String) -> String {
        let last = key.split(separator: ">").last.map(String.init) ?? key
        let parts = last.split(separator: "/").map(String.init)
        let name =
            parts.count > 1 && parts[parts.count - 2].hasPrefix("@")
            ? parts.suffix(2).joined(separator: "/") : parts.last ?? last
        return Descriptor(name)?.name ?? name
    }

    /// What of one manifest differs.
    func differences(_ manifest: PackageJSON) -> [NodeLockDrift.Difference] {
        let folder = manifest.folder.relative(to: project.top)?.description ?? "."
        switch lock.manager {
        case .npm: return npm(manifest, folder)
        case .yarn: return yarn(manifest)
        case .pnpm, .berry, .bun: return recorded(manifest, folder)
        }
    }

    /// Overrides that pnpm holds against its lock.
    func settings() -> [NodeLockDrift.Difference] {
        guard lock.manager == .pnpm, let root = project.workspace?.rootManifest ?? project.manifest else { return [] }
        let declared = root.entries("pnpm", "overrides")
        guard !declared.isEmpty else { return [] }
        let locked = Dictionary(
            lock.details.overrides.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        return declared.compactMap { key, entry in
            // `$name` stands for the range of a dependency.
            guard !entry.value.hasPrefix("$"), locked[key]?.range != entry.value else { return nil }
            return .init(
                place: entry.evidence,
                text:
                    "overrides '\(key)' with '\(entry.value)', and \(lock.path) \(locked[key].map { "with '\($0.range)' (line \($0.line))" } ?? "has no such override")"
            )
        }
    }

    private typealias Kind = PackageJSON.Kind
    private static let installed: [PackageJSON.Kind] = [.dependencies, .optionalDependencies, .devDependencies]

    /// Declared dependencies; one that is optional too counts as that alone, as for every manager.
    private func declared(_ manifest: PackageJSON) -> [(kind: PackageJSON.Kind, name: String, entry: PackageJSON.Entry)]
    {
        let optional = Set(manifest.dependencies(.optionalDependencies).map(\.name))
        return Self.installed.flatMap { kind in
            manifest.dependencies(kind).filter { kind == .optionalDependencies || !optional.contains($0.name) }
                .map { (kind, $0.name, $0.entry) }
        }
    }

    // MARK: npm

    /// `npm ci` fails where what is locked is not in the range, or is not there; other ranges that it satisfies will do.
    private func npm(_ manifest: PackageJSON, _ folder: String) -> [NodeLockDrift.Difference] {
        let importer = lock.importers.first { $0.folder == folder }
        if importer == nil, lock.version != "1" {
            return [
                .init(place: Evidence(path: manifest.path, excerpt: ""), text: "the lock does not know this package")
            ]
        }
        return declared(manifest).compactMap { kind, name, entry in
            if importer?.entry(name)?.specifier == entry.value || forced.contains(name) { return nil }
            let places = [folder == "." ? "" : "\(folder)/node_modules/\(name)", "node_modules/\(name)"]
            guard let package = places.lazy.compactMap({ place in lock.packages.first { $0.place == place } }).first
            else {
                // What is for other machines alone may be left out of an old lock.
                return kind == .optionalDependencies && lock.version == "1" ? nil : missing(name, entry)
            }
            if satisfies(package, entry.value) { return nil }
            return .init(
                place: entry.evidence,
                text:
                    "asks for \(name) \(shown(entry.value)), and the lock has \(package.version.isEmpty ? "another" : package.version) (line \(package.line))"
            )
        }
    }

    private func satisfies(_ package: NodeLock.Package, _ range: String) -> Bool {
        switch package.origin {
        // A member of the workspace, or a folder: what is there is taken.
        case .link: return members[package.name] != nil || range.hasPrefix("file:") || range.hasPrefix("link:")
        case .git(let address): return isSameRepository(range, address)
        case .file(let path): return range.hasSuffix(path) || range.hasPrefix("file:")
        case .archive(let address): return range == address || NodeRange.reading(range) != nil
        case .registry: break
        }
        let (name, wanted) = Descriptor.alias(range)
        if let name, name != package.name { return false }
        guard let version = SemanticVersion(package.version) else { return false }
        // A tag, as `latest`, is whatever the lock says.
        guard let range = NodeRange.reading(wanted) else { return !wanted.contains("/") && !wanted.contains(":") }
        return range.contains(version)
    }

    /// Whether a range names the repository that is locked: `user/repo`, `github:user/repo#v1`, `git+https://…`.
    private func isSameRepository(_ range: String, _ address: String) -> Bool {
        let path = range.split(separator: "#").first.map(String.init) ?? range
        let name = path.split(whereSeparator: { $0 == ":" || $0 == "@" }).last.map(String.init) ?? path
        return address.contains(name.drop { $0 == "/" }.replacing(".git", with: ""))
    }

    // MARK: Yarn 1

    /// Every `name@range` has to be a key of the lock.
    private func yarn(_ manifest: PackageJSON) -> [NodeLockDrift.Difference] {
        declared(manifest).compactMap { _, name, entry in
            guard lock.patterns["\(name)@\(entry.value)"] == nil, !forced.contains(name) else { return nil }
            if members[name] != nil || entry.value.hasPrefix("link:") { return nil }
            let others = lock.patterns.filter { Descriptor($0.key)?.name == name }
                .sorted { ($0.value.line, $0.key) < ($1.value.line, $1.key) }
            guard let other = others.first, let range = Descriptor(other.key)?.range else {
                return missing(name, entry)
            }
            return differs(name, entry, range, other.value.line)
        }
    }

    // MARK: pnpm, Yarn, Bun

    /// The ranges that the lock records for a manifest are the manifest's.
    private func recorded(_ manifest: PackageJSON, _ folder: String) -> [NodeLockDrift.Difference] {
        guard let importer = lock.importers.first(where: { $0.folder == folder }) else {
            let declares = !declared(manifest).isEmpty || folder == "."
            guard declares || lock.manager != .pnpm else { return [] }
            return [
                .init(place: Evidence(path: manifest.path, excerpt: ""), text: "the lock does not know this package")
            ]
        }
        var result: [NodeLockDrift.Difference] = []
        let own = declared(manifest)
        for (kind, name, entry) in own where !forced.contains(name) {
            let records = importer.entries.filter { $0.name == name }
            guard let record = records.first(where: { $0.kind == kind }) ?? records.first else {
                // pnpm may leave links out.
                if lock.manager == .pnpm, entry.value.hasPrefix("link:") || members[name] != nil { continue }
                result.append(missing(name, entry))
                continue
            }
            if plain(record.specifier) != plain(entry.value) {
                result.append(differs(name, entry, record.specifier, record.line))
            } else if record.kind != kind, lock.manager != .berry {
                result.append(
                    .init(
                        place: entry.evidence,
                        text:
                            "has \(name) in '\(kind.rawValue)', and \(lock.path):\(record.line) in '\(record.kind.rawValue)'"
                    ))
            }
        }
        // Peers that pnpm installs by itself are recorded as dependencies.
        let names = Set(own.map(\.name) + manifest.dependencies(.peerDependencies).map(\.name))
        for record in importer.entries
        where !names.contains(record.name) && record.kind != .peerDependencies && !forced.contains(record.name) {
            result.append(
                .init(
                    place: lock.evidence(record.line, record.name),
                    text: "has \(record.name) \(record.specifier), which \(manifest.path) does not ask for"))
        }
        return result
    }

    /// A range as Yarn's lock and its manifest may both write it.
    private func plain(_ range: String) -> String {
        guard lock.manager == .berry, range.hasPrefix("npm:") else { return range }
        let rest = String(range.dropFirst(4))
        return Descriptor(rest) == nil ? rest : range
    }

    private func missing(_ name: String, _ entry: PackageJSON.Entry) -> NodeLockDrift.Difference {
        .init(place: entry.evidence, text: "asks for \(name) \(shown(entry.value)), which is not in the lock")
    }

    private func differs(_ name: String, _ entry: PackageJSON.Entry, _ range: String, _ line: Int)
        -> NodeLockDrift.Difference
    {
        .init(
            place: entry.evidence,
            text: "asks for \(name) \(shown(entry.value)), and the lock was made for \(shown(range)) (line \(line))")
    }

    /// A range without the password of an address.
    private func shown(_ range: String) -> String { range.replacing(#/://[^/\s@]+@/#, with: "://***@") }
}
