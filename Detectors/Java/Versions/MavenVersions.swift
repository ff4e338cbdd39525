import Formats
import Planning

/// What Maven's project files say of Java's version.
struct MavenVersions {
    let reactor: MavenReactor

    /// The JDK that the toolchains plugin selects.
    var toolchain: [JavaWish] {
        let wishes = reactor.projects.compactMap { project -> JavaWish? in
            guard let plugin = project.plugin("maven-toolchains-plugin"),
                let found = plugin.value(["toolchains", "jdk", "version"])
            else { return nil }
            return found.text.contains("[") || found.text.contains("(")
                ? Self.range(found.text, .found(evidence: [found.evidence]))
                : JavaWish.pin(found.text, .found(evidence: [found.evidence]))
        }
        return Self.unique(wishes)
    }

    /// What class files are made for, and what the enforcer plugin and old releases of Maven demand.
    var levels: [JavaWish] {
        let found = reactor.projects.flatMap { [level($0), enforced($0)].compactMap(\.self) }
        let wishes = Self.unique(found)
        guard wishes.isEmpty else { return wishes }
        return [
            framework
                ?? JavaWish(
                    .atLeast(8),
                    .usual(
                        why:
                            "Maven's compiler plugin makes class files of Java 8 or before where the project names no release"
                    ))
        ]
    }

    private static let properties = [
        "maven.compiler.release", "maven.compiler.target", "maven.compiler.source", "java.version", "jdk.version",
        "java.release", "kotlin.compiler.jvmTarget",
    ]

    private func level(_ project: MavenProject) -> JavaWish? {
        let plugins = [project.plugin("maven-compiler-plugin"), project.plugin("kotlin-maven-plugin")].compactMap(
            \.self)
        for key in ["release", "target", "source", "jvmTarget"] {
            for plugin in plugins {
                if let found = plugin.value([key]), let wish = Self.least(found.text, found.evidence) { return wish }
            }
        }
        for name in Self.properties {
            guard let found = project.property(name), let evidence = found.evidence,
                let wish = Self.least(found.value, evidence)
            else { continue }
            return wish
        }
        return nil
    }

    private static func least(_ text: String, _ evidence: Evidence) -> JavaWish? {
        guard text.wholeMatch(of: #/(?:1\.)?\d{1,2}(?:\.\d+)*/#) != nil else { return nil }
        return JavaWish.release(text).map { JavaWish(.atLeast($0), .found(evidence: [evidence])) }
    }

    /// `requireJavaVersion` of the enforcer plugin: `17` is a least, `[17,22)` a range.
    private func enforced(_ project: MavenProject) -> JavaWish? {
        guard let plugin = project.plugin("maven-enforcer-plugin"),
            let found = plugin.value(["rules", "requireJavaVersion", "version"])
        else { return nil }
        return Self.range(found.text, .found(evidence: [found.evidence]))
    }

    /// Maven's notation of ranges; a plain version is the least.
    static func range(_ text: String, _ reason: Reason) -> JavaWish? {
        let words = text.filter { !$0.isWhitespace }
        guard let match = words.wholeMatch(of: #/([\[(])([^,\])]*)(,?)([^,\])]*)([\])])/#) else {
            return JavaWish.release(words).map { JavaWish(.atLeast($0), reason) }
        }
        let least = JavaWish.release(String(match.output.2))
        if match.output.3.isEmpty { return least.map { JavaWish(.exactly($0), reason) } }
        var most = JavaWish.release(String(match.output.4))
        // `[17,22)` leaves out 22, `[17,22.5)` does not.
        if match.output.5 == ")", let end = most, !match.output.4.contains(#/^(?:1\.)?\d+\.[1-9]/#) { most = end - 1 }
        return JavaWish(.between(least ?? 1, most ?? JavaWish.latest), reason)
    }

    /// What Spring Boot's own parent sets, which is not in the tree.
    private var framework: JavaWish? {
        for project in reactor.projects {
            guard let outer = project.externalParent, outer.parent.artifactID.hasPrefix("spring-boot-starter-parent"),
                let major = outer.parent.version.split(separator: ".").first.flatMap({ Int($0) })
            else { continue }
            return JavaWish(.atLeast(major < 3 ? 8 : 17), .found(evidence: [outer.evidence]))
        }
        return nil
    }

    private static func unique(_ wishes: [JavaWish]) -> [JavaWish] {
        var seen: Set<JavaWish.Kind> = []
        return wishes.filter { seen.insert($0.kind).inserted }
    }
}
