import Formats
import Planning

/// All projects of one Gradle build, as its settings include them.
struct GradleBuildTree: Sendable {
    /// The folder of the settings.
    let root: SourcePath
    /// The root project first, then the included ones in the order of the settings.
    let projects: [GradleProject]
    let settings: GradleScript?
    /// Folders of builds that this one includes, `buildSrc` among them: their sources are build files.
    let logic: [SourcePath]
    let catalog: GradleCatalog

    /// Reads the build that a service belongs to; nil where it has no script.
    ///
    /// The tree's root is the build's where its settings include the service, else the service's own folder is.
    static func read(_ project: JavaProject) throws -> GradleBuildTree? {
        let tree = project.tree
        let own = try GradleScript.build(in: tree.service, of: tree)
        let settings = try GradleScript.settings(in: tree.service, of: tree)
        if tree.service != .root, settings == nil, try GradleScript.settings(in: .root, of: tree) != nil {
            let outer = try Reader(tree: tree, root: .root).read()
            if outer.projects.contains(where: { $0.folder == tree.service }) { return outer }
        }
        guard own != nil || settings != nil else { return nil }
        return try Reader(tree: tree, root: tree.service).read()
    }

    /// The projects that a project needs from this build, itself last.
    func closure(of project: GradleProject) -> [GradleProject] {
        var done: [GradleProject] = []
        var seen: Set<String> = []
        func visit(_ project: GradleProject) {
            guard seen.insert(project.name).inserted else { return }
            for other in needs(of: project) { visit(other) }
            done.append(project)
        }
        visit(project)
        return done
    }

    /// Accessors are written in camel case, names of projects as they like.
    private func needs(of project: GradleProject) -> [GradleProject] {
        func normal(_ name: String) -> String { name.filter { $0 != "-" && $0 != "_" }.lowercased() }
        let names = Set(project.projectDependencies.map(normal))
        return projects.filter { $0.name != project.name && names.contains(normal($0.name)) }
    }

    private struct Reader {
        let tree: any SourceTree
        let root: SourcePath
        let catalog: GradleCatalog
        let settings: GradleScript?
        let logic: [SourcePath]
        let conventions: [String: GradleScript]

        init(tree: any SourceTree, root: SourcePath) throws {
            self.tree = tree
            self.root = root
            catalog = try GradleCatalog.read(root, of: tree)
            settings = try GradleScript.settings(in: root, of: tree)
            let included = (settings?.all(#/includeBuild\s*\(?\s*["']([^"']+)["']/#) ?? []).compactMap {
                root.resolving($0.value)
            }
            let logic = (included + [root.appending(name: "buildSrc")]).filter { tree.entry(at: $0)?.kind == .folder }
            self.logic = logic
            conventions = try Self.conventions(in: logic, tree)
        }

        /// Scripts that are plugins: `buildSrc/src/main/kotlin/java-service.gradle.kts` is `java-service`.
        private static func conventions(
            in folders: [SourcePath], _ tree: any SourceTree
        ) throws -> [String: GradleScript] {
            var result: [String: GradleScript] = [:]
            for entry in tree.entries where entry.isFile && folders.contains(where: entry.path.isInside) {
                let name = entry.path.name
                guard let end = [".gradle.kts", ".gradle"].first(where: name.hasSuffix),
                    !["build", "settings"].contains(String(name.dropLast(end.count))),
                    entry.path.components.contains("main"), let script = try GradleScript.read(entry.path, of: tree)
                else { continue }
                let package = script.first(#/(?:^|\n)\s*package\s+([\w.]+)/#).map { "\($0.value)." } ?? ""
                result[package + name.dropLast(end.count)] = script
            }
            return result
        }

        func read() throws -> GradleBuildTree {
            let rootScript = try GradleScript.build(in: root, of: tree)
            let rootName =
                settings?.first(#/rootProject\.name\s*=\s*["']([^"']+)["']/#)?.value
                ?? (root == .root ? "app" : root.name)
            var projects = [try project(":", root, rootScript, inherited: [], shortName: rootName)]
            let inherited = rootScript?.pluginsOfOthers(catalog) ?? []
            for (name, folder) in try included() {
                projects.append(
                    try project(
                        name, folder, try GradleScript.build(in: folder, of: tree) ?? named(name, folder),
                        inherited: inherited, root: rootScript,
                        shortName: name.split(separator: ":").last.map(String.init) ?? name))
            }
            return GradleBuildTree(
                root: root, projects: projects, settings: settings, logic: logic, catalog: catalog)
        }

        /// Some builds name the script after the project.
        private func named(_ name: String, _ folder: SourcePath) throws -> GradleScript? {
            let last = String(name.split(separator: ":").last ?? "")
            return try GradleScript.read(folder.appending(name: "\(last).gradle"), of: tree)
                ?? GradleScript.read(folder.appending(name: "\(last).gradle.kts"), of: tree)
        }

        private func project(
            _ name: String, _ folder: SourcePath, _ script: GradleScript?, inherited: [GradlePlugin],
            root outer: GradleScript? = nil, shortName: String
        ) throws -> GradleProject {
            var plugins = inherited + (script?.plugins(catalog) ?? [])
            var scripts = [script].compactMap(\.self)
            var seen: Set<String> = []
            var index = 0
            while index < plugins.count {
                let id = plugins[index].id
                index += 1
                guard seen.insert(id).inserted, let convention = conventions[id] else { continue }
                scripts.append(convention)
                plugins += convention.plugins(catalog)
            }
            // What the root's script says in subprojects { } is not told apart from what it says of itself.
            if let outer, !outer.blocks("subprojects").isEmpty || !outer.blocks("allprojects").isEmpty {
                scripts.append(outer)
            }
            let files = try [folder, root].map { $0.appending(name: "gradle.properties") }.compactMap { path in
                try tree.text(at: path).map { (path: path, values: JavaProperties(parsing: $0)) }
            }
            return GradleProject(
                name: name, folder: folder, script: script, scripts: scripts, plugins: plugins, catalog: catalog,
                properties: files, shortName: shortName)
        }

        /// `include 'a', 'b:c'` and `include(":a")`, with the folders that `projectDir` moves.
        private func included() throws -> [(name: String, folder: SourcePath)] {
            guard let settings else { return [] }
            var result: [(name: String, folder: SourcePath)] = []
            for (name, evidence) in settings.includes where !result.contains(where: { $0.name == name }) {
                let parts = name.split(separator: ":").map(String.init)
                // Including a project includes those above it.
                for count in 1...max(1, parts.count) {
                    let own = ":" + parts.prefix(count).joined(separator: ":")
                    guard !result.contains(where: { $0.name == own }) else { continue }
                    result.append((own, try folder(own, evidence, settings)))
                }
            }
            return result
        }

        private func folder(_ name: String, _ evidence: Evidence, _ settings: GradleScript) throws -> SourcePath {
            let text = settings.folder(of: name)
            guard let place = root.resolving(text) else {
                throw PlanError.unusable(
                    place: "\(evidence)", what: "the project '\(name)' is outside of the folder that is built",
                    fix: "build the folder that holds both, with --app for the project")
            }
            guard tree.entry(at: place)?.kind == .folder else {
                throw PlanError.unusable(
                    place: "\(evidence)", what: "the project '\(name)' has no folder '\(place)' in the source tree",
                    fix: "bring the folder into the service's tree, or remove the project")
            }
            return place
        }
    }
}
