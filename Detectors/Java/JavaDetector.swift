package import Planning

/// Plans Java services: built by Maven or Gradle, the runnable archive found by its manifest, onto a JRE.
package struct JavaDetector: Detector {
    package init() {}

    package var language: String { "java" }

    package var signs: [String] { JavaProject.manifests + ["*.java", "*.jar", "*.war"] }

    package var workspaces: [WorkspaceRule] { JavaWorkspace.rules }

    package func evidence(in tree: any SourceTree) throws -> [Evidence] {
        let manifests = JavaProject.manifests.map { tree.service.appending(name: $0) }.filter(tree.hasFile)
        let found = try manifests.isEmpty ? [loose(in: tree)].compactMap(\.self) : manifests
        return found.map { Evidence(path: $0, excerpt: $0.name) }
    }

    /// A source file or an archive of a folder without a build file; source files speak only where no language has a
    /// manifest, and archives with them.
    private func loose(in tree: any SourceTree) throws -> SourcePath? {
        guard try !LanguageManifests.areThere(in: tree) else { return nil }
        // Project files of Maven's extensions, which the planner refuses by name, and what archives unpack to.
        let named = JavaToolChoice.polyglot.map { "pom.\($0)" } + ["META-INF/MANIFEST.MF", "WEB-INF/web.xml"]
        let known = try named.map { try tree.service.appending($0) }.first(where: tree.hasFile)
        if let known { return known }
        let sources = tree.service.appending(name: "src")
        let files = tree.entries.lazy.filter(\.isFile).map(\.path)
        func isSource(_ path: SourcePath) -> Bool {
            path.name.hasSuffix(".java") && (path.parent == tree.service || path.isInside(sources))
        }
        func isArchive(_ path: SourcePath) -> Bool {
            path.parent == tree.service && (path.name.hasSuffix(".jar") || path.name.hasSuffix(".war"))
        }
        return files.first(where: isSource) ?? files.first(where: isArchive)
    }

    package func plan(
        for tree: any SourceTree, options: PlanOptions, bases: BaseCatalog, evidence: [Evidence]
    ) throws -> BuildPlan {
        let project = JavaProject(tree: tree, options: options)
        return try JavaPlanner(project: project, bases: bases, evidence: evidence).plan()
    }
}
