import Formats
import Planning

/// A Maven project file as it is written: nothing inherited, nothing interpolated (POM reference, model 4.0.0).
struct POM: Sendable {
    let path: SourcePath
    let root: XMLElement

    /// The folder that holds the file.
    var folder: SourcePath { path.parent ?? .root }

    /// Reads a file; nil where none is, fails where it is no project.
    static func read(_ path: SourcePath, of tree: any SourceTree) throws -> POM? {
        guard let text = try tree.text(at: path) else { return nil }
        let root = try XMLDocument(parsing: text, file: "\(path)").root
        guard root.name == "project" else {
            throw PlanError.unusable(
                place: "\(path):\(root.line)", what: "'<\(root.name)>' is no Maven project",
                fix: "begin the file with <project xmlns=\"…/POM/4.0.0\">")
        }
        return POM(path: path, root: root)
    }

    /// A place of this file as evidence.
    func evidence(_ element: XMLElement) -> Evidence {
        Evidence(path: path, line: element.line, excerpt: "<\(element.name)>\(element.text)")
    }

    /// Who this project is, as far as the file says so; a missing group or version is the parent's.
    var groupID: String { (root["groupId"] ?? root[path: ["parent", "groupId"]])?.text ?? "" }
    var artifactID: String { root["artifactId"]?.text ?? "" }
    var version: String { (root["version"] ?? root[path: ["parent", "version"]])?.text ?? "" }

    /// The parent that the file names.
    var parent: Parent? {
        root["parent"].map { element in
            Parent(
                groupID: element["groupId"]?.text ?? "", artifactID: element["artifactId"]?.text ?? "",
                version: element["version"]?.text ?? "", relativePath: element["relativePath"], element: element)
        }
    }

    struct Parent: Sendable {
        let groupID: String
        let artifactID: String
        let version: String
        /// nil stands for `../pom.xml`; an empty one says that the parent comes from a repository.
        let relativePath: XMLElement?
        let element: XMLElement
    }

    /// Profiles in their order.
    var profiles: [XMLElement] { root["profiles"]?.all("profile") ?? [] }
}
