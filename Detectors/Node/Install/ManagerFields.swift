import Formats
import Planning

/// What manifests and settings say of the manager, beside its lock.
struct ManagerFields: Sendable {
    let project: NodeProject
    let files: ManagerFiles
    /// The manifest where the manager runs, then the service's own.
    let manifests: [PackageJSON]

    init(_ project: NodeProject, _ files: ManagerFiles) {
        self.project = project
        self.files = files
        let own = [project.workspace?.rootManifest, project.manifest].compactMap(\.self)
        manifests = own.count == 2 && own[0].path == own[1].path ? [own[0]] : own
    }

    /// Fields that name the manager by themselves, by rank: `packageManager`, `devEngines.packageManager`.
    func declared() throws -> [ManagerChoice.Sign] {
        try manifests.compactMap(packageManager) + (try manifests.flatMap(developmentEngines))
    }

    /// `pnpm@9.15.4+sha512.…`: a name, an exact release, its hash.
    ///
    /// https://nodejs.org/api/packages.html#packagemanager
    private func packageManager(_ manifest: PackageJSON) throws -> ManagerChoice.Sign? {
        guard let entry = manifest.string("packageManager") else { return nil }
        guard let match = entry.value.trimmingSpaces().wholeMatch(of: /([a-z]+)@(.+)/)?.output else {
            throw PlanError.unusable(
                place: "\(entry.evidence)", what: "'\(entry.value)' is no 'NAME@VERSION'",
                fix: "write one release, as in \"packageManager\": \"pnpm@9.15.9\"")
        }
        let name = String(match.1)
        if String(match.2).contains("://") {
            throw PlanError.unusable(
                place: "\(entry.evidence)", what: "names an address, which is fetched by nothing here",
                fix: "name a release, as in \"\(name)@\(ManagerReleases.usual(NodeManager(rawValue: name) ?? .npm))\"")
        }
        let parts = match.2.split(separator: "+", maxSplits: 1).map(String.init)
        guard let manager = NodeManager.named(name, version: parts[0]) else {
            throw PlanError.unusable(
                place: "\(entry.evidence)", what: "no package manager '\(name)' is known",
                fix: "known are npm, pnpm, yarn and bun")
        }
        return ManagerChoice.Sign(
            manager: manager,
            wanted: .init(
                range: parts[0], hash: parts.dropFirst().first, reason: .found(evidence: [entry.evidence])),
            evidence: entry.evidence)
    }

    /// `devEngines.packageManager`: an object, or a list of those of which any will do.
    ///
    /// npm 11, Configuring npm, package.json, devEngines.
    private func developmentEngines(_ manifest: PackageJSON) throws -> [ManagerChoice.Sign] {
        guard let (node, line) = manifest.node(["devEngines", "packageManager"]) else { return [] }
        let objects: [JSONObject] =
            switch node {
            case .object(let object): [object]
            case .array(let elements):
                elements.compactMap { if case .object(let object) = $0 { object } else { nil } }
            default: []
            }
        return try objects.compactMap { object in
            guard let name = object.text("name") else { return nil }
            let version = object.text("version")
            let place = object.members.first { $0.key == "name" }?.line ?? line
            let evidence = Evidence(
                path: manifest.path, line: place,
                excerpt: "devEngines.packageManager: \(name)\(version.map { "@\($0)" } ?? "")")
            guard
                let manager = NodeManager.named(
                    name, version: version, usual: files.yarnSettings == nil ? .yarn : .berry)
            else {
                throw PlanError.unusable(
                    place: "\(evidence)", what: "no package manager '\(name)' is known",
                    fix: "known are npm, pnpm, yarn and bun")
            }
            let wanted = version.map { ManagerChoice.Wanted(range: $0, reason: .found(evidence: [evidence])) }
            return ManagerChoice.Sign(manager: manager, wanted: wanted, evidence: evidence)
        }
    }

    /// What speaks for a manager where no field names it, by rank: files that only it reads, `volta`, `engines`.
    func hints() throws -> [ManagerChoice.Sign] {
        var result: [ManagerChoice.Sign] = []
        if let path = files.yarnSettings {
            result.append(.init(manager: .berry, evidence: Evidence(path: path, excerpt: path.name)))
        }
        if let path = files.path("pnpm-workspace.yaml") {
            result.append(.init(manager: .pnpm, evidence: Evidence(path: path, excerpt: path.name)))
        }
        if let path = files.path("bunfig.toml") {
            result.append(.init(manager: .bun, evidence: Evidence(path: path, excerpt: path.name)))
        }
        for key in ["volta", "engines"] {
            for name in ["pnpm", "yarn", "bun", "npm"] {
                guard let entry = manifests.lazy.compactMap({ $0.entry([key, name]) }).first else { continue }
                let usual: NodeManager = files.yarnSettings == nil ? .yarn : .berry
                guard let manager = NodeManager.named(name, version: entry.value, usual: usual) else { continue }
                // `"npm": "please use pnpm"` forbids npm, as many write it.
                guard entry.value.contains(/[0-9*x]/), !entry.value.contains(/[a-z]{4,}/) else { continue }
                let evidence = Evidence(
                    path: entry.evidence.path, line: entry.evidence.line, excerpt: "\(key).\(name): \(entry.value)")
                result.append(
                    .init(
                        manager: manager,
                        wanted: .init(
                            range: entry.value, reason: .found(evidence: [evidence]), isEngines: key == "engines"),
                        evidence: evidence))
            }
        }
        return result
    }
}
