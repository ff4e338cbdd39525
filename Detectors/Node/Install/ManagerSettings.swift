import Formats
import Planning

/// What the settings files of the managers say that changes an installation: `.npmrc`, `.yarnrc`, `.yarnrc.yml`,
/// `bunfig.toml`, pnpm-workspace.yaml.
struct ManagerSettings: Sendable {
    /// A setting with its place.
    struct Setting: Sendable, Hashable {
        let value: String
        let evidence: Evidence
    }

    /// Lines of `.npmrc` by key, the last one of a key; lists have a line for each.
    var npm: [NpmSettings] = []
    /// Yarn's own program in the sources.
    var program: Setting?
    /// Whether pnpm-workspace.yaml or package.json has settings that pnpm 10 brought.
    var isPnpm10 = false
    /// How packages are laid out: `node-modules`, `pnp`, `pnpm`, `hoisted`, `isolated`; nil for the manager's default.
    var linker: Setting?
    /// Whether no package's scripts are run.
    var ignoresScripts: Setting?
    var isEngineStrict = false
    /// Where Yarn 1 keeps the archives of its offline mirror, and Yarn from 2 on its cache; below the folder.
    var mirror: Setting?
    /// Files of the sources that Yarn loads: plugins.
    var plugins: [Setting] = []

    /// A file of `key = value` lines.
    struct NpmSettings: Sendable {
        let path: SourcePath
        let lines: [NpmLine]
    }

    /// Reads what the chosen manager reads.
    static func read(_ manager: NodeManager, _ project: NodeProject) throws -> ManagerSettings {
        let files = ManagerFiles(project)
        var settings = ManagerSettings()
        for path in [files.path(".npmrc")].compactMap(\.self) where manager != .berry {
            settings.npm.append(
                NpmSettings(path: path, lines: try NpmLine.parse(project.tree.text(at: path) ?? "", path)))
        }
        settings.isEngineStrict = settings.npmValue("engine-strict")?.value == "true"
        settings.ignoresScripts = settings.npmValue("ignore-scripts").flatMap { $0.value == "true" ? $0 : nil }
        switch manager {
        case .npm, .bun: break
        case .pnpm: try settings.readPnpm(files, project)
        case .yarn: try settings.readYarn(files, project)
        case .berry: try settings.readBerry(files, project)
        }
        return settings
    }

    /// The value of a key of `.npmrc`.
    func npmValue(_ key: String) -> Setting? {
        npm.lazy.compactMap { file in
            file.lines.last { $0.key == key }.map { line in
                Setting(
                    value: line.value,
                    evidence: Evidence(path: file.path, line: line.line, excerpt: "\(key)=\(line.value)"))
            }
        }.first
    }

    private mutating func readPnpm(_ files: ManagerFiles, _ project: NodeProject) throws {
        linker = npmValue("node-linker")
        let legacy = project.workspace?.rootManifest ?? project.manifest
        isPnpm10 = legacy?.node(["pnpm", "onlyBuiltDependencies"]) != nil
        guard let path = files.path("pnpm-workspace.yaml"), let text = try project.tree.text(at: path) else { return }
        let root = try YAMLDocument(parsing: text, file: "\(path)").root
        // Before pnpm 10 the file has only packages and catalogs.
        let known: Set = ["packages", "catalog", "catalogs"]
        isPnpm10 = isPnpm10 || root.members.contains { !known.contains($0.key) }
        func setting(_ key: String) -> Setting? {
            root.members.first { $0.key == key }.flatMap { member in
                member.value.text.map {
                    Setting(value: $0, evidence: Evidence(path: path, line: member.line, excerpt: "\(key): \($0)"))
                }
            }
        }
        linker = setting("nodeLinker") ?? linker
        if let scripts = setting("ignoreScripts"), scripts.value == "true" { ignoresScripts = scripts }
        isEngineStrict = setting("engineStrict")?.value == "true" || isEngineStrict
    }

    private mutating func readYarn(_ files: ManagerFiles, _ project: NodeProject) throws {
        guard let path = files.path(".yarnrc"), let text = try project.tree.text(at: path) else { return }
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.trimmingSpaces()
            guard !line.hasPrefix("#"), let space = line.firstIndex(of: " ") else { continue }
            let key = line[..<space].trimmingSpaces().replacing("\"", with: "")
            let value = line[space...].trimmingSpaces().replacing("\"", with: "")
            let setting = Setting(
                value: value, evidence: Evidence(path: path, line: index + 1, excerpt: "\(key) \(value)"))
            switch key {
            case "yarn-path": program = setting
            case "yarn-offline-mirror": mirror = setting
            case "--install.ignore-scripts", "ignore-scripts": if value == "true" { ignoresScripts = setting }
            default: break
            }
        }
    }

    private mutating func readBerry(_ files: ManagerFiles, _ project: NodeProject) throws {
        guard let path = files.yarnSettings, let text = try project.tree.text(at: path) else { return }
        let root = try YAMLDocument(parsing: text, file: "\(path)").root
        func setting(_ key: String) -> Setting? {
            root.members.first { $0.key == key }.flatMap { member in
                member.value.text.map {
                    Setting(value: $0, evidence: Evidence(path: path, line: member.line, excerpt: "\(key): \($0)"))
                }
            }
        }
        program = setting("yarnPath")
        linker = setting("nodeLinker")
        mirror = setting("cacheFolder")
        if let scripts = setting("enableScripts"), scripts.value == "false" { ignoresScripts = scripts }
        for plugin in root["plugins"]?.elements ?? [] {
            guard let file = plugin.text ?? plugin["path"]?.text else { continue }
            plugins.append(
                Setting(value: file, evidence: Evidence(path: path, line: plugin.line, excerpt: "plugins: \(file)")))
        }
    }
}
