import Formats
import Planning

/// All projects of one Maven build: the folder's own, and every module below, as Maven itself finds them.
struct MavenReactor: Sendable {
    /// The folder where Maven runs.
    let root: SourcePath
    /// The root first, modules in the order of the files.
    let projects: [MavenProject]
    /// Parents in the tree that are no modules.
    let parents: [POM]
    let warnings: [String]

    /// Reads the build that a service belongs to; nil where it has no `pom.xml`.
    ///
    /// The tree's root is the build's where its modules name the service, else the service's own folder is.
    static func read(_ project: JavaProject) throws -> MavenReactor? {
        let tree = project.tree
        guard try POM.read(try project.path("pom.xml"), of: tree) != nil else { return nil }
        let configuration = try MavenConfiguration.read(project, in: tree.service)
        let own = try Reader(project, configuration, root: tree.service).read()
        guard tree.service != .root, tree.hasFile(SourcePath.root.appending(name: "pom.xml")) else { return own }
        let outer = try Reader(project, try MavenConfiguration.read(project, in: .root), root: .root).read()
        return outer.projects.contains { $0.folder == tree.service } ? outer : own
    }

    /// The project of a folder.
    func project(at folder: SourcePath) -> MavenProject? { projects.first { $0.folder == folder } }

    /// The projects that a project needs from this build, itself last: dependencies, plugins, parents and imported lists
    /// of versions.
    func closure(of project: MavenProject) -> [MavenProject] {
        var done: [MavenProject] = []
        var seen: Set<SourcePath> = []
        func visit(_ project: MavenProject) {
            guard seen.insert(project.pom.path).inserted else { return }
            for other in needs(of: project) { visit(other) }
            done.append(project)
        }
        visit(project)
        return done
    }

    /// The projects of this build that a project names.
    func needs(of project: MavenProject) -> [MavenProject] {
        let plugins = project.all(["build", "plugins"], "plugin").map(\.element)
        let imported = project.all(["dependencyManagement", "dependencies"], "dependency").map(\.element).filter {
            $0["scope"]?.text == "import"
        }
        var names = Set(project.dependencies.map { "\($0.group):\($0.artifact)" })
        for element in plugins + imported { names.insert(coordinates(element, in: project)) }
        let parents = Set(project.lineage.dropFirst().map(\.path))
        return projects.filter {
            $0.pom.path != project.pom.path
                && (names.contains("\($0.groupID):\($0.artifactID)") || parents.contains($0.pom.path))
        }
    }

    private func coordinates(_ element: XMLElement, in project: MavenProject) -> String {
        let group = project.interpolate(element["groupId"]?.text ?? "org.apache.maven.plugins")
        return group + ":" + project.interpolate(element["artifactId"]?.text ?? "")
    }

    /// The files that decide what is downloaded.
    var files: [SourcePath] { Set(projects.map(\.pom.path) + parents.map(\.path)).sorted() }

    /// Walks the modules.
    private struct Reader {
        let project: JavaProject
        let configuration: MavenConfiguration
        let root: SourcePath
        private var projects: [MavenProject] = []
        private var parents: [POM] = []
        private var warnings: [String] = []

        init(_ project: JavaProject, _ configuration: MavenConfiguration, root: SourcePath) {
            self.project = project
            self.configuration = configuration
            self.root = root
        }

        consuming func read() throws -> MavenReactor {
            try visit(root.appending(name: configuration.file), depth: 0)
            let modules = Set(projects.map(\.pom.path))
            var outside: [POM] = []
            for parent in parents
            where !modules.contains(parent.path) && !outside.contains(where: { $0.path == parent.path }) {
                outside.append(parent)
            }
            return MavenReactor(root: root, projects: projects, parents: outside, warnings: warnings)
        }

        private mutating func visit(_ path: SourcePath, depth: Int) throws {
            guard !projects.contains(where: { $0.pom.path == path }), let pom = try POM.read(path, of: project.tree)
            else { return }
            let lineage = try self.lineage(of: pom)
            parents += lineage.dropFirst()
            let found = MavenProject(
                pom: pom, lineage: lineage, profiles: configuration.profiles, properties: configuration.properties)
            projects.append(found)
            for module in found.inactiveModules {
                warnings.append(
                    "\(module.evidence): the module '\(module.evidence.excerpt.split(separator: ">").last ?? "")' is in "
                        + "the profile '\(module.profile)', which is not in force; "
                        + "--set java.profiles=\(module.profile) builds with it")
            }
            for module in found.modules { try visit(try place(of: module, in: found), depth: depth + 1) }
        }

        /// A module is a folder with a `pom.xml`, or a file.
        private func place(of module: (name: String, evidence: Evidence), in owner: MavenProject) throws -> SourcePath {
            let fix = "bring the folder into the service's tree, or remove the module"
            guard let place = owner.folder.resolving(module.name) else {
                throw PlanError.unusable(
                    place: "\(module.evidence)",
                    what: "the module '\(module.name)' is outside of the folder that is built",
                    fix: "build the folder that holds both, with --app for the module")
            }
            let path = project.tree.hasFile(place) ? place : place.appending(name: "pom.xml")
            guard project.tree.hasFile(path) else {
                throw PlanError.unusable(
                    place: "\(module.evidence)", what: "the module '\(module.name)' has no pom.xml in the source tree",
                    fix: fix)
            }
            return path
        }

        /// The file and its parents as far as they are in the tree, as `relativePath` finds them.
        private func lineage(of pom: POM) throws -> [POM] {
            var lineage = [pom]
            while let parent = lineage[lineage.count - 1].parent, lineage.count < 20 {
                let child = lineage[lineage.count - 1]
                guard let next = try found(parent, of: child),
                    !lineage.contains(where: { $0.path == next.path })
                else { break }
                lineage.append(next)
            }
            return lineage
        }

        private func found(_ parent: POM.Parent, of child: POM) throws -> POM? {
            let written = parent.relativePath?.text
            if written == "" { return nil }
            guard let place = child.folder.resolving(written ?? "../pom.xml") else {
                if let written, let element = parent.relativePath {
                    throw PlanError.unusable(
                        place: "\(child.path):\(element.line)",
                        what: "the parent '\(written)' is outside of the folder that is built",
                        fix: "build the folder that holds both, with --app for the module")
                }
                return nil
            }
            let path = project.tree.hasFile(place) ? place : place.appending(name: "pom.xml")
            guard let pom = try POM.read(path, of: project.tree) else { return nil }
            // Maven takes the file only where it is the parent that is named.
            return pom.artifactID == parent.artifactID ? pom : nil
        }
    }
}
