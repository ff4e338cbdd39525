import Formats
import Planning

/// The processes of a `Procfile`: `name: command`, one a line.
struct Procfile: Sendable, Hashable {
    let path: SourcePath
    /// In the order of the file.
    let processes: [Process]

    struct Process: Sendable, Hashable {
        let name: String
        let command: String
        let line: Int
    }

    /// Reads the service's Procfile; nil where it has none, fails at a line that is no process.
    static func read(from tree: any SourceTree) throws -> Procfile? {
        let path = try tree.service.appending("Procfile")
        guard let text = try tree.text(at: path) else { return nil }
        return try Procfile(parsing: text, path: path)
    }

    /// Parses the text of a Procfile.
    init(parsing text: String, path: SourcePath) throws(PlanError) {
        var processes: [Process] = []
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = raw.trimmingSpaces()
            if line.isEmpty || line.hasPrefix("#") { continue }
            let place = "\(path):\(index + 1)"
            guard let mark = line.firstIndex(of: ":"), case let name = line[..<mark].trimmingSpaces(),
                !name.isEmpty, name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }),
                case let command = line[line.index(after: mark)...].trimmingSpaces(), !command.isEmpty
            else {
                throw .unusable(place: place, what: "'\(line)' is no process", fix: "write it as 'name: command'")
            }
            guard !processes.contains(where: { $0.name == name }) else {
                throw .unusable(place: place, what: "the process '\(name)' is there twice", fix: "remove one")
            }
            processes.append(Process(name: name, command: command, line: index + 1))
        }
        self.path = path
        self.processes = processes
    }

    /// What an image may start: `release` runs before a new version does, in no image.
    var startable: [Process] { processes.filter { $0.name != "release" } }

    /// The process that an image starts where nobody names one: `web`, else the only one; nil where there is none.
    func usual() throws(PlanError) -> Process? {
        if let web = startable.first(where: { $0.name == "web" }) { return web }
        guard startable.count > 1 else { return startable.first }
        throw .severalPrograms(
            what: "\(path) has several processes and none is called 'web'",
            candidates: startable.map {
                PlanError.Candidate($0.name, evidence: "\(path):\($0.line) '\($0.command)'")
            }, option: "--process")
    }

    /// The process as evidence.
    func evidence(for process: Process) -> Evidence {
        Evidence(path: path, line: process.line, excerpt: "\(process.name): \(process.command)")
    }
}
