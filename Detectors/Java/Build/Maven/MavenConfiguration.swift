import Formats
import Planning

/// What stands beside the project files: `.mvn/maven.config`, and the profiles that options ask for.
struct MavenConfiguration: Sendable {
    /// The root project's file: `pom.xml`, or what `-f` of `.mvn/maven.config` names.
    let file: String
    let profiles: [String]
    /// `-D` of `.mvn/maven.config`.
    let properties: [String: String]
    /// The words of `.mvn/maven.config` with their lines.
    let words: [(word: String, evidence: Evidence)]

    static func read(_ project: JavaProject, in root: SourcePath) throws -> MavenConfiguration {
        let words = try words(of: root.appending(name: ".mvn").appending(name: "maven.config"), project.tree)
        var properties: [String: String] = [:]
        var profiles = (project.setting("profiles")?.value ?? "").split(separator: ",").map { $0.trimmingSpaces() }
        var file = "pom.xml"
        for (index, item) in words.enumerated() {
            let next = index + 1 < words.count ? words[index + 1].word : ""
            if item.word.hasPrefix("-D") {
                let pair = item.word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                properties[String(pair[0])] = pair.count > 1 ? String(pair[1]) : "true"
            } else if item.word == "-P" || item.word == "--activate-profiles" {
                profiles += next.split(separator: ",").map { $0.trimmingSpaces() }
            } else if item.word.hasPrefix("-P"), item.word.count > 2 {
                profiles += item.word.dropFirst(2).split(separator: ",").map { $0.trimmingSpaces() }
            } else if item.word == "-f" || item.word == "--file", next.hasSuffix(".xml"), !next.contains("/") {
                file = next
            }
        }
        return MavenConfiguration(file: file, profiles: profiles, properties: properties, words: words)
    }

    private static func words(_ line: Substring) -> [String] {
        line.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private static func words(
        of path: SourcePath, _ tree: any SourceTree
    ) throws -> [(word: String, evidence: Evidence)] {
        guard let text = try tree.text(at: path) else { return [] }
        return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap { index, line in
            line.hasPrefix("#")
                ? []
                : words(line).map { ($0, Evidence(path: path, line: index + 1, excerpt: $0)) }
        }
    }
}
