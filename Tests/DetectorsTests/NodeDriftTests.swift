import Planning
import TestSupport
import Testing

@testable import Detectors

/// Whether locks fit their manifests, as the managers themselves decide it.
@Suite struct NodeDriftTests {
    private typealias Base = NodeInstallationTests

    private static func drift(_ lock: (String, String), _ manifest: String, _ more: [String: String] = [:]) throws
        -> String?
    {
        try Base.installation([lock.0: lock.1, "package.json": manifest].merging(more) { one, _ in one }).drift
    }

    private static let npm = ("package-lock.json", Base.npmLock)
    private static let pnpm = ("pnpm-lock.yaml", Base.pnpmLock)
    private static let yarn = ("yarn.lock", Base.yarnLock)
    private static let berry = ("yarn.lock", Base.berryLock)
    private static let bun = ("bun.lock", Base.bunLock)

    @Test(
        arguments: [
            // npm takes what is locked where it is in the range, whatever was written before.
            (npm, "{\"dependencies\": {\"express\": \"^4.17.0\"}}"),
            (npm, "{\"dependencies\": {\"express\": \"latest\"}}"),
            (npm, "{\"dependencies\": {}}"),
            (npm, "{\"overrides\": {\"express\": \"4.18.2\"}, \"dependencies\": {\"express\": \"^5\"}}"),
            (yarn, "{\"resolutions\": {\"**/express\": \"4.18.2\"}, \"dependencies\": {\"express\": \"^5\"}}"),
            (berry, "{\"dependencies\": {\"express\": \"npm:^4.18.2\"}}"),
            (pnpm, "{\"pnpm\": {\"overrides\": {}}, \"dependencies\": {\"express\": \"^4.18.2\"}}"),
        ] as [((String, String), String)])
    func `a lock that the manager would install as it is fits`(lock: (String, String), manifest: String) throws {
        #expect(try Self.drift(lock, manifest) == nil)
    }

    @Test(
        arguments: [
            (
                npm, "{\"dependencies\": {\n\"express\": \"^5.0.0\"}}",
                "package.json:2: asks for express ^5.0.0, and the lock has 4.18.2 (line 5)"
            ),
            (npm, "{\"dependencies\": {\"koa\": \"^2\"}}", "package.json:1: asks for koa ^2, which is not in the lock"),
            (
                npm, "{\"dependencies\": {\"express\": \"npm:fastify@^4\"}}",
                "asks for express npm:fastify@^4, and the lock has 4.18.2"
            ),
            (
                pnpm, "{\"dependencies\": {\"express\": \"^4.17.0\"}}",
                "asks for express ^4.17.0, and the lock was made for ^4.18.2 (line 5)"
            ),
            (
                pnpm, "{\"dependencies\": {}}",
                "pnpm-lock.yaml:5: has express ^4.18.2, which package.json does not ask for"
            ),
            (
                pnpm, "{\"devDependencies\": {\"express\": \"^4.18.2\"}}",
                "has express in 'devDependencies', and pnpm-lock.yaml:5 in 'dependencies'"
            ),
            (
                pnpm, "{\"pnpm\": {\"overrides\": {\"debug\": \"2\"}}, \"dependencies\": {\"express\": \"^4.18.2\"}}",
                "overrides 'debug' with '2', and pnpm-lock.yaml has no such override"
            ),
            (
                yarn, "{\"dependencies\": {\"express\": \"^4.17.0\"}}",
                "asks for express ^4.17.0, and the lock was made for ^4.18.2 (line 4)"
            ),
            (yarn, "{\"dependencies\": {\"koa\": \"^2\"}}", "asks for koa ^2, which is not in the lock"),
            (
                berry, "{\"dependencies\": {\"express\": \"^5\"}}",
                "asks for express ^5, and the lock was made for npm:^4.18.2 (line 8)"
            ),
            (
                bun, "{\"dependencies\": {\"express\": \"^5\"}}",
                "asks for express ^5, and the lock was made for ^4.18.2 (line 3)"
            ),
        ] as [((String, String), String, String)])
    func `a lock that does not fit says what differs, with both lines`(
        lock: (String, String), manifest: String, text: String
    ) throws {
        let drift = try #require(try Self.drift(lock, manifest))
        #expect(drift.hasPrefix("\(lock.0) does not fit its manifests: "))
        #expect(drift.contains(text), "\(drift)")
    }

    @Test func `what differs is an error where everything has to be locked`() {
        #expect {
            try Base.read(["package-lock.json": Base.npmLock, "package.json": "{\"dependencies\": {\"koa\": \"^2\"}}"])
            {
                $0.isLocked = true
            }
        } throws: { error in
            "\(error)".hasPrefix(
                "package.json:1: asks for koa ^2, which is not in the lock: package-lock.json does not fit")
                && "\(error)".contains("npm install --package-lock-only")
        }
    }

    @Test func `every member of a workspace is held against the lock`() throws {
        let drift = try Self.drift(
            ("pnpm-lock.yaml", Base.pnpmLock), "{\"dependencies\": {\"express\": \"^4.18.2\"}}",
            [
                "pnpm-workspace.yaml": "packages: [apps/*]",
                "apps/web/package.json": "{\"name\": \"web\", \"dependencies\": {\"koa\": \"^2\"}}",
            ])
        #expect(drift?.contains("apps/web/package.json: the lock does not know this package") == true)
    }

    @Test func `a lock of version 1 is held against what it has`() throws {
        let lock = "{\"lockfileVersion\": 1, \"dependencies\": {\"express\": {\"version\": \"4.17.1\"}}}"
        #expect(try Self.drift(("package-lock.json", lock), "{\"dependencies\": {\"express\": \"^4.17.0\"}}") == nil)
        #expect(try Self.drift(("package-lock.json", lock), Base.express)?.contains("the lock has 4.17.1") == true)
    }
}
