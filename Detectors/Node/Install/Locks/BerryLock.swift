import Formats
import Planning

/// The `yarn.lock` of Yarn 2 and later, which is YAML.
enum BerryLock {
    /// Reads the lock's text; `manifests` say what only development needs.
    static func read(_ text: String, _ path: SourcePath, manifests: [PackageJSON]) throws -> NodeLock {
        let root = try YAMLDocument(parsing: text, file: "\(path)").root
        guard let header = root[path: ["__metadata", "version"]], let version = header.text else {
            throw PlanError.unusable(
                place: "\(path):1", what: "has no '__metadata' with a version", fix: "make it anew: yarn install")
        }
        let entries = root.members.filter { $0.key != "__metadata" }
        var keys: [String: String] = [:]
        var patterns: [String: NodeLock.Pattern] = [:]
        for entry in entries {
            for pattern in entry.key.split(separator: ",").map({ $0.trimmingSpaces() }) {
                keys[pattern] = "\(entry.line)"
                patterns[pattern] = NodeLock.Pattern(version: entry.value["version"]?.text ?? "", line: entry.line)
            }
        }
        func key(_ name: String, _ range: String) -> String {
            keys["\(name)@\(range)"] ?? keys["\(name)@npm:\(range)"] ?? keys["\(name)@workspace:\(range)"] ?? ""
        }
        var graph = PackageGraph()
        for entry in entries where !isWorkspace(entry) {
            let optional = Set(
                (entry.value["dependenciesMeta"]?.members ?? []).filter { $0.value["optional"]?.text == "true" }
                    .map(\.key))
            let needs = entry.value["dependencies"]?.members ?? []
            func keys(_ isOptional: Bool) -> [String] {
                needs.filter { optional.contains($0.key) == isOptional }.map { key($0.key, $0.value.text ?? "") }
            }
            graph.add("\(entry.line)", required: keys(false), optional: keys(true))
        }
        var roots = LockRoots()
        for manifest in manifests {
            for kind in [PackageJSON.Kind.dependencies, .optionalDependencies, .devDependencies] {
                for (name, entry) in manifest.dependencies(kind) { roots.add(key(name, entry.value), kind) }
            }
        }
        var packages = entries.filter { !isWorkspace($0) }.map { (key: "\($0.line)", package: package($0)) }
        roots.mark(&packages, in: graph)
        return NodeLock(
            path: path, manager: .berry, version: version, versionLine: header.line, packages: packages.map(\.package),
            importers: entries.filter(isWorkspace).map(importer), patterns: patterns)
    }

    private static func isWorkspace(_ entry: YAMLMember) -> Bool {
        entry.value["resolution"]?.text?.contains("@workspace:") ?? false
    }

    private static func package(_ entry: YAMLMember) -> NodeLock.Package {
        let resolution = entry.value["resolution"]?.text.flatMap { Descriptor($0) }
        let pattern = entry.key.split(separator: ",").first.flatMap { Descriptor($0.trimmingSpaces()) }
        let name = resolution?.name ?? pattern?.name ?? entry.key
        var package = NodeLock.Package(
            name: name, version: entry.value["version"]?.text ?? "", line: entry.line)
        package.alias = pattern.flatMap { $0.name == name ? nil : $0.name }
        package.dependencies = (entry.value["dependencies"]?.members ?? []).map(\.key)
        for condition in (entry.value["conditions"]?.text ?? "").split(separator: "&") {
            let parts = condition.split(separator: "=").map { $0.trimmingSpaces() }
            guard parts.count == 2 else { continue }
            switch parts[0] {
            case "os": package.os.append(parts[1])
            case "cpu": package.cpu.append(parts[1])
            case "libc": package.libc.append(parts[1])
            default: break
            }
        }
        package.origin = origin(resolution?.range ?? "")
        return package
    }

    private static func origin(_ range: String) -> NodeLock.Origin {
        let path = { (count: Int) in String(range.dropFirst(count).prefix { $0 != "#" && $0 != ":" }) }
        if range.hasPrefix("file:") { return .file(path(5)) }
        if range.hasPrefix("link:") { return .link(path(5)) }
        if range.hasPrefix("portal:") { return .link(path(7)) }
        if range.contains("#commit=") || range.hasPrefix("git") { return .git(range) }
        if range.hasPrefix("http") { return .archive(range) }
        return .registry(nil)
    }

    /// A member of the workspace: its record mixes development's dependencies with the others.
    private static func importer(_ entry: YAMLMember) -> NodeLock.Importer {
        let folder = entry.value["resolution"]?.text?.split(separator: ":").last.map(String.init) ?? "."
        return NodeLock.Importer(
            folder: folder, line: entry.line,
            entries: (entry.value["dependencies"]?.members ?? []).map {
                NodeLock.Importer.Entry(
                    kind: .dependencies, name: $0.key, specifier: $0.value.text ?? "", line: $0.line)
            })
    }
}
