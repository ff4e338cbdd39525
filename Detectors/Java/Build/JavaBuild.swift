import Planning

/// How a service is built, read from the files of its build tool: everything that the steps need.
struct JavaBuild: Sendable {
    let tool: Decided<JavaBuildTool>
    /// The folder where the tool runs: the root of a multi-module build.
    let root: SourcePath
    /// The module that is shipped, where several could be; the root for a build of one.
    let module: Decided<SourcePath>
    /// Modules that take part, the shipped one last.
    let modules: [SourcePath]
    /// Files that decide dependencies: build files of every module, wrappers, lock files, version catalogs.
    let files: [SourcePath]
    /// Resolves dependencies from these files alone; nil where nothing is downloaded.
    let dependencies: Command?
    /// Makes the archives from the sources; nil where they hold archives.
    let build: Command?
    /// Folders below `root` where archives appear: `target`, `app/build/libs`, `app/build/quarkus-app`; the shipped module's first.
    ///
    /// A file is the one archive that is meant.
    let outputs: [SourcePath]
    /// What the build files say of the archive; the archive itself decides.
    let framework: Decided<String>?
    /// `jar` or `war`.
    let packaging: Decided<String>
    /// The class that starts where the archive's manifest names none.
    let mainClass: Decided<String>?
    /// Tools that the builder base must have: `mvn`, `gradle`; empty with a wrapper.
    let tools: Set<String>
    /// The family of bases that the tool has to be of, where only one has it new enough; nil where any will do.
    let bases: Decided<String>?
    /// Debian packages that the builder needs beside.
    let packages: [Decided<String>]
    /// The port that files name: `server.port` of application.properties.
    let port: Decided<Int>?
    /// Variables of the image by which the framework hears of `PORT`: `SERVER_PORT` is `${PORT:8080}`.
    let environment: [String: Decided<String>]
    let warnings: [String]

    /// One run of the tool.
    struct Command: Sendable {
        let arguments: [String]
        let environment: [String: String]
        /// Secrets as files, as `settings.xml`: id and place; folders in memory.
        let mounts: [Mount]
        /// Whether the sources, and what `dependencies` left in the builder, bring everything it needs.
        let isOffline: Bool
        let reason: Reason
    }

    /// How the service is built; fails where nothing says how.
    static func read(_ project: JavaProject, version: JavaVersion) throws -> JavaBuild {
        switch try JavaToolChoice.choose(project) {
        case .maven(let reactor): try MavenBuild(project, reactor).build()
        case .gradle(let build): try GradleBuild(project, build).build()
        case .sources(let sources): try sources.build()
        }
    }
}

/// Who builds a Java service.
enum JavaBuildTool: String, Sendable, Hashable, Codable {
    case maven, gradle
    /// `javac` of the builder's own JDK, for sources without a build file.
    case javac
    /// Nothing: the sources hold archives.
    case none
}
