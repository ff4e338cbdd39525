import Planning

/// Which build tool builds a service whose folder has the files of several.
enum JavaToolChoice {
    case maven(MavenReactor)
    case gradle(GradleBuildTree)
    case sources(JavaSources)

    /// What `java.tool` asks for; the tool with a wrapper; Maven before Gradle; sources and archives without a build file.
    static func choose(_ project: JavaProject) throws -> JavaToolChoice {
        if let found = try find(project) { return found }
        throw PlanError.noStart(
            lookedFor: ["pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "*.java", "*.jar", "*.war"],
            fix: "add a build file, or put the runnable archive into the folder")
    }

    /// The same, nil where nothing is there.
    static func find(_ project: JavaProject) throws -> JavaToolChoice? {
        let asked = project.setting("tool")
        if let asked, JavaBuildTool(rawValue: asked.value) == nil {
            throw PlanError.unusable(
                place: asked.option, what: "there is no build tool '\(asked.value)'",
                fix: "write maven, gradle, javac or none")
        }
        let wanted = asked.flatMap { JavaBuildTool(rawValue: $0.value) }
        let (gradle, maven) = (try project.path("gradlew"), try project.path("mvnw"))
        let isGradleFirst = project.tree.hasFile(gradle) && !project.tree.hasFile(maven)
        if wanted == nil || wanted == .gradle, isGradleFirst || wanted == .gradle,
            let build = try GradleBuildTree.read(project)
        {
            return .gradle(build)
        }
        if wanted == nil || wanted == .maven {
            if let reactor = try MavenReactor.read(project) { return .maven(reactor) }
            try refusePolyglot(project)
        }
        if wanted == nil, let build = try GradleBuildTree.read(project) { return .gradle(build) }
        if wanted != .maven, wanted != .gradle, let sources = try JavaSources.read(project, wanted: wanted) {
            return .sources(sources)
        }
        return nil
    }

    /// Endings of project files that extensions of Maven read.
    static let polyglot = ["atom", "clj", "groovy", "kts", "rb", "scala", "yaml", "yml"]

    /// Projects in other words than XML are read by extensions of Maven, which cannot be read here.
    private static func refusePolyglot(_ project: JavaProject) throws {
        for ending in polyglot {
            let path = try project.path("pom.\(ending)")
            guard project.tree.hasFile(path) else { continue }
            throw PlanError.unusable(
                place: "\(path)", what: "is a project file for a Maven extension, and only pom.xml is read",
                fix: "write a pom.xml beside it, as 'mvn io.takari.polyglot:polyglot-translate-plugin:translate' does")
        }
    }
}
