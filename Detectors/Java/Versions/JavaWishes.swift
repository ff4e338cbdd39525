import Formats
import Planning

/// Every place that may name a version of Java, in the order in which they count.
enum JavaWishes {
    static func read(_ project: JavaProject) throws -> [JavaWish] {
        var wishes: [JavaWish] = []
        if let asked = project.options.versions["java"] {
            guard let release = JavaWish.release(asked.value) else {
                throw PlanError.unusable(
                    place: asked.option, what: "'\(asked.value)' is no version of Java",
                    fix: "write one as in 21 or >=17")
            }
            let isLeast = asked.value.hasPrefix(">")
            wishes.append(
                JavaWish(kind: isLeast ? .atLeast(release) : .exactly(release), reason: asked.reason, text: asked.value)
            )
        }
        wishes += try maven(project)
        return wishes
    }

    private static func maven(_ project: JavaProject) throws -> [JavaWish] {
        guard let reactor = try MavenReactor.read(project) else { return [] }
        var wishes: [JavaWish] = []
        for module in reactor.projects {
            let compiler = module.plugin("maven-compiler-plugin")
            let found =
                ["release", "target", "source"].lazy.compactMap { compiler?.value([$0]) }.first
                ?? ["maven.compiler.release", "java.version", "maven.compiler.target", "maven.compiler.source"].lazy
                .compactMap { name in
                    module.property(name).flatMap { property in property.evidence.map { (property.value, $0) } }
                }.first
            guard let found, let release = JavaWish.release(found.0) else { continue }
            wishes.append(JavaWish(kind: .atLeast(release), reason: .found(evidence: [found.1]), text: ">=\(release)"))
        }
        return wishes
    }
}
