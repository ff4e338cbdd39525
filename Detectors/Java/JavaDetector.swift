package import Planning

/// Plans Java services: built by Maven or Gradle, the runnable archive found by its manifest, onto a JRE.
package struct JavaDetector: Detector {
    package init() {}

    package var language: String { "java" }

    package var signs: [String] { JavaProject.manifests + ["*.java", "*.jar", "*.war"] }

    package func evidence(in tree: any SourceTree) throws -> [Evidence] {
        JavaProject.manifests.map { tree.service.appending(name: $0) }.filter(tree.hasFile).map {
            Evidence(path: $0, excerpt: $0.name)
        }
    }

    package func plan(
        for tree: any SourceTree, options: PlanOptions, bases: BaseCatalog, evidence: [Evidence]
    ) throws -> BuildPlan {
        let project = JavaProject(tree: tree, options: options)
        _ = try JavaBuild.read(project, version: try JavaVersion.read(project))
        throw PlanError.noStart(lookedFor: [], fix: "")
    }
}
