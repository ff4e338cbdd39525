import Formats
import Planning

/// How builds of several modules claim the folder of one: Maven's `modules`, Gradle's settings.
enum JavaWorkspace {
    static let rules: [WorkspaceRule] =
        [WorkspaceRule(manifest: "pom.xml", member: "pom.xml", isNested: true, claims: aggregates)]
        + ["settings.gradle", "settings.gradle.kts"].flatMap { settings in
            ["build.gradle", "build.gradle.kts"].map {
                WorkspaceRule(manifest: settings, member: $0, claims: includes)
            }
        }

    /// Whether a project file names the member among its modules, by its folder or its file, in a profile too.
    ///
    /// A file that cannot be read claims nothing here; it is refused when the plan is made.
    private static func aggregates(_ claim: WorkspaceRule.Claim) -> Bool {
        guard let root = try? XMLDocument(parsing: claim.manifest, file: claim.file).root else { return false }
        return ([root] + (root["profiles"]?.all("profile") ?? [])).contains { element in
            let modules = (element["modules"]?.all("module") ?? []) + (element["subprojects"]?.all("subproject") ?? [])
            return modules.contains { module in
                guard let path = SourcePath.root.resolving(module.text) else { return false }
                return path == claim.member || path == claim.member.appending(name: "pom.xml")
            }
        }
    }

    /// Whether settings include a project whose folder the member is.
    private static func includes(_ claim: WorkspaceRule.Claim) -> Bool {
        let settings = GradleScript(
            path: SourcePath.root.appending(name: "settings.gradle"), text: JavaText.withoutComments(claim.manifest))
        return settings.includes.contains {
            SourcePath.root.resolving(settings.folder(of: $0.name)) == claim.member
        }
    }
}
