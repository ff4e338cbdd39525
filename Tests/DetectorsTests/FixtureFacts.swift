import Foundation
import OCI
import Planning
import TestSupport
import Testing

/// What somebody wrote down by hand about a fixture before any plan was made: `facts.json` beside its files.
///
/// Every key but `row` may be left out; what is there must hold. A snapshot is never its own proof.
struct FixtureFacts: Decodable {
    /// Which row of which table this is: `railpack-nixpacks 1.1, package manager: uv.lock`.
    let row: String
    /// Options: `app`, `process`, `language`, `platform`, `locked`, `python.manager`, `python.version`, `go.version`, `python.extras`,
    /// `python.groups`, `node.…`, `java.…`, `service` (the folder to build in a workspace), `secrets` (ids), `start`.
    let options: [String: String]?
    /// The language's version and where it is from: `pyproject.toml:4`.
    let version: String?
    let versionFrom: String?
    let manager: String?
    let framework: String?
    /// The entrypoint, joined by spaces; the launcher's own words are left out.
    let start: String?
    let port: Int?
    /// Processes by name, written like `start`.
    let processes: [String: String]?
    /// Whole words of arguments in any step, as in `flask==3.0.3`, and words that no step may have.
    let installs: [String]?
    let installsNot: [String]?
    /// Steps by name, in order.
    let steps: [String]?
    /// Debian packages added to the builder and to the image.
    let buildPackages: [String]?
    let runtimePackages: [String]?
    /// The ids of the bases.
    let builder: String?
    let runtime: String?
    /// Pieces of text, each in some warning; an empty list says that there is none.
    let warnings: [String]?
    /// Pieces of text, all in the error: the fixture cannot be planned.
    let error: [String]?
    /// Decisions by name.
    let decisions: [String: String]?
    /// Variables of the image.
    let environment: [String: String]?
    /// Paths that reach the image.
    let ships: [String]?
}

@Suite struct FixtureFactsTests {
    private static let folder =
        "\(#filePath)".split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/Fixtures"

    @Test(arguments: try FixtureFolder.names(in: folder))
    func `is planned as somebody wrote down by hand`(_ name: String) throws {
        let folder = "\(Self.folder)/\(name)"
        let text = try #require(FixtureFolder.text("\(folder)/facts.json"), "no facts.json in \(folder)")
        let facts = try CanonicalJSON.decode(FixtureFacts.self, from: Array(text.utf8))
        do {
            let made = try Fixture(folder: folder, facts: facts).plan()
            #expect(facts.error == nil, "planned, and an error is expected")
            check(made, facts)
        } catch {
            let parts = try #require(facts.error, "not planned: \(error)")
            for part in parts { #expect("\(error)".contains(part), "\(error)") }
        }
    }

    private func check(_ plan: BuildPlan, _ facts: FixtureFacts) {
        let config = plan.runtime.config
        let decisions = Dictionary(plan.decisions.map { ($0.name, $0.decided) }, uniquingKeysWith: { one, _ in one })
        if let version = facts.version { #expect(decisions[plan.language.value]?.value == version) }
        if let from = facts.versionFrom {
            let reason = decisions[plan.language.value]?.reason.description ?? ""
            #expect(reason.hasPrefix(from), "\(reason)")
        }
        if let manager = facts.manager { #expect(decisions["package manager"]?.value == manager) }
        if let framework = facts.framework { #expect(decisions["framework"]?.value == framework) }
        for (name, value) in facts.decisions ?? [:] { #expect(decisions[name]?.value == value, "\(name)") }
        if let start = facts.start { #expect(Self.words(config.entrypoint.value) == start) }
        if let port = facts.port { #expect(config.ports.map(\.value) == (port == 0 ? [] : [port])) }
        if let processes = facts.processes {
            #expect(config.processes.mapValues { Self.words($0.value) } == processes)
        }
        if let steps = facts.steps { #expect(plan.builder.steps.map(\.name) == steps) }
        if let builder = facts.builder { #expect(plan.builder.base.entry.id == builder) }
        if let runtime = facts.runtime { #expect(plan.runtime.base.entry.id == runtime) }
        checkInstalled(plan, facts)
        for (name, value) in facts.environment ?? [:] {
            #expect(config.environment.first { $0.name == name }?.value.value == value, "\(name)")
        }
        for path in facts.ships ?? [] {
            #expect(plan.runtime.copies.contains { "\($0.destination)" == path }, "\(path)")
        }
        if facts.warnings == [] { #expect(plan.warnings == []) }
        for part in facts.warnings ?? [] {
            #expect(plan.warnings.contains { $0.contains(part) }, "\(part): \(plan.warnings)")
        }
    }

    private func checkInstalled(_ plan: BuildPlan, _ facts: FixtureFacts) {
        let words = plan.builder.steps.flatMap { step -> [String] in
            guard case .run(let command) = step.action else { return [] }
            return command.arguments.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
        }
        for word in facts.installs ?? [] { #expect(words.contains(word), "\(word)") }
        for word in facts.installsNot ?? [] { #expect(!words.contains { $0.hasPrefix(word) }, "\(word)") }
        if let wanted = facts.buildPackages { #expect(plan.builder.base.packages.map(\.value) == wanted) }
        if let wanted = facts.runtimePackages { #expect(plan.runtime.base.packages.map(\.value) == wanted) }
    }

    /// A command without the folders of its program, and without the launcher that puts variables in.
    private static func words(_ arguments: [String]) -> String {
        var words = arguments[...]
        if let code = words.firstIndex(of: "-c"), words.count > code + 1, words[code + 1].hasPrefix("import os,re,sys")
        {
            words = words[(code + 2)...]
        }
        if let code = words.firstIndex(of: "-e"), words.count > code + 2, words[code + 2] == "--" {
            // Node's own options and program come before the launcher; they are as somebody would write them.
            words = words[..<code] + words[(code + 3)...]
        }
        return words.map { word in
            let folder = ["/opt/venv/bin/", "/opt/service/bin/", "/usr/bin/node"].first(where: word.hasPrefix)
            if folder == "/usr/bin/node" { return "node" }
            return folder.map { String(word.dropFirst($0.count)) } ?? word
        }.joined(separator: " ")
    }
}

/// A fixture's files and the options that its facts ask for.
struct Fixture {
    let folder: String
    let facts: FixtureFacts?

    /// The facts may be missing for a fixture that only has a snapshot.
    init(folder: String, facts: FixtureFacts? = nil) throws {
        self.folder = folder
        let text = FixtureFolder.text("\(folder)/facts.json")
        self.facts = try facts ?? text.map { try CanonicalJSON.decode(FixtureFacts.self, from: Array($0.utf8)) }
    }

    /// The plan for the test catalog, with the options of the facts.
    func plan() throws -> BuildPlan {
        let options = facts?.options ?? [:]
        let files = try FixtureFolder.tree(folder, without: ["expected.json", "facts.json"])
        let tree: any SourceTree = try options["service"].map { try files.serving(SourcePath(parsing: $0)) } ?? files
        func requested(_ key: String) -> Requested<String>? {
            options[key].map { Requested($0, by: key.contains(".") || key == "start" ? "--set \(key)" : "--\(key)") }
        }
        func list(_ key: String) -> [Requested<String>] {
            (options[key] ?? "").split(separator: ",").map { Requested(String($0), by: "--set \(key)") }
        }
        return try DetectorsTests.plan(tree) { plan in
            plan.app = requested("app")
            plan.process = requested("process")
            plan.language = requested("language")
            plan.bases = requested("bases")
            plan.manager = requested("python.manager")
            for language in ["python", "go", "node", "java"] {
                plan.versions[language] = requested("\(language).version")
            }
            for key in options.keys where key.hasPrefix("node.") || key.hasPrefix("java.") {
                plan.settings[key] = requested(key)
            }
            plan.extras = list("python.extras")
            plan.groups = list("python.groups")
            plan.isLocked = options["locked"] == "true"
            plan.tags = list("go.tags")
            plan.offeredSecrets = list("secrets").map { .init(id: $0.value, isVariable: true) }
            plan.startCommand = requested("start").map { text in
                Requested(text.value.split(separator: " ").map(String.init), by: text.option)
            }
            if let platform = options["platform"] { plan.platform = try Platform(parsing: platform) }
        }
    }
}
