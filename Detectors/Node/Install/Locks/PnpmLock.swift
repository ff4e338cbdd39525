import Formats
import Planning

/// pnpm's `pnpm-lock.yaml`: 5.x of pnpm 5 to 7, 6.x of pnpm 8, 9.0 of pnpm 9 and later.
///
/// https://github.com/pnpm/spec/tree/master/lockfile
enum PnpmLock {
    /// Reads the lock's text; fails with file and line where it is none.
    static func read(_ text: String, _ path: SourcePath) throws -> NodeLock {
        let root = try YAMLDocument(parsing: text, file: "\(path)").root
        guard let header = root["lockfileVersion"], let version = header.text,
            let major = version.split(separator: ".").first.flatMap({ Int($0) })
        else {
            throw PlanError.unusable(
                place: "\(path):1", what: "has no 'lockfileVersion'", fix: "make it anew: pnpm install --lockfile-only")
        }
        guard (5...9).contains(major) else {
            throw PlanError.unusable(
                place: "\(path):\(header.line)", what: "has the version '\(version)'; known are 5.0 to 9.0",
                fix: "make it anew with pnpm 9 or 10: pnpm install --lockfile-only")
        }
        let importers = importers(root)
        let packages = root["packages"]?.members ?? []
        let listed =
            major < 7
            ? packages.map { old($0, major) }
            : new(packages, root["snapshots"]?.members ?? [], importers)
        return NodeLock(
            path: path, manager: .pnpm, version: version, versionLine: header.line,
            packages: listed.sorted { ($0.name, $0.version, $0.line) < ($1.name, $1.version, $1.line) },
            importers: importers, details: details(root))
    }

    /// What the release and the installation depend on beside the packages.
    private static func details(_ root: YAMLNode) -> NodeLock.Details {
        var details = NodeLock.Details()
        for member in root["patchedDependencies"]?.members ?? [] {
            details.patches.append(
                .init(
                    package: member.key, file: member.value["path"]?.text ?? "",
                    hash: member.value["hash"]?.text ?? member.value.text ?? "", line: member.line))
        }
        for member in root["overrides"]?.members ?? [] {
            details.overrides.append(.init(name: member.key, range: member.value.text ?? "", line: member.line))
        }
        details.hookChecksum = root["pnpmfileChecksum"]?.text
        for catalog in root["catalogs"]?.members ?? [] {
            for entry in catalog.value.members {
                details.catalogs.append(
                    .init(
                        catalog: catalog.key, name: entry.key, range: entry.value["specifier"]?.text ?? "",
                        line: entry.line))
            }
        }
        return details
    }

    /// The manifests: `importers`, or the document itself for a package alone.
    private static func importers(_ root: YAMLNode) -> [NodeLock.Importer] {
        guard let listed = root["importers"] else { return [importer(".", root.line, root)] }
        return listed.members.map { importer($0.key, $0.line, $0.value) }
    }

    private static func importer(_ folder: String, _ line: Int, _ node: YAMLNode) -> NodeLock.Importer {
        let kinds: [PackageJSON.Kind] = [.dependencies, .optionalDependencies, .devDependencies]
        let specifiers = node["specifiers"]
        var entries: [NodeLock.Importer.Entry] = []
        for kind in kinds {
            for member in node[kind.rawValue]?.members ?? [] {
                let specifier = member.value["specifier"]?.text ?? specifiers?[member.key]?.text
                entries.append(
                    .init(
                        kind: kind, name: member.key, specifier: specifier ?? "",
                        version: member.value["version"]?.text ?? member.value.text, line: member.line))
            }
        }
        return NodeLock.Importer(folder: folder, line: line, entries: entries)
    }

    /// A package of the versions before 9, which say themselves what only development needs.
    private static func old(_ member: YAMLMember, _ major: Int) -> NodeLock.Package {
        let node = member.value
        let (name, version) = key(member.key, major)
        var package = NodeLock.Package(
            name: node["name"]?.text ?? name, version: node["version"]?.text ?? version, line: member.line)
        package.isDevelopment = node["dev"]?.text == "true"
        package.isOptional = node["optional"]?.text == "true"
        package.hasInstallScript = node["requiresBuild"]?.text == "true"
        fill(&package, from: node, origin: node["resolution"])
        package.dependencies = names(node)
        return package
    }

    /// `packages` and `snapshots` of version 9: what a package is, and what it needs beside which peers.
    private static func new(
        _ packages: [YAMLMember], _ snapshots: [YAMLMember], _ importers: [NodeLock.Importer]
    ) -> [NodeLock.Package] {
        var graph = PackageGraph()
        let keys = Set(snapshots.map(\.key))
        func resolve(_ name: String, _ version: String) -> String {
            keys.contains("\(name)@\(version)") ? "\(name)@\(version)" : version
        }
        func edges(_ node: YAMLNode, _ kind: String) -> [String] {
            (node[kind]?.members ?? []).map { resolve($0.key, $0.value.text ?? "") }
        }
        for snapshot in snapshots {
            graph.add(
                snapshot.key, required: edges(snapshot.value, "dependencies"),
                optional: edges(snapshot.value, "optionalDependencies"))
        }
        var roots = LockRoots()
        for entry in importers.flatMap(\.entries) { roots.add(resolve(entry.name, entry.version ?? ""), entry.kind) }
        var needs: [String: [YAMLMember]] = [:]
        for snapshot in snapshots { needs[plain(snapshot.key), default: []].append(snapshot) }
        // Every snapshot is marked; a package is what the most needed of its snapshots is.
        var marked = snapshots.map { (key: $0.key, package: NodeLock.Package(name: "", version: "", line: 0)) }
        roots.mark(&marked, in: graph)
        let marks = Dictionary(marked.map { ($0.key, $0.package) }, uniquingKeysWith: { one, _ in one })
        return packages.map { member in
            let descriptor = Descriptor(member.key)
            let own = needs[member.key] ?? []
            var package = NodeLock.Package(
                name: descriptor?.name ?? member.key,
                version: member.value["version"]?.text ?? descriptor?.range ?? "", line: member.line)
            package.isDevelopment = own.allSatisfy { marks[$0.key]?.isDevelopment ?? true }
            package.isOptional = !own.isEmpty && own.allSatisfy { marks[$0.key]?.isOptional ?? false }
            fill(&package, from: member.value, origin: member.value["resolution"])
            var seen: Set<String> = []
            package.dependencies = own.flatMap { names($0.value) }.filter { seen.insert($0).inserted }
            return package
        }
    }

    private static func fill(_ package: inout NodeLock.Package, from node: YAMLNode, origin: YAMLNode?) {
        package.os = node["os"]?.elements.compactMap(\.text) ?? []
        package.cpu = node["cpu"]?.elements.compactMap(\.text) ?? []
        package.libc = node["libc"]?.elements.compactMap(\.text) ?? []
        if let repository = origin?["repo"]?.text {
            package.origin = .git(repository + (origin?["commit"]?.text.map { "#\($0)" } ?? ""))
        } else if let folder = origin?["directory"]?.text {
            package.origin = .file(folder)
        } else if let archive = origin?["tarball"]?.text {
            let isGit = archive.contains("codeload.") || archive.contains("/archive/")
            package.origin = isGit ? .git(archive) : NpmLock.origin(archive)
        }
    }

    private static func names(_ node: YAMLNode) -> [String] {
        ["dependencies", "optionalDependencies"].flatMap { (node[$0]?.members ?? []).map(\.key) }
    }

    /// The name and version of an old key: `/@scope/name/1.0.0_peer@2`, `/@scope/name@1.0.0(peer@2)`.
    private static func key(_ text: String, _ major: Int) -> (String, String) {
        let path = plain(text)
        if major == 6, let descriptor = Descriptor(path.drop { $0 == "/" }) {
            return (descriptor.name, descriptor.range)
        }
        let parts = path.drop { $0 == "/" }.split(separator: "/").map(String.init)
        guard let last = parts.last, parts.count > 1 else { return (path, "") }
        let scope = parts.count > 2 && parts[parts.count - 3].hasPrefix("@") ? "\(parts[parts.count - 3])/" : ""
        let version = last.prefix { $0 != "_" }
        return (scope + parts[parts.count - 2], String(version))
    }

    /// A key without the peers that follow it in parentheses.
    private static func plain(_ key: String) -> String { String(key.prefix { $0 != "(" }) }
}
