import Formats
import Planning

/// Which files of the sources the installation reads, so that its layer changes with those alone.
struct InstallFiles {
    let project: NodeProject
    let manager: NodeManager
    let lock: NodeLock?
    let settings: ManagerSettings
    /// A release that the sources bring.
    let vendored: SourcePath?
    /// The manifests that have to be there.
    let present: [PackageJSON]

    private var tree: any SourceTree { project.tree }
    private var top: SourcePath { project.top }

    /// The files, sorted, each once; all lie in the folder where the manager runs.
    func paths() throws -> [SourcePath] {
        var result = Set(present.map(\.path))
        if let lock { result.insert(lock.path) }
        let names = [
            ".npmrc", "pnpm-workspace.yaml", ".pnpmfile.cjs", ".pnpmfile.mjs", ".yarnrc", ".yarnrc.yml", "bunfig.toml",
            ".pnp.cjs", ".pnp.loader.mjs", ".pnp.data.json",
        ]
        for name in names { add(top.appending(name: name), to: &result) }
        for manifest in project.installedManifests { add(manifest.folder.appending(name: ".npmrc"), to: &result) }
        if let vendored { add(vendored, to: &result) }
        for plugin in settings.plugins { addBelow(plugin.value, to: &result) }
        for folder in ["patches", ".pnpm-patches", ".yarn/releases", ".yarn/plugins", ".yarn/patches"] {
            addBelow(folder, to: &result)
        }
        for patch in lock?.details.patches ?? [] { addBelow(patch.file, to: &result) }
        if let offline = archives() { for path in offline { result.insert(path) } }
        for path in try localDependencies() { result.insert(path) }
        addPrograms(to: &result)
        addSchemas(to: &result)
        return result.sorted()
    }

    private func add(_ path: SourcePath, to paths: inout Set<SourcePath>) {
        if tree.hasFile(path) { paths.insert(path) }
    }

    /// A file, or all files of a folder, by its path from the top.
    private func addBelow(_ text: String, to paths: inout Set<SourcePath>) {
        guard let path = top.resolving(text), path != top else { return }
        for file in files(in: path) { paths.insert(file) }
    }

    private func files(in path: SourcePath) -> [SourcePath] {
        if tree.hasFile(path) { return [path] }
        return tree.entries.filter { entry in
            if case .folder = entry.kind { return false }
            return entry.path.isInside(path)
        }.map(\.path)
    }

    // MARK: Packages in the sources

    /// The archives of Yarn's cache or offline mirror; nil where the sources have none.
    func archives() -> [SourcePath]? {
        let folder: String? =
            switch manager {
            case .berry: settings.mirror?.value ?? ".yarn/cache"
            case .yarn: settings.mirror?.value
            default: nil
            }
        guard let folder, let path = top.resolving(folder) else { return nil }
        let found = files(in: path).filter { [".zip", ".tgz", ".tar.gz"].contains(where: $0.name.hasSuffix) }
        return found.isEmpty ? nil : found
    }

    /// Whether the sources hold every package: a cache or mirror with at least as many archives as the lock has packages.
    func isOffline() -> Evidence? {
        guard let archives = archives(), let lock, let first = archives.first?.parent else { return nil }
        let needed = lock.packages.filter { package in
            switch package.origin {
            case .registry, .archive, .git: return package.os.isEmpty || package.os.contains("linux")
            case .file, .link: return false
            }
        }
        let names = Set(archives.map(\.name))
        let isThere = needed.allSatisfy { package in
            let name = package.name.replacing("/", with: "-")
            return names.contains { file in
                switch manager {
                // `accepts-npm-1.3.8-<hash>-<hash>.zip`, with patches of their own.
                case .berry: file.hasPrefix("\(name)-")
                // `accepts-1.3.8.tgz`, `@babel-core-7.0.0.tgz`.
                default: file.hasPrefix("\(name)-\(package.version)") || file.hasPrefix(name)
                }
            }
        }
        return isThere ? Evidence(path: first, excerpt: "\(archives.count) archives") : nil
    }

    /// Folders and archives of the sources that manifests name: `file:./lib`, `link:../lib`, `./vendor/x.tgz`.
    private func localDependencies() throws -> [SourcePath] {
        var result: [SourcePath] = []
        let members = Set((project.workspace?.members ?? []).map(\.folder))
        for manifest in project.installedManifests {
            for kind in [PackageJSON.Kind.dependencies, .optionalDependencies, .devDependencies] {
                for (_, entry) in manifest.dependencies(kind) {
                    guard let text = Self.localPath(entry.value) else { continue }
                    guard let path = manifest.folder.resolving(text), path.isInside(top) else {
                        throw PlanError.unusable(
                            place: "\(entry.evidence)",
                            what: "'\(entry.value)' lies outside of '\(top)', which is all that is built",
                            fix: "make a workspace of the two packages at the folder above, or publish the dependency")
                    }
                    guard !members.contains(path), path != top else { continue }
                    let found = files(in: path)
                    guard !found.isEmpty else {
                        throw PlanError.unusable(
                            place: "\(entry.evidence)",
                            what: "'\(entry.value)' names '\(path)', which is not in the sources",
                            fix: "commit it (see .gitignore and .dockerignore), or correct the path")
                    }
                    result += found
                }
            }
        }
        return result
    }

    /// The path of a dependency in the sources; nil for any other.
    static func localPath(_ range: String) -> String? {
        for prefix in ["file:", "link:", "portal:"] where range.hasPrefix(prefix) {
            let path = range.dropFirst(prefix.count).replacing(/^\/\/(?=\.)/, with: "")
            return String(path.prefix { $0 != "#" })
        }
        return ["./", "../"].contains(where: range.hasPrefix) ? range : nil
    }

    /// Programs of members: managers link `node_modules/.bin` to those files that are there.
    private func addPrograms(to paths: inout Set<SourcePath>) {
        for manifest in project.installedManifests where manifest.path != project.workspace?.rootManifest?.path {
            let files =
                (manifest.string("bin").map { [$0.value] } ?? [])
                + manifest.entries("bin").map(\.entry.value)
            for file in files { if let path = manifest.folder.resolving(file) { add(path, to: &paths) } }
        }
    }

    /// Schemas from which Prisma's own installation generates its client.
    private func addSchemas(to paths: inout Set<SourcePath>) {
        for manifest in project.installedManifests where manifest.dependency("@prisma/client") != nil {
            let named = manifest.string("prisma", "schema")?.value
            for text in [named, "prisma", "schema.prisma", "prisma.config.ts"].compactMap(\.self) {
                guard let path = manifest.folder.resolving(text), path != manifest.folder else { continue }
                for file in files(in: path) where !file.components.contains("migrations") { paths.insert(file) }
            }
        }
    }
}
