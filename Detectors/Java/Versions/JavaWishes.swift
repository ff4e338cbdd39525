import Formats
import Planning

/// Every place that may name a version of Java, in the order in which they count.
///
/// Option, toolchain of the build, `.java-version`, `.sdkmanrc`, `.tool-versions`, `mise.toml`, `system.properties`; then
/// what build files make class files for, and what the build tool runs on.
enum JavaWishes {
    static func read(_ project: JavaProject) throws -> [JavaWish] {
        let (toolchain, levels) = try built(project)
        var wishes = try requested(project) + toolchain
        for reader in [versionFile, sdkman, toolVersions, systemProperties] {
            if let found = try reader(project) { wishes.append(found) }
        }
        wishes += levels
        return wishes
    }

    /// What the files of the build tool say.
    private static func built(_ project: JavaProject) throws -> (toolchain: [JavaWish], levels: [JavaWish]) {
        switch try JavaToolChoice.find(project) {
        case .maven(let reactor):
            let versions = MavenVersions(reactor: reactor)
            return (versions.toolchain, versions.levels)
        case .gradle(let build):
            let versions = GradleVersions(build: build)
            return (versions.toolchain, try versions.levels(project.tree))
        case .sources(let sources): return ([], try sources.versions())
        case nil: return ([], [])
        }
    }

    private static func requested(_ project: JavaProject) throws -> [JavaWish] {
        guard let asked = project.options.versions["java"] else { return [] }
        let text = asked.value.trimmingSpaces()
        guard let release = JavaWish.release(text), let pin = JavaWish.pin(text, asked.reason) else {
            throw PlanError.unusable(
                place: asked.option, what: "'\(asked.value)' is no version of Java", fix: "write one as in 21 or >=17")
        }
        if text.hasPrefix(">=") { return [JavaWish(.atLeast(release), asked.reason)] }
        guard text.first?.isPunctuation != true, !"<>~^=".contains(text.prefix(1)) else {
            throw PlanError.unusable(
                place: asked.option, what: "'\(asked.value)' is a range that is not known",
                fix: "write a release as in 21, or the least as in >=17")
        }
        return [pin]
    }

    private static func pin(_ text: String, _ evidence: Evidence) throws(PlanError) -> JavaWish {
        guard let wish = JavaWish.pin(text, .found(evidence: [evidence])) else {
            throw .unusable(
                place: "\(evidence)", what: "'\(text)' is no version of Java", fix: "write one as in 21 or 17.0.9")
        }
        return wish
    }

    /// jenv's and the version managers' `.java-version`: the first line with words.
    private static func versionFile(_ project: JavaProject) throws -> JavaWish? {
        try firstLine(project, ".java-version") { line in
            let text = line.prefix { $0 != "#" }.trimmingSpaces()
            return text.isEmpty || text == "system" ? nil : text
        }
    }

    /// SDKMAN's `.sdkmanrc`: `java=17.0.9-tem`.
    private static func sdkman(_ project: JavaProject) throws -> JavaWish? {
        try firstLine(project, ".sdkmanrc") { line in
            line.wholeMatch(of: #/\s*java\s*=\s*(\S+)\s*/#).map { String($0.output.1) }
        }
    }

    private static func firstLine(
        _ project: JavaProject, _ name: String, _ read: (Substring) -> String?
    ) throws -> JavaWish? {
        for folder in folders(project) {
            let path = folder.appending(name: name)
            guard let text = try project.tree.text(at: path) else { continue }
            for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
                guard let version = read(line) else { continue }
                return try pin(version, Evidence(path: path, line: index + 1, excerpt: line.trimmingSpaces()))
            }
        }
        return nil
    }

    private static func toolVersions(_ project: JavaProject) throws -> JavaWish? {
        for folder in folders(project) {
            let found =
                try ToolVersions.asdf(["java"], in: folder, of: project.tree)
                ?? ToolVersions.mise(["java"], in: folder, of: project.tree)
            if let found { return try pin(found.version, found.evidence) }
        }
        return nil
    }

    /// Heroku's `system.properties`.
    private static func systemProperties(_ project: JavaProject) throws -> JavaWish? {
        for folder in folders(project) {
            let path = folder.appending(name: "system.properties")
            guard let text = try project.tree.text(at: path),
                let found = JavaProperties(parsing: text)["java.runtime.version"], !found.value.isEmpty
            else { continue }
            return try pin(
                found.value, Evidence(path: path, line: found.line, excerpt: "java.runtime.version=\(found.value)"))
        }
        return nil
    }

    /// The service's own folder, then the root of its build.
    private static func folders(_ project: JavaProject) -> [SourcePath] {
        project.tree.service == .root ? [.root] : [project.tree.service, .root]
    }
}
