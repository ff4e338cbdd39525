import Formats
import Planning

/// Bun's text lock: JSON with comments and trailing commas.
///
/// https://bun.com/docs/pm/lockfile
enum BunLock {
    /// Reads the lock's text; fails with file and line where it is none.
    static func read(_ text: String, _ path: SourcePath) throws -> NodeLock {
        let document = try JSONDocument(parsing: text, file: "\(path)", dialect: .lenient)
        guard case .object(let root) = document.root,
            let header = root.members.last(where: { $0.key == "lockfileVersion" }), let version = header.value.scalar
        else {
            throw PlanError.unusable(
                place: "\(path):1", what: "has no 'lockfileVersion'", fix: "make it anew: bun install --lockfile-only")
        }
        let importers = (root.object("workspaces")?.members ?? []).compactMap(importer)
        let entries = root.object("packages")?.members ?? []
        let keys = Set(entries.map(\.key))
        var graph = PackageGraph()
        for entry in entries {
            let info = info(entry)
            func needs(_ key: String) -> [String] {
                (info?.keys(key) ?? []).compactMap { find($0, from: entry.key, in: keys) }
            }
            graph.add(
                entry.key, required: needs("dependencies") + needs("peerDependencies"),
                optional: needs("optionalDependencies"))
        }
        var roots = LockRoots()
        for importer in importers {
            let name = root.object("workspaces")?.object(importer.folder == "." ? "" : importer.folder)?.text("name")
            for entry in importer.entries {
                guard let key = find(entry.name, from: name ?? "", in: keys) else { continue }
                roots.add(key, entry.kind)
            }
        }
        var packages = entries.compactMap { entry in package(entry).map { (key: entry.key, package: $0) } }
        roots.mark(&packages, in: graph)
        var details = NodeLock.Details()
        details.trusted = root.texts("trustedDependencies")
        for member in root.object("patchedDependencies")?.members ?? [] {
            details.patches.append(
                .init(package: member.key, file: member.value.scalar ?? "", hash: "", line: member.line))
        }
        return NodeLock(
            path: path, manager: .bun, version: version, versionLine: header.line, packages: packages.map(\.package),
            importers: importers, details: details)
    }

    /// The package that `name` means inside of the package at `key`: the nearest one up its path.
    private static func find(_ name: String, from key: String, in keys: Set<String>) -> String? {
        var parts = key.isEmpty ? [] : key.split(separator: "/").map(String.init)
        while !parts.isEmpty {
            let nested = (parts + [name]).joined(separator: "/")
            if keys.contains(nested) { return nested }
            parts.removeLast()
        }
        return keys.contains(name) ? name : nil
    }

    /// The object of an entry: its dependencies and machines.
    private static func info(_ entry: JSONMember) -> JSONObject? {
        guard case .array(let elements) = entry.value else { return nil }
        return elements.lazy.compactMap { if case .object(let object) = $0 { object } else { nil } }.first
    }

    private static func package(_ entry: JSONMember) -> NodeLock.Package? {
        guard case .array(let elements) = entry.value, case .string(let ident)? = elements.first,
            let descriptor = Descriptor(ident)
        else { return nil }
        let info = info(entry)
        let (range, name) = (descriptor.range, descriptor.name)
        var package = NodeLock.Package(name: name, version: range, line: entry.line)
        package.dependencies = (info?.keys("dependencies") ?? []) + (info?.keys("optionalDependencies") ?? [])
        package.os = info?.texts("os") ?? []
        package.cpu = info?.texts("cpu") ?? []
        package.libc = info?.texts("libc") ?? []
        let installed = installedName(entry.key)
        package.alias = installed == name ? nil : installed
        if range.hasPrefix("workspace:") || range.hasPrefix("link:") {
            package.origin = .link(String(range.drop { $0 != ":" }.dropFirst()))
        } else if range.hasPrefix("file:") {
            package.origin = .file(String(range.dropFirst(5)))
        } else if range.hasPrefix("git") {
            package.origin = .git(range)
        } else if range.contains("://") {
            package.origin = .archive(range)
        } else if range.hasSuffix(".tgz") || range.hasSuffix(".tar.gz") {
            package.origin = .file(range)
        } else if case .string(let address)? = elements.dropFirst().first, !address.isEmpty {
            package.origin = .registry(address)
        }
        return package
    }

    /// The last name of a key: `express/debug`, `a/@scope/b`.
    private static func installedName(_ key: String) -> String {
        let parts = key.split(separator: "/").map(String.init)
        guard let last = parts.last else { return key }
        return parts.count > 1 && parts[parts.count - 2].hasPrefix("@") ? "\(parts[parts.count - 2])/\(last)" : last
    }

    private static func importer(_ member: JSONMember) -> NodeLock.Importer? {
        guard case .object(let object) = member.value else { return nil }
        return NodeLock.Importer(
            folder: member.key.isEmpty ? "." : member.key, line: member.line,
            entries: PackageJSON.Kind.allCases.flatMap { kind in
                (object.object(kind.rawValue)?.members ?? []).compactMap { entry in
                    guard case .string(let range) = entry.value else { return nil }
                    return NodeLock.Importer.Entry(
                        kind: kind, name: entry.key, specifier: range, line: entry.line)
                }
            })
    }
}
