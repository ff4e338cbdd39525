import Formats
import Planning

/// A project of a Maven build with what it inherits from parents in the source tree.
struct MavenProject: Sendable {
    let pom: POM
    /// The project's own file first, then its parents' as far as they are in the tree.
    let lineage: [POM]
    /// Names of profiles that were asked for; those that are active by default where none was.
    let profiles: [String]
    /// Properties of the command line, as `.mvn/maven.config` has them.
    let properties: [String: String]

    var folder: SourcePath { pom.folder }
    var artifactID: String { interpolate(pom.artifactID) }
    var groupID: String { interpolate(pom.groupID) }

    /// The parent that comes from a repository, with the file that names it.
    var externalParent: (parent: POM.Parent, evidence: Evidence)? {
        guard let last = lineage.last, let parent = last.parent else { return nil }
        return (
            parent,
            Evidence(
                path: last.path, line: (parent.element["artifactId"] ?? parent.element).line,
                excerpt: "<parent>\(parent.artifactID) \(parent.version)")
        )
    }

    /// `jar` where the file names none.
    var packaging: Decided<String> {
        guard let element = pom.root["packaging"], !element.text.isEmpty else {
            return Decided("jar", .usual(why: "Maven's packaging where a project names none"))
        }
        return Decided(interpolate(element.text), .found(evidence: [pom.evidence(element)]))
    }

    // MARK: Elements

    /// The elements that may hold settings of a build: of each file the profiles in force, then the project itself.
    private var models: [(pom: POM, element: XMLElement)] {
        lineage.flatMap { pom in active(pom).map { (pom, $0) } + [(pom, pom.root)] }
    }

    /// The profiles of a file that are in force.
    private func active(_ pom: POM) -> [XMLElement] {
        let asked = pom.profiles.filter { profiles.contains($0["id"]?.text ?? "") }
        guard asked.isEmpty else { return asked }
        return pom.profiles.filter {
            $0[path: ["activation", "activeByDefault"]]?.text == "true"
                && !profiles.contains("!\($0["id"]?.text ?? "")")
        }
    }

    /// The first element at a path, the project's own before its parents'.
    func first(_ path: [String]) -> (element: XMLElement, evidence: Evidence)? {
        for (pom, element) in models { if let found = element[path: path] { return (found, pom.evidence(found)) } }
        return nil
    }

    /// Every element of a name at a path of every file.
    func all(_ path: [String], _ name: String) -> [(element: XMLElement, pom: POM)] {
        models.flatMap { model in (model.element[path: path]?.all(name) ?? []).map { ($0, model.pom) } }
    }

    /// Folders and files of modules, with the places that name them, of this project's own file.
    var modules: [(name: String, evidence: Evidence)] {
        (active(pom) + [pom.root]).flatMap(moduleElements).map { (interpolate($0.text), pom.evidence($0)) }
    }

    /// Modules that only profiles name that are not in force.
    var inactiveModules: [(profile: String, evidence: Evidence)] {
        let inForce = Set(active(pom))
        return pom.profiles.filter { !inForce.contains($0) }.flatMap { profile in
            moduleElements(profile).map { (profile["id"]?.text ?? "", pom.evidence($0)) }
        }
    }

    private func moduleElements(_ element: XMLElement) -> [XMLElement] {
        (element["modules"]?.all("module") ?? []) + (element["subprojects"]?.all("subproject") ?? [])
    }

    // MARK: Properties

    /// The value of a property with its place; what the command line sets has none.
    func property(_ name: String) -> (value: String, evidence: Evidence?)? {
        if let value = properties[name] { return (value, nil) }
        guard let found = first(["properties", name]) else { return nil }
        return (interpolate(found.element.text), found.evidence)
    }

    /// The text with `${…}` replaced as far as the source tree tells.
    func interpolate(_ text: String) -> String { interpolate(text, depth: 0) }

    private func interpolate(_ text: String, depth: Int) -> String {
        guard depth < 10, text.utf8.count < 10_000, text.contains("${") else { return text }
        return text.replacing(#/\$\{([^${}]+)\}/#) { match in
            value(String(match.output.1)).map { interpolate($0, depth: depth + 1) } ?? String(match.output.0)
        }
    }

    private func value(_ name: String) -> String? {
        if let value = properties[name] { return value }
        if let found = first(["properties", name]) { return found.element.text }
        switch name {
        case "project.artifactId", "pom.artifactId", "artifactId": return pom.artifactID
        case "project.groupId", "pom.groupId", "groupId": return pom.groupID
        case "project.version", "pom.version", "version": return pom.version
        case "project.parent.version", "parent.version": return pom.parent?.version
        case "project.parent.groupId": return pom.parent?.groupID
        case "project.parent.artifactId": return pom.parent?.artifactID
        case "project.packaging": return pom.root["packaging"]?.text ?? "jar"
        case "project.name": return pom.root["name"]?.text ?? pom.artifactID
        case "project.basedir", "basedir": return "."
        case "project.build.directory": return "target"
        case "project.build.finalName": return "\(pom.artifactID)-\(pom.version)"
        default: return nil
        }
    }

    // MARK: Plugins

    /// The plugins of the build, the project's own first, each with what its declarations and `pluginManagement` configure.
    func plugin(_ artifact: String) -> MavenPlugin? {
        func named(_ path: [String]) -> [(element: XMLElement, pom: POM)] {
            all(path, "plugin").filter { $0.element["artifactId"]?.text == artifact }
        }
        let declared = named(["build", "plugins"])
        guard let first = declared.first, let name = first.element["artifactId"] else { return nil }
        let elements = declared + named(["build", "pluginManagement", "plugins"])
        return MavenPlugin(
            project: self, elements: elements,
            evidence: Evidence(path: first.pom.path, line: name.line, excerpt: artifact))
    }

    /// The names of all plugins that the files declare.
    var pluginNames: [(name: String, evidence: Evidence)] {
        all(["build", "plugins"], "plugin").compactMap { element, pom in
            element["artifactId"].map { ($0.text, Evidence(path: pom.path, line: $0.line, excerpt: $0.text)) }
        }
    }

    /// The dependencies that the files declare, as `group:artifact`, with scope.
    var dependencies: [(group: String, artifact: String, scope: String, evidence: Evidence)] {
        all(["dependencies"], "dependency").map { element, pom in
            (
                interpolate(element["groupId"]?.text ?? ""), interpolate(element["artifactId"]?.text ?? ""),
                element["scope"]?.text ?? "compile",
                Evidence(
                    path: pom.path, line: (element["artifactId"] ?? element).line,
                    excerpt: element["artifactId"]?.text ?? "")
            )
        }
    }

    /// The first dependency whose artifact begins with a text.
    func dependency(_ prefix: String) -> Evidence? { dependencies.first { $0.artifact.hasPrefix(prefix) }?.evidence }
}

/// A plugin of a Maven build.
struct MavenPlugin: Sendable {
    let project: MavenProject
    /// Declarations, the nearest first.
    let elements: [(element: XMLElement, pom: POM)]
    let evidence: Evidence

    /// The version, where the source tree tells it.
    var version: String? {
        elements.lazy.compactMap { $0.element["version"]?.text }.first.map(project.interpolate)
    }

    /// The first value at a path of the configuration of the plugin or one of its executions.
    func value(_ path: [String]) -> (text: String, evidence: Evidence)? {
        for (element, pom) in elements {
            let executions = element["executions"]?.all("execution") ?? []
            for owner in [element] + executions {
                guard let found = owner["configuration"]?[path: path], !found.text.isEmpty else { continue }
                return (project.interpolate(found.text), pom.evidence(found))
            }
        }
        return nil
    }

    /// Elements of a name anywhere in the configuration.
    func anywhere(_ name: String) -> (text: String, evidence: Evidence)? {
        func search(_ element: XMLElement) -> XMLElement? {
            if element.name == name, !element.text.isEmpty { return element }
            return element.children.lazy.compactMap(search).first
        }
        for (element, pom) in elements {
            if let found = search(element) { return (project.interpolate(found.text), pom.evidence(found)) }
        }
        return nil
    }

    /// The goals of all executions.
    var goals: Set<String> {
        Set(
            elements.flatMap { ($0.element["executions"]?.all("execution") ?? []) }.flatMap {
                ($0["goals"]?.all("goal") ?? []).map(\.text)
            })
    }
}
