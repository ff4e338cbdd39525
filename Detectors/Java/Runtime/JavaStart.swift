import Formats
import Planning

/// How the image and its processes start: options of the JVM and arguments of the program.
///
/// What runs is always the archive that the step `archive` finds; a command of the user says which one, and with what.
struct JavaStart: Sendable {
    var first: JavaCommand
    var others: [String: JavaCommand] = [:]
    /// Variables that the first command sets or gives a default to.
    var environment: [String: Decided<String>] = [:]
    var warnings: [String] = []

    /// Whether a text needs a shell in the image.
    var needsShell: Bool { ([first] + others.values).contains { $0.shell != nil } }

    /// Files and folders of the service that commands name.
    var ships: [SourcePath] {
        Set(([first] + others.values).flatMap(\.ships)).sorted()
    }

    static func read(
        _ project: JavaProject, _ build: JavaBuild, _ container: ServletContainer?
    ) throws -> JavaStart {
        let options = project.options
        let parser = JavaCommandParser(project: project, build: build, container: container)
        var others: [String: JavaCommand] = [:]
        var warnings: [String] = []
        var first: JavaCommand?
        let procfile = try Procfile.read(from: project.tree)
        if let procfile {
            for process in procfile.processes where options.processes[process.name] == nil {
                let evidence = procfile.evidence(for: process)
                if process.name == "release" {
                    warnings.append(
                        "\(evidence): 'release' is not run by an image; run it before a new version starts")
                    continue
                }
                others[process.name] = try parser.parse(
                    process.command, .found(evidence: [evidence]), place: "\(procfile.path):\(process.line)")
            }
        }
        for (name, asked) in options.processes {
            others[name] = try parser.parse(asked)
        }
        if let name = try chosen(procfile, others, options) { first = others.removeValue(forKey: name) }
        if let asked = options.startCommand { first = try parser.parse(asked) }
        let main = try first ?? parser.usual()
        var start = JavaStart(first: main, others: others)
        start.environment = main.environment
        start.warnings = warnings + ([main] + others.sorted { $0.key < $1.key }.map(\.value)).flatMap(\.warnings)
        try start.checkOneArchive()
        return start
    }

    /// The process that the image starts: `--process`, else `web`, else the only one; nil where there is none.
    private static func chosen(
        _ procfile: Procfile?, _ commands: [String: JavaCommand], _ options: PlanOptions
    ) throws -> String? {
        if let asked = options.process {
            guard commands[asked.value] != nil else {
                throw PlanError.unknownProcess(
                    name: asked.value, option: asked.option, known: commands.keys.sorted())
            }
            return asked.value
        }
        guard let procfile, options.startCommand == nil else { return nil }
        return try commands["web"] == nil ? procfile.usual()?.name : "web"
    }

    /// Fails where a process starts another archive than the first one does: an image holds one.
    private func checkOneArchive() throws {
        guard let wanted = first.archive else { return }
        for (name, other) in others.sorted(by: { $0.key < $1.key }) {
            guard let archive = other.archive, archive != wanted else { continue }
            throw PlanError.unusable(
                place: other.place,
                what: "the process '\(name)' starts '\(archive)' and the image holds '\(wanted)'",
                fix: "build another image for it with --process \(name)")
        }
    }

    /// Which archive the commands name, and where; nil where none does.
    var archive: (pattern: String, place: String)? {
        ([first] + others.sorted { $0.key < $1.key }.map(\.value)).lazy.compactMap { command in
            command.archive.map { ($0, command.place) }
        }.first
    }

    /// The class that starts where a command names one in place of an archive.
    var mainClass: (name: String, place: String)? {
        if case .mainClass(let name) = first.target { return (name, first.place) }
        return nil
    }
}

/// One command of a JVM.
struct JavaCommand: Sendable {
    typealias Word = CommandWord

    /// Options of the JVM that the user wrote.
    var options: [Word] = []
    var target = Target.archive
    var arguments: [Word] = []
    /// The archive that the text names, as written: `target/*.jar`.
    var archive: String?
    /// The user's own text where only a shell understands it, with the archive at its place, and what needs it.
    var shell: (text: String, syntax: String)?
    var environment: [String: Decided<String>] = [:]
    var defaults: [String: String] = [:]
    /// Files and folders of the service that the text names.
    var ships: [SourcePath] = []
    var reason: Reason
    var place: String
    var warnings: [String] = []

    enum Target: Sendable, Hashable {
        /// `-jar`
        case archive
        case mainClass(String)
        /// The servlet container, with the web application in it.
        case container
    }

    init(reason: Reason, place: String) {
        self.reason = reason
        self.place = place
    }
}
