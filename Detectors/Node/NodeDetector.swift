package import Planning

/// Plans Node services: dependencies by their own package manager from the lock, pruned to production, onto a Node without
/// npm; static sites onto a file server.
package struct NodeDetector: Detector {
    package init() {}

    package var language: String { "node" }

    package var signs: [String] { NodeProject.manifests + ["server.js", "index.js", "index.html"] }

    package var workspaces: [WorkspaceRule] { WorkspaceDeclaration.rules }

    package func evidence(in tree: any SourceTree) throws -> [Evidence] {
        NodeProject.manifests.map { tree.service.appending(name: $0) }.filter(tree.hasFile).map {
            Evidence(path: $0, excerpt: $0.name)
        }
    }

    package func plan(
        for tree: any SourceTree, options: PlanOptions, bases: BaseCatalog, evidence: [Evidence]
    ) throws -> BuildPlan {
        let project = try NodeProject(tree: tree, options: options)
        let installation = try NodeInstallation.read(project)
        _ = try NodeApplication.read(project, installation)
        throw PlanError.noStart(lookedFor: [], fix: "")
    }
}
