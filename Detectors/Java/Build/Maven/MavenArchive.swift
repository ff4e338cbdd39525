import Planning

/// What a project's files say of the archive that Maven makes of it, and how strongly they say that it is a program.
struct MavenArchive: Sendable {
    /// How sure it is that the archive starts, best last.
    enum Rank: Int, Sendable, Comparable {
        case library, mainClass, web, executable

        static func < (left: Rank, right: Rank) -> Bool { left.rawValue < right.rawValue }
    }

    let rank: Rank
    /// `spring-boot`, `quarkus`, `micronaut`, `helidon` …; nil where nothing tells.
    let framework: Decided<String>?
    /// The class that starts, where the build names one or the sources have one.
    let mainClass: Decided<String>?
    /// What speaks for the rank.
    let evidence: Evidence?

    init(_ project: MavenProject, in tree: any SourceTree) throws {
        framework = Self.framework(project)
        let main = try MainClasses.find(in: project.folder, of: tree).first
        mainClass =
            Self.namedClass(project) ?? main.map { Decided($0.name, .found(evidence: [$0.evidence])) }
        if project.packaging.value == "pom" {
            (rank, evidence) = (.library, nil)
        } else if let found = Self.executable(project) {
            (rank, evidence) = (.executable, found)
        } else if ["war", "ear"].contains(project.packaging.value), case .found(let places) = project.packaging.reason {
            (rank, evidence) = (.web, places.first)
        } else if let main {
            (rank, evidence) = (.mainClass, main.evidence)
        } else {
            (rank, evidence) = (.library, nil)
        }
    }

    /// Plugins and properties that name a class to start.
    private static func namedClass(_ project: MavenProject) -> Decided<String>? {
        for name in [
            "spring-boot-maven-plugin", "maven-shade-plugin", "maven-assembly-plugin", "maven-jar-plugin",
            "jib-maven-plugin", "exec-maven-plugin", "vertx-maven-plugin", "appassembler-maven-plugin",
        ] {
            guard let plugin = project.plugin(name),
                let found = plugin.anywhere("mainClass") ?? plugin.anywhere("Main-Class")
                    ?? plugin.anywhere("mainVerticle"), !found.text.contains("${")
            else { continue }
            return Decided(found.text, .found(evidence: [found.evidence]))
        }
        for name in ["start-class", "exec.mainClass", "mainClass", "main.class"] {
            guard let found = project.property(name), let evidence = found.evidence, !found.value.contains("${") else {
                continue
            }
            return Decided(found.value, .found(evidence: [evidence]))
        }
        return nil
    }

    /// Plugins that make an archive that starts, whatever else is configured.
    private static let makers = [
        "quarkus-maven-plugin", "micronaut-maven-plugin", "helidon-maven-plugin", "thorntail-maven-plugin",
        "wildfly-swarm-plugin", "payara-micro-maven-plugin", "liberty-maven-plugin", "wildfly-maven-plugin",
        "wildfly-jar-maven-plugin", "vertx-maven-plugin", "capsule-maven-plugin", "appassembler-maven-plugin",
        "launch4j-maven-plugin", "onejar-maven-plugin", "fabric8-maven-plugin", "jkube-maven-plugin",
        "kubernetes-maven-plugin", "jib-maven-plugin", "google-cloud-run-maven-plugin",
    ]

    private static func executable(_ project: MavenProject) -> Evidence? {
        // Boot's plugin may be there to be switched off for a library.
        if let plugin = project.plugin("spring-boot-maven-plugin"), plugin.value(["skip"])?.text != "true",
            project.property("spring-boot.repackage.skip")?.value != "true"
        {
            return plugin.evidence
        }
        for name in ["maven-shade-plugin", "maven-assembly-plugin", "maven-jar-plugin", "maven-war-plugin"] {
            guard let plugin = project.plugin(name) else { continue }
            if let found = plugin.anywhere("mainClass") ?? plugin.anywhere("Main-Class") { return found.evidence }
        }
        return makers.lazy.compactMap { project.plugin($0)?.evidence }.first
    }

    /// Frameworks by plugin, parent or dependency.
    private static let frameworks: [(name: String, plugins: [String], dependencies: [String])] = [
        ("spring-boot", ["spring-boot-maven-plugin"], ["spring-boot-starter", "spring-boot"]),
        ("quarkus", ["quarkus-maven-plugin"], ["quarkus-"]),
        ("micronaut", ["micronaut-maven-plugin"], ["micronaut-http-server", "micronaut-"]),
        ("helidon", ["helidon-maven-plugin"], ["helidon-"]),
        ("thorntail", ["thorntail-maven-plugin", "wildfly-swarm-plugin"], []),
        ("payara-micro", ["payara-micro-maven-plugin"], []),
        ("open-liberty", ["liberty-maven-plugin"], []),
        ("dropwizard", [], ["dropwizard-core"]),
        ("vert.x", ["vertx-maven-plugin"], ["vertx-web", "vertx-core"]),
        ("ktor", [], ["ktor-server"]),
        ("javalin", [], ["javalin"]),
        ("spark", [], ["spark-core"]),
        ("jetty", [], ["jetty-server"]),
    ]

    private static func framework(_ project: MavenProject) -> Decided<String>? {
        for rule in frameworks {
            if let plugin = rule.plugins.lazy.compactMap({ project.plugin($0) }).first {
                return Decided(rule.name, .found(evidence: [plugin.evidence]))
            }
            if rule.name == "spring-boot", let outer = project.externalParent,
                outer.parent.artifactID == "spring-boot-starter-parent"
            {
                return Decided(rule.name, .found(evidence: [outer.evidence]))
            }
            if let found = rule.dependencies.lazy.compactMap({ project.dependency($0) }).first {
                return Decided(rule.name, .found(evidence: [found]))
            }
        }
        return nil
    }
}
