import Formats
import Planning

/// `Pipfile.lock`: names, versions and the hashes of all files, whose names it does not know.
struct PipfileLock: InstallSource {
    let manager: Decided<String>
    private let manifest: Pipfile
    private let root: JSONObject
    private let path: SourcePath

    private static let fix = "pipenv lock"

    /// The lock of a service; nil where there is none.
    static func find(in project: PythonProject) throws -> PipfileLock? {
        let path = try project.path("Pipfile.lock")
        guard let text = try project.tree.text(at: path), let manifest = try Pipfile.read(in: project) else {
            return nil
        }
        let document = try JSONDocument(parsing: text, file: "\(path)")
        guard case .object(let root) = document.root, case .object? = root["_meta"] else {
            throw PlanError.unusable(
                place: "\(path):1", what: "has no '_meta', so it is no lock of Pipenv", fix: "write it with '\(fix)'")
        }
        let manager = Decided<String>("Pipenv", .found(evidence: [Evidence(path: path, excerpt: path.name)]))
        return PipfileLock(manager: manager, manifest: manifest, root: root, path: path)
    }

    func requirements(for target: PythonTarget) throws -> RequirementSet {
        var set = LockedSet(for: target, in: manifest.project.tree)
        for category in try ["default"] + manifest.askedCategories().map({ $0 == "dev-packages" ? "develop" : $0 }) {
            guard case .object(let packages)? = root[category] else {
                throw PlanError.unusable(
                    place: "\(path)", what: "the category '\(category)' is not locked",
                    fix: "write the lock with '\(Self.fix) --categories \(category)'")
            }
            for member in packages.members { try add(member, to: &set, target) }
        }
        return set.set(
            path, files: [manifest.path], indexes: try manifest.indexes(), drift: drift(), warnings: [])
    }

    private func add(_ member: JSONMember, to set: inout LockedSet, _ target: PythonTarget) throws {
        guard case .object(let entry) = member.value else { return }
        func text(_ key: String) -> String? { if case .string(let text)? = entry[key] { text } else { nil } }
        let version = text("version")
        let evidence = Evidence(path: path, line: member.line, excerpt: member.key + (version ?? ""))
        guard try target.satisfies(text("markers"), evidence) else { return }
        var package = LockedPackage(
            name: Requirement.normalized(member.key),
            version: version.map { String($0.drop { "= ".contains($0) }) } ?? "",
            evidence: evidence)
        if let git = text("git") {
            package.source = .url(GitAddress.make(git, revision: text("ref"), folder: text("subdirectory")))
        } else if let file = text("file"), file.contains("://") {
            package.source = .url(file)
        } else if let written = text("path") ?? text("file") {
            let tree = manifest.project.tree
            let found = try LocalPath.resolve(written, from: tree.service, in: tree, evidence)
            let isFolder = found == .root || tree.entry(at: found)?.kind == .folder
            package.source = isFolder ? .folder(found) : .archive(found)
        } else if version == nil || version == "*" {
            throw PlanError.unusable(
                place: "\(evidence)", what: "'\(member.key)' is locked at no version",
                fix: "write the lock with '\(Self.fix)'")
        }
        guard package.source == .index else { return try set.add(package) }
        var hashes: [String] = []
        if case .array(let elements)? = entry["hashes"] {
            hashes = elements.compactMap { if case .string(let hash) = $0 { hash } else { nil } }
        }
        set.add(package, hashes: hashes)
    }

    /// Whether the manifest changed after the lock was made, by the digest that Pipenv makes of it.
    private func drift() -> LockDrift? {
        guard case .object(let meta)? = root["_meta"], case .object(let hash)? = meta["hash"],
            case .string(let written)? = hash["sha256"]
        else { return nil }
        func table(_ name: String) -> PythonJSON {
            manifest.document.node([name]).map { PythonJSON($0) } ?? .object([:])
        }
        // A Pipfile without sources has Pipenv's own, which the lock then names.
        let sources =
            manifest.document.node(["source"]).map { PythonJSON($0) } ?? meta["sources"].map { PythonJSON($0) }
        var content: [String: PythonJSON] = [
            "_meta": .object(["sources": sources ?? .array([]), "requires": table("requires")]),
            "default": table("packages"), "develop": table("dev-packages"),
        ]
        let plain = PythonJSON.object(content).sha256(isCompact: true)
        for category in manifest.categories where !["dev-packages", "default", "develop"].contains(category) {
            content[category] = table(category)
        }
        guard ![plain, PythonJSON.object(content).sha256(isCompact: true)].contains(written) else { return nil }
        return LockDrift(lock: path, what: "\(manifest.path) was changed after it was written", fix: Self.fix)
    }
}
