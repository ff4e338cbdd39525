import Detectors
import Planning
import Testing

@Suite struct JavaWorkspaceTests {
    @Test(arguments: [
        ("pom.xml", "<project><modules><module>api</module></modules></project>", "api", true),
        ("pom.xml", "<project><modules><module>services/api/</module></modules></project>", "services/api", true),
        ("pom.xml", "<project><modules><module>api/pom.xml</module></modules></project>", "api", true),
        (
            "pom.xml",
            "<project><profiles><profile><modules><module>api</module></modules></profile></profiles></project>", "api",
            true
        ),
        ("pom.xml", "<project><modules><module>web</module></modules></project>", "api", false),
        ("pom.xml", "<project>", "api", false),
        ("settings.gradle", "rootProject.name = 'x'\ninclude 'web', 'services:api'\n", "services/api", true),
        ("settings.gradle", "// include 'api'\n", "api", false),
        (
            "settings.gradle.kts", "include(\":api\")\nproject(\":api\").projectDir = file(\"apps/api\")\n", "apps/api",
            true
        ),
        ("settings.gradle.kts", "include(\":api\")\nproject(\":api\").projectDir = file(\"apps/api\")\n", "api", false),
    ])
    func `claims the modules that it names`(
        _ manifest: String, _ text: String, _ member: String, _ isClaimed: Bool
    ) throws {
        let claim = WorkspaceRule.Claim(
            manifest: text, file: manifest, member: try SourcePath(parsing: member), memberManifest: "",
            memberFile: "\(member)/build")
        let rules = JavaDetector().workspaces.filter { $0.manifest == manifest }
        #expect(!rules.isEmpty)
        for rule in rules { #expect(try rule.claims(claim) == isClaimed) }
    }
}
