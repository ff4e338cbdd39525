import Planning

/// What a project's scripts say of the archive that Gradle makes of it, and how strongly they say that it is a program.
struct GradleArchive: Sendable {
    enum Rank: Int, Sendable, Comparable {
        case none, library, mainClass, web, executable

        static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }
    }

    let rank: Rank
    /// The task that makes it: `bootJar`.
    let task: String
    /// Where it appears, from the project's build folder: `libs`.
    let output: String
    let framework: Decided<String>?
    let packaging: Decided<String>
    let evidence: Evidence?
    /// The class that starts, where a script names one or the sources have one.
    let mainClass: Decided<String>?

    static let shadow = [
        "com.gradleup.shadow", "com.github.johnrengelmann.shadow", "io.github.goooler.shadow",
    ]

    init(_ project: GradleProject, in tree: any SourceTree) throws {
        let war = project.plugin("war")
        let shadow = Self.shadow.lazy.compactMap { project.plugin($0) }.first
        let named = project.first(
            #/\bmainClass(?:Name)?\s*(?:=|\.set\s*\()\s*(?:provider\s*[({]\s*)?["']([\w.$-]+)["']/#)
        let main = try MainClasses.find(in: project.folder, of: tree).first
        framework = Self.framework(project)
        packaging =
            war.map { Decided("war", .found(evidence: [$0.evidence])) }
            ?? Decided("jar", .usual(why: "what Gradle makes without the plugin 'war'"))
        mainClass =
            named.map { Decided($0.value, .found(evidence: [$0.evidence])) }
            ?? main.map { Decided($0.name, .found(evidence: [$0.evidence])) }
        if let plugin = project.plugin("org.springframework.boot"), Self.isOn(project, "bootJar") || war != nil {
            (rank, task, output) = (.executable, war == nil ? "bootJar" : "bootWar", "libs")
            evidence = plugin.evidence
        } else if let plugin = project.plugin("io.quarkus") {
            (rank, task, output, evidence) = (.executable, "quarkusBuild", "quarkus-app", plugin.evidence)
        } else if let plugin = shadow {
            (rank, task, output, evidence) = (.executable, "shadowJar", "libs", plugin.evidence)
        } else if let plugin = project.plugin("io.ktor.plugin") {
            (rank, task, output, evidence) = (.executable, "buildFatJar", "libs", plugin.evidence)
        } else if let plugin = war {
            (rank, task, output, evidence) = (.web, "war", "libs", plugin.evidence)
        } else if let plugin = project.plugin(
            "application", "io.micronaut.application", "io.micronaut.minimal.application")
        {
            (rank, task, output, evidence) = (.executable, "installDist", "install", plugin.evidence)
        } else if let found = project.first(#/["']?Main-Class["']?\s*(?::|=|,|\bto\b)\s*["']([\w.$-]+)["']/#) {
            (rank, task, output, evidence) = (.executable, "assemble", "libs", found.evidence)
        } else if project.plugin(
            "java", "java-library", "groovy", "scala", "org.jetbrains.kotlin.jvm", "io.micronaut.library") != nil
        {
            (task, output, evidence) = ("assemble", "libs", main?.evidence)
            rank = main == nil ? .library : .mainClass
        } else {
            (rank, task, output, evidence) = (.none, "assemble", "libs", nil)
        }
    }

    /// Whether a library has switched off the task that a plugin brings.
    private static func isOn(_ project: GradleProject, _ task: String) -> Bool {
        guard let script = project.script else { return true }
        return !script.text.contains(
            #/\b(?:bootJar|BootJar|"bootJar"|'bootJar')\b[^{}]*\{[^}]*\benabled\s*=\s*false|\bbootJar\.enabled\s*=\s*false/#
        )
    }

    private static let frameworks: [(name: String, plugins: [String], dependency: String?)] = [
        ("spring-boot", ["org.springframework.boot"], "org.springframework.boot:spring-boot-starter"),
        ("quarkus", ["io.quarkus"], "io.quarkus:quarkus-"),
        (
            "micronaut", ["io.micronaut.application", "io.micronaut.minimal.application"],
            "io.micronaut:micronaut-http-server"
        ),
        ("ktor", ["io.ktor.plugin"], "io.ktor:ktor-server"),
        ("helidon", [], "io.helidon."),
        ("dropwizard", [], "io.dropwizard:dropwizard-core"),
        ("vert.x", ["io.vertx.vertx-plugin"], "io.vertx:vertx-"),
        ("javalin", [], "io.javalin:javalin"),
        ("ratpack", ["io.ratpack.ratpack-java", "io.ratpack.ratpack-groovy"], "io.ratpack:ratpack-core"),
        ("spark", [], "com.sparkjava:spark-core"),
        ("jetty", [], "org.eclipse.jetty:jetty-server"),
    ]

    private static func framework(_ project: GradleProject) -> Decided<String>? {
        for rule in frameworks {
            if let plugin = rule.plugins.lazy.compactMap({ project.plugin($0) }).first {
                return Decided(rule.name, .found(evidence: [plugin.evidence]))
            }
            if let found = rule.dependency.flatMap({ project.dependency($0) }) {
                return Decided(rule.name, .found(evidence: [found]))
            }
        }
        return nil
    }
}
