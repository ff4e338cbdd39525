import Planning
import TestSupport
import Testing

@testable import Detectors

/// Private registries: variables and secrets, never values.
@Suite struct NodeAccessTests {
    private typealias Base = NodeInstallationTests
    private static let acme = "{\"dependencies\": {\"@acme/lib\": \"^1\", \"express\": \"^4\"}}"
    private static let npmrc = "@acme:registry=https://npm.acme.invalid/\n//npm.acme.invalid/:_authToken=${NPM_TOKEN}\n"

    @Test func `a variable of the settings is a secret of the installation`() throws {
        let found = try Base.installation(["package.json": Self.acme, ".npmrc": Self.npmrc]) {
            $0.offeredSecrets = [.init(id: "NPM_TOKEN", isVariable: true)]
        }
        #expect(found.access.mounts == [.secret(id: "NPM_TOKEN", target: nil, variable: "NPM_TOKEN", required: true)])
        #expect(found.access.warnings.isEmpty)
    }

    @Test func `a variable that nothing sets is an error where packages come from that registry`() {
        #expect {
            try Base.read(["package.json": Self.acme, ".npmrc": Self.npmrc])
        } throws: { error in
            "\(error)".hasPrefix(
                ".npmrc:2: reads the variable 'NPM_TOKEN' for the registry of '@acme/lib', and nothing sets it")
                && "\(error)".contains("--secret id=NPM_TOKEN,env=NPM_TOKEN")
        }
    }

    @Test func `it is empty where only publishing needs it`() throws {
        let found = try Base.installation([
            "package.json": Base.express, ".npmrc": "//registry.invalid/:_authToken=${NPM_TOKEN}\n",
        ])
        #expect(found.access.environment["NPM_TOKEN"] == "")
        #expect(found.access.warnings.count == 1)
    }

    @Test(arguments: [
        ("npmrc", "/root/.npmrc"), ("yarnrc.yml", "/root/.yarnrc.yml"), ("bunfig.toml", "/root/.bunfig.toml"),
        ("netrc", "/root/.netrc"),
    ])
    func `a whole file is mounted where the managers look for it`(id: String, target: String) throws {
        let found = try Base.installation(["package.json": Self.acme]) {
            $0.offeredSecrets = [.init(id: id, isVariable: false)]
        }
        #expect(
            found.access.mounts == [
                .secret(id: id, target: try ImagePath(parsing: target), variable: nil, required: true)
            ])
    }

    @Test(
        arguments: [
            ([".npmrc": "\n//npm.acme.invalid/:_authToken=abcdef"], ".npmrc:2", "--secret id=npmrc"),
            ([".npmrc": "_password=abc"], ".npmrc:1", "--secret id=npmrc"),
            ([".npmrc": "registry=https://me:abc@npm.acme.invalid/"], ".npmrc:1", "--secret id=npmrc"),
            (
                [
                    "yarn.lock": "__metadata:\n  version: 8\n",
                    ".yarnrc.yml": "npmScopes:\n  acme:\n    npmAuthToken: abcdef\n",
                ],
                ".yarnrc.yml:3", "--secret id=yarnrc.yml"
            ),
            (
                [
                    "bunfig.toml":
                        "[install.scopes]\n\"@acme\" = { url = \"https://npm.acme.invalid/\", token = \"abcdef\" }\n"
                ], "bunfig.toml:2", "--secret id=bunfig.toml"
            ),
        ] as [([String: String], String, String)])
    func `a credential in the sources is refused, and not shown`(files: [String: String], place: String, fix: String) {
        #expect {
            try Base.read(files.merging(["package.json": Base.express]) { one, _ in one })
        } throws: { error in
            "\(error)".hasPrefix(place) && "\(error)".contains(fix) && !"\(error)".contains("abc")
        }
    }

    @Test(arguments: [
        "{\"dependencies\": {\"lib\": \"git+https://abcdef@git.invalid/a/lib.git\"}}",
        "{\"dependencies\": {\"lib\": \"https://me:abcdef@files.invalid/lib.tgz\"}}",
    ])
    func `a password in an address is refused, and not shown`(manifest: String) {
        #expect {
            try Base.read(["package.json": manifest])
        } throws: { "\($0)".hasPrefix("package.json:1: an address holds a password") && !"\($0)".contains("abcdef") }
    }

    @Test func `a repository of git brings git, and its server is asked over HTTPS without an agent`() throws {
        let found = try Base.installation([
            "package.json": "{\"dependencies\": {\"lib\": \"git+ssh://git@git.invalid/a/lib.git#v1\"}}"
        ])
        #expect(found.access.packages.map(\.value) == ["git"])
        #expect(found.access.environment["GIT_CONFIG_VALUE_0"] == "ssh://git@git.invalid/")
        #expect(found.access.warnings.contains { $0.contains("--ssh") })
        let agent = try Base.installation([
            "package.json": "{\"dependencies\": {\"lib\": \"git+ssh://git@git.invalid/a/lib.git#v1\"}}"
        ]) { $0.ssh = true }
        #expect(agent.access.packages.map(\.value) == ["git", "openssh-client"])
        #expect(agent.access.mounts == [.ssh])
    }

    @Test(arguments: [
        ("a = b ; comment", "a", "b"), ("a=\"b c\"", "a", "b c"), ("list[] = x", "list", "x"), ("flag", "flag", "true"),
        ("//h/:_authToken=${T}", "//h/:_authToken", "${T}"), ("url=https://h/#x", "url", "https://h/#x"),
    ])
    func `reads lines of npm's settings`(text: String, key: String, value: String) throws {
        let lines = try NpmLine.parse("# c\n; d\n[section]\n\(text)\n", SourcePath(parsing: ".npmrc"))
        #expect(lines == [NpmLine(key: key, value: value, line: 4)])
    }
}
