import Planning

/// A service's folder as the Java rules read it.
struct JavaProject: Sendable {
    let tree: any SourceTree
    let options: PlanOptions

    /// A path below the service's folder.
    func path(_ text: String) throws -> SourcePath { try tree.service.appending(text) }

    /// Names that say "Java" by themselves, in the order in which they are evidence.
    static let manifests = [
        "pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts", "mvnw", "gradlew",
    ]

    /// What an option of this language asks for: `java.runtime` is `setting("runtime")`.
    func setting(_ key: String) -> Requested<String>? { options.settings["java.\(key)"] }
}
