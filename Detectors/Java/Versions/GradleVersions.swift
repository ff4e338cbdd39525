import Formats
import Planning

/// What Gradle's scripts and its wrapper say of Java's version.
struct GradleVersions {
    let build: GradleBuildTree

    /// The JDK that toolchains ask for; there is one in the builder, so it is also the one that runs Gradle.
    var toolchain: [JavaWish] {
        let patterns = [#/\bjvmToolchain\s*\(([^\n{]+)/#, #/JavaLanguageVersion\.of\s*\(([^\n]+)/#]
        var wishes: [JavaWish] = []
        for project in build.projects {
            for script in project.scripts {
                for found in patterns.flatMap(script.all) {
                    // `jvmToolchain(JavaLanguageVersion.of(21))` is met by the second pattern.
                    guard !found.value.contains("JavaLanguageVersion"),
                        let version = project.resolve(found.value, at: found.evidence),
                        let release = JavaWish.release(version.value)
                    else { continue }
                    wishes.append(JavaWish(.exactly(release), .found(evidence: [version.evidence])))
                }
            }
        }
        return unique(wishes)
    }

    /// What class files are made for, and what the wrapper's Gradle runs on.
    func levels(_ tree: any SourceTree) throws -> [JavaWish] {
        var wishes: [JavaWish] = []
        let pattern =
            #/\b(?:options\.release|release|sourceCompatibility|targetCompatibility|jvmTarget)\s*(?:=|\.set\s*\(|\s)\s*\(?\s*((?:JavaVersion\.|JvmTarget\.)?["']?[\w.]+(?:\(\))?["']?)/#
        for project in build.projects {
            for script in project.scripts {
                for match in script.text.matches(of: pattern) {
                    let words = String(match.output.1)
                    let place = script.evidence(match.output.1.startIndex)
                    if let found = level(words, project, place) { wishes.append(found) }
                }
            }
        }
        if let wrapper = try GradleWrapper.read(tree, in: build.root), let version = wrapper.version {
            let java = version.java
            wishes.append(
                JavaWish(.between(java.lowerBound, java.upperBound), .found(evidence: [wrapper.evidence])))
        }
        return unique(wishes)
    }

    private func level(_ words: String, _ project: GradleProject, _ place: Evidence) -> JavaWish? {
        if let match = words.firstMatch(of: #/(?:VERSION_|JVM_)(?:1_)?(\d{1,2})$/#) {
            return Int(match.output.1).map { JavaWish(.atLeast($0), .found(evidence: [place])) }
        }
        guard let found = project.resolve(words, at: place),
            found.value.wholeMatch(of: #/(?:1\.)?\d{1,2}/#) != nil, let release = JavaWish.release(found.value)
        else { return nil }
        return JavaWish(.atLeast(release), .found(evidence: [found.evidence]))
    }

    private func unique(_ wishes: [JavaWish]) -> [JavaWish] {
        var seen: Set<JavaWish.Kind> = []
        return wishes.filter { seen.insert($0.kind).inserted }
    }
}
