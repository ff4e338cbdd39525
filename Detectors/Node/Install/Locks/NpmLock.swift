import Formats
import Planning

/// npm's `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3.
///
/// npm 11, Configuring npm, package-lock.json.
enum NpmLock {
    /// Reads the lock's text; fails with file and line where it is none.
    static func read(_ text: String, _ path: SourcePath) throws -> NodeLock {
        let document = try JSONDocument(parsing: text, file: "\(path)")
        guard case .object(let root) = document.root else {
            throw PlanError.unusable(
                place: "\(path):1", what: "is \(document.root.kind)",
                fix: "make it anew: npm install --package-lock-only")
        }
        let header = root.members.last { $0.key == "lockfileVersion" }
        let version = header.map { $0.value.scalar ?? "" } ?? "1"
        guard ["1", "2", "3"].contains(version) else {
            throw PlanError.unusable(
                place: "\(path):\(header?.line ?? 1)", what: "has the version '\(version)'; known are 1, 2 and 3",
                fix: "make it anew: npm install --package-lock-only --lockfile-version 3")
        }
        let (packages, importers) =
            if case .object(let entries)? = root["packages"] { modern(entries) } else { first(root) }
        return NodeLock(
            path: path, manager: .npm, version: version, versionLine: header?.line ?? 1, packages: packages,
            importers: importers)
    }

    /// `packages` of versions 2 and 3: by place, members of the workspace among them.
    private static func modern(_ entries: JSONObject) -> ([NodeLock.Package], [NodeLock.Importer]) {
        var packages: [NodeLock.Package] = []
        var importers: [NodeLock.Importer] = []
        for member in entries.members {
            guard case .object(let entry) = member.value else { continue }
            guard let mark = member.key.ranges(of: "node_modules/").last else {
                importers.append(importer(member.key, member.line, entry))
                continue
            }
            packages.append(package(entry, member, String(member.key[mark.upperBound...])))
        }
        return (packages, importers)
    }

    private static func package(_ entry: JSONObject, _ member: JSONMember, _ folder: String) -> NodeLock.Package {
        let name = entry.text("name") ?? folder
        var package = NodeLock.Package(name: name, version: entry.text("version") ?? "", line: member.line)
        package.isDevelopment = entry.flag("dev")
        package.isOptional = entry.flag("optional") || entry.flag("devOptional")
        // The lock names scripts where there are some; a link's are its own folder's.
        package.hasInstallScript = entry.flag("hasInstallScript")
        package.os = entry.texts("os")
        package.cpu = entry.texts("cpu")
        package.libc = entry.texts("libc")
        package.dependencies = entry.keys("dependencies") + entry.keys("optionalDependencies")
        package.alias = name == folder ? nil : folder
        package.place = member.key
        package.isBundled = entry.flag("inBundle")
        package.origin = entry.flag("link") ? .link(entry.text("resolved") ?? "") : origin(entry.text("resolved"))
        return package
    }

    private static func importer(_ folder: String, _ line: Int, _ entry: JSONObject) -> NodeLock.Importer {
        NodeLock.Importer(
            folder: folder.isEmpty ? "." : folder, line: line,
            entries: PackageJSON.Kind.allCases.flatMap { kind in
                guard case .object(let object)? = entry[kind.rawValue] else { return [NodeLock.Importer.Entry]() }
                return object.members.compactMap { member in
                    guard case .string(let range) = member.value else { return nil }
                    return NodeLock.Importer.Entry(kind: kind, name: member.key, specifier: range, line: member.line)
                }
            })
    }

    /// `dependencies` of version 1: a tree by names, which records no ranges.
    private static func first(_ root: JSONObject) -> ([NodeLock.Package], [NodeLock.Importer]) {
        var packages: [NodeLock.Package] = []
        func walk(_ object: JSONObject, _ folder: String) {
            for member in object.members {
                guard case .object(let entry) = member.value else { continue }
                let place = "\(folder)node_modules/\(member.key)"
                var (name, version) = (member.key, entry.text("version") ?? "")
                var origin = origin(entry.text("resolved"))
                if version.hasPrefix("npm:"), let at = version.lastIndex(of: "@") {
                    name = String(version[version.index(version.startIndex, offsetBy: 4)..<at])
                    version = String(version[version.index(after: at)...])
                } else if version.contains(":") {
                    origin = Self.origin(version)
                }
                var package = NodeLock.Package(name: name, version: version, line: member.line)
                package.isDevelopment = entry.flag("dev")
                package.isOptional = entry.flag("optional")
                package.isBundled = entry.flag("bundled")
                package.dependencies = entry.keys("requires")
                package.alias = name == member.key ? nil : member.key
                package.place = place
                package.origin = origin
                packages.append(package)
                if case .object(let inner)? = entry["dependencies"] { walk(inner, place + "/") }
            }
        }
        if case .object(let object)? = root["dependencies"] { walk(object, "") }
        return (packages, [])
    }

    /// What `resolved`, or a version that is an address, says.
    static func origin(_ address: String?) -> NodeLock.Origin {
        guard let address else { return .registry(nil) }
        if address.hasPrefix("file:") { return .file(String(address.dropFirst(5))) }
        if address.hasPrefix("git") || address.contains(".git#") { return .git(address) }
        // The registry's archives lie below `/-/`, whoever serves them.
        return address.contains("/-/") || !address.contains("://") ? .registry(address) : .archive(address)
    }
}
