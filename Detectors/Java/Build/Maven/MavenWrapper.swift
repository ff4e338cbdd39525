import Formats
import Planning

/// The Maven Wrapper of a build: a script that fetches the Maven which `maven-wrapper.properties` names.
struct MavenWrapper: Sendable {
    /// The script's path below the root, and whether it can be executed as it is.
    let script: SourcePath
    let isExecutable: Bool
    /// The version in the distribution's address, and where that is.
    let version: String?
    let evidence: Evidence
    let warnings: [String]

    static let properties = ".mvn/wrapper/maven-wrapper.properties"

    /// Reads the wrapper; nil where the script or its properties are missing.
    static func read(_ project: JavaProject, in root: SourcePath) throws -> MavenWrapper? {
        let script = root.appending(name: "mvnw")
        guard case .file(let isExecutable, _)? = project.tree.entry(at: script)?.kind else { return nil }
        let path = try root.appending(properties)
        guard let text = try project.tree.text(at: path) else { return nil }
        let file = JavaProperties(parsing: text)
        guard let address = file["distributionUrl"] else {
            throw PlanError.unusable(
                place: "\(path)", what: "names no distributionUrl",
                fix: "write the wrapper again with 'mvn wrapper:wrapper'")
        }
        let version = address.value.firstMatch(of: #/apache-maven-([0-9][\w.-]*?)-bin/#).map { String($0.output.1) }
        let evidence = Evidence(path: path, line: address.line, excerpt: "distributionUrl=\(address.value)")
        return MavenWrapper(
            script: script, isExecutable: isExecutable, version: version, evidence: evidence,
            warnings: file["distributionSha256Sum"] == nil
                ? ["\(evidence): no distributionSha256Sum says which bytes of Maven are meant; add it to the file"] : []
        )
    }
}
