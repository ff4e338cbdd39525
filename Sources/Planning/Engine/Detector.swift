/// Recognises one language and plans its build.
///
/// To add a language, add a folder in `Detectors/` with one conforming type, and name that type in
/// `Detectors/Detectors.swift`.
package protocol Detector: Sendable {
    /// The name users see and may pass as `--language`.
    var language: String { get }
    /// What it looks for, for the message where nothing is found: `requirements.txt`, `*.py`.
    var signs: [String] { get }
    /// What in the service's folder speaks for this language. Empty: not this language.
    func evidence(in tree: any SourceTree) throws -> [Evidence]
    /// The plan for the tree. Called only where `evidence` was not empty, or the user asked for the language.
    func plan(
        for tree: any SourceTree, options: PlanOptions, bases: BaseCatalog, evidence: [Evidence]
    ) throws -> BuildPlan
    /// How the language's workspaces claim their members, one rule a kind of manifest; empty for a language without workspaces.
    var workspaces: [WorkspaceRule] { get }
}

extension Detector {
    package var workspaces: [WorkspaceRule] { [] }
}
