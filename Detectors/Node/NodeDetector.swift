package import Planning

/// Plans Node services: dependencies by their own package manager from the lock, pruned to production, onto a Node without
/// npm; static sites onto a file server.
package struct NodeDetector: Detector {
    package init() {}

    package var language: String { "node" }

    package var signs: [String] {
        NodeProject.manifests + ["server.js", "index.js", "index.html", "public/index.html", "Staticfile"]
    }

    package var workspaces: [WorkspaceRule] { WorkspaceDeclaration.rules }

    package func evidence(in tree: any SourceTree) throws -> [Evidence] { try NodeSigns(tree: tree).evidence() }

    package func plan(
        for tree: any SourceTree, options: PlanOptions, bases: BaseCatalog, evidence: [Evidence]
    ) throws -> BuildPlan {
        try NodePlanner(NodeProject(tree: tree, options: options), bases: bases, evidence: evidence).plan()
    }
}
