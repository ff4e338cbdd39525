import Formats
import Planning

/// How Maven reaches repositories that not everybody may read: settings as secrets, and settings in the sources.
struct MavenAccess: Sendable {
    /// Arguments for every run: `-s /run/secrets/maven-settings`.
    let arguments: [String]
    let mounts: [Mount]
    /// Settings in the sources.
    let files: [SourcePath]
    let warnings: [String]

    static func read(
        _ project: JavaProject, _ configuration: MavenConfiguration, _ reactor: MavenReactor
    ) throws -> MavenAccess {
        let offered = Set(project.options.offeredSecrets.map(\.id))
        var arguments: [String] = []
        var mounts: [Mount] = []
        if offered.contains("maven-settings") {
            arguments += ["-s", "/run/secrets/maven-settings"]
            mounts.append(.secret(id: "maven-settings", target: nil, variable: nil, required: true))
        }
        if offered.contains("maven-settings-security") {
            arguments.append("-Dsettings.security=/run/secrets/maven-settings-security")
            mounts.append(.secret(id: "maven-settings-security", target: nil, variable: nil, required: true))
        }
        let variables = JavaSecrets.names(project.options)
        mounts += JavaSecrets.variables(project.options)
        let settings = try Self.settings(configuration, reactor.root, project)
        for file in settings { try check(file, of: project, known: Set(variables)) }
        return MavenAccess(arguments: arguments, mounts: mounts, files: settings, warnings: [])
    }

    /// The settings of the sources that Maven reads: those that `.mvn/maven.config` names, and Maven 4's own.
    private static func settings(
        _ configuration: MavenConfiguration, _ root: SourcePath, _ project: JavaProject
    ) throws -> [SourcePath] {
        var files = [try root.appending(".mvn/settings.xml")].filter(project.tree.hasFile)
        let words = configuration.words
        for (index, item) in words.enumerated() {
            var name: String?
            if ["-s", "--settings", "-gs", "--global-settings"].contains(item.word), index + 1 < words.count {
                name = words[index + 1].word
            } else if let value = item.word.firstMatch(of: #/^--(?:global-)?settings=(.+)$/#)?.output.1 {
                name = String(value)
            }
            guard let name, let path = root.resolving(name.replacing("${maven.multiModuleProjectDirectory}/", with: ""))
            else { continue }
            guard project.tree.hasFile(path) else {
                throw PlanError.unusable(
                    place: "\(item.evidence)", what: "the settings '\(name)' are not in the source tree",
                    fix: "bring the file in, or give yours with --secret id=maven-settings,src=FILE")
            }
            if !files.contains(path) { files.append(path) }
        }
        return files
    }

    /// No password is written out in the sources, and every variable is given.
    private static func check(_ path: SourcePath, of project: JavaProject, known: Set<String>) throws {
        guard let text = try project.tree.text(at: path) else { return }
        let root = try XMLDocument(parsing: text, file: "\(path)").root
        let owners = ["servers", "proxies"].flatMap { root[$0]?.children ?? [] }
        for owner in owners {
            for name in ["password", "passphrase"] {
                guard let element = owner[name], !element.text.isEmpty, !element.text.contains("${") else { continue }
                throw PlanError.unusable(
                    place: "\(path):\(element.line)", what: "a \(name) is written out in the sources",
                    fix: "write ${env.NAME} there and give --secret id=NAME,env=NAME, or give the whole file with "
                        + "--secret id=maven-settings,src=FILE")
            }
        }
        try checkVariables(text, path, known)
    }

    private static func checkVariables(_ text: String, _ path: SourcePath, _ known: Set<String>) throws {
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            for match in line.matches(of: #/\$\{env\.(\w+)\}/#) {
                let name = String(match.output.1)
                guard !known.contains(name), !["HOME", "PATH", "USER"].contains(name) else { continue }
                throw PlanError.unusable(
                    place: "\(path):\(index + 1)", what: "needs the variable \(name)",
                    fix: "give it with --secret id=\(name),env=\(name)")
            }
        }
    }
}
