import Formats
import Planning

/// A `pyproject.toml`, as the readers of manifests see it.
struct PyProject: Sendable {
    let path: SourcePath
    let tree: any SourceTree
    let document: TOMLDocument
    /// The lines of the text, to find an element of an array by.
    private let lines: [Substring]

    /// The file in a folder; nil where there is none.
    static func read(in folder: SourcePath, of tree: any SourceTree) throws -> PyProject? {
        let path = try folder.appending("pyproject.toml")
        guard let text = try tree.text(at: path) else { return nil }
        return PyProject(
            path: path, tree: tree, document: try TOMLDocument(parsing: text, file: "\(path)"),
            lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }

    /// The folder that it describes.
    var folder: SourcePath { path.parent ?? .root }

    func has(_ keys: String...) -> Bool { document.node(keys) != nil }

    /// A table's keys, sorted; empty where there is no table.
    func keys(_ keys: String...) -> [String] {
        guard case .table(let table)? = document.node(keys) else { return [] }
        return table.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Whether a truth value is there and false.
    func isFalse(_ keys: String...) -> Bool { document.node(keys) == .boolean(false) }

    /// The project's name as its own table or Poetry's or flit's writes it.
    var name: String? {
        for keys in [["project", "name"], ["tool", "poetry", "name"], ["tool", "flit", "module", "name"]] {
            if case .string(let name)? = document.node(keys) { return name }
        }
        return nil
    }

    /// What is installed to build the project, and what then builds it; nil where it says nothing.
    func buildSystem() throws -> (requires: [String], backend: String, evidence: Evidence)? {
        guard has("build-system") else { return nil }
        let requires = try document.strings("build-system", "requires")
        let backend = try document.string("build-system", "build-backend")?.value ?? "setuptools.build_meta:__legacy__"
        return (requires?.value ?? ["setuptools"], backend, evidence(["build-system"], backend))
    }

    /// The place of a key.
    func evidence(_ keys: [String], _ excerpt: String) -> Evidence {
        Evidence(path: path, line: document.line(of: keys), excerpt: excerpt)
    }

    /// The place of a text in an array that a key holds.
    func evidence(of element: String, in keys: [String]) -> Evidence {
        let first = document.line(of: keys)
        let isHere = { (line: Substring) in
            line.contains("\"\(element)\"") || line.contains("'\(element)'")
                || line.contains(element.replacing("\"", with: "\\\""))
        }
        let line = lines.dropFirst(first - 1).firstIndex(where: isHere).map { $0 + 1 } ?? first
        return Evidence(path: path, line: line, excerpt: element)
    }

    /// The requirements (PEP 508) in an array; empty where there is none.
    func requirements(at keys: [String]) throws -> [Requirement] {
        guard let node = document.node(keys) else { return [] }
        guard case .array(let elements) = node else {
            throw FormatError.wrongKind(
                file: "\(path)", line: document.line(of: keys), key: keys.joined(separator: "."),
                expected: "an array of strings", found: node.kind)
        }
        return try elements.map { element in
            guard case .string(let text) = element else {
                throw PlanError.unusable(
                    place: "\(path):\(document.line(of: keys))",
                    what: "\(element.kind) in '\(keys.joined(separator: "."))' is no requirement",
                    fix: "write each as in: \"flask>=3\"")
            }
            return try requirement(text, evidence(of: text, in: keys))
        }
    }

    /// One requirement, in whose address `${PROJECT_ROOT}` and `{root:uri}` stand for the project's folder.
    func requirement(_ text: String, _ evidence: Evidence) throws -> Requirement {
        let local = text.replacing("file:///${PROJECT_ROOT}/", with: "file:./")
            .replacing("{root:uri}/", with: "file:./")
        return try RequirementsParser.requirement(local, in: folder, of: tree, evidence)
    }

    /// Whether this describes a project, and not only tools.
    var isManifest: Bool {
        has("project") || has("tool", "poetry", "dependencies") || has("tool", "poetry", "name")
            || has("tool", "flit", "metadata")
    }
}

/// What somebody asks for by `python.extras` or `python.groups`, and no manifest has.
enum UnknownChoice {
    /// The error, with the list of what there is.
    static func error(_ asked: Requested<String>, kind: String, in path: SourcePath, known: [String]) -> PlanError {
        .unusable(
            place: asked.option, what: "\(path) has no \(kind) '\(asked.value)'",
            fix: known.isEmpty
                ? "it has none at all; remove the option"
                : "it has \(Set(known).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.joined(separator: ", "))")
    }

    /// The names that are asked for, normalised; fails at one that is not there.
    static func check(
        _ asked: [Requested<String>], kind: String, in path: SourcePath, known: [String]
    ) throws(PlanError) -> [String] {
        let names = Set(known.map(Requirement.normalized))
        for choice in asked where !names.contains(Requirement.normalized(choice.value)) {
            throw error(choice, kind: kind, in: path, known: known)
        }
        return asked.map { Requirement.normalized($0.value) }
    }
}
